import Foundation
import GRDB
import LabCore

/// The rows that a run's record becomes: what queries look at, all of it derived from the record.
enum RunRows {
    /// Adds the rows of a run that is not there yet.
    ///
    /// - Returns: the series that its measurements belong to.
    @discardableResult
    static func insert(_ run: RunRecord, json: String, into database: Database) throws -> Set<Int64> {
        let startedAt = run.startedAt.formatted(History.timeFormat)
        try database.cachedStatement(
            sql: """
                INSERT INTO runs (
                    id, started_at, suite, suite_sha256, command, verdict, duration_seconds, system, processor,
                    device, engine, record, branch, git_commit)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            run.id, startedAt, run.suite.name, run.suite.sha256.hex, run.command, run.verdict.rawValue,
            run.durationSeconds, run.machine.system, run.machine.processor, run.machine.device, run.engine?.build, json,
            run.origin?.branch, run.origin?.commit,
        ])
        for (position, artifact) in run.artifacts.enumerated() {
            try insert(artifact, position: position, of: run.id, into: database)
        }
        var series: Set<Int64> = []
        for (position, measurement) in run.measurements.enumerated() {
            series.insert(try insert(measurement, position: position, of: run, startedAt: startedAt, into: database))
        }
        for (position, verdict) in run.allVerdicts.enumerated() {
            try insert(verdict, position: position, of: run.id, into: database)
        }
        return series
    }

    private static func insert(
        _ artifact: ArtifactRecord, position: Int, of runID: String, into database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO artifacts (sha256, path, format, bytes, bits_per_weight, source_sha256)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (sha256) DO UPDATE SET path = excluded.path
                """
        ).execute(arguments: [
            artifact.sha256.hex, artifact.path, artifact.format, artifact.bytes, artifact.bitsPerWeight,
            artifact.source?.hex,
        ])
        try database.cachedStatement(
            sql: """
                INSERT INTO run_artifacts (run_id, position, sha256, path, role, model, recipe)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            runID, position, artifact.sha256.hex, artifact.path, artifact.role.rawValue, artifact.model,
            artifact.recipe,
        ])
    }

    private static func insert(
        _ measurement: LabCore.Measurement, position: Int, of run: RunRecord, startedAt: String,
        into database: Database
    ) throws -> Int64 {
        let artifact = run.artifacts.firstIndex { $0.path == measurement.artifact }
        let key = SeriesKey(of: measurement, in: run)
        let series = try seriesID(key, in: database)
        try database.cachedStatement(
            sql: """
                INSERT INTO measurements (
                    series_id, started_at, run_id, position, artifact, value, n, interval_low, interval_high,
                    interval_level, cached)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            series, startedAt, run.id, position, artifact, measurement.value, measurement.n,
            measurement.interval?.low, measurement.interval?.high, measurement.interval?.level, measurement.cached,
        ])
        guard key.role == .candidate else { return series }
        try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO subjects (suite, model, recipe, backend, started_at, run_id)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [key.suite, key.model, key.recipe, key.backend, startedAt, run.id])
        return series
    }

    /// The row of a series; nil when there is none.
    static func knownSeriesID(_ key: SeriesKey, in database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id FROM series WHERE metric = ? AND suite = ? AND evaluation = ? AND unit = ? AND dataset = ?
                        AND model = ? AND recipe = ? AND role = ? AND backend = ? AND device = ?
                    """), arguments: columns(of: key))
    }

    private static func columns(of key: SeriesKey) -> StatementArguments {
        [
            key.metric, key.suite, key.evaluation, key.unit, key.dataset, key.model, key.recipe, key.role.rawValue,
            key.backend, key.device,
        ]
    }

    private static func seriesID(_ key: SeriesKey, in database: Database) throws -> Int64 {
        if let known = try knownSeriesID(key, in: database) { return known }
        try database.cachedStatement(
            sql: """
                INSERT INTO series (metric, suite, evaluation, unit, dataset, model, recipe, role, backend, device)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: columns(of: key))
        return database.lastInsertedRowID
    }

    private static func insert(
        _ verdict: Verdict, position: Int, of runID: String, into database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO verdicts (
                    run_id, position, artifact, backend, evaluation, metric, status, value, threshold, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            runID, position, verdict.artifact, verdict.backend, verdict.evaluation, verdict.metric,
            verdict.status.rawValue, verdict.value, verdict.threshold?.limit, verdict.reason,
        ])
    }
}

extension SeriesKey {
    /// The series that a measurement belongs to.
    ///
    /// A measurement of an artifact that the run does not list belongs to one of a candidate without a name.
    init(of measurement: LabCore.Measurement, in run: RunRecord) {
        let artifact = run.artifacts.first { $0.path == measurement.artifact }
        self.init(
            suite: run.suite.name, evaluation: measurement.evaluation, metric: measurement.metric,
            unit: measurement.unit, dataset: measurement.dataset ?? "", model: artifact?.model ?? "",
            recipe: artifact?.recipe ?? "", role: artifact?.role ?? .candidate, backend: measurement.backend,
            device: run.machine.device)
    }
}

extension RunRows {
    /// What the rows of a run say, by what they are called; numbers that differ between files are left out.
    static let queries: [(name: String, sql: String)] = [
        (
            "its own columns",
            """
            SELECT started_at, suite, suite_sha256, command, verdict, duration_seconds, system, processor, device, engine,
                branch, git_commit
            FROM runs WHERE id = ?
            """
        ),
        (
            "its artifacts",
            """
            SELECT position, sha256, path, role, model, recipe FROM run_artifacts WHERE run_id = ? ORDER BY position
            """
        ),
        (
            "its measurements",
            """
            SELECT m.position, m.started_at, m.artifact, m.value, m.n, m.interval_low, m.interval_high, m.interval_level,
                m.cached, s.metric, s.suite, s.evaluation, s.unit, s.dataset, s.model, s.recipe, s.role, s.backend, s.device
            FROM measurements AS m JOIN series AS s ON s.id = m.series_id WHERE m.run_id = ? ORDER BY m.position
            """
        ),
        (
            "its verdicts",
            """
            SELECT position, artifact, backend, evaluation, metric, status, value, threshold, reason
            FROM verdicts WHERE run_id = ? ORDER BY position
            """
        ),
        (
            "its subjects",
            "SELECT suite, model, recipe, backend, started_at FROM subjects WHERE run_id = ? ORDER BY 1, 2, 3, 4"
        ),
    ]
}
