public import LabCore

/// The change of the share of right answers from the parent's, candidate - parent, in the language that lost most.
///
/// The interval is that language's own, clustered by prompt: it does not know that the language was chosen for its loss.
public struct WorstLanguageMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.worstLanguageChange

    /// The metric.
    public init() {}

    /// Nil where no language has a parent's answers.
    public func estimate(_ scores: [LanguageScore], level: Double) -> Estimate? {
        let paired = scores.filter { $0.answered.parent != nil }
        return Dictionary(grouping: paired, by: \.language).sorted { $0.key < $1.key }
            .compactMap { AccuracyChangeMetric().estimate($0.value.map(\.answered), level: level) }
            .min { $0.value < $1.value }
    }
}
