import Foundation

/// What a sample of chunks can show, and how many it would take.
///
/// Chunks are drawn without replacement, so standard errors carry the finite population correction sqrt(1 - n / N)
/// where the number N of chunks there are is known.
public enum Power {
    /// The smallest distance from the limit that is found with the given power, in the unit of the mean.
    ///
    /// (t(1 - alpha) + t(power)) x standard error, with n - 1 degrees of freedom; 0 for a whole population. It is within
    /// 1 % of the exact value, that of the noncentral t distribution, from 20 chunks on.
    ///
    /// - Parameters:
    ///   - mean: the mean of chunks with its standard error.
    ///   - populationSize: the number of chunks there are; nil for a population without end.
    ///   - alpha: the error of the one-sided test.
    ///   - power: the probability that an effect of that size is found.
    /// - Returns: nil for a single chunk, a population smaller than the sample, or probabilities that are none.
    public static func minimumDetectableEffect(
        of mean: ClusteredMean, populationSize: Int? = nil, alpha: Double = 0.01, power: Double = 0.8
    ) -> Double? {
        guard let standardError = mean.standardError, alpha > 0, alpha < 1, power > 0, power < 1,
            populationSize.map({ $0 >= mean.n }) ?? true
        else { return nil }
        let freedom = Double(mean.n - 1)
        let reach =
            StudentT.quantile(1 - alpha, degreesOfFreedom: freedom)
            + StudentT.quantile(power, degreesOfFreedom: freedom)
        return max(0, reach) * standardError * correction(Double(mean.n), of: populationSize)
    }

    /// The number of chunks, those measured included, with which the one-sided interval would exclude the limit if
    /// mean and spread stayed as they are.
    ///
    /// The smallest n of at least 2 with t(1 - alpha, n - 1) x s x sqrt((1 - n / N) / n) < |mean - limit|. A whole
    /// population always suffices, but for a mean at the limit.
    ///
    /// - Returns: nil when no number suffices or it cannot be told: a mean at the limit, a single chunk, a population
    ///   smaller than the sample, or more than 10^9 chunks.
    public static func chunksNeeded(
        for mean: ClusteredMean, limit: Double, populationSize: Int? = nil, alpha: Double = 0.01
    ) -> Int? {
        let distance = abs(mean.mean - limit)
        guard let standardError = mean.standardError, alpha > 0, alpha < 1, distance > 0, distance.isFinite,
            populationSize.map({ $0 >= mean.n }) ?? true
        else { return nil }
        let spread = standardError * Double(mean.n).squareRoot()
        func suffices(_ n: Int) -> Bool {
            if n == populationSize { return true }
            let t = StudentT.quantile(1 - alpha, degreesOfFreedom: Double(n - 1))
            return t * spread * correction(Double(n), of: populationSize) / Double(n).squareRoot() < distance
        }
        var tooFew = 1
        var enough = populationSize ?? 1_000_000_000
        guard suffices(enough) else { return nil }
        while enough - tooFew > 1 {
            let middle = (tooFew + enough) / 2
            if suffices(middle) { enough = middle } else { tooFew = middle }
        }
        return enough
    }

    private static func correction(_ n: Double, of populationSize: Int?) -> Double {
        populationSize.map { max(0, 1 - n / Double($0)).squareRoot() } ?? 1
    }
}
