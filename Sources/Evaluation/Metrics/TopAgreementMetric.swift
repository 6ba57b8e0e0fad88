public import LabCore

/// Percent of scored positions at which parent and candidate have the same likeliest token: llama-perplexity's "Same
/// top p".
public struct TopAgreementMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.topAgreement

    /// The metric.
    public init() {}

    /// Clustered by window; nil without windows.
    public func estimate(_ scores: [ChunkDivergence], level: Double) -> Estimate? {
        let clusters = scores.map { (total: 100 * Double($0.agreements), weight: Double($0.klNats.count)) }
        return ClusteredMean(clusters: clusters).map { Estimate($0, level: level) }
    }

    /// The mean share of windows.
    public var gateable: GateableMean<ChunkDivergence>? {
        GateableMean(
            value: { $0.topAgreement }, toMean: { $0 / 100 }, toUnit: { 100 * $0 }, design: SequentialGate.Design.share)
    }
}
