public import LabCore

/// A metric of a part of each score, such as of its right and wrong answers.
public struct PartMetric<Score: Sendable, Part: Sendable>: Metric {
    /// Name, unit and polarity.
    public let definition: MetricDefinition
    private let base: any Metric<Part>
    private let part: @Sendable (Score) -> Part?

    /// A metric over the parts; scores without one are left out.
    ///
    /// - Parameter definition: another name for it, in the same unit; nil for the metric's own.
    public init(
        _ base: any Metric<Part>, as definition: MetricDefinition? = nil, of part: @escaping @Sendable (Score) -> Part?
    ) {
        self.definition = definition ?? base.definition
        self.base = base
        self.part = part
    }

    /// What the metric says of the parts.
    public func estimate(_ scores: [Score], level: Double) -> Estimate? {
        base.estimate(scores.compactMap(part), level: level)
    }
}
