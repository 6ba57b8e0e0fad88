import Foundation
import GRDB
public import LabCore

extension History {
    /// The results already known for some sample keys; a key without a result is absent.
    public func samples(for keys: [Digest]) throws -> [Digest: ChunkScore] {
        try HistoryError.translating(url, "read") {
            try pool.read { database in
                var results: [Digest: ChunkScore] = [:]
                for start in stride(from: 0, to: keys.count, by: Self.keysPerQuery) {
                    let batch = keys[start..<min(start + Self.keysPerQuery, keys.count)]
                    let rows = try Row.fetchCursor(
                        database,
                        sql: """
                            SELECT key, nll_sum_nats, token_count FROM samples
                            WHERE key IN (\(batch.map { _ in "?" }.joined(separator: ",")))
                            """,
                        arguments: StatementArguments(batch.map(\.hex)))
                    while let row = try rows.next() {
                        let hex: String = row["key"]
                        guard let key = Digest(hex: hex) else { continue }
                        results[key] = ChunkScore(nllSumNats: row["nll_sum_nats"], tokenCount: row["token_count"])
                    }
                }
                return results
            }
        }
    }

    /// Keeps the result of one sample, under the key that its conditions and its digest make.
    ///
    /// Safe from a killed process when the call returns. A result that is there already stays: two labs may compute the same sample.
    ///
    /// - Throws: ``HistoryError``; ``HistoryError/Code/invalidValue`` for a sum that is not finite or no tokens.
    public func store(
        _ result: ChunkScore, conditions: SampleConditions, sample: Digest, runID: String
    ) throws {
        guard result.nllSumNats.isFinite, result.tokenCount > 0 else {
            throw HistoryError(
                .invalidValue, file: url,
                """
                sample \(sample.short) of \(conditions.evaluator) has no usable result: NLL sum \
                \(result.nllSumNats) over \(result.tokenCount) tokens
                """)
        }
        let key = conditions.key(sample: sample)
        let json = try Self.json(conditions)
        try write(mustSync: false) { database in
            let conditionsID = try Self.conditionsID(conditions, json: json, in: database)
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO samples
                        (key, conditions_id, sample_sha256, nll_sum_nats, token_count, run_id, computed_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.hex, conditionsID, sample.hex, result.nllSumNats, result.tokenCount, runID,
                    Date().formatted(Self.timeFormat),
                ])
        }
    }

    /// Below the number of variables that the oldest supported SQLite allows in one statement.
    private static let keysPerQuery = 500

    private static func conditionsID(
        _ conditions: SampleConditions, json: String, in database: Database
    ) throws -> Int64 {
        let known = try Int64.fetchOne(database, sql: "SELECT id FROM conditions WHERE json = ?", arguments: [json])
        if let known { return known }
        try database.execute(
            sql: """
                INSERT INTO conditions (artifact_sha256, evaluator, engine, backend, device, json)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                conditions.artifact.hex, conditions.evaluator, conditions.engine, conditions.backend,
                conditions.device, json,
            ])
        return database.lastInsertedRowID
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
