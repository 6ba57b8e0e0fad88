/// One message of a conversation.
public struct ChatMessage: Hashable, Sendable, Codable {
    /// "system", "user" or "assistant".
    public var role: String
    /// What was said.
    public var content: String

    /// Creates a message.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// What a model is asked, before a template turns it into tokens.
public enum PromptSource: Hashable, Sendable, Codable {
    /// Text to go on from, as it is; special tokens in it are not recognised.
    case text(String)
    /// A conversation to answer, with thinking switched on or off; nil leaves the switch to the template's default.
    case chat([ChatMessage], isThinking: Bool?)
}

/// A prompt as a model's tokenizer and chat template turn it into tokens.
public struct RenderedPrompt: Hashable, Sendable, Codable {
    /// The tokens, the vocabulary's BOS included where it wants one.
    public var tokens: [Int32]
    /// The text that they stand for.
    public var text: String
    /// How the engine takes an answer apart, in a form that only its worker reads; nil for plain text.
    public var format: String?

    /// Creates a prompt.
    public init(tokens: [Int32], text: String, format: String?) {
        self.tokens = tokens
        self.text = text
        self.format = format
    }
}
