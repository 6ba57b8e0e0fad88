public import LabCore

/// A quantile of KL(parent || candidate) over all scored tokens, nats, between order statistics as llama-perplexity has
/// it.
public struct KLQuantileMetric: Metric {
    /// Name, unit and polarity.
    public let definition: MetricDefinition
    private let probability: Double

    /// The quantile for a probability: 0.5 the median, 1 the largest.
    public init(_ definition: MetricDefinition, probability: Double) {
        self.definition = definition
        self.probability = probability
    }

    /// Without an interval; nil without windows.
    public func estimate(_ scores: [ChunkDivergence], level: Double) -> Estimate? {
        let values = scores.flatMap(\.klNats).map(Double.init)
        return Quantile.of(values, at: probability).map { Estimate(value: $0, interval: nil, n: scores.count) }
    }
}
