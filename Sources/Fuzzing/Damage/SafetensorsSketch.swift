/// A safetensors file in parts: the length that is told, the header, the data.
struct SafetensorsSketch: Sendable {
    var header: JSONNode
    var data: [UInt8]
    /// The length that the file tells; nil for the true one.
    var toldLength: UInt64?
    /// Bytes after the header's JSON, spaces in sound files.
    var padding: [UInt8] = []

    var bytes: [UInt8] {
        let text = header.bytes + padding
        return littleEndian(toldLength ?? UInt64(text.count)) + text + data
    }

    /// Changes one thing; returns what was done.
    mutating func damage(_ random: inout FuzzRandom) -> String {
        switch random.index(below: 10) {
        case 0:
            let length = AwkwardNumbers.one(near: UInt64(header.bytes.count), &random)
            toldLength = length
            return "header length told as \(length)"
        case 1:
            let count = random.choice([1, 2, 8, 100, 5000])
            if random.oneIn(2) {
                data.removeLast(min(count, data.count))
                return "data \(count) bytes shorter"
            }
            data += [UInt8](repeating: 0x55, count: count)
            return "data \(count) bytes longer"
        case 2:
            padding = random.choice([Array("   ".utf8), [0], Array("\n\n".utf8), Array("}".utf8), Array("{}".utf8)])
            return "header followed by \(padding)"
        default: return "header: " + header.damage(&random)
        }
    }
}

/// The bytes of a number, the lowest first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
