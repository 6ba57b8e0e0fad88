/// A model's `tokenizer_config.json`, as far as an engine needs it.
public struct TokenizerConfiguration: Sendable, Equatable {
    /// A chat template and its name.
    public struct ChatTemplate: Sendable, Equatable {
        /// "default" for the one that is used unless another is asked for.
        public let name: String
        /// The Jinja source.
        public let source: String

        init(name: String, source: String) {
            self.name = name
            self.source = source
        }
    }

    /// The texts of the special tokens that the file names.
    public let specialTokens: [SpecialToken: String]
    /// `add_bos_token` and its like, where the file has them.
    public let addsToken: [SpecialToken: Bool]
    /// The chat templates; empty when there is none.
    public let chatTemplates: [ChatTemplate]

    /// The default chat template; nil when there is none.
    public var chatTemplate: String? { chatTemplates.first { $0.name == "default" }?.source }

    /// Reads a configuration.
    ///
    /// `separateTemplate` is the content of `chat_template.jinja`, used when the file itself has no template.
    public init(_ object: JSONObject, separateTemplate: String?) throws {
        var texts: [SpecialToken: String] = [:]
        var adds: [SpecialToken: Bool] = [:]
        for token in SpecialToken.allCases {
            let key = "\(token.rawValue)_token"
            switch object[key] {
            case .string(let text): texts[token] = text
            case .object: texts[token] = try object.object(key)?.string("content")
            default: break
            }
            if case .bool(let adding) = object["add_\(key)"] { adds[token] = adding }
        }
        specialTokens = texts
        addsToken = adds
        let isStated = object.members.contains { $0.name == "chat_template" }
        switch object["chat_template"] {
        case .string(let source): chatTemplates = [ChatTemplate(name: "default", source: source)]
        case .array(let choices):
            chatTemplates = try choices.map {
                let choice = try JSONObject($0, file: object.file, path: "chat_template")
                return ChatTemplate(
                    name: try choice.require("name", choice.string),
                    source: try choice.require("template", choice.string))
            }
        case nil:
            chatTemplates = isStated ? [] : separateTemplate.map { [ChatTemplate(name: "default", source: $0)] } ?? []
        default: throw object.mismatch("chat_template", "a template")
        }
    }
}

/// A model's `generation_config.json`: the sampling that its authors recommend.
///
/// A nil says that the file does not.
public struct GenerationConfiguration: Sendable, Equatable {
    /// How many of the likeliest tokens are kept.
    public let topK: Int?
    /// The probability mass that is kept.
    public let topP: Double?
    /// The least probability, relative to the likeliest token.
    public let minP: Double?
    /// The temperature.
    public let temperature: Double?
    /// The penalty on repeated tokens.
    public let repetitionPenalty: Double?
    /// The ids that end a text.
    public let eosTokenIDs: [Int]

    /// Reads a configuration.
    ///
    /// Throws ``FormatError`` for a value of the wrong type.
    public init(_ object: JSONObject) throws {
        topK = try object.integer("top_k")
        topP = try object.number("top_p")
        minP = try object.number("min_p")
        temperature = try object.number("temperature")
        repetitionPenalty = try object.number("penalty_repeat") ?? object.number("repetition_penalty")
        switch object["eos_token_id"] {
        case nil: eosTokenIDs = []
        case .integer(let id): eosTokenIDs = [Int(id)]
        case .array(let ids):
            eosTokenIDs = try ids.map {
                guard case .integer(let id) = $0 else { throw object.mismatch("eos_token_id", "a list of ids") }
                return Int(id)
            }
        default: throw object.mismatch("eos_token_id", "an id or a list of ids")
        }
    }
}
