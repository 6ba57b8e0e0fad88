public import LabCore

/// A metric of something else than it usually is of, under a name that says so.
public struct RenamedMetric<Score: Sendable>: Metric {
    /// Name, unit and polarity.
    public let definition: MetricDefinition
    private let metric: any Metric<Score>

    /// The same value with a definition of its own, in the same unit.
    public init(_ metric: any Metric<Score>, as definition: MetricDefinition) {
        precondition(metric.definition.unit == definition.unit, "two units")
        self.metric = metric
        self.definition = definition
    }

    /// What the metric gives.
    public func estimate(_ scores: [Score], level: Double) -> Estimate? { metric.estimate(scores, level: level) }

    /// What the metric has.
    public var gateable: GateableMean<Score>? { metric.gateable }
}
