/// How far a candidate's predictions are from its parent's on one chunk.
public struct ChunkDivergence: Hashable, Sendable {
    /// The candidate's score.
    public var candidate: ChunkScore
    /// The parent's score of the same tokens.
    public var parent: ChunkScore
    /// KL(parent || candidate) at each scored position, in nats: exact, or estimated from a pack.
    public var klNats: [Float]
    /// The variance of the estimate of the chunk's summed KL, nats squared; 0 when it is exact.
    public var klSumVariance: Double
    /// The largest difference of a token's ln p between the two, nats: of any token's, or from a pack of the tokens that
    /// it keeps, to its steps of 2^-11 nats.
    ///
    /// It is the largest difference of logits once both are normalized: a constant added to all logits of a position
    /// changes no prediction.
    public var logitDifferenceMaxNats: Float
    /// Positions at which both models hold the same token for the likeliest.
    public var agreements: Int
    /// Positions at which only the parent's likeliest token is the text's.
    public var onlyParentRight: Int
    /// Positions at which only the candidate's likeliest token is the text's.
    public var onlyCandidateRight: Int
    /// The positions with the largest divergence, largest first; at most ``worstCount``.
    public var worst: [DivergentToken]

    /// How many of a chunk's worst positions are kept.
    public static let worstCount = 4

    /// Creates a result.
    public init(
        candidate: ChunkScore, parent: ChunkScore, klNats: [Float], klSumVariance: Double,
        logitDifferenceMaxNats: Float, agreements: Int, onlyParentRight: Int, onlyCandidateRight: Int,
        worst: [DivergentToken]
    ) {
        self.candidate = candidate
        self.parent = parent
        self.klNats = klNats
        self.klSumVariance = klSumVariance
        self.logitDifferenceMaxNats = logitDifferenceMaxNats
        self.agreements = agreements
        self.onlyParentRight = onlyParentRight
        self.onlyCandidateRight = onlyCandidateRight
        self.worst = worst
    }
}

/// A position at which two models disagree, with what a person needs to understand it.
public struct DivergentToken: Hashable, Sendable, Codable {
    /// Position of the predicted token in its chunk, from 0.
    public var position: Int
    /// KL(parent || candidate), nats.
    public var klNats: Double
    /// The text before it, at most some 24 tokens.
    public var context: String
    /// The text's own token.
    public var token: String
    /// The parent's likeliest token.
    public var parentChoice: String
    /// The candidate's likeliest token.
    public var candidateChoice: String
    /// -ln p(token) by the parent, nats.
    public var parentNats: Double
    /// -ln p(token) by the candidate, nats.
    public var candidateNats: Double

    /// Creates a description.
    public init(
        position: Int, klNats: Double, context: String, token: String, parentChoice: String, candidateChoice: String,
        parentNats: Double, candidateNats: Double
    ) {
        self.position = position
        self.klNats = klNats
        self.context = context
        self.token = token
        self.parentChoice = parentChoice
        self.candidateChoice = candidateChoice
        self.parentNats = parentNats
        self.candidateNats = candidateNats
    }
}

extension ChunkDivergence: Codable {
    private enum CodingKeys: String, CodingKey {
        case candidate, parent, klNats, klSumVariance, logitDifferenceMaxNats, agreements
        case onlyParentRight, onlyCandidateRight, worst
    }

    /// Decodes the form of the wire and of the history: the divergences as little-endian floats in base 64.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        candidate = try container.decode(ChunkScore.self, forKey: .candidate)
        parent = try container.decode(ChunkScore.self, forKey: .parent)
        klNats = try container.decode(PackedFloats.self, forKey: .klNats).values
        klSumVariance = try container.decode(Double.self, forKey: .klSumVariance)
        logitDifferenceMaxNats = try container.decode(Float.self, forKey: .logitDifferenceMaxNats)
        agreements = try container.decode(Int.self, forKey: .agreements)
        onlyParentRight = try container.decode(Int.self, forKey: .onlyParentRight)
        onlyCandidateRight = try container.decode(Int.self, forKey: .onlyCandidateRight)
        worst = try container.decode([DivergentToken].self, forKey: .worst)
    }

    /// Encodes the form of the wire and of the history.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(candidate, forKey: .candidate)
        try container.encode(parent, forKey: .parent)
        try container.encode(PackedFloats(klNats), forKey: .klNats)
        try container.encode(klSumVariance, forKey: .klSumVariance)
        try container.encode(logitDifferenceMaxNats, forKey: .logitDifferenceMaxNats)
        try container.encode(agreements, forKey: .agreements)
        try container.encode(onlyParentRight, forKey: .onlyParentRight)
        try container.encode(onlyCandidateRight, forKey: .onlyCandidateRight)
        try container.encode(worst, forKey: .worst)
    }
}
