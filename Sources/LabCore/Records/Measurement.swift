/// Whether more or less of a metric is better. It belongs to the metric, never to a suite.
public enum Polarity: String, Sendable, Codable {
    /// Perplexity, errors, seconds.
    case lowerIsBetter = "lower_is_better"
    /// Accuracy, agreement, tokens per second.
    case higherIsBetter = "higher_is_better"
}

/// What a metric's values are: its name in suites, history and reports, its unit, and which direction is better.
public struct MetricDefinition: Hashable, Sendable {
    /// The name in suites and reports, such as "perplexity".
    public let name: String
    /// The unit of its values; "1" for a plain ratio.
    public let unit: String
    /// Which direction is better.
    public let polarity: Polarity

    /// Describes a metric.
    public init(name: String, unit: String, polarity: Polarity) {
        self.name = name
        self.unit = unit
        self.polarity = polarity
    }

    /// exp(mean NLL) over the scored tokens: llama.cpp's perplexity.
    public static let perplexity = MetricDefinition(name: "perplexity", unit: "1", polarity: .lowerIsBetter)
    /// 100 x (exp(mean paired NLL difference) - 1): how much worse than the parent, on the same chunks.
    public static let perplexityIncrease = MetricDefinition(
        name: "perplexity_increase", unit: "percent", polarity: .lowerIsBetter)
    /// ln(PPL(candidate) / PPL(parent)): the mean paired NLL difference.
    public static let logRatio = MetricDefinition(name: "log_ratio", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// Mean KL(parent || candidate) over the scored tokens: llama-perplexity's "Mean KLD".
    public static let klMean = MetricDefinition(name: "kl_mean", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// ``klMean`` less the same of the parent against itself with another batch size.
    public static let klMeanExcess = MetricDefinition(
        name: "kl_mean_excess", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// The median of KL(parent || candidate) over the scored tokens.
    public static let klMedian = MetricDefinition(name: "kl_median", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// Its 90th percentile.
    public static let klP90 = MetricDefinition(name: "kl_p90", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// Its 99th percentile.
    public static let klP99 = MetricDefinition(name: "kl_p99", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// Its largest value.
    public static let klMax = MetricDefinition(name: "kl_max", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// Positions at which parent and candidate hold the same token for the likeliest: llama-perplexity's "Same top p".
    public static let topAgreement = MetricDefinition(
        name: "top1_agreement", unit: "percent", polarity: .higherIsBetter)
    /// Prompts that are answered rightly.
    public static let accuracy = MetricDefinition(name: "accuracy", unit: "percent", polarity: .higherIsBetter)
    /// ``accuracy`` less the parent's, on the same prompts.
    public static let accuracyChange = MetricDefinition(
        name: "accuracy_change", unit: "percentage_points", polarity: .higherIsBetter)

    /// Every metric.
    public static let all =
        [
            perplexity, perplexityIncrease, logRatio, klMean, klMeanExcess, klMedian, klP90, klP99, klMax, topAgreement,
            accuracy, accuracyChange,
        ] + ofGeneration + ofSpeed + ofConsistency

    /// The metric with a name; nil where this lab has none.
    public static func named(_ name: String) -> MetricDefinition? { all.first { $0.name == name } }
}

/// One measured value: what was measured, on which artifact and backend, over how much, how surely.
public struct Measurement: Hashable, Sendable, Codable {
    /// The artifact's path as listed in the run (`artifacts[].path`).
    public var artifact: String
    /// The backend it ran on: "cpu", "cuda".
    public var backend: String
    /// The evaluation's name in the suite.
    public var evaluation: String
    /// The metric's name.
    public var metric: String
    /// The value, finite.
    public var value: Double
    /// The unit of `value` and `interval`.
    public var unit: String
    /// Independent units measured (chunks, prompts), never tokens of one chunk.
    public var n: Int
    /// Confidence interval; nil where one unit or an exact count gives none.
    public var interval: Interval?
    /// Whether every sample behind it was read from history.
    public var cached: Bool
    /// Samples without a score, which are not among `n`; nil in records of older labs.
    public var unscored: Int?
    /// Digest of the keys of the samples behind it, in order; nil in records of older labs.
    public var samples: Digest?
    /// The text, with the limit where only a part of it was asked for: "wikitext2", "wikitext2, first 20 chunks"; nil in
    /// records of older labs.
    public var dataset: String?

    /// Creates a measurement.
    public init(
        artifact: String, backend: String, evaluation: String, metric: MetricDefinition, value: Double, n: Int,
        interval: Interval?, cached: Bool, unscored: Int = 0,
        samples: Digest? = nil, dataset: String? = nil
    ) {
        self.artifact = artifact
        self.backend = backend
        self.evaluation = evaluation
        self.metric = metric.name
        self.value = value
        self.unit = metric.unit
        self.n = n
        self.interval = interval
        self.cached = cached
        self.unscored = unscored
        self.samples = samples
        self.dataset = dataset
    }
}
