import Foundation
import GRDB
public import LabCore

extension History {
    /// Keeps a finished run with its artifacts, measurements and verdicts, in one transaction.
    ///
    /// Recording the same run again changes nothing.
    ///
    /// - Throws: ``HistoryError``; ``HistoryError/Code/conflictingRun`` when another run has its identifier,
    ///   ``HistoryError/Code/invalidValue`` when a number in it is not finite.
    public func record(_ run: RunRecord) throws { try record([run]) }

    /// Keeps several finished runs, all of them or none.
    ///
    /// - Throws: as ``record(_:)-(RunRecord)``.
    public func record(_ runs: [RunRecord]) throws { try record(runs, isEnd: true) }

    /// - Parameter isEnd: false where more is to be written at once.
    func record(_ runs: [RunRecord], isEnd: Bool) throws {
        let all = try runs.map { run in
            do {
                return (run: run, json: try Self.json(run))
            } catch {
                throw HistoryError(
                    .invalidValue, file: url, "run \(run.id) holds a number that is not finite: \(error)")
            }
        }
        try write(isEnd: isEnd) { database in
            var series: Set<Int64> = []
            for (run, json) in all {
                let known = try String.fetchOne(
                    database.cachedStatement(sql: "SELECT record FROM runs WHERE id = ?"), arguments: [run.id])
                if known == json { continue }
                guard known == nil else {
                    throw HistoryError(
                        .conflictingRun, file: url, "history \(url.path) already has a different run \(run.id)",
                        remedy: "run again; a new run gets a new identifier")
                }
                series.formUnion(try RunRows.insert(run, json: json, into: database))
            }
            if isEnd { try TrendStates.advance(series, in: database) }
        }
    }

    /// The run with an identifier; nil when there is none.
    public func run(id: String) throws -> RunRecord? {
        try fetchRun(sql: "SELECT id, record FROM runs WHERE id = ?", arguments: [id])
    }

    /// The run that started last, of one suite or of all.
    public func latestRun(suite: String? = nil) throws -> RunRecord? {
        var filter = RunFilter()
        filter.suite = suite
        filter.limit = 1
        return try runs(filter).first.flatMap { try run(id: $0.id) }
    }

    /// The newest runs, newest first; all of them without a limit.
    public func runs(limit: Int? = nil) throws -> [RunSummary] {
        var filter = RunFilter()
        filter.limit = limit
        return try runs(filter)
    }

    /// The runs that a filter admits, newest first.
    public func runs(_ filter: RunFilter) throws -> [RunSummary] {
        // Only conditions that are asked for, so that each finds its index; identifiers first, since the columns behind
        // the record are slow to reach.
        let conditions: [(String, (any DatabaseValueConvertible)?)] = [
            ("suite = ?", filter.suite), ("started_at >= ?", filter.since?.formatted(Self.timeFormat)),
            ("branch = ?", filter.branch), ("id IN (SELECT run_id FROM tags WHERE name = ?)", filter.tag),
            (Self.hasCandidate("model"), filter.model), (Self.hasCandidate("recipe"), filter.recipe),
        ]
        let asked = conditions.filter { $0.1 != nil }
        let condition = asked.isEmpty ? "" : "WHERE " + asked.map(\.0).joined(separator: " AND ")
        let hasFew = filter.suite != nil || filter.branch != nil || filter.tag != nil
        return try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, started_at, suite, verdict, duration_seconds, command, branch,
                        (SELECT max(accepted_at) FROM acceptances WHERE run_id = runs.id) AS accepted_at
                    FROM runs WHERE id IN (
                        SELECT id FROM runs \(hasFew ? "" : "INDEXED BY runs_by_start") \(condition)
                        ORDER BY started_at DESC, id DESC LIMIT ?)
                    ORDER BY started_at DESC, id DESC
                    """,
                arguments: StatementArguments(asked.map(\.1)) + [filter.limit ?? -1]
            ).map { try summary(of: $0, in: database) }
        }
    }

    private static func hasCandidate(_ column: String) -> String {
        """
        EXISTS (
            SELECT 1 FROM run_artifacts WHERE run_id = runs.id AND role = 'candidate' AND \(column) = ? COLLATE NOCASE)
        """
    }

    /// The run that a person means: an identifier, the beginning of just one identifier, or "last".
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/unknownRun`` or ``HistoryError/Code/ambiguousRun``,
    ///   naming what there is.
    public func resolve(_ reference: String) throws -> RunRecord {
        if reference == "last", let run = try latestRun() { return run }
        if let run = try run(id: reference) { return run }
        let matches = try HistoryError.translating(url, "read") {
            try connection.read { database in
                try String.fetchAll(
                    database,
                    sql: "SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id DESC LIMIT 6",
                    arguments: [reference])
            }
        }
        if !reference.isEmpty, matches.count == 1, let run = try run(id: matches[0]) { return run }
        if !reference.isEmpty, matches.count > 1 {
            let listed = matches.prefix(5).joined(separator: ", ") + (matches.count > 5 ? ", ..." : "")
            throw HistoryError(
                .ambiguousRun, file: url, "'\(reference)' begins several runs of history \(url.path): \(listed)",
                remedy: "give more of the identifier")
        }
        let newest = try runs(limit: 1).first
        throw HistoryError(
            .unknownRun, file: url, "history \(url.path) has no run '\(reference)'",
            remedy: newest.map { "'lab history' lists the runs; the newest is \($0.id)" }
                ?? "it has no runs yet; 'lab run' makes one")
    }

    private func fetchRun(sql: String, arguments: StatementArguments) throws -> RunRecord? {
        let row = try HistoryError.translating(url, "read") {
            try connection.read { try Row.fetchOne($0, sql: sql, arguments: arguments) }
        }
        guard let row else { return nil }
        let id: String = row["id"]
        let json: String = row["record"]
        do {
            return try JSONDecoder().decode(RunRecord.self, from: Data(json.utf8))
        } catch {
            throw HistoryError(.corrupt, file: url, "run \(id) in history \(url.path) cannot be read: \(error)")
        }
    }

    private func summary(of row: Row, in database: Database) throws -> RunSummary {
        let id: String = row["id"]
        let startedAt: String = row["started_at"]
        let verdict: String = row["verdict"]
        guard let status = VerdictStatus(rawValue: verdict), let date = try? Self.timeFormat.parse(startedAt) else {
            throw HistoryError(
                .corrupt, file: url,
                "run \(id) in history \(url.path) has the start '\(startedAt)' and the verdict '\(verdict)'")
        }
        let candidates = try String.fetchAll(
            database,
            sql: """
                SELECT model || ' ' || recipe FROM run_artifacts WHERE run_id = ? AND role = 'candidate' ORDER BY position
                """,
            arguments: [id])
        let tags = try String.fetchAll(
            database, sql: "SELECT name FROM tags WHERE run_id = ? ORDER BY name", arguments: [id])
        let accepted: String? = row["accepted_at"]
        return RunSummary(
            id: id, startedAt: date, suite: row["suite"], verdict: status,
            durationSeconds: row["duration_seconds"], candidates: candidates, command: row["command"],
            branch: row["branch"], tags: tags, acceptedAt: accepted.flatMap(TimeText.date))
    }
}
