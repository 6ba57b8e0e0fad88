/// What an evaluation measured on each of its prompts, for later paired comparison.
public struct PromptSeries: Hashable, Sendable, Codable {
    /// One prompt.
    public struct Point: Hashable, Sendable, Codable {
        /// Position in the prompt set, from 0.
        public var index: Int
        /// Digest of the prompt's tokens.
        public var sample: Digest
        /// The prompt's part of each metric that is a mean over prompts, by the metric's name, in its unit.
        public var values: [String: Double]

        /// Creates a point.
        public init(index: Int, sample: Digest, values: [String: Double]) {
            self.index = index
            self.sample = sample
            self.values = values
        }
    }

    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The candidate's path.
    public var artifact: String
    /// Prompts in the order of their set.
    public var points: [Point]

    /// Creates a series.
    public init(evaluation: String, backend: String, artifact: String, points: [Point]) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.points = points
    }
}
