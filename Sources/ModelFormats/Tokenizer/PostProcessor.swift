/// What a tokenizer adds around a text.
public enum PostProcessor: Sendable, Equatable {
    /// Nothing; it only moves offsets.
    case byteLevel
    /// Special tokens, for one text and for a pair of texts.
    case template(single: [TemplatePiece], pair: [TemplatePiece])
    /// Anything else, by its type.
    case other(String)

    /// A piece of a template.
    public enum TemplatePiece: Sendable, Equatable {
        /// A text, "A" or "B".
        case sequence(String)
        /// A special token, by its text.
        case special(String)
    }

    /// The parts of a `post_processor`.
    static func processors(_ object: JSONObject) throws -> [PostProcessor] {
        try object.flattened("processors").map { part in
            let type = try part.require("type", part.string)
            switch type {
            case "ByteLevel": return .byteLevel
            case "TemplateProcessing":
                return .template(single: try pieces("single", of: part), pair: try pieces("pair", of: part))
            default: return .other(type)
            }
        }
    }

    private static func pieces(_ key: String, of template: JSONObject) throws -> [TemplatePiece] {
        try (template.array(key) ?? []).map { value in
            let piece = try JSONObject(value, file: template.file, path: "post_processor.\(key)")
            if let special = try piece.object("SpecialToken") {
                return .special(try special.require("id", special.string))
            }
            let sequence = try piece.require("Sequence", piece.object)
            return .sequence(try sequence.require("id", sequence.string))
        }
    }
}
