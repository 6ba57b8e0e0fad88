import Foundation

/// The part of a position's softmax that lies outside its likeliest tokens.
///
/// Summed directly and in blocks, as 1 minus the rest would lose the digits of a small tail.
package struct TailMass {
    /// exp(logit - maximum) of every token, 0 for the likeliest.
    private var exponentials: [Float]
    /// The sum of all blocks up to each.
    private var cumulative: [Double]
    private static let blockLength = 64

    /// Room for a vocabulary, to be used for one position after another.
    package init(vocabulary: Int) {
        exponentials = Array(repeating: 0, count: vocabulary)
        cumulative = Array(repeating: 0, count: (vocabulary + Self.blockLength - 1) / Self.blockLength)
    }

    /// Computes a position's softmax and remembers the exponentials.
    package mutating func softmax(_ logits: UnsafeBufferPointer<Float>) -> LogSoftmax {
        precondition(logits.count == exponentials.count, "another vocabulary")
        return exponentials.withUnsafeMutableBufferPointer { LogSoftmax(logits, exponentials: $0.baseAddress) }
    }

    /// Σ exp(logit - maximum) of the tokens of the softmax computed last, without `excluded`.
    mutating func sum(without excluded: some Sequence<Int32>) -> Double {
        for token in excluded { exponentials[Int(token)] = 0 }
        var sum = 0.0
        exponentials.withUnsafeBytes { raw in
            for block in cumulative.indices {
                let end = min((block + 1) * Self.blockLength, exponentials.count)
                var partial = Lanes.zero
                var index = block * Self.blockLength
                while index + 8 <= end {
                    partial += raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
                    index += 8
                }
                sum += Double(partial.sum())
                while index < end {
                    sum += Double(raw.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
                    index += 1
                }
                cumulative[block] = sum
            }
        }
        return sum
    }

    /// Draws tokens of the tail summed last, with replacement, by their probabilities, in the order of their ids.
    ///
    /// One pass: sorted uniform numbers are met in the order of the cumulative distribution.
    func draw(_ count: Int, with generator: inout SplitMix64) -> [Int32] {
        let total = cumulative.last ?? 0
        let targets = (0..<count).map { _ in generator.unitInterval() * total }.sorted()
        var block = 0
        return targets.map { target in
            while block < cumulative.count - 1, cumulative[block] <= target { block += 1 }
            // Added up one by one a block's sum may differ in its last bits, so that the target is not reached.
            var running = block == 0 ? 0 : cumulative[block - 1]
            var last = 0
            for index in block * Self.blockLength..<min((block + 1) * Self.blockLength, exponentials.count)
            where exponentials[index] > 0 {
                running += Double(exponentials[index])
                last = index
                if running > target { break }
            }
            return Int32(last)
        }
    }
}

/// Steele, Lea and Flood's generator (Fast splittable pseudorandom number generators, 2014): small, and the same on
/// every machine.
struct SplitMix64 {
    private var state: UInt64

    /// A stream of its own for each seed, chunk and position.
    init(settings: PredictionSettings, tokens: Digest, position: Int) {
        let chunk = Digest(of: "\(settings.seed) \(tokens)").bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.init(seed: chunk, position: position)
    }

    /// A stream of its own for each seed and position.
    init(seed: UInt64, position: Int) {
        // Mixed, as streams whose states differ by multiples of the increment would overlap.
        state = Self.mix(seed ^ Self.mix(UInt64(position) &+ Self.increment))
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in [0, 1).
    mutating func unitInterval() -> Double {
        state &+= Self.increment
        return Double(Self.mix(state) >> 11) * 0x1p-53
    }
}
