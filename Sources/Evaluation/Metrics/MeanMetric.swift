public import LabCore

/// The mean of one value for each prompt, with Student's interval over prompts.
///
/// Source of the interval: ``ClusteredMean`` with equal weights, s / sqrt(n).
public struct MeanMetric<Score: Sendable>: Metric {
    /// Name, unit and polarity.
    public let definition: MetricDefinition
    private let value: @Sendable (Score) -> Double?
    private let bounds: ClosedRange<Double>?

    /// A metric.
    ///
    /// - Parameters:
    ///   - bounds: what no value can lie beyond, where every prompt has one: the mean can then be gated; nil where some
    ///     prompts have none, or where there are no bounds.
    ///   - value: the prompt's value in the metric's unit; nil where it has none, which leaves it out.
    public init(
        _ definition: MetricDefinition, bounds: ClosedRange<Double>? = nil,
        value: @escaping @Sendable (Score) -> Double?
    ) {
        self.definition = definition
        self.bounds = bounds
        self.value = value
    }

    /// Nil without values. The interval ends at the bounds.
    public func estimate(_ scores: [Score], level: Double) -> Estimate? {
        guard let mean = ClusteredMean(clusters: scores.compactMap(value).map { (total: $0, weight: 1) }) else {
            return nil
        }
        let estimate = Estimate(mean, level: level)
        guard let bounds, let interval = estimate.interval else { return estimate }
        let inside = Interval(
            low: max(interval.low, bounds.lowerBound), high: min(interval.high, bounds.upperBound),
            level: interval.level)
        return Estimate(value: estimate.value, interval: inside, n: estimate.n)
    }

    /// The mean, where there are bounds.
    public var gateable: GateableMean<Score>? {
        guard let bounds else { return nil }
        let (value, polarity) = (value, definition.polarity)
        return GateableMean(value: { value($0) ?? .nan }) { limit, populationSize, alpha in
            SequentialGate.Design(
                limit: limit, polarity: polarity, populationSize: populationSize, clip: bounds, allowance: 0,
                isBoundedBelow: true, alpha: alpha)
        }
    }
}
