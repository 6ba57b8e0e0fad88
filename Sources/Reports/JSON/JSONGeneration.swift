import LabCore

extension JSONDocument {
    /// The shape of an entry of `validation.samples`.
    struct ValidatedSample: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var prompt: String
        var baseline: String
        var quantized: String
        var match: Bool
        @Nullable var firstDivergence: Int?
        @Nullable var similarity: Double?
        @Nullable var agreement: Double?
        @Nullable var problem: String?

        init(_ record: TextPairRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            prompt = record.prompt
            baseline = record.parent
            quantized = record.candidate
            match = record.isMatch
            firstDivergence = record.firstDivergence
            similarity = record.similarity
            agreement = record.agreement
            problem = record.problem
        }
    }

    /// The shape of an entry of `languages`.
    struct Language: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var language: String
        var prompts: Int
        var right: Int
        var wrong: Int
        @Nullable var parentRight: Int?
        @Nullable var inLanguage: Int?
        @Nullable var inOther: Int?
        @Nullable var confidencePercent: Double?
        @Nullable var lossNats: Double?
        @Nullable var excessNats: Double?
        @Nullable var excessInterval: Interval?

        init(_ record: LanguageRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            language = record.language
            prompts = record.prompts
            right = record.right
            wrong = record.wrong
            parentRight = record.parentRight
            inLanguage = record.inLanguage
            inOther = record.inOther
            confidencePercent = record.confidencePercent
            lossNats = record.lossNats
            excessNats = record.excessNats
            excessInterval = record.excessInterval
        }
    }

    /// The shape of an entry of `thoughts`.
    struct Thought: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var task: String
        var solved: Bool
        var thinkingTokens: Int
        var text: String
        @Nullable var expected: String?
        @Nullable var parentSolved: Bool?
        @Nullable var parentThinkingTokens: Int?
        @Nullable var closed: Bool?
        @Nullable var problem: String?

        init(_ record: ThoughtRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            task = record.task
            solved = record.isSolved
            thinkingTokens = record.thinkingTokens
            text = record.text
            expected = record.expected
            parentSolved = record.isParentSolved
            parentThinkingTokens = record.parentThinkingTokens
            closed = record.isClosed
            problem = record.problem
        }
    }

    /// The shape of an entry of `answers`.
    struct Answers: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        @Nullable var mode: String?
        var prompts: Int
        var right: Int
        @Nullable var parentRight: Int?
        @Nullable var flips: Fidelity.Flips?
        var notable: [Answer]

        struct Answer: Encodable {
            var id: String
            var prompt: String
            @Nullable var expected: String?
            var answer: String
            @Nullable var right: Bool?
            @Nullable var parentRight: Bool?
            @Nullable var reason: String?
        }

        init(_ record: AnswersRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            mode = record.mode
            prompts = record.prompts
            right = record.right
            parentRight = record.parentRight
            flips = record.flips.map {
                Fidelity.Flips(
                    onlyParentRight: $0.onlyParentRight, onlyCandidateRight: $0.onlyCandidateRight,
                    mcnemarP: $0.mcNemarP)
            }
            notable = record.notable.map {
                Answer(
                    id: $0.id, prompt: $0.prompt, expected: $0.expected, answer: $0.answer, right: $0.isRight,
                    parentRight: $0.isParentRight, reason: $0.reason)
            }
        }
    }

    /// The shape of an entry of `prompt_series`.
    struct PromptResults: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var points: [PromptSeries.Point]

        init(_ series: PromptSeries) {
            evaluation = series.evaluation
            backend = series.backend
            artifact = series.artifact
            points = series.points
        }
    }
}
