public import LabCore

/// One prompt of a set, and what counts as right.
public struct PromptSample: Hashable, Sendable {
    /// The name, unique in its set.
    public let id: String
    /// The language of prompt and answer, as BCP 47 names it: "de", "zh-Hans".
    public let language: String
    /// What the model is asked; thinking as the set wants it, nil where it does not say.
    public let content: PromptSource
    /// The right answer as the set writes it; nil where there is none.
    public let answer: String?
    /// Other forms that count as right.
    public let accept: [String]
    /// How an answer is checked.
    public let check: AnswerCheck
    /// Whether the prompt is for a model that thinks; nil where the set does not say.
    public let isThinking: Bool?
    /// What kind of task it is, such as "arithmetic"; nil where the set does not say.
    public let kind: String?
    /// Where the prompt is from.
    public let source: String
    /// What it may be used under.
    public let licence: String

    /// Describes a prompt.
    public init(
        id: String, language: String, content: PromptSource, answer: String? = nil, accept: [String] = [],
        check: AnswerCheck, isThinking: Bool? = nil, kind: String? = nil, source: String, licence: String
    ) {
        self.id = id
        self.language = language
        self.content = content
        self.answer = answer
        self.accept = accept
        self.check = check
        self.isThinking = isThinking
        self.kind = kind
        self.source = source
        self.licence = licence
    }

    /// The right answer and the other forms that count as right.
    public var accepted: [String] { (answer.map { [$0] } ?? []) + accept }

    /// What to ask with thinking switched on or off; nil leaves it to the set, and then to the template.
    public func prompt(isThinking: Bool?) -> PromptSource {
        switch content {
        case .text: content
        case .chat(let messages, _): .chat(messages, isThinking: isThinking ?? self.isThinking)
        }
    }

    /// Digest of what is asked: the same for two prompts only if a model cannot tell them apart.
    ///
    /// What counts as right is not in it: an answer that is stored is checked anew.
    public var promptDigest: Digest {
        func framed(_ text: String) -> String { "\(text.utf8.count):\(text)" }
        switch content {
        case .text(let text): return Digest(of: "prompt/1\ntext\n" + framed(text))
        case .chat(let messages, _):
            return Digest(of: "prompt/1\nchat\n" + messages.map { framed($0.role) + framed($0.content) }.joined())
        }
    }
}

/// How an answer is checked.
public enum AnswerCheck: Hashable, Sendable {
    /// It comes to a number, given in plain notation: "1234.5", "3/4", "12 km".
    case number(String)
    /// It says one of these.
    case text([String])
    /// It is a Python function that maps arguments to values; `cases` is a JSON text: [[argument, value], …].
    case python(function: String, cases: String)
    /// It is not checked.
    case none
}
