/// What is kept of a parent's predictions at each position.
public struct PredictionSettings: Hashable, Sendable, Codable {
    /// The likeliest tokens, kept with their probabilities. Default: 128.
    public var topCount: Int
    /// Tokens drawn from the rest, with replacement, by their probabilities. Default: 64.
    public var tailCount: Int
    /// Seed of the drawing. Default: 1.
    public var seed: UInt64

    /// Creates settings.
    public init(topCount: Int = 128, tailCount: Int = 64, seed: UInt64 = 1) {
        self.topCount = topCount
        self.tailCount = tailCount
        self.seed = seed
    }
}
