public import LabCore

/// How many there are of something, over all prompts; a count of what was looked at has no interval.
public struct CountMetric<Score: Sendable>: Metric {
    /// Name, unit and polarity.
    public let definition: MetricDefinition
    private let count: @Sendable (Score) -> Int

    /// A metric that adds up what `count` gives for each prompt.
    public init(_ definition: MetricDefinition, count: @escaping @Sendable (Score) -> Int) {
        self.definition = definition
        self.count = count
    }

    /// Nil without prompts.
    public func estimate(_ scores: [Score], level: Double) -> Estimate? {
        guard !scores.isEmpty else { return nil }
        return Estimate(value: Double(scores.reduce(0) { $0 + count($1) }), interval: nil, n: scores.count)
    }
}
