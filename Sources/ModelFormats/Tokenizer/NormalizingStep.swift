/// A step that changes a text before a tokenizer cuts it.
public enum NormalizingStep: Sendable, Hashable {
    /// A text put before it.
    case prepend(String)
    /// All places of a text, not of an expression, replaced by another.
    case replace(String, with: String)
    /// Anything else, in words, such as "NFC".
    case other(String)

    /// The steps of a `normalizer`.
    static func steps(_ object: JSONObject) throws -> [NormalizingStep] {
        try object.flattened("normalizers").map(step)
    }

    private static func step(_ object: JSONObject) throws -> NormalizingStep {
        let type = try object.require("type", object.string)
        switch type {
        case "Prepend": return .prepend(try object.require("prepend", object.string))
        case "Replace":
            let content = try object.require("content", object.string)
            guard let text = try object.object("pattern")?.string("String") else { return .other("Replace (Regex)") }
            return .replace(text, with: content)
        default: return .other(type)
        }
    }
}

extension NormalizingStep: CustomStringConvertible {
    /// The type and what decides its work.
    public var description: String {
        switch self {
        case .prepend(let text): "Prepend '\(text)'"
        case .replace(let text, let content): "Replace '\(text)' with '\(content)'"
        case .other(let text): text
        }
    }
}
