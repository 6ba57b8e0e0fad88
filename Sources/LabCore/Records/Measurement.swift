/// Whether more or less of a metric is better. It belongs to the metric, never to a suite.
public enum Polarity: String, Sendable, Codable {
    /// Perplexity, errors, seconds.
    case lowerIsBetter = "lower_is_better"
    /// Accuracy, agreement, tokens per second.
    case higherIsBetter = "higher_is_better"
}

/// A metric that the lab measures, by the name used in suites, history and reports.
public struct Metric: Hashable, Sendable {
    /// The name in suites and reports, such as "perplexity".
    public let name: String
    /// The unit of its values; "1" for a plain ratio.
    public let unit: String
    /// Which direction is better.
    public let polarity: Polarity

    /// exp(mean NLL) over the scored tokens: llama.cpp's perplexity.
    public static let perplexity = Metric(name: "perplexity", unit: "1", polarity: .lowerIsBetter)
    /// 100 x (exp(mean paired NLL difference) - 1): how much worse than the parent, on the same chunks.
    public static let perplexityIncrease = Metric(
        name: "perplexity_increase", unit: "percent", polarity: .lowerIsBetter)

    /// Every metric a suite may name.
    public static let all: [Metric] = [.perplexity, .perplexityIncrease]

    /// Finds a metric by name; nil for an unknown one.
    public static func named(_ name: String) -> Metric? { all.first { $0.name == name } }
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

    /// Creates a measurement.
    public init(
        artifact: String, backend: String, evaluation: String, metric: Metric, value: Double, n: Int,
        interval: Interval?, cached: Bool
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
    }
}
