public import Foundation

/// Predictions that are damaged, or not the ones that are needed.
public struct PredictionsError: LabFailure {
    /// What is wrong, naming the position and field.
    public let description: String
    /// How to mend it.
    public var remedy: String? { "compute the parent's predictions again, or fetch the pack again" }

    /// Creates an error.
    public init(_ description: String) { self.description = description }
}

extension ChunkPredictions {
    /// Reads a record and checks all of it.
    ///
    /// - Throws: ``PredictionsError`` for anything that ``encoded()`` does not write.
    public init(decoding data: Data) throws {
        guard data.count >= Self.headerBytes + Self.checksumBytes else {
            throw PredictionsError("\(data.count) bytes are too few for predictions")
        }
        guard data.prefix(7) == Data(Self.magic.prefix(7)) else { throw PredictionsError("these are no predictions") }
        var reader = Reader(data)
        let version = reader.bytes(8)[7]
        guard version == Self.magic[7] else {
            throw PredictionsError("predictions of version \(version); this lab reads version \(Self.magic[7])")
        }
        vocabulary = reader.integer(4)
        let topCount = reader.integer(4)
        let tailCount = reader.integer(4)
        let count = reader.integer(4)
        settings = PredictionSettings(
            topCount: topCount, tailCount: tailCount, seed: UInt64(truncatingIfNeeded: reader.integer(8)))
        score = ChunkScore(
            nllSumNats: Double(bitPattern: UInt64(truncatingIfNeeded: reader.integer(8))), tokenCount: count)
        tokens = Digest(bytes: reader.bytes(32))

        // The limits come first: within them no product below overflows.
        guard (1...1 << 24).contains(vocabulary) else {
            throw PredictionsError("a vocabulary of \(vocabulary) tokens is none")
        }
        if let problem = settings.problem { throw PredictionsError(problem) }
        guard (1...1 << 24).contains(count) else { throw PredictionsError("predictions of \(count) tokens are none") }
        let size = count * Self.positionBytes(vocabulary: vocabulary, settings: settings)
        guard data.count == Self.headerBytes + size + Self.checksumBytes else {
            throw PredictionsError(
                "predictions of \(count) tokens have \(Self.headerBytes + size + Self.checksumBytes) bytes, "
                    + "and these \(data.count)")
        }
        guard Self.checksum(of: data.dropLast(Self.checksumBytes)) == Array(data.suffix(Self.checksumBytes)) else {
            throw PredictionsError("the predictions are damaged: their checksum does not fit")
        }

        let counts = settings.counts(vocabulary: vocabulary)
        let idBytes = Self.idBytes(vocabulary: vocabulary)
        var check = PositionCheck(vocabulary: vocabulary)
        positions = []
        positions.reserveCapacity(count)
        for index in 0..<count {
            let position = PredictedPosition(
                nats: reader.float(), tailMass: reader.float(),
                top: reader.tokens(counts.top, idBytes: idBytes), samples: reader.tokens(counts.tail, idBytes: idBytes))
            if let problem = check.problem(of: position) {
                throw PredictionsError("the predictions are damaged at position \(index): \(problem)")
            }
            positions.append(position)
        }
        // The floats are rounded, each by at most 2^-24 of its value.
        let sum = positions.reduce(0) { $0 + Double($1.nats) }
        guard abs(sum - score.nllSumNats) <= 1e-7 * sum else {
            throw PredictionsError("the predictions are damaged: their NLLs do not add up to \(score.nllSumNats)")
        }
    }

    /// Numbers from bytes that were counted before.
    private struct Reader {
        private let data: [UInt8]
        private var offset = 0

        init(_ data: Data) { self.data = Array(data) }

        mutating func bytes(_ count: Int) -> ArraySlice<UInt8> {
            defer { offset += count }
            return data[offset..<offset + count]
        }

        mutating func integer(_ count: Int) -> Int {
            var value = 0
            for place in 0..<count { value |= Int(data[offset + place]) << (8 * place) }
            offset += count
            return value
        }

        mutating func float() -> Float { Float(bitPattern: UInt32(integer(4))) }

        mutating func tokens(_ count: Int, idBytes: Int) -> [PredictedToken] {
            (0..<count).map { _ in PredictedToken(id: Int32(integer(idBytes)), code: UInt16(integer(2))) }
        }
    }
}

/// Checks positions one after another; the marks of seen tokens are kept between them.
private struct PositionCheck {
    private var isTop: [Bool]

    init(vocabulary: Int) { isTop = Array(repeating: false, count: vocabulary) }

    mutating func problem(of position: PredictedPosition) -> String? {
        guard position.nats.isFinite, position.nats >= 0 else { return "its NLL is \(position.nats)" }
        guard (0...1).contains(position.tailMass) else { return "its tail has the mass \(position.tailMass)" }
        var marked = 0
        defer { for token in position.top.prefix(marked) { isTop[Int(token.id)] = false } }
        var mass = Double(position.tailMass)
        var last: UInt16 = 0
        for token in position.top {
            guard Int(token.id) < isTop.count else { return "the vocabulary has no token \(token.id)" }
            guard !isTop[Int(token.id)] else { return "token \(token.id) is there twice" }
            guard token.code >= last else { return "token \(token.id) is likelier than the one before it" }
            isTop[Int(token.id)] = true
            marked += 1
            last = token.code
            mass += exp(token.logProbability)
        }
        // Rounding to the nearest step changes a probability by at most the factor exp(2^-12) = 1.000244.
        guard abs(mass - 1) < 2.5e-4 else { return "its probabilities add up to \(mass)" }
        return position.hasSamples ? problem(ofSamples: position.samples, atLeast: last) : blank(position.samples)
    }

    private func problem(ofSamples samples: [PredictedToken], atLeast least: UInt16) -> String? {
        var last: Int32 = 0
        for token in samples {
            guard Int(token.id) < isTop.count else { return "the vocabulary has no token \(token.id)" }
            guard token.id >= last else { return "the drawn tokens are out of order" }
            guard !isTop[Int(token.id)] else { return "token \(token.id) is both among the likeliest and in the tail" }
            guard token.code >= least else { return "the drawn token \(token.id) is likelier than the likeliest" }
            last = token.id
        }
        return nil
    }

    private func blank(_ samples: [PredictedToken]) -> String? {
        samples.allSatisfy { $0 == PredictedToken(id: 0, code: 0) } ? nil : "something is drawn from an empty tail"
    }
}
