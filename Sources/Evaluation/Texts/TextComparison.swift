public import LabCore

/// A candidate's text beside its parent's, written after the same prompt.
public struct TextComparison: Hashable, Sendable {
    /// Whether the two are the same, token by token.
    public let isExact: Bool
    /// The first token, counted from 0, at which they differ or only one goes on; nil where they are the same.
    public let firstDivergence: Int?
    /// Tokens before that.
    public let sharedPrefixTokens: Int
    /// How alike the texts are, from 0 to 1 (``TextSimilarity``).
    public let similarity: Double

    /// Compares two texts.
    public init(parent: GeneratedText, candidate: GeneratedText) {
        sharedPrefixTokens = zip(parent.tokens, candidate.tokens).prefix { $0 == $1 }.count
        isExact = parent.tokens == candidate.tokens
        firstDivergence = isExact ? nil : sharedPrefixTokens
        similarity = TextSimilarity.ratio(parent.text, candidate.text)
    }
}
