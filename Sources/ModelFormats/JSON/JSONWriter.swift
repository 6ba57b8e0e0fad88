extension JSONValue {
    /// The document as text: members in their order, numbers with the fewest digits that read back the same.
    /// - Parameter indentation: Spaces for each level; nil for one line without spaces. Default: nil.
    public func text(indentation: Int? = nil) -> String {
        var writer = JSONWriter(indentation: indentation)
        writer.append(self, level: 0)
        return writer.text
    }
}

private struct JSONWriter {
    let indentation: Int?
    private(set) var text = ""

    init(indentation: Int?) { self.indentation = indentation }

    mutating func append(_ value: JSONValue, level: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let truth): text += truth ? "true" : "false"
        case .integer(let number): text += "\(number)"
        case .number(let number):
            precondition(number.isFinite, "JSON has no infinities")
            text += "\(number)"
        case .string(let string): append(string)
        case .array(let elements):
            list("[", "]", elements, level: level) { $0.append($1, level: level + 1) }
        case .object(let members):
            list("{", "}", members, level: level) { writer, member in
                writer.append(member.name)
                writer.text += writer.indentation == nil ? ":" : ": "
                writer.append(member.value, level: level + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ opening: String, _ closing: String, _ elements: [Element], level: Int,
        append: (inout JSONWriter, Element) -> Void
    ) {
        text += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            breakLine(level: level + 1)
            append(&self, element)
        }
        if !elements.isEmpty { breakLine(level: level) }
        text += closing
    }

    private mutating func breakLine(level: Int) {
        guard let indentation else { return }
        text += "\n" + String(repeating: " ", count: indentation * level)
    }

    private mutating func append(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
