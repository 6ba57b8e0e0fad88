/// Reads a GGUF header from front to back through a small window, never past the end of the file.
struct GGUFCursor {
    /// The offset of the next byte.
    private(set) var position: Int64 = 0
    /// What is being read, for messages.
    var subject: String?
    private let file: RandomAccessFile
    private var window: [UInt8] = []
    private var windowStart: Int64 = 0
    private static let windowBytes = 1 << 20
    /// Elements that memory is set aside for before any of them is seen.
    static let trustedCount = 1 << 18

    init(_ file: RandomAccessFile) { self.file = file }

    private var remaining: Int64 { file.sizeBytes - position }

    func failure(_ problem: String) -> FormatError { .malformed(file.path, subject, problem) }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
        try withBytes(count) { Array($0) }
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        try withBytes(MemoryLayout<Value>.size) { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    }

    /// A 64-bit count that the rest of the file can hold.
    mutating func count(_ what: String, minimumBytesEach: Int64) throws -> Int {
        let count = try integer(UInt64.self)
        guard count <= UInt64(max(0, remaining / minimumBytesEach)) else {
            throw failure("claims \(count) \(what), more than the \(remaining) bytes that are left can hold")
        }
        return Int(count)
    }

    mutating func string() throws -> String {
        let length = try count("bytes of text", minimumBytesEach: 1)
        let text = try withBytes(length) { buffer in String(validating: buffer) }
        guard let text else { throw failure("has text that is not valid UTF-8") }
        return text
    }

    mutating func value() throws -> GGUFValue {
        let type = try integer(UInt32.self)
        switch type {
        case 0: return .uint8(try integer(UInt8.self))
        case 1: return .int8(try integer(Int8.self))
        case 2: return .uint16(try integer(UInt16.self))
        case 3: return .int16(try integer(Int16.self))
        case 4: return .uint32(try integer(UInt32.self))
        case 5: return .int32(try integer(Int32.self))
        case 6: return .float32(Float(bitPattern: try integer(UInt32.self)))
        case 7: return .bool(try integer(UInt8.self) != 0)
        case 8: return .string(try string())
        case 9: return .array(try array())
        case 10: return .uint64(try integer(UInt64.self))
        case 11: return .int64(try integer(Int64.self))
        case 12: return .float64(Double(bitPattern: try integer(UInt64.self)))
        default: throw failure("has the unknown value type \(type)")
        }
    }

    mutating func tensor() throws -> GGUFTensor {
        let name = try string()
        subject = "tensor '\(name)'"
        defer { subject = nil }
        let rank = try integer(UInt32.self)
        guard (1...UInt32(GGUFFormat.maximumDimensions)).contains(rank) else { throw failure("has \(rank) dimensions") }
        var dimensions: [Int64] = []
        var elements: Int64 = 1
        for _ in 0..<rank {
            let dimension = try integer(UInt64.self)
            guard let count = Int64(exactly: dimension), count > 0 else {
                throw failure("has a dimension of \(dimension)")
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: count)
            guard !overflow else { throw failure("has more elements than fit 63 bits") }
            elements = product
            dimensions.append(count)
        }
        let typeNumber = try integer(UInt32.self)
        guard let type = TensorType(rawValue: typeNumber) else {
            throw failure("has the unknown storage type \(typeNumber)")
        }
        guard dimensions[0] % type.blockElements == 0 else {
            throw failure(
                "has rows of \(dimensions[0]) elements, and the blocks of \(type.name) have \(type.blockElements)")
        }
        let (byteCount, overflow) = (elements / type.blockElements).multipliedReportingOverflow(by: type.blockBytes)
        let offset = try integer(UInt64.self)
        guard !overflow, let offset = Int64(exactly: offset) else { throw failure("lies outside of any file") }
        return GGUFTensor(name: name, type: type, dimensions: dimensions, offset: offset, byteCount: byteCount)
    }

    private mutating func array() throws -> GGUFArray {
        let type = try integer(UInt32.self)
        switch type {
        case 0: return .uint8(try integers())
        case 1: return .int8(try integers())
        case 2: return .uint16(try integers())
        case 3: return .int16(try integers())
        case 4: return .uint32(try integers())
        case 5: return .int32(try integers())
        case 6: return .float32(try integers(UInt32.self).map(Float.init(bitPattern:)))
        case 7: return .bool(try integers(UInt8.self).map { $0 != 0 })
        case 8:
            let count = try count("texts", minimumBytesEach: 8)
            var texts: [String] = []
            texts.reserveCapacity(min(count, Self.trustedCount))
            for _ in 0..<count { texts.append(try string()) }
            return .string(texts)
        case 10: return .uint64(try integers())
        case 11: return .int64(try integers())
        case 12: return .float64(try integers(UInt64.self).map(Double.init(bitPattern:)))
        default: throw failure("has an array of the unsupported element type \(type)")
        }
    }

    private mutating func integers<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws -> [Value] {
        let count = try count("values", minimumBytesEach: Int64(MemoryLayout<Value>.size))
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try integer(Value.self)) }
        return values
    }

    private mutating func withBytes<Result>(
        _ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard Int64(count) <= remaining else { throw failure("ends at byte \(file.sizeBytes), inside the header") }
        let offset = Int(position - windowStart)
        if offset + count > window.count {
            window = try file.read(at: position, count: Int(min(remaining, Int64(max(count, Self.windowBytes)))))
            windowStart = position
        }
        let start = Int(position - windowStart)
        position += Int64(count)
        return try window.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start..<(start + count)])) }
    }
}

extension String {
    /// The text of some bytes; nil unless they are valid UTF-8.
    init?(validating bytes: UnsafeRawBufferPointer) {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        validation: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue: continue
            case .emptyInput: break validation
            case .error: return nil
            }
        }
        self.init(decoding: bytes, as: UTF8.self)
    }
}
