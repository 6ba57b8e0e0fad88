import Foundation

/// The scored tokens of one chunk: their summed negative log-likelihood and their number.
public struct ChunkScore: Hashable, Sendable, Codable {
    /// Σ -ln p(token), nats.
    public var nllSumNats: Double
    /// Scored tokens, at least 1.
    public var tokenCount: Int

    /// Creates a score.
    public init(nllSumNats: Double, tokenCount: Int) {
        self.nllSumNats = nllSumNats
        self.tokenCount = tokenCount
    }

    /// Mean NLL, nats per token.
    public var meanNats: Double { nllSumNats / Double(tokenCount) }
}

/// A value with its interval, as a metric reports it.
public struct Estimate: Hashable, Sendable {
    /// The point estimate.
    public let value: Double
    /// The interval; nil for a single cluster.
    public let interval: Interval?
    /// Clusters behind it.
    public let n: Int

    /// Creates an estimate.
    public init(value: Double, interval: Interval?, n: Int) {
        self.value = value
        self.interval = interval
        self.n = n
    }

    /// A mean with its interval.
    public init(_ mean: ClusteredMean, level: Double = 0.95) {
        self.init(value: mean.mean, interval: mean.interval(level: level), n: mean.n)
    }
}

/// Perplexity and its paired comparison, as pure functions of chunk scores.
public enum Perplexity {
    /// exp(mean NLL), with a chunk-clustered interval; nil without chunks or with a non-finite score.
    ///
    /// The point estimate is llama.cpp's `llama-perplexity`. The interval is exp of the interval of the mean NLL.
    public static func estimate(_ chunks: [ChunkScore], level: Double = 0.95) -> Estimate? {
        let clusters = chunks.map { (total: $0.nllSumNats, weight: Double($0.tokenCount)) }
        guard let mean = ClusteredMean(clusters: clusters) else { return nil }
        return transformed(mean, level: level, by: exp)
    }

    /// 100 x (PPL(candidate) / PPL(parent) - 1) on the same chunks, with a chunk-clustered paired interval.
    ///
    /// Equals 100 x (exp(mean d) - 1) with d the NLL difference per token. Nil without chunks, with a non-finite
    /// score, or when the two sides scored different numbers of tokens in a chunk.
    public static func increasePercent(
        parent: [ChunkScore], candidate: [ChunkScore], level: Double = 0.95
    ) -> Estimate? {
        guard parent.count == candidate.count,
            zip(parent, candidate).allSatisfy({ $0.tokenCount == $1.tokenCount })
        else { return nil }
        let differences = zip(parent, candidate).map {
            (total: $1.nllSumNats - $0.nllSumNats, weight: Double($0.tokenCount))
        }
        guard let mean = ClusteredMean(clusters: differences) else { return nil }
        return percent(of: mean, level: level)
    }

    /// 100 x (exp(mean difference) - 1) with its interval; nil when it overflows.
    static func percent(of mean: ClusteredMean, level: Double = 0.95) -> Estimate? {
        transformed(mean, level: level) { 100 * expm1($0) }
    }

    /// Maps a mean and its interval by a rising function; nil when the result overflows.
    private static func transformed(
        _ mean: ClusteredMean, level: Double, by function: (Double) -> Double
    ) -> Estimate? {
        let value = function(mean.mean)
        let interval = mean.interval(level: level).map {
            Interval(low: function($0.low), high: function($0.high), level: $0.level)
        }
        guard value.isFinite, interval.map({ $0.low.isFinite && $0.high.isFinite }) ?? true else { return nil }
        return Estimate(value: value, interval: interval, n: mean.n)
    }
}
