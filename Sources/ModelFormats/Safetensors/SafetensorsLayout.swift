/// Where everything of a safetensors file lies, known before a byte is written.
public struct SafetensorsLayout: Sendable {
    /// The tensors in the order of the file, with their offsets.
    public let tensors: [SafetensorsTensor]
    /// The offset of the data from the start of the file.
    public let dataOffset: Int64
    /// The size of the whole file.
    public let fileBytes: Int64
    let header: [UInt8]

    /// A tensor whose place is still to be found.
    public struct Request: Sendable {
        /// The name.
        public let name: String
        /// The element type.
        public let scalarType: ScalarType
        /// The dimensions, slowest first.
        public let shape: [Int]

        /// Names a tensor.
        public init(name: String, scalarType: ScalarType, shape: [Int]) {
            self.name = name
            self.scalarType = scalarType
            self.shape = shape
        }

        /// The size of the data.
        public var byteCount: Int64 { shape.reduce(scalarType.bytesPerElement) { $0 * Int64($1) } }
    }

    /// Lays out a file.
    /// - Parameter metadata: What `__metadata__` says, in this order. Default: nothing.
    public init(metadata: [(key: String, value: String)] = [], tensors requests: [Request]) {
        header = Self.header(metadata: metadata, tensors: requests)
        dataOffset = Int64(header.count)
        var end = dataOffset
        tensors = requests.map { request in
            defer { end += request.byteCount }
            return SafetensorsTensor(
                name: request.name, scalarType: request.scalarType, shape: request.shape, offset: end,
                byteCount: request.byteCount)
        }
        fileBytes = end
    }

    /// The length of the JSON text, then the text, filled up so that the data starts at a multiple of eight.
    private static func header(metadata: [(key: String, value: String)], tensors: [Request]) -> [UInt8] {
        var members: [JSONMember] = []
        if !metadata.isEmpty {
            let entries = metadata.map { JSONMember(name: $0.key, value: .string($0.value)) }
            members.append(JSONMember(name: "__metadata__", value: .object(entries)))
        }
        var offset: Int64 = 0
        for tensor in tensors {
            let end = offset + tensor.byteCount
            members.append(
                JSONMember(
                    name: tensor.name,
                    value: .object([
                        JSONMember(name: "dtype", value: .string(tensor.scalarType.rawValue)),
                        JSONMember(name: "shape", value: .array(tensor.shape.map { .integer(Int64($0)) })),
                        JSONMember(name: "data_offsets", value: .array([.integer(offset), .integer(end)])),
                    ])))
            offset = end
        }
        var text = Array(JSONValue.object(members).text().utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }
}
