/// The front matter of a model's `README.md`: scalars and lists of scalars, which is what model cards consist of.
///
/// Nested maps (evaluation results, widgets) are passed over: no key that is read here has one.
public struct ModelCard: Sendable, Equatable {
    /// The front matter as it stands, without the dashes; empty when there is none.
    public let frontMatter: String
    private let fields: [String: [String]]

    /// Reads the text of a card.
    public init(_ text: String) {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        guard lines.first == "---" else {
            frontMatter = ""
            fields = [:]
            return
        }
        lines = Array(lines.dropFirst().prefix { $0 != "---" })
        frontMatter = lines.joined(separator: "\n")
        fields = Self.fields(lines)
    }

    /// The first value of a key; nil when it is absent.
    public func value(_ key: String) -> String? { fields[key]?.first }

    /// All values of a key; nil when it is absent.
    public func values(_ key: String) -> [String]? { fields[key] }

    private static func fields(_ lines: [String]) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        var key: String?
        for line in lines {
            let content = line.trimmingSpaces
            if content.isEmpty || content.hasPrefix("#") { continue }
            if let current = key, content.hasPrefix("- ") {
                // "- name: x" starts a nested map.
                let item = content.dropFirst(2).trimmingSpaces
                if let scalar = scalar(item), !isMapEntry(item) { fields[current, default: []].append(scalar) }
                continue
            }
            guard line.first != " ", let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].trimmingSpaces
            let rest = line[line.index(after: colon)...].trimmingSpaces
            key = rest.isEmpty ? name : nil
            if rest.hasPrefix("["), rest.hasSuffix("]") {
                fields[name] = rest.dropFirst().dropLast().split(separator: ",").compactMap {
                    scalar($0.trimmingSpaces)
                }
            } else if !rest.isEmpty, let scalar = scalar(rest) {
                fields[name] = [scalar]
            }
        }
        return fields
    }

    private static func isMapEntry(_ item: String) -> Bool {
        item.first != "\"" && item.first != "'" && (item.contains(": ") || item.hasSuffix(":"))
    }

    private static func scalar(_ text: String) -> String? {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        let plain = text.split(separator: " #", maxSplits: 1).first.map { $0.trimmingSpaces } ?? ""
        return plain.isEmpty || plain == "null" || plain == "~" ? nil : plain
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
