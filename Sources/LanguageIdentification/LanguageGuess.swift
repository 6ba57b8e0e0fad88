/// What language a text seems to be in.
public struct LanguageGuess: Hashable, Sendable {
    /// The language as BCP 47 names it, "zh" for simplified and "zh-Hant" for traditional Chinese; nil where the text does
    /// not tell.
    public var language: String?
    /// How sure the engine is, 0 to 100. CLD2: the share of the text that is in this language; NaturalLanguage: the
    /// probability of the language.
    public var confidence: Int
    /// Whether the language is ahead of the next one by enough for the engine to rely on it.
    public var isReliable: Bool

    /// Creates a guess.
    public init(language: String?, confidence: Int, isReliable: Bool) {
        self.language = language
        self.confidence = confidence
        self.isReliable = isReliable
    }

    /// No language.
    public static let none = LanguageGuess(language: nil, confidence: 0, isReliable: false)
}
