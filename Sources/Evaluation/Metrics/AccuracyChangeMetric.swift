public import LabCore

/// How many percentage points of prompts more the candidate answers rightly than its parent, on the same prompts; below
/// 0 where it answers fewer.
public struct AccuracyChangeMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.accuracyChange

    /// The metric.
    public init() {}

    /// Paired and clustered by prompt, of those that the parent was asked too; nil without any.
    public func estimate(_ scores: [AnsweredScore], level: Double) -> Estimate? {
        let differences = scores.compactMap { score in
            score.parent.map { (total: 100 * (score.candidate - $0), weight: 1.0) }
        }
        return ClusteredMean(clusters: differences).map { Estimate($0, level: level) }
    }

    /// The mean difference of shares, each in -1...1; a prompt without a parent's share has no value, and spoils the
    /// gate.
    public var gateable: GateableMean<AnsweredScore>? {
        GateableMean(
            value: { score in score.parent.map { score.candidate - $0 } ?? .nan }, toMean: { $0 / 100 },
            toUnit: { 100 * $0 },
            design: { limit, populationSize, alpha in
                SequentialGate.Design(
                    limit: limit, polarity: .higherIsBetter, populationSize: populationSize, clip: -1...1, allowance: 0,
                    isBoundedBelow: true, alpha: alpha)
            })
    }
}
