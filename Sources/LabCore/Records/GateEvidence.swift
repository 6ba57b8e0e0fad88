/// What a gate's verdict rests on: how much was measured, and how surely.
///
/// Amounts are in the unit of the gate's threshold.
public struct GateEvidence: Hashable, Sendable, Codable {
    /// How the verdict was reached.
    public enum Basis: String, Sendable, Codable {
        /// Every chunk of the corpus was measured: the value is the corpus's own.
        case exact
        /// The sequential gate stopped before the last chunk; the verdict speaks of the clipped mean.
        case sequential
        /// A part of the corpus was measured, and the interval decides.
        case interval
    }

    /// How the verdict was reached.
    public var basis: Basis
    /// Chunks measured.
    public var chunksUsed: Int
    /// Chunks of the corpus.
    public var chunksAvailable: Int
    /// How often the gate may err: 0.01 for 1 %.
    public var alpha: Double
    /// The interval that decided, at level 1 - 2 alpha: anytime-valid for a sequential gate; nil for an exact verdict.
    public var interval: Interval?
    /// Where values were clipped; nil where they were not.
    public var clip: Interval?
    /// The smallest distance from the limit that this many chunks show with a probability of 80 %, by a test of a fixed
    /// number of chunks; 0 for an exact verdict, nil where one chunk gives no spread.
    public var minimumDetectableEffect: Double?
    /// Chunks that an inconclusive gate would need, at most all of them; nil where it is decided, and in records of older
    /// labs where it could not be told.
    public var neededChunks: Int?
    /// What is counted, in the singular: "prompt"; nil for chunks of a text.
    public var part: String?

    /// Describes the evidence.
    public init(
        basis: Basis, chunksUsed: Int, chunksAvailable: Int, alpha: Double, interval: Interval? = nil,
        clip: Interval? = nil, minimumDetectableEffect: Double? = nil, neededChunks: Int? = nil,
        part: String? = nil
    ) {
        self.basis = basis
        self.chunksUsed = chunksUsed
        self.chunksAvailable = chunksAvailable
        self.alpha = alpha
        self.interval = interval
        self.clip = clip
        self.minimumDetectableEffect = minimumDetectableEffect
        self.neededChunks = neededChunks
        self.part = part
    }
}
