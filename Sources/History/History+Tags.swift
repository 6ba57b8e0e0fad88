import GRDB

extension History {
    /// Gives a run names; those that it has stay.
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/unknownRun`` where there is no such run, and
    ///   ``HistoryError/Code/invalidName`` for a name that is empty or has commas, blanks, control or format characters.
    public func tag(_ runID: String, _ names: [String]) throws {
        for name in names {
            guard !name.isEmpty, !name.unicodeScalars.contains(where: Self.isForbidden) else {
                let codes = name.unicodeScalars.filter(Self.isHidden).map { "U+" + String($0.value, radix: 16) }
                let visible = String(String.UnicodeScalarView(name.unicodeScalars.filter { !Self.isHidden($0) }))
                throw HistoryError(
                    .invalidName, file: url,
                    "'\(visible)'\(codes.isEmpty ? "" : " with \(codes.joined(separator: ", "))") is no tag",
                    remedy: "a tag has neither blanks nor commas nor characters that cannot be seen: v1.2, nightly")
            }
        }
        try write(isEnd: true) { database in
            try requireRun(runID, in: database)
            for name in names {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO tags (run_id, name) VALUES (?, ?)", arguments: [runID, name])
            }
        }
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "," || scalar.properties.isWhitespace || isHidden(scalar)
    }

    /// Control characters could drive a terminal, format characters make a name read as another.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    /// Takes names away from a run, all of them or none.
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/unknownRun`` where there is no such run, and
    ///   ``HistoryError/Code/unknownTag`` for a name that it has not.
    public func removeTags(_ runID: String, _ names: [String]) throws {
        try write(isEnd: true) { database in
            try requireRun(runID, in: database)
            for name in names {
                try database.execute(
                    sql: "DELETE FROM tags WHERE run_id = ? AND name = ?", arguments: [runID, name])
                guard database.changesCount > 0 else {
                    let tags = try String.fetchAll(
                        database, sql: "SELECT name FROM tags WHERE run_id = ? ORDER BY name", arguments: [runID])
                    throw unknownTag(name, of: "run \(runID)", known: tags)
                }
            }
        }
    }

    /// Refuses a name that no run has.
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/unknownTag``.
    public func requireTag(_ name: String) throws {
        let known = try reading { try String.fetchAll($0, sql: "SELECT DISTINCT name FROM tags ORDER BY name") }
        guard known.contains(name) else { throw unknownTag(name, of: "history \(url.path)", known: known) }
    }

    private func unknownTag(_ name: String, of what: String, known: [String]) -> HistoryError {
        // Tags that were imported may have any characters.
        let known = known.filter { !$0.unicodeScalars.contains(where: Self.isHidden) }
        return HistoryError(
            .unknownTag, file: url, "\(what) has no tag '\(name)'",
            remedy: known.isEmpty
                ? "it has none; 'lab history tag' gives one" : "it has \(known.joined(separator: ", "))")
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
