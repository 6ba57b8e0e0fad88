public import Foundation

/// What makes measurements of different runs values of one quantity.
public struct SeriesKey: Hashable, Sendable, Codable {
    /// Name of the suite.
    public var suite: String
    /// The evaluation's name.
    public var evaluation: String
    /// The metric's name.
    public var metric: String
    /// The unit of the values.
    public var unit: String
    /// The text, with the limit where only a part of it was asked for: "wikitext2, first 20 chunks"; empty in records
    /// of older labs.
    public var dataset: String
    /// Name of the model.
    public var model: String
    /// The artifact's recipe.
    public var recipe: String
    /// The artifact's part in the comparison.
    public var role: ArtifactRecord.Role
    /// The backend.
    public var backend: String
    /// Device class with the CPU's features.
    public var device: String

    /// Names a series.
    public init(
        suite: String, evaluation: String, metric: String, unit: String, dataset: String, model: String,
        recipe: String, role: ArtifactRecord.Role, backend: String, device: String
    ) {
        self.suite = suite
        self.evaluation = evaluation
        self.metric = metric
        self.unit = unit
        self.dataset = dataset
        self.model = model
        self.recipe = recipe
        self.role = role
        self.backend = backend
        self.device = device
    }
}

/// A quantity over time: its value in each run, and where it shifted.
public struct Trend: Hashable, Sendable, Codable {
    /// The value in one run.
    public struct Point: Hashable, Sendable, Codable {
        /// The run's identifier.
        public var runID: String
        /// When the run started.
        public var startedAt: Date
        /// The value.
        public var value: Double
        /// Its confidence interval; nil where there is none.
        public var interval: Interval?
        /// Independent units measured.
        public var n: Int
        /// Digest of the artifact's file.
        public var artifact: Digest
        /// Build of the engine; nil where none ran.
        public var engine: String?

        /// Places a value.
        public init(
            runID: String, startedAt: Date, value: Double, interval: Interval?, n: Int, artifact: Digest,
            engine: String?
        ) {
            self.runID = runID
            self.startedAt = startedAt
            self.value = value
            self.interval = interval
            self.n = n
            self.artifact = artifact
            self.engine = engine
        }
    }

    /// A place where the level changed.
    public struct Shift: Hashable, Sendable, Codable {
        /// The first point with the new level, as a position in ``Trend/points``.
        public var index: Int
        /// Mean of the segment before.
        public var before: Double
        /// Mean of the segment from here on.
        public var after: Double
        /// Standard deviation of the noise around both levels; 0 where there is none.
        public var noise: Double

        /// Describes a shift.
        public init(index: Int, before: Double, after: Double, noise: Double) {
            self.index = index
            self.before = before
            self.after = after
            self.noise = noise
        }
    }

    /// What was measured.
    public var key: SeriesKey
    /// The values, oldest first.
    public var points: [Point]
    /// Where the level changed, oldest first.
    public var shifts: [Shift]

    /// Creates a trend.
    public init(key: SeriesKey, points: [Point], shifts: [Shift]) {
        self.key = key
        self.points = points
        self.shifts = shifts
    }
}
