/// One of a parent's tokens with its probability, as a pack keeps it.
public struct PredictedToken: Hashable, Sendable {
    /// The token's id.
    public var id: Int32
    /// -ln p in steps of 2^-11 nats, rounded to nearest; at most 65,535, which is 32 nats.
    public var code: UInt16

    /// Creates a token.
    public init(id: Int32, code: UInt16) {
        self.id = id
        self.code = code
    }

    /// ln p, nats.
    public var logProbability: Double { -Double(code) / Self.stepsPerNat }

    /// Whether the token is less likely than a code can tell.
    var isClipped: Bool { code == .max }

    static let stepsPerNat = 2048.0

    /// The code of a probability, from its -ln p in nats.
    static func code(nats: Double) -> UInt16 {
        UInt16(min(max((nats * stepsPerNat).rounded(), 0), 65_535))
    }
}

/// What is kept of a parent's prediction of one token.
public struct PredictedPosition: Hashable, Sendable {
    /// -ln p of the text's own token, nats.
    public var nats: Float
    /// The summed probability of all tokens outside ``top``.
    public var tailMass: Float
    /// The likeliest tokens, likeliest first, the lower id first where two are equal: exactly the parent's order.
    public var top: [PredictedToken]
    /// Tokens drawn from the tail with replacement, by their probabilities, in the order of their ids.
    ///
    /// Where the tail has no mass nothing can be drawn, and all are the token 0 with the code 0.
    public var samples: [PredictedToken]

    /// Creates a prediction.
    public init(nats: Float, tailMass: Float, top: [PredictedToken], samples: [PredictedToken]) {
        self.nats = nats
        self.tailMass = tailMass
        self.top = top
        self.samples = samples
    }

    /// Whether ``samples`` are drawn tokens.
    var hasSamples: Bool { tailMass > 0 && !samples.isEmpty }
}

extension PredictionSettings {
    /// Most tokens of either kind that a record can keep.
    static let countLimit = 65_535

    /// Why nothing can be predicted with these settings; nil when something can.
    package var problem: String? {
        guard (1...Self.countLimit).contains(topCount) else {
            return "\(topCount) likeliest tokens cannot be kept; 1 to \(Self.countLimit) can"
        }
        // Two samples at least: from one alone no standard error follows.
        guard (2...Self.countLimit).contains(tailCount) else {
            return "\(tailCount) samples of the tail cannot be kept; 2 to \(Self.countLimit) can"
        }
        return nil
    }

    /// How many tokens of each kind a position has: with the whole vocabulary among the likeliest there is no tail.
    func counts(vocabulary: Int) -> (top: Int, tail: Int) {
        topCount < vocabulary ? (topCount, tailCount) : (vocabulary, 0)
    }
}
