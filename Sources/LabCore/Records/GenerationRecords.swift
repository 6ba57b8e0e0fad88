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

    /// Pairs two texts.
    public init(
        evaluation: String, backend: String, artifact: String, prompt: String, parent: String, candidate: String,
        isMatch: Bool
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.prompt = prompt
        self.parent = parent
        self.candidate = candidate
        self.isMatch = isMatch
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

    /// Counts a language's answers.
    public init(
        evaluation: String, backend: String, artifact: String, language: String, prompts: Int, right: Int, wrong: Int
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.language = language
        self.prompts = prompts
        self.right = right
        self.wrong = wrong
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

    /// Describes a task's outcome.
    public init(
        evaluation: String, backend: String, artifact: String, task: String, isSolved: Bool, thinkingTokens: Int,
        text: String
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.task = task
        self.isSolved = isSolved
        self.thinkingTokens = thinkingTokens
        self.text = text
    }
}

/// Tokens per second over several repetitions.
public struct SpeedRecord: Hashable, Sendable, Codable {
    /// The median.
    public var median: Double
    /// The slowest repetition.
    public var low: Double
    /// The fastest repetition.
    public var high: Double
    /// Repetitions after the warm-up.
    public var repetitions: Int

    /// Describes a speed.
    public init(median: Double, low: Double, high: Double, repetitions: Int) {
        self.median = median
        self.low = low
        self.high = high
        self.repetitions = repetitions
    }
}

/// How fast an artifact runs with so many tokens in its context.
public struct ThroughputRecord: Hashable, Sendable, Codable {
    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The artifact's path.
    public var artifact: String
    /// Tokens in the context before the first that is timed.
    public var depth: Int
    /// Reading a prompt; nil where it was not measured.
    public var prefill: SpeedRecord?
    /// Writing one token after the other; nil where it was not measured.
    public var decode: SpeedRecord?

    /// Describes the speed at a depth.
    public init(
        evaluation: String, backend: String, artifact: String, depth: Int, prefill: SpeedRecord?, decode: SpeedRecord?
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.depth = depth
        self.prefill = prefill
        self.decode = decode
    }
}
