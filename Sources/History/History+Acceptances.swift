public import Foundation
import GRDB
public import LabCore

extension History {
    /// Makes a run the reference that later runs of its kind are gated against.
    ///
    /// - Parameter note: why; may be empty.
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/unknownRun`` where there is no such run.
    public func accept(_ runID: String, note: String, at date: Date) throws {
        try write(isEnd: true) { database in
            try requireRun(runID, in: database)
            try database.execute(
                sql: """
                    INSERT INTO acceptances (run_id, accepted_at, note) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET note = excluded.note
                    """,
                arguments: [runID, date.formatted(Self.timeFormat), note])
        }
    }

    /// When and why a run was accepted, newest first; empty where it never was.
    public func acceptances(of runID: String) throws -> [Acceptance] {
        let rows = try HistoryError.translating(url, "read") {
            try connection.read { database in
                try Row.fetchAll(
                    database,
                    sql: "SELECT accepted_at, note FROM acceptances WHERE run_id = ? ORDER BY accepted_at DESC",
                    arguments: [runID])
            }
        }
        return try rows.map {
            Acceptance(
                runID: runID, acceptedAt: try time($0["accepted_at"], of: "an acceptance of run \(runID)"),
                note: $0["note"])
        }
    }

    /// The run accepted last among those that measured what this one measures: the same suite and a candidate of the
    /// same model and recipe, on each of its backends, or else on one of them; nil where there is none. Never the run
    /// itself. Of runs that measured speed only those on the same class of device: the same processor, device and threads.
    public func acceptedRun(like run: RunRecord) throws -> RunRecord? {
        try newestRun(
            like: run,
            from: "FROM subjects AS s JOIN acceptances AS a ON a.run_id = s.run_id",
            order: "a.accepted_at, s.started_at")
    }

    /// The run of a branch that started last among those that measured what this one measures, in the sense of
    /// ``acceptedRun(like:)``; nil where there is none. Never the run itself.
    public func latestRun(branch: String, like run: RunRecord) throws -> RunRecord? {
        // By the index: the columns behind the record are slow to reach.
        try newestRun(
            like: run,
            from: """
                FROM subjects AS s JOIN runs AS r INDEXED BY runs_by_branch
                    ON r.branch = ?6 AND r.started_at = s.started_at AND r.id = s.run_id
                """, order: "s.started_at", branch)
    }

    /// The run that comes last in an order of columns, then by identifier, among those like a run.
    private func newestRun(
        like run: RunRecord, from: String, order: String, _ more: (any DatabaseValueConvertible)?...
    ) throws -> RunRecord? {
        let columns = order.split(separator: ",").map { "\($0)" }
        let subjects = Set(
            run.measurements.map { SeriesKey(of: $0, in: run) }.filter { $0.role == .candidate }
                .map { [$0.suite, $0.model, $0.recipe, $0.backend] })
        // Speeds of another class of device tell nothing.
        let machine: [any DatabaseValueConvertible] =
            run.speedSetups == nil ? [] : [run.machine.device, run.machine.processor, run.machine.threads]
        let places = (0..<machine.count).map { "?\(6 + more.count + $0)" }
        let isComparable =
            machine.isEmpty
            ? ""
            : """
            AND EXISTS (
                SELECT 1 FROM runs AS m WHERE m.id = s.run_id AND m.device = \(places[0]) AND m.processor = \(places[1])
                    AND json_extract(m.record, '$.machine.threads') = \(places[2]))
            """
        let sql = """
            SELECT s.run_id, \(columns.joined(separator: " || ' ' || ")) AS place \(from)
            WHERE s.suite = ?1 AND s.model = ?2 AND s.recipe = ?3 AND s.backend = ?4 AND s.run_id <> ?5
            \(isComparable)
            ORDER BY \(columns.map { "\($0) DESC" }.joined(separator: ", ")), s.run_id DESC
            """
        let found = try HistoryError.translating(url, "read") {
            try connection.read { database in
                // The newest of each subject, and of the first subject the newest that has all others too.
                var newest: [(place: String, id: String)] = []
                for subject in subjects {
                    let arguments = StatementArguments(subject + [run.id]) + StatementArguments(more + machine)
                    let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
                    guard let row = try rows.next() else { continue }
                    newest.append((row["place"], row["run_id"]))
                }
                guard subjects.count > 1, let first = subjects.first, newest.count == subjects.count else {
                    return newest.max { $0 < $1 }?.id
                }
                let arguments = StatementArguments(first + [run.id]) + StatementArguments(more + machine)
                let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
                while let row = try rows.next() {
                    let id: String = row["run_id"]
                    if try subjects.allSatisfy({ try Self.measured($0, by: id, in: database) }) { return id }
                }
                return newest.max { $0 < $1 }?.id
            }
        }
        return try found.flatMap { try self.run(id: $0) }
    }

    private static func measured(_ subject: [String], by run: String, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM subjects WHERE suite = ? AND model = ? AND recipe = ? AND backend = ?
                    AND run_id = ?)
                """, arguments: StatementArguments(subject + [run])) ?? false
    }

    /// A time as it is kept.
    func time(_ text: String, of what: String) throws -> Date {
        guard let date = try? Self.timeFormat.parse(text) else {
            throw HistoryError(.corrupt, file: url, "\(what) in history \(url.path) has the time '\(text)'")
        }
        return date
    }
}
