/// A GGUF file in fields whose meaning is known.
struct GGUFSketch: Sendable {
    /// What a field says.
    enum Meaning: String, Sendable {
        case magic, version, tensorCount, entryCount, textLength, text, valueType, arrayType, arrayCount, value
        case alignment, rank, dimension, storageType, offset
    }

    struct Field: Sendable {
        let meaning: Meaning
        var bytes: [UInt8]

        init(_ meaning: Meaning, _ bytes: [UInt8]) {
            self.meaning = meaning
            self.bytes = bytes
        }

        init(_ meaning: Meaning, _ value: some FixedWidthInteger) { self.init(meaning, littleEndian(value)) }
    }

    var head: [Field]
    /// A metadata key, its type and its value.
    var entries: [[Field]]
    /// A tensor's name, shape, type and place.
    var tensors: [[Field]]
    /// A multiple at which the data starts.
    var alignment = 32
    var data: [UInt8]

    /// A file with true counts.
    init(version: UInt32, entries: [[Field]], tensors: [[Field]], alignment: Int = 32, dataBytes: Int) {
        self.entries = entries
        self.tensors = tensors
        self.alignment = alignment
        data = (0..<dataBytes).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        head = [
            Field(.magic, Array("GGUF".utf8)), Field(.version, version),
            Field(.tensorCount, UInt64(tensors.count)), Field(.entryCount, UInt64(entries.count)),
        ]
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for field in head { bytes += field.bytes }
        for entry in entries { for field in entry { bytes += field.bytes } }
        for tensor in tensors { for field in tensor { bytes += field.bytes } }
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
        return bytes + data
    }

    static func text(_ text: String) -> [Field] {
        [Field(.textLength, UInt64(text.utf8.count)), Field(.text, Array(text.utf8))]
    }

    static func entry(_ key: String, _ type: UInt32, _ value: [Field]) -> [Field] {
        text(key) + [Field(.valueType, type)] + value
    }

    static func array(_ key: String, of type: UInt32, _ values: [[Field]]) -> [Field] {
        entry(key, 9, [Field(.arrayType, type), Field(.arrayCount, UInt64(values.count))] + values.flatMap { $0 })
    }

    static func tensor(_ name: String, _ dimensions: [UInt64], type: UInt32, offset: UInt64) -> [Field] {
        text(name) + [Field(.rank, UInt32(dimensions.count))] + dimensions.map { Field(.dimension, $0) }
            + [Field(.storageType, type), Field(.offset, offset)]
    }
}
