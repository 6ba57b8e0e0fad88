/// What a model wrote after a prompt.
public struct GeneratedText: Hashable, Sendable, Codable {
    /// Why a text ended.
    public enum Finish: String, Sendable, Codable {
        /// The model ended it.
        case stop
        /// The limit of tokens was reached, or the context was full.
        case length
    }

    /// The whole text, special tokens spelled out, without the token that ended it. Bytes that are no UTF-8 are
    /// replacement characters.
    public var text: String
    /// Its tokens, without the one that ended it.
    public var tokens: [Int32]
    /// Why it ended.
    public var finish: Finish
    /// Whether its bytes are UTF-8; a character that the limit of tokens cuts counts as whole.
    public var isUTF8: Bool
    /// What it says, thoughts left out, as the engine's parser takes it apart, up to the first control token.
    public var answer: String
    /// What was thought before; nil where the text has no thought.
    public var thought: String?
    /// Tokens of the thought with its marks; 0 without one.
    public var thoughtTokens: Int
    /// Whether the thought came to an end; true without one.
    public var isThoughtClosed: Bool

    /// Creates a text.
    public init(
        text: String, tokens: [Int32], finish: Finish, isUTF8: Bool = true, answer: String, thought: String? = nil,
        thoughtTokens: Int = 0, isThoughtClosed: Bool = true
    ) {
        self.text = text
        self.tokens = tokens
        self.finish = finish
        self.isUTF8 = isUTF8
        self.answer = answer
        self.thought = thought
        self.thoughtTokens = thoughtTokens
        self.isThoughtClosed = isThoughtClosed
    }
}

/// What a model makes of a text that another wrote: each token, given those before it.
public struct FollowedText: Hashable, Sendable, Codable {
    /// -ln p of each token, nats.
    public var nats: [Float]
    /// The likeliest token in the place of each.
    public var choices: [Int32]

    /// Creates a result.
    public init(nats: [Float], choices: [Int32]) {
        self.nats = nats
        self.choices = choices
    }
}
