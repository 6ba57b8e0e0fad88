public import LabCore

/// 100 x (sum of the candidate's thought tokens / sum of the parent's - 1), on the same problems.
///
/// A ratio of sums, with the linearized interval of the ratio estimator: ``ClusteredMean`` with the parent's tokens for
/// weights. Problems on which the parent does not think at all are left out.
public struct ThoughtLengthMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.thoughtLengthChange

    /// The metric.
    public init() {}

    /// Nil without a parent that thinks.
    public func estimate(_ scores: [ThinkingScore], level: Double) -> Estimate? {
        let clusters = scores.compactMap { score in
            score.parentThoughtTokens.flatMap { $0 > 0 ? (total: 100 * (score.thoughtTokens - $0), weight: $0) : nil }
        }
        return ClusteredMean(clusters: clusters).map { Estimate($0, level: level) }
    }
}
