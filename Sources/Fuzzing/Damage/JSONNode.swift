import ModelFormats

/// A JSON document whose leaves and names are raw bytes, so that it can say what no JSON document may.
indirect enum JSONNode: Sendable {
    case raw([UInt8])
    case array([JSONNode])
    case object([Member])

    struct Member: Sendable {
        var name: [UInt8]
        var value: JSONNode
    }

    /// The node of a sound document, as the parser sees it.
    init(_ value: JSONValue) {
        switch value {
        case .null: self = .raw(Array("null".utf8))
        case .bool(let truth): self = .raw(Array("\(truth)".utf8))
        case .integer(let number): self = .raw(Array("\(number)".utf8))
        case .number(let number): self = .raw(Array("\(number)".utf8))
        case .string(let text): self = .raw(Self.quoted(text))
        case .array(let elements): self = .array(elements.map(JSONNode.init))
        case .object(let members):
            self = .object(members.map { Member(name: Self.quoted($0.name), value: JSONNode($0.value)) })
        }
    }

    /// The node of a document of this module, which is sound.
    init(parsing text: String) {
        do {
            self.init(try JSONValue.parse(Array(text.utf8), file: "seed"))
        } catch {
            preconditionFailure("a seed is no JSON: \(error)")
        }
    }

    static func quoted(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: bytes += Array((byte < 16 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
            default: bytes.append(byte)
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }

    /// The document.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// The number of nodes, this one included.
    var count: Int {
        switch self {
        case .raw: 1
        case .array(let elements): elements.reduce(1) { $0 + $1.count }
        case .object(let members): members.reduce(1) { $0 + $1.value.count }
        }
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .raw(let text): bytes += text
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += member.name
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Changes one node, told by its place in the document: 0 is the root.
    mutating func change(at index: Int, _ body: (inout JSONNode) -> Void) {
        if index == 0 { return body(&self) }
        var left = index - 1
        switch self {
        case .raw: break
        case .array(var elements):
            for place in elements.indices {
                let count = elements[place].count
                if left < count {
                    elements[place].change(at: left, body)
                    break
                }
                left -= count
            }
            self = .array(elements)
        case .object(var members):
            for place in members.indices {
                let count = members[place].value.count
                if left < count {
                    members[place].value.change(at: left, body)
                    break
                }
                left -= count
            }
            self = .object(members)
        }
    }
}
