/// Where everything of a GGUF file lies, known before a byte is written.
public struct GGUFLayout: Sendable {
    /// The tensors in the order of the file, with their offsets.
    public let tensors: [GGUFTensor]
    /// The offset of the data section from the start of the file.
    public let dataOffset: Int64
    /// The size of the whole file.
    public let fileBytes: Int64
    let header: [UInt8]

    /// A tensor whose place is still to be found.
    public struct Request: Sendable {
        let name: String
        let type: TensorType
        let dimensions: [Int64]

        /// Names a tensor; dimensions fastest first.
        public init(name: String, type: TensorType, dimensions: [Int64]) {
            self.name = name
            self.type = type
            self.dimensions = dimensions
        }
    }

    /// Lays out a file.
    ///
    /// Throws ``FormatError`` when a row does not hold whole blocks of its type.
    public init(metadata: GGUFMetadata, tensors requests: [Request]) throws {
        var placed: [GGUFTensor] = []
        placed.reserveCapacity(requests.count)
        var offset: Int64 = 0
        for request in requests {
            let rows = request.dimensions.dropFirst().reduce(1, *)
            guard (1...GGUFFormat.maximumDimensions).contains(request.dimensions.count),
                let rowBytes = request.type.rowBytes(elements: request.dimensions[0])
            else {
                throw FormatError(
                    .unsupported, file: "GGUF", subject: "tensor '\(request.name)'",
                    "\(request.type.name) cannot hold the shape \(request.dimensions)")
            }
            placed.append(
                GGUFTensor(
                    name: request.name, type: request.type, dimensions: request.dimensions, offset: offset,
                    byteCount: rowBytes * rows))
            offset = GGUFFormat.aligned(offset + rowBytes * rows)
        }
        tensors = placed
        header = Self.header(metadata: metadata, tensors: placed)
        dataOffset = Int64(header.count)
        fileBytes = dataOffset + offset
    }

    private static func header(metadata: GGUFMetadata, tensors: [GGUFTensor]) -> [UInt8] {
        var encoder = GGUFEncoder()
        encoder.append(GGUFFormat.magic)
        encoder.append(GGUFFormat.version)
        encoder.append(UInt64(tensors.count))
        encoder.append(UInt64(metadata.entries.count))
        for entry in metadata.entries {
            encoder.append(entry.key)
            encoder.append(entry.value)
        }
        for tensor in tensors {
            encoder.append(tensor.name)
            encoder.append(UInt32(tensor.dimensions.count))
            for dimension in tensor.dimensions { encoder.append(UInt64(dimension)) }
            encoder.append(tensor.type.rawValue)
            encoder.append(UInt64(tensor.offset))
        }
        let padding = GGUFFormat.aligned(Int64(encoder.bytes.count)) - Int64(encoder.bytes.count)
        encoder.append([UInt8](repeating: 0, count: Int(padding)))
        return encoder.bytes
    }
}

/// Encodes the little-endian values of a GGUF header.
private struct GGUFEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ value: GGUFValue) {
        append(value.typeNumber)
        switch value {
        case .uint8(let number): append(number)
        case .int8(let number): append(number)
        case .uint16(let number): append(number)
        case .int16(let number): append(number)
        case .uint32(let number): append(number)
        case .int32(let number): append(number)
        case .float32(let number): append(number.bitPattern)
        case .bool(let truth): append(UInt8(truth ? 1 : 0))
        case .string(let text): append(text)
        case .uint64(let number): append(number)
        case .int64(let number): append(number)
        case .float64(let number): append(number.bitPattern)
        case .array(let array): append(array)
        }
    }

    private mutating func append(_ array: GGUFArray) {
        append(array.typeNumber)
        append(UInt64(array.count))
        switch array {
        case .uint8(let values): append(values)
        case .int8(let values): for value in values { append(value) }
        case .uint16(let values): for value in values { append(value) }
        case .int16(let values): for value in values { append(value) }
        case .uint32(let values): for value in values { append(value) }
        case .int32(let values): for value in values { append(value) }
        case .float32(let values): for value in values { append(value.bitPattern) }
        case .bool(let values): for value in values { append(UInt8(value ? 1 : 0)) }
        case .string(let values): for value in values { append(value) }
        case .uint64(let values): for value in values { append(value) }
        case .int64(let values): for value in values { append(value) }
        case .float64(let values): for value in values { append(value.bitPattern) }
        }
    }
}
