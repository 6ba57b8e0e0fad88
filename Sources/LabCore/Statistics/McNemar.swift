/// McNemar's exact test of paired yes-or-no outcomes.
public enum McNemar {
    /// The two-sided p-value that both sides are right equally often; nil without flips, or with a negative count.
    ///
    /// Only the flips count: min(1, 2 P(X <= min(b, c))) with X binomial in b + c trials of 1/2. Agrees with
    /// `scipy.stats.binomtest(b, b + c)`.
    ///
    /// - Parameters:
    ///   - onlyFirst: b, pairs in which only the first side is right.
    ///   - onlySecond: c, pairs in which only the second side is right.
    public static func pValue(onlyFirst: Int, onlySecond: Int) -> Double? {
        guard onlyFirst >= 0, onlySecond >= 0, onlyFirst + onlySecond > 0 else { return nil }
        return Binomial.cumulative(
            min(onlyFirst, onlySecond), trials: onlyFirst + onlySecond, probability: 0.5
        ).map { min(1, 2 * $0) }
    }
}
