/// The fields of a protocol buffer message, one after the other.
///
/// Format: protobuf.dev/programming-guides/encoding.
struct ProtocolBuffer {
    enum Value {
        case integer(UInt64)
        case bits64
        case bytes(ArraySlice<UInt8>)
        case bits32(UInt32)
    }

    private var rest: ArraySlice<UInt8>
    private let file: String

    init(_ bytes: ArraySlice<UInt8>, file: String) {
        rest = bytes
        self.file = file
    }

    /// The next field; nil at the end.
    mutating func next() throws -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag = try variableInteger()
        let value: Value
        switch tag & 7 {
        case 0: value = .integer(try variableInteger())
        case 1:
            _ = try take(8)
            value = .bits64
        case 2: value = .bytes(try take(variableInteger()))
        case 5: value = .bits32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
        default: throw malformed()
        }
        return (tag >> 3, value)
    }

    private mutating func take(_ count: UInt64) throws -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw malformed() }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private mutating func variableInteger() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw malformed()
    }

    private func malformed() -> FormatError {
        FormatError(
            .malformed, file: file, subject: "byte \(rest.startIndex)", "is no SentencePiece model",
            remedy: "Download the file again; if tokenizer.json holds the vocabulary, move this file elsewhere.")
    }
}
