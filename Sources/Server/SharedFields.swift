import LabCore
import ModelFormats
import Serving

/// What requests for chats and for completions have in common.
struct SharedFields {
    /// Answers to each prompt.
    let count: Int
    let isStreaming: Bool
    let includesUsage: Bool
    let stops: [String]
    let maximumTokens: Int?
    /// The schema that the answer follows, JSON text; nil for none.
    let schema: String?
    /// The grammar that the answer follows; nil for none.
    let grammar: String?
    private let fields: RequestFields

    init(_ fields: RequestFields, maximumTokens: Int?) throws {
        self.fields = fields
        self.maximumTokens = maximumTokens
        count = Int(try fields.integer("n", in: 1...64) ?? 1)
        isStreaming = try fields.bool("stream") ?? false
        let options = try fields.fields("stream_options")
        includesUsage = try options?.bool("include_usage") ?? false
        stops = try fields.strings("stop", atMost: 16)
        if stops.contains("") { throw fields.invalid("stop", "has an empty string") }
        schema = try Self.schema(fields)
        grammar = try fields.string("grammar")
        if schema != nil, grammar != nil { throw fields.invalid("grammar", "cannot go with 'response_format'") }
    }

    private static func schema(_ fields: RequestFields) throws -> String? {
        guard let format = try fields.fields("response_format") else { return nil }
        switch try format.string("type") {
        case "text": return nil
        case "json_object": return "{\"type\":\"object\"}"
        case "json_schema":
            guard let description = try format.fields("json_schema"), let schema = description["schema"],
                case .object = schema
            else { throw format.invalid("json_schema", "has no schema") }
            return schema.text()
        default: throw format.invalid("type", "must be text, json_object or json_schema")
        }
    }

    /// How tokens are chosen, on top of a model's own settings.
    ///
    /// - Parameter choice: which of several answers; each has a seed of its own.
    func sampling(_ defaults: ServedSampling) throws -> (_ choice: Int) -> ServedSampling {
        var sampling = defaults
        if let value = try fields.number("temperature", in: 0...10) { sampling.sampling.temperature = value }
        if let value = try fields.number("top_p", in: 0...1) { sampling.sampling.topP = value }
        if let value = try fields.integer("top_k", in: -1...1_000_000) { sampling.sampling.topK = max(0, Int(value)) }
        if let value = try fields.number("min_p", in: 0...1) { sampling.minP = value }
        if let value = try fields.number("presence_penalty", in: -2...2) { sampling.presencePenalty = value }
        if let value = try fields.number("frequency_penalty", in: -2...2) { sampling.frequencyPenalty = value }
        if let value = try fields.number("repetition_penalty", in: 0.01...10) { sampling.repetitionPenalty = value }
        if let value = try fields.bool("ignore_eos") { sampling.ignoresEnd = value }
        sampling.bias = try bias()
        let seed =
            try fields.integer("seed", in: .min ... .max).map { UInt64(bitPattern: $0) } ?? .random(in: 0 ... .max)
        return { choice in
            var own = sampling
            own.seed = seed &+ UInt64(choice)
            return own
        }
    }

    private func bias() throws -> [Int32: Double] {
        guard let value = fields["logit_bias"] else { return [:] }
        guard case .object(let members) = value else { throw fields.invalid("logit_bias", "is no object") }
        guard members.count <= 1024 else { throw fields.invalid("logit_bias", "has more than 1024 tokens") }
        var bias: [Int32: Double] = [:]
        for member in members {
            guard let token = Int32(member.name), token >= 0 else {
                throw fields.invalid("logit_bias", "has the key '\(member.name)', which is no token")
            }
            let number: Double? =
                switch member.value {
                case .integer(let value): Double(value)
                case .number(let value): value
                default: nil
                }
            guard let number, (-100...100).contains(number) else {
                throw fields.invalid("logit_bias", "has a value that is no number from -100 to 100")
            }
            bias[token] = number
        }
        return bias
    }
}
