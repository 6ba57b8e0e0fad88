import Foundation

/// The capital of one who bets that the mean of a finite population is below (or above) a value, one draw without
/// replacement after the other. See `SequentialGate` for the formula and why it is sound.
struct MeanWager: Sendable {
    /// What is bet on.
    enum Side: Sendable {
        case isBelow
        case isAbove
    }

    /// Fractions of the largest stake that cannot lose everything, and the parts of the capital that are bet by them:
    /// large ones are best while the values spread little, small ones survive values at the far end of the clip.
    static let fractions = SIMD4<Double>(0.25, 0.5, 0.75, 0.97)
    static let parts = SIMD4<Double>(0.1, 0.1, 0.2, 0.6)

    private let side: Side
    private let populationSize: Double
    /// The bounds of the values, seen from the side: betting that a mean is above is betting that its negative is
    /// below.
    private let floor: Double
    private let ceiling: Double

    private var tested = Double.nan
    private var progress = Progress()

    /// How far a product has come.
    private struct Progress {
        var count = 0
        var sum = 0.0
        var capitals = MeanWager.parts
        /// What is left cannot reach the tested mean.
        var isCertain = false
    }

    /// Creates a bet that has seen nothing.
    init(_ side: Side, populationSize: Int, clip: ClosedRange<Double>) {
        self.side = side
        self.populationSize = Double(populationSize)
        floor = side == .isBelow ? clip.lowerBound : -clip.upperBound
        ceiling = side == .isBelow ? clip.upperBound : -clip.lowerBound
    }

    /// The capital in all; it started at 1.
    var capital: Double { progress.isCertain ? .infinity : progress.capitals.sum() }

    /// Goes on to all of `values`, clipped and in their order, against `mean`; starts again when the mean has moved.
    mutating func update(to mean: Double, values: [Double]) {
        let mean = side == .isBelow ? mean : -mean
        if mean != tested { progress = Progress() }
        tested = mean
        for value in values[progress.count...] { advance(&progress, by: value, against: mean) }
    }

    /// The mean closest to the values that the capital rules out at level alpha, by bisection; else the clip's end.
    func bound(values: [Double], alpha: Double) -> Double {
        var admitted = floor
        var excluded = ceiling
        for _ in 0..<100 where excluded - admitted > 1e-9 * (ceiling - floor) {
            let middle = (admitted + excluded) / 2
            var trial = self
            trial.update(to: side == .isBelow ? middle : -middle, values: values)
            if trial.capital >= 1 / alpha { excluded = middle } else { admitted = middle }
        }
        return side == .isBelow ? excluded : -excluded
    }

    private func advance(_ progress: inout Progress, by value: Double, against mean: Double) {
        let value = side == .isBelow ? value : -value
        let meanLeft = (populationSize * mean - progress.sum) / (populationSize - Double(progress.count))
        // Far above the rounding errors of the sums, far below what a verdict is about.
        let rounding = 1e-9 * (ceiling - floor)
        if meanLeft > ceiling + rounding { progress.isCertain = true }
        // At least -1. With what is left at the ceiling, or nearly, it has to stay finite.
        let stake = (meanLeft - value) / max(ceiling - meanLeft, rounding)
        progress.capitals *= 1 + Self.fractions * stake
        progress.sum += value
        progress.count += 1
    }
}
