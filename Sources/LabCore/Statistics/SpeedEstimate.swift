/// How long measuring at a point will take, from what points before it took.
///
/// A prompt takes as long for each of its operations as it did before. A step of decoding takes longer with the bytes it
/// reads, and at least as long as its operations take in a prompt.
public struct SpeedEstimate: Hashable, Sendable {
    private let cost: ModelCost
    private let secondsPerOperation: Double
    private let secondsPerByte: Double

    /// Learns from a point that was measured.
    ///
    /// - Parameters:
    ///   - prefillSeconds: of prompts of `prefillTokens` each, all sequences together.
    ///   - stepSeconds: of a step of decoding.
    /// - Returns: nil unless something was measured.
    public init?(
        cost: ModelCost, depth: Int, sequences: Int, prefillTokens: Int, decodeTokens: Int, prefillSeconds: Double,
        stepSeconds: Double
    ) {
        let operations = Double(sequences) * cost.prefillOperations(tokens: prefillTokens, depth: depth)
        let bytes = cost.decodeBytes(
            positions: Double(depth) + Double(decodeTokens + 1) / 2, sequences: sequences)
        guard prefillSeconds > 0, stepSeconds > 0, operations > 0, bytes > 0 else { return nil }
        self.cost = cost
        secondsPerOperation = prefillSeconds / operations
        secondsPerByte = stepSeconds / bytes
    }

    /// Seconds to fill a context to a depth, and to repeat prompts and steps so often.
    public func seconds(
        depth: Int, sequences: Int, prefillTokens: Int, decodeTokens: Int, repetitions: Int
    ) -> Double {
        let fill = depth > 0 ? cost.prefillOperations(tokens: depth, depth: 0) * secondsPerOperation : 0
        let prefill =
            Double(sequences) * cost.prefillOperations(tokens: prefillTokens, depth: depth) * secondsPerOperation
        let positions = Double(depth) + Double(decodeTokens + 1) / 2
        let step = max(
            cost.decodeBytes(positions: positions, sequences: sequences) * secondsPerByte,
            cost.decodeOperations(positions: positions, sequences: sequences) * secondsPerOperation)
        return fill + Double(repetitions) * (prefill + Double(decodeTokens) * step)
    }
}
