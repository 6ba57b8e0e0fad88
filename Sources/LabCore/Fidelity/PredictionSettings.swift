/// What is kept of a parent's predictions at each position.
public struct PredictionSettings: Hashable, Sendable, Codable {
    /// The likeliest tokens, kept with their probabilities. Default: 192.
    public var topCount: Int
    /// Tokens drawn from the rest, with replacement, by their probabilities. Default: 96.
    public var tailCount: Int
    /// Seed of the drawing. Default: 1.
    public var seed: UInt64

    /// Creates settings.
    public init(topCount: Int = 192, tailCount: Int = 96, seed: UInt64 = 1) {
        self.topCount = topCount
        self.tailCount = tailCount
        self.seed = seed
    }
}
