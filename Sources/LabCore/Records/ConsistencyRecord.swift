/// What a backend computes, beside another backend and beside itself.
public struct ConsistencyRecord: Hashable, Sendable, Codable {
    /// An artifact on a backend.
    public struct Side: Hashable, Sendable, Codable {
        /// The backend.
        public var backend: String
        /// The artifact's path.
        public var artifact: String

        /// Names a side.
        public init(backend: String, artifact: String) {
            self.backend = backend
            self.artifact = artifact
        }
    }

    /// How far predictions along the same text are from each other.
    public struct Predictions: Hashable, Sendable, Codable {
        /// Mean KL, nats per token.
        public var klMeanNats: Double
        /// Largest KL, nats.
        public var klMaxNats: Double
        /// Positions with the same likeliest token, percent.
        public var topAgreementPercent: Double
        /// Largest difference of a token's normalized logit, nats.
        public var logitDifferenceMaxNats: Double
        /// Windows it was measured on.
        public var windows: Int

        /// Describes a distance.
        public init(
            klMeanNats: Double, klMaxNats: Double, topAgreementPercent: Double, logitDifferenceMaxNats: Double,
            windows: Int
        ) {
            self.klMeanNats = klMeanNats
            self.klMaxNats = klMaxNats
            self.topAgreementPercent = topAgreementPercent
            self.logitDifferenceMaxNats = logitDifferenceMaxNats
            self.windows = windows
        }
    }

    /// How alike greedy texts are.
    public struct Texts: Hashable, Sendable, Codable {
        /// Texts that are the same, token for token, percent.
        public var exactPercent: Double
        /// Their likeness, character by character, on average, percent.
        public var similarityPercent: Double
        /// The earliest token, from 0, at which two texts part; nil where all are the same.
        public var firstDivergence: Int?
        /// Texts compared.
        public var texts: Int

        /// Describes a likeness.
        public init(exactPercent: Double, similarityPercent: Double, firstDivergence: Int?, texts: Int) {
            self.exactPercent = exactPercent
            self.similarityPercent = similarityPercent
            self.firstDivergence = firstDivergence
            self.texts = texts
        }
    }

    /// What was changed in a backend's second computation, which it is held against itself by.
    public struct Variation: Hashable, Sendable, Codable {
        /// Tokens computed at a time.
        public var microBatch: Int
        /// Threads.
        public var threads: Int
        /// Sequences written at a time; nil where none were written.
        public var parallelSequences: Int?

        /// Describes a variation.
        public init(microBatch: Int, threads: Int, parallelSequences: Int? = nil) {
            self.microBatch = microBatch
            self.threads = threads
            self.parallelSequences = parallelSequences
        }
    }

    /// Two texts that part, written after the same prompt.
    public struct Difference: Hashable, Sendable, Codable {
        /// What was asked.
        public var prompt: String
        /// The reference's text.
        public var reference: String
        /// The other side's.
        public var other: String
        /// The first token, from 0, at which they part.
        public var firstDivergence: Int

        /// Describes a pair.
        public init(prompt: String, reference: String, other: String, firstDivergence: Int) {
            self.prompt = prompt
            self.reference = reference
            self.other = other
            self.firstDivergence = firstDivergence
        }
    }

    /// The evaluation's name.
    public var evaluation: String
    /// The backend and the artifact on it.
    public var side: Side
    /// What it was held against; nil for the backend that the others are held against.
    public var reference: Side?
    /// How far its predictions are from the reference's; nil where texts were compared, or nothing was.
    public var predictions: Predictions?
    /// The same of the side against itself.
    public var predictionsFloor: Predictions?
    /// How alike its texts are to the reference's; nil where predictions were compared, or nothing was.
    public var texts: Texts?
    /// The same of the side against itself.
    public var textsFloor: Texts?
    /// How the side was computed the second time; nil where it was not.
    public var variation: Variation?
    /// Windows or prompts that both sides were given and that are other tokens on one of them.
    public var tokenizedDifferently: Int
    /// Prompts whose text is another on one side.
    public var renderedDifferently: Int
    /// Tokens at which the predictions differ most, worst first.
    public var worst: [FidelityRecord.WorstToken]
    /// Texts that part, those first that are least alike.
    public var differences: [Difference]

    /// A record of what nothing is known of yet.
    public init(evaluation: String, side: Side, reference: Side?) {
        self.evaluation = evaluation
        self.side = side
        self.reference = reference
        tokenizedDifferently = 0
        renderedDifferently = 0
        worst = []
        differences = []
    }
}
