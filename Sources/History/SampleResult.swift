/// What scoring one sample (one chunk of text) yielded.
public struct SampleResult: Hashable, Sendable, Codable {
    /// Sum of the negative log-likelihoods of the scored tokens, in nats; finite.
    public var nllSumNats: Double
    /// How many tokens were scored; at least one.
    public var tokenCount: Int

    /// Creates a result.
    public init(nllSumNats: Double, tokenCount: Int) {
        self.nllSumNats = nllSumNats
        self.tokenCount = tokenCount
    }

    /// Mean negative log-likelihood, in nats per token.
    public var nllNatsPerToken: Double { nllSumNats / Double(tokenCount) }
}
