public import Foundation
import GRDB
public import LabCore

/// What pruning takes away.
public struct PruneSummary: Hashable, Sendable {
    /// Identifiers of the runs, newest first.
    public var runs: [String] = []
    /// Samples and outputs.
    public var samples = 0
    /// Files that runs listed and none does any more.
    public var artifacts: Set<Digest> = []
    /// By how much the history's file became smaller; 0 where nothing was done.
    public var freedBytes: Int64 = 0
}

extension History {
    /// Takes away runs, and the samples and outputs of artifacts that no run lists any more.
    ///
    /// Accepted and tagged runs stay. So does what belongs to an artifact that a run not yet recorded has samples of from
    /// the last day: that run may be going on.
    ///
    /// - Parameter date: runs that started before it go; nil for any.
    /// - Parameter count: the newest so many of each suite, model and recipe stay; nil for none.
    /// - Parameter isDryRun: whether to tell only what would go.
    public func prune(before date: Date?, keeping count: Int?, isDryRun: Bool, now: Date = .now) throws -> PruneSummary
    {
        precondition(date != nil || count != nil, "pruning needs a criterion")
        var summary = PruneSummary()
        let sizeBefore = sizeBytes
        try writing("prune") { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.inTransaction(.immediate) {
                summary = try remove(before: date, keeping: count, now: now, in: database)
                return isDryRun ? .rollback : .commit
            }
            guard !isDryRun, summary.runs.count + summary.samples > 0 else { return }
            do {
                try database.execute(sql: "VACUUM")
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                // Somebody reads: the space is used again later.
            }
            Self.emptyLog(of: database)
        }
        if !isDryRun { summary.freedBytes = max(0, sizeBefore - sizeBytes) }
        return summary
    }

    /// Bytes of the file and its log.
    private var sizeBytes: Int64 {
        ["", "-wal"].reduce(0) { total, suffix in
            let attributes = try? FileManager.default.attributesOfItem(atPath: url.path + suffix)
            return total + ((attributes?[.size] as? NSNumber)?.int64Value ?? 0)
        }
    }

    private func remove(before date: Date?, keeping count: Int?, now: Date, in database: Database) throws
        -> PruneSummary
    {
        var summary = PruneSummary()
        summary.runs = try Self.expendable(before: date?.formatted(Self.timeFormat), keeping: count, in: database)
        try database.execute(sql: "CREATE TEMP TABLE going (id TEXT NOT NULL PRIMARY KEY)")
        defer { try? database.execute(sql: "DROP TABLE IF EXISTS temp.gone; DROP TABLE IF EXISTS temp.going") }
        for id in summary.runs { try database.execute(sql: "INSERT INTO going VALUES (?)", arguments: [id]) }
        // Artifacts of the runs that go, apart from those of others and those in use.
        try database.execute(
            sql: """
                CREATE TEMP TABLE gone AS SELECT DISTINCT sha256 FROM run_artifacts
                WHERE run_id IN (SELECT id FROM going)
                    AND sha256 NOT IN (SELECT sha256 FROM run_artifacts WHERE run_id NOT IN (SELECT id FROM going))
                    AND sha256 NOT IN (
                        SELECT artifact_sha256 FROM conditions JOIN (
                            SELECT conditions_id, run_id, computed_at FROM samples
                            UNION ALL SELECT conditions_id, run_id, computed_at FROM outputs) ON conditions_id = conditions.id
                        WHERE computed_at >= ? AND run_id NOT IN (SELECT id FROM runs))
                """,
            arguments: [now.addingTimeInterval(-86_400).formatted(Self.timeFormat)])
        summary.artifacts = Set(
            try String.fetchAll(database, sql: "SELECT sha256 FROM gone").compactMap { Digest(hex: $0) })
        for table in ["samples", "outputs"] {
            try database.execute(
                sql: """
                    DELETE FROM \(table) WHERE conditions_id IN (
                        SELECT id FROM conditions WHERE artifact_sha256 IN (SELECT sha256 FROM gone))
                    """)
            summary.samples += database.changesCount
            // What runs left that were interrupted long ago.
            try database.execute(
                sql: """
                    DELETE FROM \(table) WHERE computed_at < ? AND run_id NOT IN (SELECT id FROM runs)
                        AND conditions_id IN (
                            SELECT id FROM conditions WHERE artifact_sha256 NOT IN (SELECT sha256 FROM run_artifacts))
                    """,
                arguments: [date?.formatted(Self.timeFormat) ?? ""])
            summary.samples += database.changesCount
        }
        try database.execute(sql: "DELETE FROM runs WHERE id IN (SELECT id FROM going)")
        try Self.dropUnused(in: database)
        try TrendStates.advanceAll(in: database)
        return summary
    }

    /// The runs that the criteria give up, newest first.
    private static func expendable(before date: String?, keeping count: Int?, in database: Database) throws -> [String]
    {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT runs.id, started_at, suite, ifnull(model, ''), ifnull(recipe, ''),
                    EXISTS (SELECT 1 FROM acceptances WHERE run_id = runs.id)
                        OR EXISTS (SELECT 1 FROM tags WHERE run_id = runs.id)
                FROM runs LEFT JOIN run_artifacts ON run_id = runs.id AND role = 'candidate'
                ORDER BY started_at DESC, runs.id DESC
                """)
        var seen: [[String]: Int] = [:]
        var going: [String] = []
        var staying: Set<String> = []
        while let row = try rows.next() {
            let id: String = row[0]
            let kind: [String] = [row[2], row[3], row[4]]
            seen[kind, default: 0] += 1
            let isNew = date.map { row[1] as String >= $0 } ?? false
            let isKept = count.map { seen[kind, default: 0] <= $0 } ?? false
            if isNew || isKept || row[5] as Bool { staying.insert(id) }
            if going.last != id { going.append(id) }
        }
        return going.filter { !staying.contains($0) }
    }
}
