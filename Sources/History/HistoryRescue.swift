public import Foundation
import GRDB
import LabCore

/// What could be saved of a damaged history.
public struct HistoryRescue: Hashable, Sendable {
    /// Rows of one kind.
    public struct Table: Hashable, Sendable {
        /// "runs", "samples".
        public let name: String
        /// Rows that are in the new history.
        public var saved = 0
        /// Rows that could be read but are not what was written.
        public var spoilt = 0
        /// Whether a part of the table could not be read.
        public var isDamaged = false
    }

    /// What was saved, table by table.
    public private(set) var tables: [Table] = []

    /// Saves into a new history what can be read of a damaged one, which is left as it is.
    ///
    /// Tables are read from both ends and by ranges of their keys, so that a damaged page, or an end that is missing, costs
    /// the rows on it. Only rows that prove themselves are kept: runs whose record can be read, samples with the key that
    /// their conditions make. What is derived from records is made again. A damaged header is made again in a copy.
    ///
    /// - Throws: ``HistoryError`` when nothing can be read, or the new file exists or cannot be written.
    public init(from file: URL, into new: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { throw HistoryError.missing(file) }
        guard !FileManager.default.fileExists(atPath: new.path) else {
            throw HistoryError(
                .unwritable, file: new, "\(new.path) exists already", remedy: "name a new file with --rescue")
        }
        let copy = TemporaryHistory()
        defer { copy.remove() }
        let (queue, names) = try HistoryError.translating(file, "rescue") { try Self.open(file, copy) }
        defer { try? queue.close() }
        let history = try History(at: new)
        try queue.inDatabase { database in
            for kind in Kind.all where names.contains(kind.name) {
                tables.append(try kind.save(from: database, into: history))
            }
        }
        try history.write(isEnd: true) { try TrendStates.advanceAll(in: $0) }
    }

    /// A connection that reads in spite of damage, to the file or to a copy with another header, and its tables.
    private static func open(_ file: URL, _ copy: TemporaryHistory) throws -> (DatabaseQueue, tables: [String]) {
        do {
            return try openReadable(file)
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            for pageSize in DatabaseHeader.pageSizes {
                try DatabaseHeader.renew(file, in: copy, pageSize: pageSize)
                if let opened = try? openReadable(copy.url) { return opened }
            }
            throw HistoryError(
                .corrupt, file: file,
                "nothing can be read of history \(file.path): \(error.message ?? "it is damaged")",
                remedy: "go back to a copy that 'lab history export' made; runs that came later are lost")
        }
    }

    private static func openReadable(_ file: URL) throws -> (DatabaseQueue, tables: [String]) {
        var configuration = Configuration()
        configuration.readonly = true
        // SQLite then reads a file whose end is missing, and goes by those parts of the schema that it understands.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON") }
        let queue = try DatabaseQueue(path: HistoryFile.readableName(of: file), configuration: configuration)
        let names = try queue.inDatabase { database in
            try Schema.check(database, file: file)
            return try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        guard names.contains("runs") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it has no tables")
        }
        return (queue, names)
    }
}

/// A table that is rescued.
private struct Kind {
    let name: String
    let columns: [String]
    /// What orders the rows.
    let key: String
    /// How many of the columns tell rows apart.
    var identity = 1
    /// Keeps a row; false for one that is spoilt.
    let keep: (Row, History) throws -> Bool

    /// Those that are not derived from others, each after those that it refers to.
    static var all: [Kind] {
        let conditions = Conditions()
        return [
            Kind(name: "runs", columns: ["rowid", "id", "record"], key: "rowid") { row, history in
                guard let id = String.fromDatabaseValue(row[1]), let json = String.fromDatabaseValue(row[2]),
                    let record = try? JSONDecoder().decode(RunRecord.self, from: Data(json.utf8)), record.id == id
                else { return false }
                try history.record([record], isEnd: false)
                return true
            },
            Kind(name: "conditions", columns: ["id", "json"], key: "id") { row, _ in
                guard let id = Int64.fromDatabaseValue(row[0]), let json = String.fromDatabaseValue(row[1]) else {
                    return false
                }
                conditions.known[id] = try? JSONDecoder().decode(SampleConditions.self, from: Data(json.utf8))
                return conditions.known[id] != nil
            },
            sampleKind(
                "samples", conditions,
                ["key", "conditions_id", "sample_sha256", "run_id", "computed_at", "nll_sum_nats", "token_count"]),
            sampleKind(
                "outputs", conditions,
                ["key", "conditions_id", "sample_sha256", "run_id", "computed_at", "parent_key", "output"]),
            copied("acceptances", ["run_id", "accepted_at", "note"]),
            copied("tags", ["run_id", "name"]),
        ]
    }

    /// Conditions by the numbers that the damaged file has for them.
    private final class Conditions { var known: [Int64: SampleConditions] = [:] }

    private static func sampleKind(_ name: String, _ conditions: Conditions, _ columns: [String]) -> Kind {
        Kind(name: name, columns: columns, key: "key") { row, history in
            guard let key = String.fromDatabaseValue(row[0]), let id = Int64.fromDatabaseValue(row[1]),
                let known = conditions.known[id],
                let sample = String.fromDatabaseValue(row[2]).flatMap({ Digest(hex: $0) })
            else { return false }
            let parent = columns.contains("parent_key") ? String.fromDatabaseValue(row[5]) : nil
            guard known.key(sample: sample, parent: parent.flatMap { Digest(hex: $0) }).hex == key else { return false }
            try history.insert(name, known, columns: columns, row: row)
            return true
        }
    }

    /// A table whose rows say something of a run.
    private static func copied(_ name: String, _ columns: [String]) -> Kind {
        Kind(name: name, columns: columns, key: "run_id", identity: 2) { row, history in
            guard let id = String.fromDatabaseValue(row[0]), try history.run(id: id) != nil else { return false }
            let places = columns.map { _ in "?" }.joined(separator: ", ")
            try history.write(isEnd: false) { database in
                try database.execute(
                    sql: "INSERT OR IGNORE INTO \(name) (\(columns.joined(separator: ", "))) VALUES (\(places))",
                    arguments: StatementArguments(row.databaseValues))
            }
            return true
        }
    }

    func save(from database: Database, into history: History) throws -> HistoryRescue.Table {
        var table = HistoryRescue.Table(name: name)
        for row in try rows(of: database, &table) {
            do {
                if try keep(row, history) { table.saved += 1 } else { table.spoilt += 1 }
            } catch let error as HistoryError where [.database, .conflictingRun, .invalidValue].contains(error.code) {
                // A value of another type than the column's, or a second record of a run.
                table.spoilt += 1
            }
        }
        return table
    }

    /// The rows that can be read: the whole table where it is sound, else by ranges, each from both ends.
    private func rows(of database: Database, _ table: inout HistoryRescue.Table) throws -> [Row] {
        let whole = read("", order: key, from: database)
        guard whole.isBroken else { return whole.rows }
        table.isDamaged = true
        var found: [[DatabaseValue]: Row] = [:]
        func take(_ rows: [Row]) {
            for row in rows { found[Array(row.databaseValues.prefix(identity))] = row }
        }
        take(whole.rows)
        take(read("", order: "\(key) DESC", from: database).rows)
        for range in ranges(upTo: found.keys.compactMap { Int64.fromDatabaseValue($0[0]) }.max() ?? 0) {
            let first = read(range, order: key, from: database)
            take(first.rows)
            if first.isBroken { take(read(range, order: "\(key) DESC", from: database).rows) }
        }
        return Array(found.values)
    }

    /// Ranges of keys that a damaged place may lie between.
    private func ranges(upTo largest: Int64) -> [String] {
        switch key {
        case "key":
            (0..<4096).map { number in
                let prefix =
                    String(repeating: "0", count: 3 - String(number, radix: 16).count) + String(number, radix: 16)
                return "WHERE key >= '\(prefix)' AND key < '\(prefix)g'"
            }
        case "run_id": []
        default: (0...max(0, largest)).map { "WHERE \(key) = \($0)" }
        }
    }

    /// Rows until the first that cannot be read.
    private func read(_ condition: String, order: String, from database: Database) -> (rows: [Row], isBroken: Bool) {
        var rows: [Row] = []
        do {
            let cursor = try Row.fetchCursor(
                database, sql: "SELECT \(columns.joined(separator: ", ")) FROM \(name) \(condition) ORDER BY \(order)")
            while let row = try cursor.next() { rows.append(row.copy()) }
            return (rows, false)
        } catch {
            return (rows, true)
        }
    }
}

extension History {
    /// Keeps a row of a table of samples as it was.
    fileprivate func insert(_ table: String, _ conditions: SampleConditions, columns: [String], row: Row) throws {
        let json = try Self.json(conditions)
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        try write(isEnd: false) { database in
            var values = Array(row.databaseValues)
            values[1] = try Self.conditionsID(conditions, json: json, in: database).databaseValue
            try database.execute(
                sql: "INSERT OR IGNORE INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))",
                arguments: StatementArguments(values))
        }
    }
}
