public import Foundation
import GRDB
public import LabCore

/// What a look at every row of a history found.
public struct HistoryCheck: Hashable, Sendable {
    /// The version of the file's schema.
    public var version = 0
    /// Runs.
    public var runs = 0
    /// Measurements.
    public var measurements = 0
    /// Samples and outputs.
    public var samples = 0
    /// What is wrong, the first ``mostProblems`` of it; empty where all is well.
    public var problems: [String] = []
    /// Digest of all that the history says, whatever its file looks like: two histories with the same one have the same
    /// runs, samples, outputs, acceptances and tags. Nil where something is wrong.
    public var content: Digest?

    /// Problems up to which a check goes on.
    public static let mostProblems = 20

    /// Reads every row of a file: whether SQLite finds it whole, records can be read, rows say what their records say, and
    /// samples have the keys that their conditions make. The file is left as it is, older ones too.
    ///
    /// - Throws: ``HistoryError`` for a file that is no history, or a newer lab's.
    public init(of file: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw HistoryError.missing(file)
        }
        do {
            try HistoryError.translating(file, "check") { try look(file) }
        } catch let error as HistoryError where error.code == .corrupt {
            problems.append(error.description)
        }
        if !problems.isEmpty { content = nil }
    }

    private mutating func look(_ file: URL) throws {
        guard try HistoryFile.version(of: file) > 0 else { throw HistoryError.missing(file) }
        let queue = try HistoryFile.tidyReader(of: file)
        defer { try? queue.close() }
        try queue.read { database in
            version = try Schema.version(of: database)
            problems += try String.fetchAll(database, sql: "PRAGMA integrity_check(\(Self.mostProblems))")
                .filter { $0 != "ok" }
            guard problems.isEmpty else { return }
            let violations = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
            problems += violations.prefix(Self.mostProblems).map {
                "a row of \($0[0] as String) refers to a row of \($0[2] as String) that is not there"
            }
            if version == Schema.version { try lookAtRows(in: database) }
        }
        guard problems.isEmpty, version < Schema.version, let copy = try History.upToDateCopy(of: file) else { return }
        defer { copy.remove() }
        try DatabaseQueue(path: copy.url.path).read { try lookAtRows(in: $0) }
    }

    private mutating func note(_ problem: String) -> Bool {
        problems.append(problem)
        return problems.count < Self.mostProblems
    }

    private mutating func lookAtRows(in database: Database) throws {
        var hasher = ContentHasher()
        guard try lookAtRuns(in: database, &hasher), try lookAtSamples(in: database, &hasher),
            try lookAtTrends(in: database)
        else { return }
        for (table, columns) in [("acceptances", "run_id, accepted_at, note"), ("tags", "run_id, name")] {
            let rows = try Row.fetchCursor(database, sql: "SELECT \(columns) FROM \(table) ORDER BY 1, 2")
            while let row = try rows.next() { hasher.add(table, row.map { $0.1.description }) }
        }
        content = hasher.digest
    }

    /// Makes the rows of every run again, elsewhere, and compares.
    private mutating func lookAtRuns(in database: Database, _ hasher: inout ContentHasher) throws -> Bool {
        let again = try DatabaseQueue()
        try again.write { try Schema.migrate($0, file: URL(fileURLWithPath: "/memory")) }
        runs = try Int.fetchOne(database, sql: "SELECT count(*) FROM runs") ?? 0
        measurements = try Int.fetchOne(database, sql: "SELECT count(*) FROM measurements") ?? 0
        let records = try Row.fetchCursor(database, sql: "SELECT id, record FROM runs ORDER BY id")
        while let row = try records.next() {
            let id: String = row[0]
            let json: String = row[1]
            hasher.add("run", [id, json])
            guard let record = try? JSONDecoder().decode(RunRecord.self, from: Data(json.utf8)), record.id == id else {
                guard note("run \(id) has a record that cannot be read") else { return false }
                continue
            }
            let differing = try again.write { memory in
                try RunRows.insert(record, json: json, into: memory)
                defer { try? memory.execute(sql: "DELETE FROM runs") }
                return try RunRows.queries.filter { _, sql in
                    try Row.fetchAll(memory.cachedStatement(sql: sql), arguments: [id])
                        != Row.fetchAll(database.cachedStatement(sql: sql), arguments: [id])
                }
            }
            if let first = differing.first, !note("run \(id): \(first.name) do not say what its record says") {
                return false
            }
        }
        return true
    }

    /// Finds the shifts of every series again, and compares.
    private mutating func lookAtTrends(in database: Database) throws -> Bool {
        for id in try Int64.fetchAll(database, sql: "SELECT id FROM series ORDER BY id") {
            guard try !TrendStates.agree(on: id, in: database) else { continue }
            guard note("series \(id): what is kept of its shifts does not follow from its values") else {
                return false
            }
        }
        return true
    }

    private mutating func lookAtSamples(in database: Database, _ hasher: inout ContentHasher) throws -> Bool {
        var conditions: [Int64: SampleConditions] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT id, json FROM conditions ORDER BY id") {
            let json: String = row[1]
            if let decoded = try? JSONDecoder().decode(SampleConditions.self, from: Data(json.utf8)) {
                conditions[row[0]] = decoded
            } else if !note("conditions \(row[0] as Int64) cannot be read") {
                return false
            }
        }
        for (table, values) in [
            ("samples", "NULL, nll_sum_nats, token_count"), ("outputs", "parent_key, output, NULL"),
        ] {
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT key, conditions_id, sample_sha256, run_id, computed_at, \(values) FROM \(table) ORDER BY key
                    """)
            while let row = try rows.next() {
                samples += 1
                let key: String = row[0]
                let parent: String? = row[5]
                // The numbers that conditions have differ between files; the key stands for them.
                hasher.add(table, row.enumerated().filter { $0.offset != 1 }.map { $0.element.1.description })
                let sample = Digest(hex: row[2] as String)
                let expected = sample.flatMap {
                    conditions[row[1]]?.key(sample: $0, parent: parent.flatMap { Digest(hex: $0) })
                }
                guard expected?.hex != key else { continue }
                guard note("\(table): \(key) is not the key that its conditions and its sample make") else {
                    return false
                }
            }
        }
        return true
    }
}

/// A digest of many rows, each part with its length, so that no two different rows run together.
private struct ContentHasher {
    private var hasher = Digest.Hasher()

    mutating func add(_ table: String, _ parts: [String]) {
        for part in [table] + parts { hasher.update(Data("\(part.utf8.count):\(part)\n".utf8)) }
    }

    var digest: Digest { hasher.finalize() }
}
