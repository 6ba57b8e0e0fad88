public import LabCore

/// The largest difference of a token's normalized logit on any window, nats.
public struct LogitDifferenceMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.logitDifferenceMax

    /// The metric.
    public init() {}

    /// Without an interval; nil without windows.
    public func estimate(_ scores: [ChunkDivergence], level: Double) -> Estimate? {
        scores.map(\.logitDifferenceMaxNats).max().map {
            Estimate(value: Double($0), interval: nil, n: scores.count)
        }
    }
}
