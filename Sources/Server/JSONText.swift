import ModelFormats

/// JSON as it is written, piece by piece.
enum JSONText {
    /// A text in quotes.
    static func quoted(_ text: String) -> String {
        var text = text
        let isPlain = text.withUTF8 { bytes in bytes.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C } }
        return isPlain ? "\"\(text)\"" : JSONValue.string(text).text()
    }

    /// A text in quotes, or null.
    static func quoted(_ text: String?) -> String { text.map(quoted) ?? "null" }

    /// A number; null for what JSON has no number for.
    static func number(_ value: Double?) -> String { value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null" }

    /// An array.
    static func array(_ elements: some Sequence<String>) -> String { "[\(elements.joined(separator: ","))]" }

    /// An object whose values are JSON already.
    static func object(_ members: KeyValuePairs<String, String?>) -> String {
        "{\(members.compactMap { key, value in value.map { "\(quoted(key)):\($0)" } }.joined(separator: ","))}"
    }
}
