/// A model's `tokenizer_config.json`, as far as an engine needs it.
public struct TokenizerConfiguration: Sendable, Equatable {
    /// A chat template and its name.
    public struct ChatTemplate: Sendable, Equatable {
        /// "default" for the one that is used unless another is asked for.
        public let name: String
        /// The Jinja source.
        public let source: String

        /// Creates a template.
        public init(name: String, source: String) {
            self.name = name
            self.source = source
        }
    }

    /// A token of `added_tokens_decoder`.
    public struct AddedToken: Sendable, Equatable {
        /// The id.
        public let id: Int
        /// The text.
        public let content: String
        /// Whether decoding may leave it out.
        public let isSpecial: Bool
    }

    /// The texts of the special tokens that the file names.
    public let specialTokens: [SpecialToken: String]
    /// The special tokens that the file names by their text alone, as opposed to an object.
    public let plainTokens: Set<SpecialToken>
    /// `add_bos_token` and its like, where the file has them.
    public let addsToken: [SpecialToken: Bool]
    /// `added_tokens_decoder` in the order of the file; empty when absent.
    public let addedTokens: [AddedToken]
    /// `add_prefix_space`; nil when the file has none.
    public let addsPrefixSpace: Bool?
    /// The chat templates; empty when there is none.
    public let chatTemplates: [ChatTemplate]

    /// The default chat template; nil when there is none.
    public var chatTemplate: String? { chatTemplates.first { $0.name == "default" }?.source }

    /// Reads a configuration.
    ///
    /// `separateTemplates` are those of other files, used when the file itself has no template.
    public init(_ object: JSONObject, separateTemplates: [ChatTemplate]) throws {
        var texts: [SpecialToken: String] = [:]
        var adds: [SpecialToken: Bool] = [:]
        var plain: Set<SpecialToken> = []
        for token in SpecialToken.stated {
            let key = "\(token.rawValue)_token"
            switch object[key] {
            case .string(let text) where !text.isEmpty:
                texts[token] = text
                plain.insert(token)
            case .object: texts[token] = try object.object(key)?.string("content")
            default: break
            }
            if case .bool(let adding) = object["add_\(key)"] { adds[token] = adding }
        }
        specialTokens = texts
        plainTokens = plain
        addsToken = adds
        addsPrefixSpace = try object.bool("add_prefix_space")
        addedTokens = try (object.object("added_tokens_decoder")?.members ?? []).map { member in
            let key = "added_tokens_decoder"
            guard let id = Int(member.name), (0..<Int(Int32.max)).contains(id) else {
                throw object.mismatch("\(key).\(member.name)", "an id")
            }
            let token = try JSONObject(member.value, file: object.file, path: "\(key).\(id)")
            return AddedToken(
                id: id, content: try token.require("content", token.string),
                isSpecial: try token.bool("special") ?? false)
        }
        let isStated = object.members.contains { $0.name == "chat_template" }
        chatTemplates = isStated ? try Self.templates(object) : separateTemplates
    }

    /// The templates that an object has under `chat_template`: one text, or several with names.
    static func templates(_ object: JSONObject) throws -> [ChatTemplate] {
        switch object["chat_template"] {
        case .string(let source): [ChatTemplate(name: "default", source: source)]
        case .array(let choices):
            try choices.map {
                let choice = try JSONObject($0, file: object.file, path: "chat_template")
                return ChatTemplate(
                    name: try choice.require("name", choice.string),
                    source: try choice.require("template", choice.string))
            }
        case nil: []
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
