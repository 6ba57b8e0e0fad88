/// Student's t distribution.
///
/// Evaluated through the regularized incomplete beta function; agrees with `scipy.stats.t` to about 1e-10.
public enum StudentT {
    /// The quantile: the t with P(T <= t) = `probability`.
    ///
    /// - Parameters:
    ///   - probability: in 0..<1, exclusive of both ends.
    ///   - degreesOfFreedom: above 0 and finite.
    /// - Returns: NaN for a probability or degrees of freedom outside, NaN among them: there is no such distribution.
    public static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
        guard probability > 0, probability < 1, isDistribution(degreesOfFreedom) else { return .nan }
        if probability == 0.5 { return 0 }
        if probability < 0.5 { return -quantile(1 - probability, degreesOfFreedom: degreesOfFreedom) }
        var low = 0.0
        var high = 1.0
        while cumulative(high, degreesOfFreedom: degreesOfFreedom) < probability { high *= 2 }
        for _ in 0..<200 where high - low > 1e-13 * max(1, high) {
            let middle = (low + high) / 2
            if cumulative(middle, degreesOfFreedom: degreesOfFreedom) < probability {
                low = middle
            } else {
                high = middle
            }
        }
        return (low + high) / 2
    }

    /// P(T <= t); NaN where t is, and for degrees of freedom that are not above 0 and finite.
    public static func cumulative(_ t: Double, degreesOfFreedom: Double) -> Double {
        guard !t.isNaN, isDistribution(degreesOfFreedom) else { return .nan }
        let tail =
            0.5 * IncompleteBeta.regularized(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5)
        return t > 0 ? 1 - tail : tail
    }

    private static func isDistribution(_ degreesOfFreedom: Double) -> Bool {
        degreesOfFreedom > 0 && degreesOfFreedom.isFinite
    }
}
