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

        init(_ record: TextPairRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            prompt = record.prompt
            baseline = record.parent
            quantized = record.candidate
            match = record.isMatch
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

        init(_ record: LanguageRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            language = record.language
            prompts = record.prompts
            right = record.right
            wrong = record.wrong
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

        init(_ record: ThoughtRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            task = record.task
            solved = record.isSolved
            thinkingTokens = record.thinkingTokens
            text = record.text
        }
    }

    /// The shape of an entry of `throughput`.
    struct Throughput: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var depth: Int
        @Nullable var prefill: SpeedRecord?
        @Nullable var decode: SpeedRecord?

        init(_ record: ThroughputRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            depth = record.depth
            prefill = record.prefill
            decode = record.decode
        }
    }
}
