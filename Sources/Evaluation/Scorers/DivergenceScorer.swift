public import LabCore

/// Takes a window's divergence as its score, once it is shown to belong to the parent's own score.
public struct DivergenceScorer: Scorer {
    /// A scorer.
    public init() {}

    /// Unscored when the comparison is of other tokens than the parent's score, or not finite.
    public func score(_ output: ChunkDivergence, against target: ChunkScore) -> Scored<ChunkDivergence> {
        guard output.parent == target else { return .unscored("the comparison is with other predictions") }
        let count = output.candidate.tokenCount
        guard count == target.tokenCount, count == output.klNats.count, count > 0 else {
            return .unscored("\(output.klNats.count) divergences of \(target.tokenCount) tokens")
        }
        guard output.klNats.allSatisfy(\.isFinite), output.candidate.nllSumNats.isFinite else {
            return .unscored("a divergence is not finite")
        }
        return .scored(output)
    }
}
