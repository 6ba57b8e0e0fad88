/// A two-sided confidence interval.
public struct Interval: Hashable, Sendable, Codable {
    /// Lower end, in the unit of the value it belongs to.
    public var low: Double
    /// Upper end, in the unit of the value it belongs to.
    public var high: Double
    /// Coverage, in 0...1; 0.95 for a 95 % interval.
    public var level: Double

    /// Creates an interval from its ends and its coverage.
    public init(low: Double, high: Double, level: Double) {
        self.low = low
        self.high = high
        self.level = level
    }
}
