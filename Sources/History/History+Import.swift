public import Foundation
import GRDB

/// What an import brought.
public struct ImportSummary: Hashable, Sendable {
    /// Runs that were new here.
    public var runs = 0
    /// Runs that both histories had.
    public var knownRuns = 0
    /// Measurements of the new runs.
    public var measurements = 0
    /// Samples and outputs that were new here.
    public var samples = 0
    /// Samples and outputs that both histories have, with different results; of each the one computed first is kept.
    public var conflicts = 0
    /// Acceptances that were new here.
    public var acceptances = 0
    /// Tags that were new here.
    public var tags = 0
}

extension History {
    /// Takes over what another history has and this one has not, in one transaction.
    ///
    /// Identifiers of runs and keys of samples decide, so that importing again changes nothing, and two histories that
    /// import each other have the same content. Where both computed the same sample, the earlier is kept, also where the
    /// results differ.
    ///
    /// - Throws: ``HistoryError``: ``HistoryError/Code/conflictingRun`` when a run there has the identifier of another run
    ///   here, and nothing is taken over then; ``HistoryError/Code/newerSchema``, ``HistoryError/Code/foreign`` and
    ///   ``HistoryError/Code/corrupt`` for files that cannot be read. The other file is left as it is.
    public func importHistory(from file: URL) throws -> ImportSummary {
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw HistoryError.missing(file, remedy: "name a file to import")
        }
        guard !HistoryFile.isSame(file, url) else {
            throw HistoryError(
                .invalidValue, file: file, "\(file.path) is the history itself", remedy: "name another file")
        }
        let copy = try Self.upToDateCopy(of: file)
        defer { copy?.remove() }
        var summary = ImportSummary()
        try writing("import into") { database in
            try database.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -262144; ATTACH DATABASE ? AS other",
                arguments: [HistoryFile.readableName(of: copy?.url ?? file)])
            defer { try? database.execute(sql: "DETACH DATABASE other; PRAGMA cache_size = -\(HistoryFile.cacheKiB)") }
            try database.inTransaction(.immediate) {
                summary = try merge(in: database, from: file)
                return .commit
            }
            Self.emptyLog(of: database)
        }
        return summary
    }

    /// A copy of an older history at this lab's version; nil for one that is at this version.
    static func upToDateCopy(of file: URL) throws -> TemporaryHistory? {
        try HistoryError.translating(file, "read") {
            guard try HistoryFile.version(of: file) > 0 else {
                throw HistoryError.missing(file, remedy: "the file is empty; name another")
            }
            let queue = try HistoryFile.tidyReader(of: file)
            defer { try? queue.close() }
            let isCurrent = try queue.read { database in
                if let problem = try String.fetchOne(database, sql: "PRAGMA quick_check(1)"), problem != "ok" {
                    throw HistoryError.corrupt(file, problem)
                }
                return try Schema.version(of: database) == Schema.version
            }
            guard !isCurrent else { return nil }
            let copy = TemporaryHistory()
            do {
                try queue.writeWithoutTransaction {
                    try $0.execute(sql: "VACUUM INTO ?", arguments: [copy.url.path])
                }
                _ = try History(at: copy.url)
                return copy
            } catch {
                copy.remove()
                throw error
            }
        }
    }

    private func merge(in database: Database, from file: URL) throws -> ImportSummary {
        let different = try String.fetchAll(
            database,
            sql: """
                SELECT id FROM main.runs JOIN other.runs USING (id) WHERE main.runs.record <> other.runs.record
                ORDER BY id LIMIT 5
                """)
        guard different.isEmpty else {
            throw HistoryError(
                .conflictingRun, file: url,
                "history \(file.path) has other runs under identifiers of \(url.path): \(different.joined(separator: ", "))",
                remedy: "nothing was imported; see which is right with 'lab history show RUN --history FILE'")
        }
        func count(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: "SELECT count(*) FROM \(sql)") ?? 0 }
        var summary = ImportSummary()
        summary.knownRuns = try count("other.runs WHERE id IN (SELECT id FROM main.runs)")
        for (table, differs) in Merge.keyed {
            summary.samples += try count("other.\(table) WHERE key NOT IN (SELECT key FROM main.\(table))")
            summary.conflicts += try count("other.\(table) AS t JOIN main.\(table) AS m USING (key) WHERE \(differs)")
        }
        let before = try (count("main.runs"), count("main.measurements"), count("main.acceptances"), count("main.tags"))
        try database.execute(sql: Merge.statements)
        try TrendStates.advanceAll(in: database)
        summary.runs = try count("main.runs") - before.0
        summary.measurements = try count("main.measurements") - before.1
        summary.acceptances = try count("main.acceptances") - before.2
        summary.tags = try count("main.tags") - before.3
        return summary
    }
}

/// A history in the folder for temporary files.
struct TemporaryHistory {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString).sqlite")

    func remove() {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            try? FileManager.default.removeItem(atPath: url.path + suffix)
        }
    }
}

/// The statements that take over what the attached history `other` has.
private enum Merge {
    /// Tables with one row for each sample key, and when two rows of a key, `t` there and `m` here, contradict.
    static let keyed = [
        ("samples", "t.nll_sum_nats <> m.nll_sum_nats OR t.token_count <> m.token_count"),
        ("outputs", "t.output <> m.output OR t.parent_key IS NOT m.parent_key"),
    ]

    private static let runColumns = """
        id, started_at, suite, suite_sha256, command, verdict, duration_seconds, system, processor, device, engine,
        record, branch, git_commit
        """
    private static let seriesColumns =
        "metric, suite, evaluation, unit, dataset, model, recipe, role, backend, device"
    private static let artifactColumns =
        "sha256, path, format, bytes, bits_per_weight, source_sha256"
    private static let conditionColumns = "artifact_sha256, evaluator, engine, backend, device, json"

    static let statements = """
        CREATE TEMP TABLE new_runs AS SELECT id FROM other.runs WHERE id NOT IN (SELECT id FROM main.runs);
        CREATE UNIQUE INDEX temp.new_runs_by_id ON new_runs (id);
        INSERT INTO main.runs (\(runColumns)) SELECT \(runColumns) FROM other.runs WHERE id IN (SELECT id FROM new_runs);
        INSERT OR IGNORE INTO main.artifacts (\(artifactColumns)) SELECT \(artifactColumns) FROM other.artifacts
            WHERE sha256 IN (SELECT sha256 FROM other.run_artifacts JOIN new_runs ON run_id = id);
        INSERT INTO main.run_artifacts (run_id, position, sha256, path, role, model, recipe)
            SELECT run_id, position, sha256, path, role, model, recipe FROM other.run_artifacts JOIN new_runs ON run_id = id;
        INSERT INTO main.verdicts (
            run_id, position, artifact, backend, evaluation, metric, status, value, threshold, reason)
            SELECT run_id, position, artifact, backend, evaluation, metric, status, value, threshold, reason
            FROM other.verdicts JOIN new_runs ON run_id = id;
        INSERT INTO main.subjects (suite, model, recipe, backend, started_at, run_id)
            SELECT suite, model, recipe, backend, started_at, run_id FROM other.subjects JOIN new_runs ON run_id = id;
        INSERT OR IGNORE INTO main.series (\(seriesColumns)) SELECT \(seriesColumns) FROM other.series
            WHERE id IN (SELECT series_id FROM other.measurements JOIN new_runs ON run_id = new_runs.id);
        CREATE TEMP TABLE same_series (there INTEGER NOT NULL PRIMARY KEY, here INTEGER NOT NULL);
        INSERT INTO same_series SELECT other.series.id, main.series.id
            FROM other.series JOIN main.series USING (\(seriesColumns));
        INSERT INTO main.measurements (
            series_id, started_at, run_id, position, artifact, value, n, interval_low, interval_high, interval_level,
            cached)
            SELECT here, started_at, run_id, position, artifact, value, n, interval_low, interval_high, interval_level,
                cached
            FROM other.measurements CROSS JOIN same_series ON series_id = there
            WHERE run_id IN (SELECT id FROM new_runs) ORDER BY here, started_at, run_id, position;
        INSERT INTO main.acceptances AS m (run_id, accepted_at, note)
            SELECT run_id, accepted_at, note FROM other.acceptances WHERE true
            ON CONFLICT (run_id, accepted_at) DO UPDATE SET note = max(m.note, excluded.note);
        INSERT OR IGNORE INTO main.tags (run_id, name) SELECT run_id, name FROM other.tags;

        INSERT OR IGNORE INTO main.conditions (\(conditionColumns)) SELECT \(conditionColumns) FROM other.conditions;
        CREATE TEMP TABLE same_conditions (there INTEGER NOT NULL PRIMARY KEY, here INTEGER NOT NULL);
        INSERT INTO same_conditions SELECT other.conditions.id, main.conditions.id
            FROM other.conditions JOIN main.conditions USING (json);
        INSERT INTO main.samples AS m (
            key, conditions_id, sample_sha256, nll_sum_nats, token_count, run_id, computed_at)
            SELECT key, here, sample_sha256, nll_sum_nats, token_count, run_id, computed_at
            FROM other.samples JOIN same_conditions ON conditions_id = there WHERE true
            ON CONFLICT (key) DO UPDATE SET run_id = excluded.run_id, computed_at = excluded.computed_at,
                nll_sum_nats = excluded.nll_sum_nats, token_count = excluded.token_count
            WHERE (excluded.computed_at, excluded.run_id, excluded.nll_sum_nats, excluded.token_count)
                < (m.computed_at, m.run_id, m.nll_sum_nats, m.token_count);
        INSERT INTO main.outputs AS m (
            key, conditions_id, sample_sha256, parent_key, output, run_id, computed_at)
            SELECT key, here, sample_sha256, parent_key, output, run_id, computed_at
            FROM other.outputs JOIN same_conditions ON conditions_id = there WHERE true
            ON CONFLICT (key) DO UPDATE SET run_id = excluded.run_id, computed_at = excluded.computed_at,
                parent_key = excluded.parent_key, output = excluded.output
            WHERE (excluded.computed_at, excluded.run_id, excluded.output, ifnull(excluded.parent_key, ''))
                < (m.computed_at, m.run_id, m.output, ifnull(m.parent_key, ''));
        DROP TABLE temp.new_runs;
        DROP TABLE temp.same_series;
        DROP TABLE temp.same_conditions;
        """
}
