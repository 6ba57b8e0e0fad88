public import LabCore

/// How a candidate's greedy text compares with its parent's.
public struct ContinuationScore: Sendable {
    /// The share of the parent's tokens that the candidate holds for the likeliest, given the parent's text before them,
    /// in 0...1.
    public var agreement: Double
    /// The two texts.
    public var comparison: TextComparison
    /// What is wrong with the candidate's text; empty where it is coherent.
    public var problems: [CoherenceProblem]
    /// Whether the parent's text is coherent.
    public var isParentCoherent: Bool

    /// A score.
    public init(
        agreement: Double, comparison: TextComparison, problems: [CoherenceProblem], isParentCoherent: Bool
    ) {
        self.agreement = agreement
        self.comparison = comparison
        self.problems = problems
        self.isParentCoherent = isParentCoherent
    }
}

extension ContinuationScore {
    /// What sample match measures.
    public static var metrics: [any Metric<ContinuationScore>] {
        [
            MeanMetric(.followedAgreement, bounds: 0...100) { 100 * $0.agreement },
            MeanMetric(.exactMatch, bounds: 0...100) { $0.comparison.isExact ? 100 : 0 },
            MeanMetric(.sharedPrefix) { Double($0.comparison.sharedPrefixTokens) },
            MeanMetric(.textSimilarity, bounds: 0...100) { 100 * $0.comparison.similarity },
            CountMetric(.incoherentTexts) { $0.problems.isEmpty ? 0 : 1 },
            MeanMetric(.coherenceChange, bounds: -100...100) { score in
                100 * ((score.problems.isEmpty ? 1 : 0) - (score.isParentCoherent ? 1 : 0))
            },
        ]
    }
}

extension FollowedText {
    /// The share of a text's tokens that are the likeliest where they stand, in 0...1; nil for an empty text.
    public func agreement(with tokens: [Int32]) -> Double? {
        guard !tokens.isEmpty, tokens.count == choices.count else { return nil }
        return Double(zip(tokens, choices).count { $0 == $1 }) / Double(tokens.count)
    }

    /// Mean -ln p, nats per token; nil for an empty text, or one that is not finite.
    public var meanNats: Double? {
        let sum = nats.reduce(0) { $0 + Double($1) }
        return nats.isEmpty || !sum.isFinite ? nil : sum / Double(nats.count)
    }
}
