import Foundation

/// A mean over tokens with a standard error clustered by chunk.
///
/// Tokens of one chunk share their context, so they are not independent; chunks are the units. The mean is the
/// ratio estimator Σ total / Σ weight, its standard error the linearized one:
/// sqrt(n / (n - 1) x Σ (total_i - mean x weight_i)²) / Σ weight. With equal weights this is s / sqrt(n).
/// Source: Cochran, Sampling Techniques, 3rd edition, section 6.3, without the finite population correction.
public struct ClusteredMean: Hashable, Sendable {
    /// Weighted mean, in the unit of the totals per unit of weight.
    public let mean: Double
    /// Its standard error; nil for a single cluster.
    public let standardError: Double?
    /// Number of clusters.
    public let n: Int

    /// Computes the mean of clusters given as (total, weight); nil without clusters, with a weight that is not
    /// positive, with a total that is not finite, or where a sum overflows.
    public init?(clusters: [(total: Double, weight: Double)]) {
        guard !clusters.isEmpty, clusters.allSatisfy({ $0.total.isFinite && $0.weight.isFinite && $0.weight > 0 })
        else { return nil }
        let weight = clusters.reduce(0) { $0 + $1.weight }
        let mean = clusters.reduce(0) { $0 + $1.total } / weight
        guard mean.isFinite, weight.isFinite else { return nil }
        self.mean = mean
        n = clusters.count
        guard clusters.count > 1 else {
            standardError = nil
            return
        }
        let squares = clusters.reduce(0) { sum, cluster in
            let residual = cluster.total - mean * cluster.weight
            return sum + residual * residual
        }
        let standardError = (Double(n) / Double(n - 1) * squares).squareRoot() / weight
        guard standardError.isFinite else { return nil }
        self.standardError = standardError
    }

    /// Student-t interval of the mean with n - 1 degrees of freedom; nil for a single cluster and for a level outside
    /// -1...1, exclusive.
    public func interval(level: Double = 0.95) -> Interval? {
        guard let standardError else { return nil }
        let reach = StudentT.quantile(0.5 + level / 2, degreesOfFreedom: Double(n - 1)) * standardError
        guard !reach.isNaN else { return nil }
        return Interval(low: mean - reach, high: mean + reach, level: level)
    }
}
