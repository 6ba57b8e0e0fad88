public import LabCore

/// ln(PPL(candidate) / PPL(parent)), nats per token.
public struct LogRatioMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.logRatio

    /// The metric.
    public init() {}

    /// Paired and clustered by window; nil without windows.
    public func estimate(_ scores: [PairedScore], level: Double) -> Estimate? {
        let differences = scores.map {
            (total: $0.candidate.nllSumNats - $0.parent.nllSumNats, weight: Double($0.parent.tokenCount))
        }
        return ClusteredMean(clusters: differences).map { Estimate($0, level: level) }
    }

    /// The mean difference.
    public var gateable: GateableMean<PairedScore>? {
        GateableMean(value: \.differenceNats, design: SequentialGate.Design.nllDifferences)
    }
}
