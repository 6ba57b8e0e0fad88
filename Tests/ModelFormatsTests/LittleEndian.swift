/// Bytes of a format, put together by hand.
struct LittleEndian {
    private(set) var bytes: [UInt8] = []

    static func + (left: LittleEndian, right: LittleEndian) -> LittleEndian {
        var result = left
        result.bytes += right.bytes
        return result
    }

    static func raw(_ bytes: [UInt8]) -> LittleEndian { LittleEndian(bytes: bytes) }

    static func integer(_ value: some FixedWidthInteger) -> LittleEndian {
        withUnsafeBytes(of: value.littleEndian) { LittleEndian(bytes: Array($0)) }
    }

    /// A GGUF string: 64 bits of length, then the text.
    static func text(_ text: String) -> LittleEndian {
        integer(UInt64(text.utf8.count)) + raw(Array(text.utf8))
    }

    static func zeros(_ count: Int) -> LittleEndian { raw([UInt8](repeating: 0, count: count)) }
}
