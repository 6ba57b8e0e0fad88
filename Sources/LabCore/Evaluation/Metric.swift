/// The third step of an evaluation: scores -> one value with its interval.
public protocol Metric<Score>: Sendable {
    /// What a scorer put out for each sample.
    associatedtype Score: Sendable

    /// Name, unit and polarity.
    var definition: MetricDefinition { get }

    /// The value over some samples; nil where they give none.
    func estimate(_ scores: [Score]) -> Estimate?

    /// The mean whose limit a gate can decide before every sample is measured; nil for a metric that is no mean.
    var gateable: GateableMean<Score>? { get }
}

extension Metric {
    /// No mean.
    public var gateable: GateableMean<Score>? { nil }
}

/// A metric as the mean of one value for each sample, in the form that the sequential gate takes.
public struct GateableMean<Score: Sendable>: Sendable {
    /// The sample's value.
    public var value: @Sendable (Score) -> Double
    /// The gate's design for a limit in the metric's unit, a number of samples and an alpha.
    public var design: @Sendable (_ limit: Double, _ populationSize: Int, _ alpha: Double) -> SequentialGate.Design
    /// An amount of the mean in the metric's unit.
    public var inUnit: @Sendable (Double) -> Double

    /// Describes a mean.
    public init(
        value: @escaping @Sendable (Score) -> Double,
        design: @escaping @Sendable (_ limit: Double, _ populationSize: Int, _ alpha: Double) -> SequentialGate.Design,
        inUnit: @escaping @Sendable (Double) -> Double
    ) {
        self.value = value
        self.design = design
        self.inUnit = inUnit
    }
}
