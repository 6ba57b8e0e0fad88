import GRDB

extension History {
    /// Gives a run names; those that it has stay.
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/unknownRun`` where there is no such run, and
    ///   ``HistoryError/Code/invalidValue`` for a name that is empty or has commas, blanks or control characters.
    public func tag(_ runID: String, _ names: [String]) throws {
        for name in names {
            guard !name.isEmpty,
                !name.unicodeScalars.contains(where: { $0 == "," || $0.properties.isWhitespace || $0.value < 32 })
            else {
                throw HistoryError(
                    .invalidName, file: url, "'\(name)' is no tag",
                    remedy: "a tag has neither blanks nor commas: v1.2, nightly")
            }
        }
        try write(mustSync: true) { database in
            try requireRun(runID, in: database)
            for name in names {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO tags (run_id, name) VALUES (?, ?)", arguments: [runID, name])
            }
        }
    }

    /// Takes names away from a run.
    ///
    /// - Returns: those that it had.
    public func removeTags(_ runID: String, _ names: [String]) throws -> [String] {
        var removed: [String] = []
        try write(mustSync: true) { database in
            try requireRun(runID, in: database)
            for name in names {
                try database.execute(
                    sql: "DELETE FROM tags WHERE run_id = ? AND name = ?", arguments: [runID, name])
                if database.changesCount > 0 { removed.append(name) }
            }
        }
        return removed
    }

    /// A run's names, in alphabetical order.
    public func tags(of runID: String) throws -> [String] {
        try reading {
            try String.fetchAll($0, sql: "SELECT name FROM tags WHERE run_id = ? ORDER BY name", arguments: [runID])
        }
    }

    /// Refuses an identifier that no run has.
    func requireRun(_ runID: String, in database: Database) throws {
        guard try Bool.fetchOne(database, sql: "SELECT 1 FROM runs WHERE id = ?", arguments: [runID]) == true else {
            throw HistoryError(
                .unknownRun, file: url, "history \(url.path) has no run '\(runID)'",
                remedy: "'lab history' lists the runs")
        }
    }
}
