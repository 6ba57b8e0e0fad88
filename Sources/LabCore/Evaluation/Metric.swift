/// The third step of an evaluation: scores -> one value with its interval.
public protocol Metric<Score>: Sendable {
    /// What a scorer put out for each sample.
    associatedtype Score: Sendable

    /// Name, unit and polarity.
    var definition: MetricDefinition { get }

    /// The value over some samples, with an interval of a level in 0...1; nil where they give none.
    func estimate(_ scores: [Score], level: Double) -> Estimate?

    /// The mean whose limit a gate can decide before every sample is measured; nil for a metric that is no mean.
    var gateable: GateableMean<Score>? { get }
}

extension Metric {
    /// No mean.
    public var gateable: GateableMean<Score>? { nil }
}

/// A metric as the mean of one value for each sample, which is what the sequential gate takes.
public struct GateableMean<Score: Sendable>: Sendable {
    /// Makes a gate's design from a limit of the mean, the number of samples and alpha.
    public typealias Designer = @Sendable (Double, Int, Double) -> SequentialGate.Design

    /// The sample's value.
    public var value: @Sendable (Score) -> Double
    /// The mean that an amount in the metric's unit stands for.
    public var toMean: @Sendable (Double) -> Double
    /// A mean in the metric's unit.
    public var toUnit: @Sendable (Double) -> Double
    /// The gate's design.
    public var design: Designer

    /// Describes a mean, in the metric's own unit unless said otherwise.
    public init(
        value: @escaping @Sendable (Score) -> Double, toMean: @escaping @Sendable (Double) -> Double = { $0 },
        toUnit: @escaping @Sendable (Double) -> Double = { $0 }, design: @escaping Designer
    ) {
        self.value = value
        self.toMean = toMean
        self.toUnit = toUnit
        self.design = design
    }
}
