/// A JSON value as one line of a file has it, with the text it was read from.
///
/// Strict (RFC 8259), and a key may occur once only. Numbers keep their text: programs tell 1 from 1.0.
struct JSONLine {
    /// What a value is.
    indirect enum Value {
        case object([(key: String, value: JSONLine)])
        case array([JSONLine])
        case string(String)
        case number
        case bool(Bool)
        case null
    }

    /// Why a line cannot be read.
    struct Failure: Error {
        let message: String
        /// The key concerned, where one is.
        var key: String?
    }

    let value: Value
    /// The value's own text.
    let text: String

    /// Reads a line that holds one value.
    static func parse(_ line: String) throws(Failure) -> JSONLine {
        var parser = Parser(bytes: Array(line.utf8))
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.isAtEnd else { throw Failure(message: "something follows the JSON value") }
        return value
    }
}

private struct Parser {
    let bytes: [UInt8]
    var position = 0
    static let maximumDepth = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { position += 1 }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func failure(_ message: String) -> JSONLine.Failure {
        JSONLine.Failure(message: "this is not JSON: \(message) at byte \(position + 1)")
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func value(depth: Int) throws(JSONLine.Failure) -> JSONLine {
        skipSpace()
        guard depth < Self.maximumDepth else { throw failure("nested too deep") }
        let start = position
        let value: JSONLine.Value
        switch peek {
        case UInt8(ascii: "{"): value = .object(try object(depth: depth))
        case UInt8(ascii: "["): value = .array(try array(depth: depth))
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "t"): value = try literal("true", .bool(true))
        case UInt8(ascii: "f"): value = try literal("false", .bool(false))
        case UInt8(ascii: "n"): value = try literal("null", .null)
        case nil: throw failure("the line ends too early")
        default: value = try number()
        }
        return JSONLine(value: value, text: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func object(depth: Int) throws(JSONLine.Failure) -> [(key: String, value: JSONLine)] {
        var members: [(key: String, value: JSONLine)] = []
        position += 1
        skipSpace()
        if take("}") { return members }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a key is expected") }
            let key = try string()
            guard !members.contains(where: { $0.key == key }) else {
                throw JSONLine.Failure(message: "the key '\(key)' is there twice", key: key)
            }
            skipSpace()
            guard take(":") else { throw failure("':' is expected") }
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("',' or '}' is expected") }
        return members
    }

    private mutating func array(depth: Int) throws(JSONLine.Failure) -> [JSONLine] {
        var elements: [JSONLine] = []
        position += 1
        skipSpace()
        if take("]") { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("',' or ']' is expected") }
        return elements
    }

    private mutating func literal(_ word: String, _ value: JSONLine.Value) throws(JSONLine.Failure) -> JSONLine.Value {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("a value is expected") }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(JSONLine.Failure) -> JSONLine.Value {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return .number
    }

    private mutating func digits() throws(JSONLine.Failure) {
        let start = position
        while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw failure("a value is expected") }
    }

    private mutating func string() throws(JSONLine.Failure) -> String {
        var text = String.UnicodeScalarView()
        var plain = position + 1
        position += 1
        while let byte = peek {
            guard byte >= 0x20 else { throw failure("a control character in a text") }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                text.append(contentsOf: String(decoding: bytes[plain..<position], as: UTF8.self).unicodeScalars)
                position += 1
                if byte == UInt8(ascii: "\"") { return String(text) }
                text.append(try escaped())
                plain = position
            } else {
                position += 1
            }
        }
        throw failure("a text does not end")
    }

    private static let escapes: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "n"): "\n", UInt8(ascii: "t"): "\t", UInt8(ascii: "r"): "\r", UInt8(ascii: "\""): "\"",
        UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}",
    ]

    private mutating func escaped() throws(JSONLine.Failure) -> Unicode.Scalar {
        if let byte = peek, let scalar = Self.escapes[byte] {
            position += 1
            return scalar
        }
        guard take("u") else { throw failure("an unknown escape") }
        let high = try hexadecimal()
        guard (0xD800...0xDBFF).contains(high) else {
            guard let scalar = Unicode.Scalar(high) else { throw failure("half of a surrogate pair") }
            return scalar
        }
        guard take("\\"), take("u") else { throw failure("half of a surrogate pair") }
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONLine.Failure) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits are expected") }
        position += 4
        return value
    }
}
