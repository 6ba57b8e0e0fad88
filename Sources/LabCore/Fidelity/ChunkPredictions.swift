public import Foundation

/// A parent's predictions on one chunk, small enough to keep: what a candidate's KL divergence is estimated from.
///
/// The record, all numbers little-endian:
///
/// | bytes | content |
/// |---|---|
/// | 8 | "pajpred" and the format's version as a byte, 1 |
/// | 4, 4, 4, 4 | vocabulary size; `topCount`, `tailCount` of the settings; positions |
/// | 8 | seed of the settings |
/// | 8 | summed NLL of the chunk, nats, as a double |
/// | 32 | SHA-256 of the chunk's tokens |
/// | positions x size | each: NLL and tail mass as floats, the likeliest tokens, the drawn tokens |
/// | 8 | the first bytes of the SHA-256 of all before |
///
/// A token is its id (2 bytes where the vocabulary has at most 65,536 tokens, else 3) and 2 bytes for its probability.
/// With 192 likeliest and 96 drawn tokens a position is 1,160 or 1,448 bytes: 1.2 % of 16-bit logits with SmolLM2's
/// vocabulary, 0.48 % with Qwen3's.
public struct ChunkPredictions: Hashable, Sendable {
    /// Tokens of the vocabulary.
    public var vocabulary: Int
    /// What is kept of each prediction.
    public var settings: PredictionSettings
    /// Digest of the chunk's tokens.
    public var tokens: Digest
    /// The parent's score of the chunk.
    public var score: ChunkScore
    /// One prediction for each scored token, in order.
    public var positions: [PredictedPosition]

    /// Creates predictions; `positions` are as many as `score` has tokens, and as long as `settings` say.
    public init(
        vocabulary: Int, settings: PredictionSettings, tokens: Digest, score: ChunkScore,
        positions: [PredictedPosition]
    ) {
        self.vocabulary = vocabulary
        self.settings = settings
        self.tokens = tokens
        self.score = score
        self.positions = positions
    }

    /// The size of one position, bytes.
    public static func positionBytes(vocabulary: Int, settings: PredictionSettings) -> Int {
        let counts = settings.counts(vocabulary: vocabulary)
        return 8 + (counts.top + counts.tail) * (idBytes(vocabulary: vocabulary) + 2)
    }

    static let magic = Array("pajpred".utf8) + [1]
    static let headerBytes = 72
    static let checksumBytes = 8

    static func idBytes(vocabulary: Int) -> Int { vocabulary <= 65_536 ? 2 : 3 }

    /// The record's last bytes.
    static func checksum(of content: Data) -> [UInt8] {
        Array(Digest(of: content).bytes.prefix(checksumBytes))
    }

    /// The predictions as a record.
    public func encoded() -> Data {
        let idBytes = Self.idBytes(vocabulary: vocabulary)
        var bytes = Self.magic
        bytes.reserveCapacity(
            Self.headerBytes + Self.checksumBytes
                + positions.count * Self.positionBytes(vocabulary: vocabulary, settings: settings))
        func append(_ value: some FixedWidthInteger, count: Int? = nil) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0.prefix(count ?? $0.count)) }
        }
        for value in [vocabulary, settings.topCount, settings.tailCount, positions.count] { append(UInt32(value)) }
        append(settings.seed)
        append(score.nllSumNats.bitPattern)
        bytes += tokens.bytes
        for position in positions {
            append(position.nats.bitPattern)
            append(position.tailMass.bitPattern)
            for token in position.top + position.samples {
                append(UInt32(token.id), count: idBytes)
                append(token.code)
            }
        }
        let content = Data(bytes)
        return content + Self.checksum(of: content)
    }
}

extension Digest {
    /// The digest's 32 bytes.
    package var bytes: [UInt8] {
        let digits = Array(hex.utf8)
        func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}
