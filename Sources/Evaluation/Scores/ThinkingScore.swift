public import LabCore

/// How a problem was solved, with thinking on and off.
public struct ThinkingScore: Sendable {
    /// Right answers with thinking.
    public var thinking: AnsweredScore
    /// Right answers without.
    public var plain: AnsweredScore
    /// The share of the candidate's thoughts that do not end, in 0...1.
    public var unclosed: Double
    /// Mean tokens of the candidate's thoughts.
    public var thoughtTokens: Double
    /// Mean tokens of the parent's; nil without a parent.
    public var parentThoughtTokens: Double?
    /// Texts of the candidate with a thought, though thinking was off.
    public var thoughtsWhenOff: Int
    /// Texts of the candidate that are not coherent, with thinking on and off.
    public var incoherent: Int

    /// A score.
    public init(
        thinking: AnsweredScore, plain: AnsweredScore, unclosed: Double, thoughtTokens: Double,
        parentThoughtTokens: Double?, thoughtsWhenOff: Int, incoherent: Int
    ) {
        self.thinking = thinking
        self.plain = plain
        self.unclosed = unclosed
        self.thoughtTokens = thoughtTokens
        self.parentThoughtTokens = parentThoughtTokens
        self.thoughtsWhenOff = thoughtsWhenOff
        self.incoherent = incoherent
    }
}

extension ThinkingScore {
    /// What the thinking evaluation measures.
    public static var metrics: [any Metric<ThinkingScore>] {
        [
            MeanMetric(.accuracy, bounds: 0...100) { 100 * $0.thinking.candidate },
            PartMetric(AccuracyChangeMetric()) { $0.thinking.parent == nil ? nil : $0.thinking },
            MeanMetric(.unclosedThoughts, bounds: 0...100) { 100 * $0.unclosed },
            ThoughtLengthMetric(),
            MeanMetric(.plainAccuracy, bounds: 0...100) { 100 * $0.plain.candidate },
            PartMetric(AccuracyChangeMetric(), as: .plainAccuracyChange) { $0.plain.parent == nil ? nil : $0.plain },
            CountMetric(.thoughtsWhenOff, count: \.thoughtsWhenOff),
            CountMetric(.incoherentTexts, count: \.incoherent),
        ]
    }
}
