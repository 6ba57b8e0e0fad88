public import LabCore

/// How a prompt and the greedy text after it compare on two backends.
public struct TextConsistencyScore: Sendable {
    /// Whether the prompt's text is the same on both.
    public var isRenderedAlike: Bool
    /// Whether its tokens are.
    public var isTokenizedAlike: Bool
    /// The two texts.
    public var comparison: TextComparison

    /// A score.
    public init(isRenderedAlike: Bool, isTokenizedAlike: Bool, comparison: TextComparison) {
        self.isRenderedAlike = isRenderedAlike
        self.isTokenizedAlike = isTokenizedAlike
        self.comparison = comparison
    }
}

extension TextConsistencyScore {
    /// What the evaluation measures of a backend beside another.
    public static var metrics: [any Metric<TextConsistencyScore>] {
        [
            MeanMetric(.textSimilarity, bounds: 0...100) { 100 * $0.comparison.similarity },
            MeanMetric(.exactMatch, bounds: 0...100) { $0.comparison.isExact ? 100 : 0 },
            MeanMetric(.sharedPrefix) { Double($0.comparison.sharedPrefixTokens) },
            CountMetric(.promptsRenderedDifferently) { $0.isRenderedAlike ? 0 : 1 },
            CountMetric(.promptsTokenizedDifferently) { $0.isRenderedAlike && !$0.isTokenizedAlike ? 1 : 0 },
        ]
    }

    /// What it measures of a backend beside itself.
    public static var floorMetrics: [any Metric<TextComparison>] {
        [
            MeanMetric(.floorTextSimilarity, bounds: 0...100) { 100 * $0.similarity },
            MeanMetric(.floorExactMatch, bounds: 0...100) { $0.isExact ? 100 : 0 },
        ]
    }
}
