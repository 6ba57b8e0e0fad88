/// How the prompts of an evaluation that have a right answer were answered.
public struct AnswersRecord: Hashable, Sendable, Codable {
    /// An answer that is not right, or that only one of the models got right.
    public struct Notable: Hashable, Sendable, Codable {
        /// The prompt's id in its set.
        public var id: String
        /// What was asked, as people read it.
        public var prompt: String
        /// The right answer; nil where a check decides, as for code.
        public var expected: String?
        /// What the candidate answered.
        public var answer: String
        /// Whether the candidate's answer is right; nil where it has no score.
        public var isRight: Bool?
        /// Whether the parent's is; nil where it was not asked, or has no score.
        public var isParentRight: Bool?
        /// Why the answer is not right, where more can be said than that it is another.
        public var reason: String?

        /// Describes an answer.
        public init(
            id: String, prompt: String, expected: String?, answer: String, isRight: Bool?, isParentRight: Bool?,
            reason: String?
        ) {
            self.id = id
            self.prompt = prompt
            self.expected = expected
            self.answer = answer
            self.isRight = isRight
            self.isParentRight = isParentRight
            self.reason = reason
        }
    }

    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The candidate's path.
    public var artifact: String
    /// What the prompts were asked with, where an evaluation asks them in several ways: "thinking", "no thinking".
    public var mode: String?
    /// Prompts asked.
    public var prompts: Int
    /// Prompts that the candidate answered rightly, in most of their draws.
    public var right: Int
    /// The same of the parent; nil where it was not asked.
    public var parentRight: Int?
    /// Prompts that only one of the two got right, with McNemar's exact test; nil without a parent.
    public var flips: FidelityRecord.Flips?
    /// Those worth a look.
    public var notable: [Notable]

    /// Describes the answers.
    public init(
        evaluation: String, backend: String, artifact: String, mode: String?, prompts: Int, right: Int,
        parentRight: Int?, flips: FidelityRecord.Flips?, notable: [Notable]
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.mode = mode
        self.prompts = prompts
        self.right = right
        self.parentRight = parentRight
        self.flips = flips
        self.notable = notable
    }
}
