import Foundation
import GRDB

/// The tables, as a list of steps; a file's `user_version` counts the steps it has been through.
///
/// The steps run inside the one transaction that reads `user_version`, so two labs that open a new file at once
/// cannot both apply a step. (GRDB's migrator reads what was applied before it takes the write lock.)
enum Schema {
    /// Marks a SQLite file as a history of the lab: "LPLH" in the header's application id.
    static let applicationID = 0x4C50_4C48

    /// The version this lab writes.
    static var version: Int { steps.count }

    /// Refuses a file that is not a history, or that a newer lab wrote.
    ///
    /// Changes nothing.
    static func check(_ database: Database, file: URL) throws {
        let applicationID = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        if applicationID != Self.applicationID {
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            guard applicationID == 0, tables == 0 else {
                throw HistoryError(
                    .foreign, file: file, "\(file.path) is a SQLite database, but not a history of the lab",
                    remedy: "name another file with --history")
            }
        }
        let found = try version(of: database)
        guard found <= version else {
            throw HistoryError(
                .newerSchema, file: file,
                "history \(file.path) has schema version \(found); this lab knows versions up to \(version)",
                remedy: "use the newer lab, or name another file with --history; the file was left as it is")
        }
    }

    /// Brings a checked file to the version of this lab.
    ///
    /// Must run inside a write transaction.
    static func migrate(_ database: Database, file: URL) throws {
        try check(database, file: file)
        let found = try version(of: database)
        guard found < version else { return }
        // Views are made anew, so that their columns stay while the tables below them change.
        try database.execute(sql: dropViews)
        for step in steps[found...] {
            try database.execute(sql: step)
        }
        try database.execute(sql: views)
        try TrendStates.advanceAll(in: database)
        try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
    }

    /// The version of a file.
    static func version(of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }

    /// Published steps never change; a change to the tables is a new step.
    private static let steps = [version1, version2, version3, version4, version5, version6]

    /// Samples refer to no run by foreign key: they are kept while their run is still going on, and when it is
    /// interrupted and never recorded.
    private static let version1 = """
        CREATE TABLE runs (
            id TEXT NOT NULL PRIMARY KEY,
            started_at TEXT NOT NULL,
            suite TEXT NOT NULL,
            suite_sha256 TEXT NOT NULL,
            command TEXT NOT NULL,
            verdict TEXT NOT NULL,
            duration_seconds REAL NOT NULL,
            system TEXT NOT NULL,
            processor TEXT NOT NULL,
            device TEXT NOT NULL,
            engine TEXT,
            record TEXT NOT NULL
        ) STRICT;
        CREATE INDEX runs_by_suite ON runs (suite, started_at);
        CREATE INDEX runs_by_start ON runs (started_at);

        CREATE TABLE artifacts (
            sha256 TEXT NOT NULL PRIMARY KEY,
            path TEXT NOT NULL,
            format TEXT NOT NULL,
            recipe TEXT NOT NULL,
            model TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            bits_per_weight REAL NOT NULL,
            source_sha256 TEXT
        ) STRICT;

        CREATE TABLE run_artifacts (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            sha256 TEXT NOT NULL REFERENCES artifacts,
            path TEXT NOT NULL,
            role TEXT NOT NULL,
            PRIMARY KEY (run_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_artifacts_by_artifact ON run_artifacts (sha256);

        CREATE TABLE measurements (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            artifact TEXT NOT NULL,
            backend TEXT NOT NULL,
            evaluation TEXT NOT NULL,
            metric TEXT NOT NULL,
            value REAL NOT NULL,
            unit TEXT NOT NULL,
            n INTEGER NOT NULL,
            interval_low REAL,
            interval_high REAL,
            interval_level REAL,
            cached INTEGER NOT NULL,
            PRIMARY KEY (run_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX measurements_by_metric ON measurements (evaluation, metric);

        CREATE TABLE verdicts (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            artifact TEXT,
            backend TEXT NOT NULL,
            evaluation TEXT NOT NULL,
            metric TEXT,
            status TEXT NOT NULL,
            value REAL,
            threshold REAL,
            reason TEXT NOT NULL,
            PRIMARY KEY (run_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE conditions (
            id INTEGER NOT NULL PRIMARY KEY,
            artifact_sha256 TEXT NOT NULL,
            evaluator TEXT NOT NULL,
            engine TEXT NOT NULL,
            backend TEXT NOT NULL,
            device TEXT NOT NULL,
            json TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE INDEX conditions_by_artifact ON conditions (artifact_sha256);

        CREATE TABLE samples (
            key TEXT NOT NULL PRIMARY KEY,
            conditions_id INTEGER NOT NULL REFERENCES conditions,
            sample_sha256 TEXT NOT NULL,
            nll_sum_nats REAL NOT NULL,
            token_count INTEGER NOT NULL CHECK (token_count > 0),
            run_id TEXT NOT NULL,
            computed_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX samples_by_conditions ON samples (conditions_id);
        """

    /// What solvers put out beside the likelihood of a chunk, as JSON.
    private static let version2 = """
        CREATE TABLE outputs (
            key TEXT NOT NULL PRIMARY KEY,
            conditions_id INTEGER NOT NULL REFERENCES conditions,
            sample_sha256 TEXT NOT NULL,
            parent_key TEXT,
            output TEXT NOT NULL,
            run_id TEXT NOT NULL,
            computed_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX outputs_by_conditions ON outputs (conditions_id);
        """
}
