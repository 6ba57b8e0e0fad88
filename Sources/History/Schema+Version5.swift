extension Schema {
    /// What is known of each series' shifts after every 128th of its points, so that a trend need not look at all of them
    /// each time: derived from the measurements, and made again where they change.
    ///
    /// A state is of the point that it names; a shift has the number of the point after which it was known, and belongs to
    /// the first state from there on. Shifts beyond the newest state are not kept, and left over ones not believed.
    static let version5 = """
        CREATE TABLE trend_states (
            series_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
            started_at TEXT NOT NULL,
            run_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            points INTEGER NOT NULL,
            start INTEGER NOT NULL,
            equal_count INTEGER NOT NULL,
            follows_constant INTEGER NOT NULL,
            older_count INTEGER NOT NULL,
            older_mean REAL NOT NULL,
            older_squares REAL NOT NULL,
            newest BLOB NOT NULL,
            PRIMARY KEY (series_id, started_at, run_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE trend_shifts (
            series_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
            known INTEGER NOT NULL,
            shift INTEGER NOT NULL,
            before_count INTEGER NOT NULL,
            before_mean REAL NOT NULL,
            before_squares REAL NOT NULL,
            PRIMARY KEY (series_id, known)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER measurement_added AFTER INSERT ON measurements BEGIN
            DELETE FROM trend_states WHERE series_id = NEW.series_id
                AND (started_at, run_id, position) >= (NEW.started_at, NEW.run_id, NEW.position);
        END;
        CREATE TRIGGER measurement_removed AFTER DELETE ON measurements BEGIN
            DELETE FROM trend_states WHERE series_id = OLD.series_id
                AND (started_at, run_id, position) >= (OLD.started_at, OLD.run_id, OLD.position);
        END;
        """
}
