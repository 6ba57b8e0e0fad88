/// How one metric of a candidate changed from one run to another, and whether that is allowed.
public struct MetricChange: Hashable, Sendable, Codable {
    /// What the change is known from.
    public enum Basis: String, Sendable, Codable {
        /// The very same samples, as far as both runs went: there is no change.
        case sameSamples = "same_samples"
        /// Both runs measured every chunk of the corpus: the change is the corpus's own.
        case exact
        /// Chunks that both runs measured, in the order laid down; the interval holds whenever measuring stopped.
        case sequential
        /// Chunks that both runs measured, with Student's interval.
        case paired
        /// The two runs' own intervals: a metric that cannot be paired, from parts of the same text.
        case unpaired
        /// Repetitions of a measurement in both runs, by Mann and Whitney's test.
        case repetitions
    }

    /// Which way the metric went.
    public enum Relation: String, Sendable, Codable {
        /// Better for certain.
        case better
        /// Worse for certain.
        case worse
        /// Inside what is allowed to either side, or not changed at all.
        case same
        /// The evidence does not tell.
        case unknown
    }

    /// A chunk and how much it changed.
    public struct Chunk: Hashable, Sendable, Codable {
        /// Position in the dataset.
        public var index: Int
        /// The chunk's change in the unit of the comparison's mean: nats per token, or percent of positions.
        public var change: Double

        /// Places a change.
        public init(index: Int, change: Double) {
            self.index = index
            self.change = change
        }
    }

    /// How often two runs repeated a measurement.
    public struct Repetitions: Hashable, Sendable, Codable {
        /// In the run under test.
        public var new: Int
        /// In the reference.
        public var reference: Int

        /// Counts repetitions.
        public init(new: Int, reference: Int) {
            self.new = new
            self.reference = reference
        }
    }

    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// Model and recipe of the candidate under test.
    public var artifact: String
    /// The metric's name.
    public var metric: String
    /// The metric's unit.
    public var unit: String
    /// Which direction is better.
    public var polarity: Polarity
    /// The reference's value; on the chunks in common where there are any.
    public var reference: Double
    /// The value under test, likewise.
    public var value: Double
    /// How much it changed, in `changeUnit`: percent of the reference for perplexity, else `value` - `reference`.
    public var change: Double
    /// The unit of `change`, `interval` and `allowed`.
    public var changeUnit: String
    /// The interval of the change; nil where it is exact or cannot be told.
    public var interval: Interval?
    /// What the suite or the command line allows; nil where nothing was asked.
    public var tolerance: RegressionTolerance?
    /// How far it may go to the worse side, at least 0; nil where nothing was asked or it cannot be told.
    public var allowed: Double?
    /// What the change is known from.
    public var basis: Basis
    /// The probability of a worsening as clear as this one where there is none; nil where no test was made.
    public var pValue: Double?
    /// Repetitions in the run under test and in the reference; nil where the change is known from something else.
    public var repetitions: Repetitions?
    /// Chunks in common; 0 where there are none.
    public var chunksShared: Int
    /// Chunks of the corpus; nil where the records do not tell.
    public var chunksAvailable: Int?
    /// Chunks that would decide; nil where it is decided, or none would.
    public var neededChunks: Int?
    /// Which way it went.
    public var relation: Relation
    /// Whether that is allowed; nil where nothing was asked.
    public var status: VerdictStatus?
    /// One sentence for people.
    public var reason: String
    /// Every chunk in common; those that got worse most come first.
    public var chunks: [Chunk]
    /// What is counted, in the singular: "prompt"; nil for chunks of a text.
    public var part: String?

    /// Whether the change is in percentage points: a difference of two percentages is no percentage of anything.
    public var isInPoints: Bool { unit == "percent" || unit == "percentage_points" }

    /// The chunks that got worse most, three at most.
    public var worst: [Chunk] {
        let sign = polarity == .lowerIsBetter ? 1.0 : -1.0
        return Array(chunks.prefix(3).prefix { sign * $0.change > 0 })
    }
}
