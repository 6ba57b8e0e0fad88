public import LabCore

/// What parent and candidate made of one window.
public struct PairedScore: Hashable, Sendable {
    /// The parent's score.
    public var parent: ChunkScore
    /// The candidate's score of the same tokens.
    public var candidate: ChunkScore

    /// Pairs two scores.
    public init(parent: ChunkScore, candidate: ChunkScore) {
        self.parent = parent
        self.candidate = candidate
    }

    /// d_i: how many nats per token the candidate is worse.
    public var differenceNats: Double { candidate.meanNats - parent.meanNats }
}

/// Pairs a window's score with its parent's.
public struct LikelihoodScorer: Scorer {
    /// A scorer.
    public init() {}

    /// Unscored when the two did not score the same number of tokens, or a sum is not finite.
    public func score(_ output: ChunkScore, against target: ChunkScore) -> Scored<PairedScore> {
        guard output.tokenCount == target.tokenCount, output.tokenCount > 0 else {
            return .unscored("\(output.tokenCount) tokens were scored, \(target.tokenCount) of the parent's")
        }
        guard output.nllSumNats.isFinite, target.nllSumNats.isFinite else {
            return .unscored("the likelihood is not finite")
        }
        return .scored(PairedScore(parent: target, candidate: output))
    }
}
