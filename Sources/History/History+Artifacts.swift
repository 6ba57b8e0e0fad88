import GRDB
public import LabCore

extension History {
    /// The newest run that judged an artifact, named by its SHA-256 or the beginning of just one; nil where none did.
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/ambiguousRun`` where several artifacts' digests begin so.
    public func latestRun(artifact digest: String) throws -> RunRecord? {
        let rows = try HistoryError.translating(url, "read") {
            try connection.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT sha256, run_id, max(started_at) FROM run_artifacts JOIN runs ON runs.id = run_id
                        WHERE role = 'candidate' AND sha256 >= ?1 AND sha256 < ?1 || 'g' GROUP BY sha256 LIMIT 4
                        """, arguments: [digest])
            }
        }
        guard rows.count <= 1 else {
            let known = rows.map { String(($0["sha256"] as String).prefix(12)) }.joined(separator: ", ")
            throw HistoryError(
                .ambiguousRun, file: url, "'\(digest)' begins the SHA-256 of several artifacts: \(known)",
                remedy: "give more of the digest")
        }
        return try rows.first.flatMap { try run(id: $0["run_id"]) }
    }
}
