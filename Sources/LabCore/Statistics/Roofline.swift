/// What a model asks of a device for each token: bytes to read and operations to do.
public struct ModelCost: Hashable, Sendable, Codable {
    /// Bytes of weights that each step of decoding reads, those of the output included; of an embedding that is not the
    /// output too only a row is read, which does not count.
    public var weightBytes: Int64
    /// Weights that each token is multiplied with, without those of the output.
    public var blockWeights: Int64
    /// Weights of the output, which only tokens that are asked for logits are multiplied with.
    public var outputWeights: Int64
    /// Bytes of keys and values of one position, all blocks together.
    public var cacheBytesPerPosition: Int64
    /// Operations of attention for one token and one position, all blocks together: a multiplication and an addition
    /// for each query's width, once for the scores and once for the values.
    public var attentionOperationsPerPosition: Int64
    /// The storage type that most of those weights have: "Q4_K".
    public var mainType: String

    enum CodingKeys: String, CodingKey {
        case weightBytes = "weight_bytes"
        case blockWeights = "block_weights"
        case outputWeights = "output_weights"
        case cacheBytesPerPosition = "cache_bytes_per_position"
        case attentionOperationsPerPosition = "attention_operations_per_position"
        case mainType = "main_type"
    }

    /// Describes a model's cost.
    public init(
        weightBytes: Int64, blockWeights: Int64, outputWeights: Int64, cacheBytesPerPosition: Int64,
        attentionOperationsPerPosition: Int64, mainType: String
    ) {
        self.weightBytes = weightBytes
        self.blockWeights = blockWeights
        self.outputWeights = outputWeights
        self.cacheBytesPerPosition = cacheBytesPerPosition
        self.attentionOperationsPerPosition = attentionOperationsPerPosition
        self.mainType = mainType
    }

    /// Tokens that the engine computes at a time, each time reading all weights.
    private static let microBatch = WorkerRequest.LoadParameters.usualMicroBatch

    /// Bytes that one step of decoding reads: the weights once, and each sequence's keys and values.
    ///
    /// - Parameter positions: those in a sequence's context, the new one included.
    public func decodeBytes(positions: Double, sequences: Int = 1) -> Double {
        Double(weightBytes) + Double(sequences) * Double(cacheBytesPerPosition) * positions
    }

    /// Operations of one step of decoding: each weight is a multiplication and an addition for each sequence, and
    /// attention comes on top.
    public func decodeOperations(positions: Double, sequences: Int = 1) -> Double {
        Double(sequences)
            * (2 * Double(blockWeights + outputWeights) + Double(attentionOperationsPerPosition) * positions)
    }

    /// Bytes that a prompt reads: the weights for each 512 of its tokens, and with them the keys and values before.
    public func prefillBytes(tokens: Int, depth: Int) -> Double {
        stride(from: 0, to: tokens, by: Self.microBatch).reduce(0.0) { sum, start in
            let positions = depth + min(tokens, start + Self.microBatch)
            return sum + Double(weightBytes) + Double(cacheBytesPerPosition) * Double(positions)
        }
    }

    /// Operations of a prompt: every token through the blocks, with attention to all before it and to itself, and the
    /// last one through the output.
    public func prefillOperations(tokens: Int, depth: Int) -> Double {
        let count = Double(tokens)
        let positions = count * Double(depth) + count * (count + 1) / 2
        return 2 * Double(blockWeights) * count + 2 * Double(outputWeights)
            + Double(attentionOperationsPerPosition) * positions
    }
}

/// The least time that a device needs for what a model asks of it: the larger of that for reading the bytes and that for
/// doing the operations (Williams, Waterman and Patterson 2009).
public struct Roofline: Hashable, Sendable {
    /// What the model asks for.
    public let cost: ModelCost
    /// Bytes read in a second.
    public let bytesPerSecond: Double
    /// Operations done in a second.
    public let operationsPerSecond: Double

    /// Puts a roofline together; nil unless the device can do something.
    public init?(cost: ModelCost, bytesPerSecond: Double, operationsPerSecond: Double) {
        guard bytesPerSecond > 0, bytesPerSecond.isFinite, operationsPerSecond > 0, operationsPerSecond.isFinite
        else { return nil }
        self.cost = cost
        self.bytesPerSecond = bytesPerSecond
        self.operationsPerSecond = operationsPerSecond
    }

    /// The least seconds of a computation, and what they are spent on.
    public struct Bound: Hashable, Sendable {
        /// What bounds it.
        public let by: SpeedBound
        /// Seconds at least.
        public let seconds: Double

        /// Names a bound.
        public init(by bound: SpeedBound, seconds: Double) {
            by = bound
            self.seconds = seconds
        }
    }

    /// The bound of a step of decoding, on average over so many steps from a depth on.
    public func decode(tokens: Int, depth: Int) -> Bound {
        // The k-th of n steps attends to depth + k positions.
        let positions = Double(depth) + Double(tokens + 1) / 2
        return bound(cost.decodeBytes(positions: positions), cost.decodeOperations(positions: positions))
    }

    /// The bound of a prompt of so many tokens at a depth.
    public func prefill(tokens: Int, depth: Int) -> Bound {
        bound(cost.prefillBytes(tokens: tokens, depth: depth), cost.prefillOperations(tokens: tokens, depth: depth))
    }

    private func bound(_ bytes: Double, _ operations: Double) -> Bound {
        let (reading, multiplying) = (bytes / bytesPerSecond, operations / operationsPerSecond)
        return reading >= multiplying
            ? Bound(by: .memory, seconds: reading) : Bound(by: .matrices, seconds: multiplying)
    }
}
