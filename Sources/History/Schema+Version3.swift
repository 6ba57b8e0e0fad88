extension Schema {
    /// Measurements by the series they belong to, each series one range of rows in the order of time; who a run is about
    /// and where it came from; acceptances and tags.
    ///
    /// A measurement's artifact is the first of its path among the run's, as in the record; `artifact` is its position
    /// there, and null where the run does not list the path.
    static let version3 = """
        ALTER TABLE runs ADD COLUMN branch TEXT;
        ALTER TABLE runs ADD COLUMN git_commit TEXT;
        CREATE INDEX runs_by_branch ON runs (branch, started_at, id);

        CREATE TABLE acceptances (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            accepted_at TEXT NOT NULL,
            note TEXT NOT NULL,
            PRIMARY KEY (run_id, accepted_at)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tags (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            name TEXT NOT NULL,
            PRIMARY KEY (run_id, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tags_by_name ON tags (name);

        CREATE TABLE series (
            id INTEGER NOT NULL PRIMARY KEY,
            metric TEXT NOT NULL,
            suite TEXT NOT NULL,
            evaluation TEXT NOT NULL,
            unit TEXT NOT NULL,
            dataset TEXT NOT NULL,
            model TEXT NOT NULL,
            recipe TEXT NOT NULL,
            role TEXT NOT NULL,
            backend TEXT NOT NULL,
            device TEXT NOT NULL,
            UNIQUE (metric, suite, evaluation, unit, dataset, model, recipe, role, backend, device)
        ) STRICT;

        ALTER TABLE measurements RENAME TO old_measurements;
        CREATE TABLE measurements (
            series_id INTEGER NOT NULL REFERENCES series,
            started_at TEXT NOT NULL,
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            artifact INTEGER,
            value REAL NOT NULL,
            n INTEGER NOT NULL,
            interval_low REAL,
            interval_high REAL,
            interval_level REAL,
            cached INTEGER NOT NULL,
            PRIMARY KEY (series_id, started_at, run_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE old_subjects AS
            SELECT runs.id AS run_id, listed.key AS position, json_extract(listed.value, '$.path') AS path,
                json_extract(listed.value, '$.model') AS model, json_extract(listed.value, '$.recipe') AS recipe,
                json_extract(listed.value, '$.role') AS role
            FROM runs, json_each(CASE WHEN json_valid(record) THEN record ELSE '{}' END, '$.artifacts') AS listed;
        CREATE INDEX old_subjects_by_path ON old_subjects (run_id, path, position);
        CREATE TABLE old_values AS
            SELECT m.*, runs.started_at, runs.suite, runs.device, a.position AS place, ifnull(a.model, '') AS model,
                ifnull(a.recipe, '') AS recipe, ifnull(a.role, 'candidate') AS role
            FROM old_measurements AS m
            JOIN runs ON runs.id = m.run_id
            LEFT JOIN old_subjects AS a ON a.run_id = m.run_id AND a.path = m.artifact AND a.position = (
                SELECT min(position) FROM old_subjects WHERE run_id = m.run_id AND path = m.artifact);
        INSERT INTO series (metric, suite, evaluation, unit, dataset, model, recipe, role, backend, device)
            SELECT DISTINCT metric, suite, evaluation, unit, '', model, recipe, role, backend, device FROM old_values;
        INSERT INTO measurements
            SELECT series.id, started_at, run_id, position, place, value, n, interval_low, interval_high, interval_level,
                cached
            FROM old_values JOIN series USING (metric, suite, evaluation, unit, model, recipe, role, backend, device)
            WHERE dataset = '';
        DROP TABLE old_values;
        DROP TABLE old_subjects;
        DROP TABLE old_measurements;
        CREATE INDEX measurements_by_run ON measurements (run_id);

        CREATE TABLE subjects (
            suite TEXT NOT NULL,
            model TEXT NOT NULL,
            recipe TEXT NOT NULL,
            backend TEXT NOT NULL,
            started_at TEXT NOT NULL,
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            PRIMARY KEY (suite, model, recipe, backend, started_at, run_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX subjects_by_run ON subjects (run_id);
        INSERT INTO subjects
            SELECT DISTINCT suite, model, recipe, backend, started_at, run_id
            FROM measurements JOIN series ON series.id = series_id WHERE role = 'candidate';
        """

    static let dropViews = """
        DROP VIEW IF EXISTS runs_v;
        DROP VIEW IF EXISTS measurements_v;
        DROP VIEW IF EXISTS verdicts_v;
        """

    /// What `lab history sql` promises: columns keep their names, meanings and order in every version; later ones are
    /// added at the end. docs/history.md describes them.
    static let views = """
        CREATE VIEW runs_v AS
            SELECT id AS run_id, started_at, suite, verdict, duration_seconds, command, system, processor, device,
                engine, branch, git_commit,
                (SELECT max(accepted_at) FROM acceptances WHERE run_id = runs.id) AS accepted_at,
                (SELECT group_concat(name, ',') FROM (SELECT name FROM tags WHERE run_id = runs.id ORDER BY name))
                    AS tags
            FROM runs;

        CREATE VIEW measurements_v AS
            SELECT m.run_id, m.started_at, s.suite, s.evaluation, s.metric, m.value, s.unit, m.n, m.interval_low,
                m.interval_high, m.interval_level, m.cached, s.dataset, s.model, s.recipe, s.role, s.backend, s.device,
                r.engine, a.sha256 AS artifact_sha256, a.path AS artifact_path
            FROM measurements AS m
            JOIN series AS s ON s.id = m.series_id
            JOIN runs AS r ON r.id = m.run_id
            LEFT JOIN run_artifacts AS a ON a.run_id = m.run_id AND a.position = m.artifact;

        CREATE VIEW verdicts_v AS
            SELECT v.run_id, r.started_at, r.suite, v.evaluation, v.metric, v.status, v.value, v.threshold, v.reason,
                v.backend, v.artifact AS artifact_path, a.model, a.recipe
            FROM verdicts AS v
            JOIN runs AS r ON r.id = v.run_id
            LEFT JOIN run_artifacts AS a ON a.run_id = v.run_id AND a.position = (
                SELECT min(position) FROM run_artifacts WHERE run_id = v.run_id AND path = v.artifact);
        """
}
