/// Reads JSON from a program that may write anything.
package struct JSONParser {
    /// Why a text is no JSON.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Lists and objects within each other; a text of nothing but brackets must not use up the stack.
    package static let maximumDepth = 200

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value that the text consists of. Throws ``Failure``, which names the byte, when it is not one JSON value.
    package static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        var parser = JSONParser(bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.next == nil else { throw parser.failure("something follows the value") }
        return value
    }

    /// The value that the text consists of.
    package static func parse(_ text: String) throws -> JSONValue { try parse(Array(text.utf8)) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func failure(_ what: String) -> Failure { Failure(description: "\(what), at byte \(position)") }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth <= Self.maximumDepth else { throw failure("more than \(Self.maximumDepth) values in each other") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("no value") }
        position += word.utf8.count
        return value
    }

    private mutating func list(depth: Int) throws -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        if skip("]") { return .list([]) }
        repeat { items.append(try value(depth: depth + 1)) } while skip(",")
        guard skip("]") else { throw failure("a list without its end") }
        return .list(items)
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        position += 1
        var members: [[UInt8]: JSONValue] = [:]
        if skip("}") { return .object([:]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("no key") }
            let key = try text()
            guard skip(":") else { throw failure("a key without a value") }
            guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw failure("a key twice")
            }
        } while skip(",")
        guard skip("}") else { throw failure("an object without its end") }
        return .object(members)
    }

    private mutating func number() throws -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let whole = digits()
        guard whole == 1 || (whole > 1 && bytes[position - whole] != UInt8(ascii: "0")) else {
            throw failure("no value")
        }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw failure("no digits after the point") }
        }
        if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw failure("no digits in the exponent") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Skips digits; how many there were.
    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func text() throws -> [UInt8] {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard String(validating: text, as: UTF8.self) != nil else { throw failure("a text that is no UTF-8") }
                return text
            case UInt8(ascii: "\\"): text += String(try escaped()).utf8
            case 0..<0x20: throw failure("a control character in a text")
            default: text.append(byte)
            }
        }
        throw failure("a text without its end")
    }

    private mutating func escaped() throws -> Unicode.Scalar {
        guard let byte = next else { throw failure("a text without its end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try codeUnit()
            if (0xD800..<0xDC00).contains(code) {
                guard next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
                else { throw failure("half a character") }
                position += 2
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half a character") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a character") }
            return scalar
        default: throw failure("an unknown escape")
        }
    }

    private mutating func codeUnit() throws -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("an escape without its digits") }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("an escape without its digits")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }
}
