import LabCore
import ModelFormats
import Serving

/// The body of a request for a completion of text.
struct CompletionRequest {
    let shared: SharedFields
    /// Whether the prompt is a part of the answer.
    let echoes: Bool
    /// How many of the likeliest tokens are told with each; nil for no log-probabilities.
    let alternatives: Int?
    /// The prompts, one for each answer, those to one prompt beside each other.
    let prompts: [ServedPrompt]

    init(_ fields: RequestFields, defaults: GenerationDefaults) throws {
        try fields.refuse("suffix")
        if let best = try fields.integer("best_of", in: 1...64), best != (try fields.integer("n", in: 1...64) ?? 1) {
            throw fields.invalid("best_of", "must be as large as 'n'")
        }
        shared = try SharedFields(
            fields, maximumTokens: Int(try fields.integer("max_tokens", in: 0...10_000_000) ?? 16))
        echoes = try fields.bool("echo") ?? false
        alternatives = try fields.integer("logprobs", in: 0...20).map { Int($0) }
        if shared.maximumTokens == 0, !echoes { throw fields.invalid("max_tokens", "can be 0 only with 'echo'") }
        let sampling = try shared.sampling(defaults.plain)
        var made: [ServedPrompt] = []
        for source in try Self.sources(fields) {
            // The text of tokens is known from what the worker tells of them.
            let isText = if case .text = source { true } else { false }
            for choice in 0..<shared.count {
                made.append(
                    ServedPrompt(
                        source, maximumTokens: shared.maximumTokens, sampling: sampling(choice), stops: shared.stops,
                        grammar: shared.grammar, schema: shared.schema, alternatives: alternatives,
                        promptAlternatives: echoes ? alternatives ?? (isText ? nil : 0) : nil))
            }
        }
        prompts = made
    }

    private static func sources(_ fields: RequestFields) throws -> [ServedPrompt.Source] {
        switch fields["prompt"] {
        case nil: throw fields.invalid("prompt", "is missing")
        case .string(let text): return [.text(text)]
        case .array(let elements):
            guard let first = elements.first else { throw fields.invalid("prompt", "is empty") }
            if case .integer = first { return [.tokens(try tokens(elements, fields))] }
            guard elements.count <= 1024 else { throw fields.invalid("prompt", "has more than 1024 prompts") }
            return try elements.map { element in
                switch element {
                case .string(let text): return .text(text)
                case .array(let numbers): return .tokens(try tokens(numbers, fields))
                default: throw fields.invalid("prompt", "has an element that is neither text nor tokens")
                }
            }
        default: throw fields.invalid("prompt", "is neither text nor tokens")
        }
    }

    private static func tokens(_ values: [JSONValue], _ fields: RequestFields) throws -> [Int32] {
        try values.map { value in
            guard case .integer(let number) = value, let token = Int32(exactly: number) else {
                throw fields.invalid("prompt", "has a token that is no whole number")
            }
            return token
        }
    }
}
