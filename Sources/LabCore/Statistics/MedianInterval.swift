/// The confidence interval of a median, from order statistics: it holds for any distribution.
public enum MedianInterval {
    /// The narrowest interval between two order statistics, equally far from both ends, that reaches the level; the
    /// whole sample with the level it has where none does. Nil for less than two values, one that is not finite, or a
    /// level outside 0..<1.
    ///
    /// The interval from the k-th smallest to the k-th largest of n values misses the median with probability
    /// 2 P(X < k), X binomial in n trials of 1/2: the whole of 5 values holds it at 93.75 %.
    public static func of(_ values: [Double], level: Double) -> Interval? {
        guard values.count > 1, values.allSatisfy(\.isFinite), level >= 0, level < 1 else { return nil }
        let sorted = values.sorted()
        func reached(_ k: Int) -> Double? {
            // Rounding must not put an even chance below none.
            Binomial.cumulative(k - 1, trials: sorted.count, probability: 0.5).map { max(0, 1 - 2 * $0) }
        }
        let widest = (sorted.count + 1) / 2
        let k = (1...widest).last { (reached($0) ?? 0) >= level } ?? 1
        return reached(k).map { Interval(low: sorted[k - 1], high: sorted[sorted.count - k], level: $0) }
    }
}
