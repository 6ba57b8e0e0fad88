/// A JSON value that loses nothing: numbers keep their digits, texts their bytes.
///
/// Foundation's decoders turn long integers into doubles, and Swift's strings are equal when only their normal forms
/// are; a check of a function's results may do neither.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As written; an integer when it has neither a point nor an exponent.
    case number(String)
    /// UTF-8.
    case text([UInt8])
    case list([JSONValue])
    /// By the UTF-8 of the keys.
    case object([[UInt8]: JSONValue])

    /// A text.
    package static func text(_ string: String) -> JSONValue { .text(Array(string.utf8)) }

    /// The value of a key; nil when it is absent or this is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[Array(key.utf8)]
    }

    /// The text; nil when this is none.
    package var string: String? {
        guard case .text(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether this is what was expected.
    ///
    /// An expected integer is matched by that number alone (3.0 is 3). An expected number with a point or an exponent
    /// is matched within 1e-9 of its size or 1e-12, whichever is more, because the order of a sum is the programmer's
    /// choice. A truth value is no number. Texts match by their bytes, objects whatever the order of their keys.
    package func matches(_ expected: JSONValue) -> Bool {
        switch (self, expected) {
        case (.number(let mine), .number(let theirs)): Self.matches(mine, theirs)
        case (.list(let mine), .list(let theirs)):
            mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.matches($1) }
        case (.object(let mine), .object(let theirs)):
            mine.count == theirs.count && mine.allSatisfy { key, value in theirs[key].map(value.matches) ?? false }
        default: self == expected
        }
    }

    private static func matches(_ mine: String, _ expected: String) -> Bool {
        switch (isInteger(mine), isInteger(expected)) {
        case (true, true):
            return (mine == "-0" ? "0" : mine) == (expected == "-0" ? "0" : expected)
        case (false, true):
            // A double holds every integer below 2^53; beyond, a number with a point does not say which it is.
            guard let mine = Double(mine), let expected = Double(expected) else { return false }
            return mine == expected && abs(expected) < 9_007_199_254_740_992
        case (_, false):
            guard let mine = Double(mine), let expected = Double(expected) else { return false }
            return abs(mine - expected) <= max(1e-12, 1e-9 * abs(expected))
        }
    }

    private static func isInteger(_ number: String) -> Bool {
        !number.utf8.contains { [0x2E, 0x45, 0x65].contains($0) }
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON text, keys in order.
    package var description: String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let digits): bytes += digits.utf8
        case .text(let text): Self.write(text, to: &bytes)
        case .list(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                item.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }).enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                Self.write(member.key, to: &bytes)
                bytes += ": ".utf8
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
