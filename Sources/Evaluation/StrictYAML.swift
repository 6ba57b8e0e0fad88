import Yams

/// A YAML node that knows its file, line and key, and that refuses what nobody asked for.
struct StrictYAML {
    let node: Node
    let file: String
    let key: String

    /// Parses a document.
    init(text: String, file: String) throws {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw SuiteError(file: file, message: "the file is empty")
            }
            self.init(node: node, file: file, key: "")
        } catch let error as YamlError {
            throw SuiteError(file: file, message: "this is not YAML: \(error)")
        }
    }

    private init(node: Node, file: String, key: String) {
        self.node = node
        self.file = file
        self.key = key
    }

    func error(_ message: String, remedy: String? = nil) -> SuiteError {
        SuiteError(file: file, line: node.mark?.line, key: key, message: message, remedy: remedy)
    }

    /// The values of a mapping, whose keys must all be among `allowed`.
    func mapping(allowed: [String]) throws -> [String: StrictYAML] {
        guard let mapping = node.mapping else {
            throw error("expected a mapping with \(allowed.joined(separator: ", "))")
        }
        var values: [String: StrictYAML] = [:]
        for (name, value) in mapping {
            let text = name.string ?? "?"
            let path = key.isEmpty ? text : "\(key).\(text)"
            guard allowed.contains(text) else {
                throw SuiteError(
                    file: file, line: name.mark?.line, key: path, message: "unknown key '\(text)'",
                    remedy: "known here: \(allowed.joined(separator: ", "))")
            }
            values[text] = StrictYAML(node: value, file: file, key: path)
        }
        return values
    }

    /// The elements of a list, at least one.
    func list() throws -> [StrictYAML] {
        guard let sequence = node.sequence, !sequence.isEmpty else { throw error("expected a list with entries") }
        return sequence.enumerated().map { StrictYAML(node: $1, file: file, key: "\(key)[\($0)]") }
    }

    func string() throws -> String {
        guard let text = node.scalar?.string, !text.isEmpty else { throw error("expected a text") }
        return text
    }

    func integer(in range: ClosedRange<Int>) throws -> Int {
        guard let value = node.int, range.contains(value) else {
            throw error("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number() throws -> Double {
        guard let value = node.float, value.isFinite else { throw error("expected a number") }
        return value
    }

    func boolean() throws -> Bool {
        guard let value = node.bool else { throw error("expected true or false") }
        return value
    }
}

extension [String: StrictYAML] {
    /// A value that must be there.
    func required(_ name: String, in parent: StrictYAML) throws -> StrictYAML {
        guard let value = self[name] else { throw parent.error("the key '\(name)' is missing") }
        return value
    }
}
