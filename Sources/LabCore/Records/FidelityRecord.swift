/// How far a candidate's predictions are from its parent's, beyond what measurements say.
public struct FidelityRecord: Hashable, Sendable, Codable {
    /// How the parent's predictions came to the comparison.
    public enum Source: String, Sendable, Codable {
        /// From a pack: divergences are estimates.
        case pack
        /// Computed side by side: divergences are exact.
        case lockstep
    }

    /// The parent against itself, computed with another batch size: what of a divergence is only arithmetic.
    public struct NoiseFloor: Hashable, Sendable, Codable {
        /// Mean KL, nats per token.
        public var klMeanNats: Double
        /// Largest KL, nats.
        public var klMaxNats: Double
        /// Share of positions with the same likeliest token, percent.
        public var topAgreementPercent: Double
        /// Chunks it was measured on.
        public var chunks: Int
        /// Tokens computed at a time, in the parent's own run and in this one.
        public var microBatches: [Int]

        /// Describes a floor.
        public init(
            klMeanNats: Double, klMaxNats: Double, topAgreementPercent: Double, chunks: Int, microBatches: [Int]
        ) {
            self.klMeanNats = klMeanNats
            self.klMaxNats = klMaxNats
            self.topAgreementPercent = topAgreementPercent
            self.chunks = chunks
            self.microBatches = microBatches
        }
    }

    /// A token at which parent and candidate disagree most.
    public struct WorstToken: Hashable, Sendable, Codable {
        /// The chunk, by its position in the dataset.
        public var chunk: Int
        /// What happened there.
        public var token: DivergentToken

        /// Places a token.
        public init(chunk: Int, token: DivergentToken) {
            self.chunk = chunk
            self.token = token
        }
    }

    /// Positions at which just one of the models has the text's token for the likeliest.
    public struct Flips: Hashable, Sendable, Codable {
        /// Only the parent is right.
        public var onlyParentRight: Int
        /// Only the candidate is right.
        public var onlyCandidateRight: Int
        /// Exact McNemar test of no difference, two-sided, over positions; nil without flips.
        public var mcNemarP: Double?

        /// Counts flips.
        public init(onlyParentRight: Int, onlyCandidateRight: Int, mcNemarP: Double?) {
            self.onlyParentRight = onlyParentRight
            self.onlyCandidateRight = onlyCandidateRight
            self.mcNemarP = mcNemarP
        }
    }

    /// The parent's predictions as they are kept.
    public struct Pack: Hashable, Sendable, Codable {
        /// Identifier: digest of what the predictions depend on.
        public var id: Digest
        /// What is kept of each prediction.
        public var settings: PredictionSettings
        /// Bytes of the chunks used.
        public var bytes: Int64
        /// `bytes` as a share of the same chunks' logits in 16 bits, percent.
        public var shareOfLogitsPercent: Double

        /// Describes a pack.
        public init(id: Digest, settings: PredictionSettings, bytes: Int64, shareOfLogitsPercent: Double) {
            self.id = id
            self.settings = settings
            self.bytes = bytes
            self.shareOfLogitsPercent = shareOfLogitsPercent
        }
    }

    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The candidate's path.
    public var artifact: String
    /// Exact or from a pack.
    public var source: Source
    /// Scored positions.
    public var positions: Int
    /// Standard error of the mean KL from drawing the tail, nats per token; 0 for exact divergences.
    public var klStandardErrorNats: Double
    /// The noise floor; nil where the parent could not be run and its pack carries none.
    public var floor: NoiseFloor?
    /// Flips of the likeliest token's correctness.
    public var flips: Flips
    /// The pack; nil in lockstep.
    public var pack: Pack?
    /// The worst tokens, worst first.
    public var worst: [WorstToken]

    /// Creates a record.
    public init(
        evaluation: String, backend: String, artifact: String, source: Source, positions: Int,
        klStandardErrorNats: Double, floor: NoiseFloor?, flips: Flips, pack: Pack?, worst: [WorstToken]
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.source = source
        self.positions = positions
        self.klStandardErrorNats = klStandardErrorNats
        self.floor = floor
        self.flips = flips
        self.pack = pack
        self.worst = worst
    }
}
