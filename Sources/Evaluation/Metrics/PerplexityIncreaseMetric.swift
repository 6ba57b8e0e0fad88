import Foundation
public import LabCore

/// 100 x (PPL(candidate) / PPL(parent) - 1) on the same windows.
///
/// Windows have equally many scored tokens, so that its logarithm is the mean of the windows' differences.
public struct PerplexityIncreaseMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.perplexityIncrease

    /// The metric.
    public init() {}

    /// Paired and clustered by window; nil without windows.
    public func estimate(_ scores: [PairedScore], level: Double) -> Estimate? {
        Perplexity.increasePercent(
            parent: scores.map(\.parent), candidate: scores.map(\.candidate), level: level)
    }

    /// The mean difference; a limit of -100 % or less has none.
    public var gateable: GateableMean<PairedScore>? {
        GateableMean(
            value: \.differenceNats, toMean: { log1p($0 / 100) }, toUnit: { 100 * expm1($0) },
            design: SequentialGate.Design.nllDifferences)
    }
}
