import Foundation

/// A linear axis with ticks at round numbers.
package struct Axis {
    package let ticks: [Double]
    /// Decimals that tell the ticks apart.
    package let decimals: Int
    private let low: Double
    private let high: Double
    private let start: Double
    private let end: Double

    /// An axis over low...high, low < high, drawn between the coordinates `start` and `end`.
    package init(low: Double, high: Double, from start: Double, to end: Double) {
        let rough = (high - low) / 5
        let magnitude = pow(10, floor(log10(rough)))
        let step = [1.0, 2, 2.5, 5, 10].map { $0 * magnitude }.first { $0 >= rough * 0.999 } ?? 10 * magnitude
        let first = Int((low / step).rounded(.down))
        let last = Int((high / step).rounded(.up))
        ticks = (first...max(first + 1, last)).map { Double($0) * step }
        let exponent = Int(floor(log10(step) + 1e-9))
        let isQuarter = abs(step / pow(10, Double(exponent)) - 2.5) < 1e-6
        decimals = max(0, -exponent + (isQuarter ? 1 : 0))
        self.low = ticks.first ?? low
        self.high = ticks.last ?? high
        self.start = start
        self.end = end
    }

    /// The coordinate of a value.
    package func position(_ value: Double) -> Double {
        start + (end - start) * (value - low) / (high - low)
    }
}
