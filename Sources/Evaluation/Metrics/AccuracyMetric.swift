public import LabCore

/// Percent of prompts that the candidate answers rightly; with several draws of a prompt, the share that is right counts.
public struct AccuracyMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.accuracy

    /// The metric.
    public init() {}

    /// Clustered by prompt; nil without prompts.
    public func estimate(_ scores: [AnsweredScore], level: Double) -> Estimate? {
        ClusteredMean(clusters: scores.map { (total: 100 * $0.candidate, weight: 1) }).map {
            Estimate($0, level: level)
        }
    }

    /// The mean share of prompts.
    public var gateable: GateableMean<AnsweredScore>? {
        GateableMean(
            value: \.candidate, toMean: { $0 / 100 }, toUnit: { 100 * $0 }, design: SequentialGate.Design.share)
    }
}
