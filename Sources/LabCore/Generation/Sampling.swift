/// How the next token is chosen.
public struct Sampling: Hashable, Sendable, Codable {
    /// Divides the logits; 0 takes the likeliest token.
    public var temperature: Double
    /// The smallest set of likeliest tokens that holds this much probability; 1 keeps all.
    public var topP: Double
    /// The likeliest so many tokens; 0 keeps all.
    public var topK: Int

    /// Creates settings.
    public init(temperature: Double, topP: Double = 1, topK: Int = 0) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
    }

    /// The likeliest token at each step.
    public static let greedy = Sampling(temperature: 0)
    /// Qwen3's settings with thinking.
    public static let thinking = Sampling(temperature: 0.6, topP: 0.95, topK: 20)
    /// Qwen3's settings without thinking.
    public static let plain = Sampling(temperature: 0.7, topP: 0.8, topK: 20)
}
