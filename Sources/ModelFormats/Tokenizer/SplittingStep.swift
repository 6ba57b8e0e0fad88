/// A step of cutting text into words, before a tokenizer's merges.
public enum SplittingStep: Sendable, Hashable {
    /// A cut at the matches of a regular expression, which remain as words of their own.
    case split(pattern: String)
    /// Digits apart from everything else, one by one or in runs.
    case digits(individual: Bool)
    /// Byte-level encoding, with GPT-2's own expression before it or without.
    case byteLevel(splits: Bool)
    /// Spaces replaced by a text, which may be put before all as well; with `splits` it also begins a new word.
    case metaspace(replacement: String, prepends: Bool, splits: Bool)
    /// Anything else, in words.
    case other(String)

    /// The steps of a `pre_tokenizer`.
    static func steps(_ object: JSONObject) throws -> [SplittingStep] {
        try object.flattened("pretokenizers").map(step)
    }

    private static func step(_ object: JSONObject) throws -> SplittingStep {
        let type = try object.require("type", object.string)
        switch type {
        case "Split":
            let behavior = try object.string("behavior") ?? "Isolated"
            guard let pattern = try object.object("pattern")?.string("Regex"), behavior == "Isolated",
                try object.bool("invert") != true
            else { return .other("Split (\(behavior))") }
            return .split(pattern: pattern)
        case "Digits": return .digits(individual: try object.bool("individual_digits") ?? false)
        case "ByteLevel":
            // A space put before the text changes its first token: not the same way to split.
            guard try object.bool("add_prefix_space") != true else { return .other("ByteLevel (add_prefix_space)") }
            return .byteLevel(splits: try object.bool("use_regex") ?? true)
        case "Metaspace":
            // Older files say whether one is put before, newer ones where.
            let scheme = try object.string("prepend_scheme") ?? "always"
            let prepends = try scheme != "never" && object.bool("add_prefix_space") != false
            return .metaspace(
                replacement: try object.string("replacement") ?? "\u{2581}", prepends: prepends,
                splits: try object.bool("split") ?? true)
        default: return .other(type)
        }
    }
}

extension SplittingStep: CustomStringConvertible {
    /// The type and what decides its work.
    public var description: String {
        switch self {
        case .split(let pattern): "Split '\(pattern)'"
        case .digits(let individual): individual ? "Digits, one by one" : "Digits"
        case .byteLevel(let splits): splits ? "ByteLevel with its expression" : "ByteLevel"
        case .metaspace(let replacement, let prepends, let splits):
            "Metaspace '\(replacement)'" + (prepends ? "" : ", none before the text") + (splits ? ", with split" : "")
        case .other(let text): text
        }
    }
}
