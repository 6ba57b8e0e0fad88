/// One prompt's texts, by parent and candidate.
public struct TextPairRecord: Hashable, Sendable, Codable {
    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The candidate's path.
    public var artifact: String
    /// The prompt.
    public var prompt: String
    /// What the parent wrote.
    public var parent: String
    /// What the candidate wrote.
    public var candidate: String
    /// Whether the two count as the same.
    public var isMatch: Bool
    /// The first token, from 0, at which they part; nil where they do not, or where it was not told.
    public var firstDivergence: Int?
    /// How alike they are, in 0...1, character by character; nil where it was not told.
    public var similarity: Double?
    /// The share, in 0...1, of the parent's tokens that the candidate holds for the likeliest, given the parent's text
    /// before them; nil where it was not told.
    public var agreement: Double?
    /// What makes the candidate's text incoherent, in words; nil where it is coherent, or was not looked at.
    public var problem: String?

    /// Pairs two texts.
    public init(
        evaluation: String, backend: String, artifact: String, prompt: String, parent: String, candidate: String,
        isMatch: Bool, firstDivergence: Int? = nil, similarity: Double? = nil, agreement: Double? = nil,
        problem: String? = nil
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.prompt = prompt
        self.parent = parent
        self.candidate = candidate
        self.isMatch = isMatch
        self.firstDivergence = firstDivergence
        self.similarity = similarity
        self.agreement = agreement
        self.problem = problem
    }
}

/// How many prompts of a language were answered rightly.
public struct LanguageRecord: Hashable, Sendable, Codable {
    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The artifact's path.
    public var artifact: String
    /// The language, as BCP 47 names it: "de", "zh-Hans".
    public var language: String
    /// Prompts in that language.
    public var prompts: Int
    /// Right answers.
    public var right: Int
    /// Wrong answers; prompts that are in neither have no score.
    public var wrong: Int
    /// Right answers of the parent; nil where it was not asked.
    public var parentRight: Int?
    /// Answers in the language asked; nil where it was not looked at.
    public var inLanguage: Int?
    /// Answers in another language; those in neither are too short to tell.
    public var inOther: Int?
    /// The median of the identifier's confidence, percent, over the answers that it could tell; nil where there are none.
    public var confidencePercent: Double?
    /// How much likelihood the right answers lost against the parent, nats per token; nil where it was not measured.
    public var lossNats: Double?
    /// How much more that is than in English; nil for English itself, or without it.
    public var excessNats: Double?
    /// The interval of `excessNats`.
    public var excessInterval: Interval?

    /// Counts a language's answers.
    public init(
        evaluation: String, backend: String, artifact: String, language: String, prompts: Int, right: Int, wrong: Int,
        parentRight: Int? = nil, inLanguage: Int? = nil, inOther: Int? = nil, confidencePercent: Double? = nil,
        lossNats: Double? = nil, excessNats: Double? = nil, excessInterval: Interval? = nil
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.language = language
        self.prompts = prompts
        self.right = right
        self.wrong = wrong
        self.parentRight = parentRight
        self.inLanguage = inLanguage
        self.inOther = inOther
        self.confidencePercent = confidencePercent
        self.lossNats = lossNats
        self.excessNats = excessNats
        self.excessInterval = excessInterval
    }
}

/// A task that a model was to think about.
public struct ThoughtRecord: Hashable, Sendable, Codable {
    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The artifact's path.
    public var artifact: String
    /// The task, as the model got it.
    public var task: String
    /// Whether the answer is right.
    public var isSolved: Bool
    /// Tokens spent on thinking.
    public var thinkingTokens: Int
    /// The thoughts and the answer.
    public var text: String
    /// The right answer; nil where it was not told.
    public var expected: String?
    /// Whether the parent solved it; nil where it was not asked.
    public var isParentSolved: Bool?
    /// Tokens that the parent spent on thinking; nil where it was not asked.
    public var parentThinkingTokens: Int?
    /// Whether the thought came to an end; nil where it was not told.
    public var isClosed: Bool?
    /// What makes the text incoherent, in words; nil where it is coherent, or was not looked at.
    public var problem: String?

    /// Describes a task's outcome.
    public init(
        evaluation: String, backend: String, artifact: String, task: String, isSolved: Bool, thinkingTokens: Int,
        text: String, expected: String? = nil, isParentSolved: Bool? = nil, parentThinkingTokens: Int? = nil,
        isClosed: Bool? = nil, problem: String? = nil
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.task = task
        self.isSolved = isSolved
        self.thinkingTokens = thinkingTokens
        self.text = text
        self.expected = expected
        self.isParentSolved = isParentSolved
        self.parentThinkingTokens = parentThinkingTokens
        self.isClosed = isClosed
        self.problem = problem
    }
}
