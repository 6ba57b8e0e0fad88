/// The binomial distribution.
///
/// Evaluated through the regularized incomplete beta function; agrees with `scipy.stats.binom`.
public enum Binomial {
    /// P(X <= `successes`) in `trials` with probability `probability` each; nil for impossible counts or probabilities.
    public static func cumulative(_ successes: Int, trials: Int, probability: Double) -> Double? {
        guard trials >= 0, (0...trials).contains(successes), (0...1).contains(probability) else { return nil }
        if successes == trials { return 1 }
        return IncompleteBeta.regularized(1 - probability, Double(trials - successes), Double(successes) + 1)
    }

    /// Clopper and Pearson's interval of the probability behind `successes` in `trials`; nil without trials, for
    /// impossible counts or a level outside (0, 1).
    ///
    /// It covers at least with `level`: each end is the probability at which the tail beyond the count has the mass
    /// (1 - level) / 2.
    public static func clopperPearson(_ successes: Int, trials: Int, level: Double = 0.95) -> Interval? {
        guard trials > 0, (0...trials).contains(successes), level > 0, level < 1 else { return nil }
        let tail = (1 - level) / 2
        // I_p(k, n - k + 1) = P(X >= k) and I_p(k + 1, n - k) = P(X > k) rise with p.
        let k = Double(successes)
        let rest = Double(trials - successes)
        let low = successes == 0 ? 0 : crossing { IncompleteBeta.regularized($0, k, rest + 1) >= tail }
        let high = successes == trials ? 1 : crossing { IncompleteBeta.regularized($0, k + 1, rest) >= 1 - tail }
        return Interval(low: low, high: high, level: level)
    }

    /// Where in 0...1 a condition that holds from some point on begins to hold.
    private static func crossing(_ holds: (Double) -> Bool) -> Double {
        var low = 0.0
        var high = 1.0
        while case let middle = (low + high) / 2, middle > low, middle < high {
            if holds(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
