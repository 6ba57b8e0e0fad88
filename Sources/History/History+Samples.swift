import Foundation
import GRDB
public import LabCore

extension History {
    /// The likelihoods already known for some sample keys; a key without one is absent.
    public func samples(for keys: [Digest]) throws -> [Digest: ChunkScore] {
        try fetch(keys, "SELECT key, nll_sum_nats, token_count FROM samples") { row in
            ChunkScore(nllSumNats: row["nll_sum_nats"], tokenCount: row["token_count"])
        }
    }

    /// The outputs of other solvers already known for some sample keys; a key without one, or with one that this lab
    /// does not understand, is absent.
    public func outputs<Output: Decodable>(
        for keys: [Digest], as type: Output.Type = Output.self
    ) throws -> [Digest: Output] {
        let decoder = JSONDecoder()
        return try fetch(keys, "SELECT key, output FROM outputs") { row in
            let json: String = row["output"]
            return try? decoder.decode(type, from: Data(json.utf8))
        }
    }

    private func fetch<Result>(
        _ keys: [Digest], _ select: String, _ result: (Row) -> Result?
    ) throws -> [Digest: Result] {
        try HistoryError.translating(url, "read") {
            try connection.read { database in
                var results: [Digest: Result] = [:]
                for start in stride(from: 0, to: keys.count, by: Self.keysPerQuery) {
                    let batch = keys[start..<min(start + Self.keysPerQuery, keys.count)]
                    let places = batch.map { _ in "?" }.joined(separator: ",")
                    let rows = try Row.fetchCursor(
                        database, sql: "\(select) WHERE key IN (\(places))",
                        arguments: StatementArguments(batch.map(\.hex)))
                    while let row = try rows.next() {
                        let hex: String = row["key"]
                        if let key = Digest(hex: hex) { results[key] = result(row) }
                    }
                }
                return results
            }
        }
    }

    /// The conditions under which an artifact was sampled by an evaluator of a name, whatever its version; the newest
    /// first.
    public func conditions(of artifact: Digest, evaluator name: String) throws -> [SampleConditions] {
        let rows = try HistoryError.translating(url, "read") {
            try connection.read { database in
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT json FROM conditions WHERE artifact_sha256 = ?1 AND evaluator LIKE ?2 || '/%'
                        ORDER BY id DESC
                        """, arguments: [artifact.hex, name])
            }
        }
        return rows.compactMap { try? JSONDecoder().decode(SampleConditions.self, from: Data($0.utf8)) }
    }

    /// Keeps the likelihood of one sample, under the key that its conditions and its digest make.
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
        try store(
            "samples", key: conditions.key(sample: sample), conditions, sample: sample, runID: runID,
            ["nll_sum_nats": result.nllSumNats, "token_count": result.tokenCount])
    }

    /// Keeps what another solver put out for one sample.
    ///
    /// - Parameter parent: the key of the parent's sample, where the output is a comparison with it.
    /// - Throws: ``HistoryError``; ``HistoryError/Code/invalidValue`` for a number that is not finite.
    public func store(
        output: some Encodable, conditions: SampleConditions, sample: Digest, parent: Digest?, runID: String
    ) throws {
        let text: String
        do {
            text = try Self.json(output)
        } catch {
            throw HistoryError(
                .invalidValue, file: url,
                "sample \(sample.short) of \(conditions.evaluator) holds a number that is not finite: \(error)")
        }
        try store(
            "outputs", key: conditions.key(sample: sample, parent: parent), conditions, sample: sample, runID: runID,
            ["parent_key": parent?.hex, "output": text])
    }

    /// Keeps a row of a table of samples, with the columns that only this table has.
    private func store(
        _ table: String, key: Digest, _ conditions: SampleConditions, sample: Digest, runID: String,
        _ own: KeyValuePairs<String, (any DatabaseValueConvertible)?>
    ) throws {
        let json = try Self.json(conditions)
        let columns = (["key", "conditions_id", "sample_sha256", "run_id", "computed_at"] + own.map(\.key))
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        try write(isEnd: false) { database in
            let conditionsID = try Self.conditionsID(conditions, json: json, in: database)
            let common: [(any DatabaseValueConvertible)?] = [
                key.hex, conditionsID, sample.hex, runID, Date().formatted(Self.timeFormat),
            ]
            try database.execute(
                sql: "INSERT OR IGNORE INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))",
                arguments: StatementArguments(common + own.map(\.value)))
        }
    }

    /// Below the number of variables that the oldest supported SQLite allows in one statement.
    private static let keysPerQuery = 500

    static func conditionsID(
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
