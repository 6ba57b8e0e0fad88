public import Foundation

/// A GGUF file whose header has been checked against the file.
///
/// Nothing in the file is believed before it is checked: counts against the bytes that are left, offsets against the
/// data section, names and keys against repetition. A damaged file is an error, never a crash or a huge allocation.
public final class GGUFReader: Sendable {
    /// The metadata in the order of the file.
    public let metadata: GGUFMetadata
    /// The tensors in the order of the file.
    public let tensors: [GGUFTensor]
    /// The offset of the data section from the start of the file.
    public let dataOffset: Int64
    private let file: RandomAccessFile
    private static let maximumEntries = 1 << 16

    /// Where the file is.
    public var url: URL { file.url }
    /// The size of the file.
    public var sizeBytes: Int64 { file.sizeBytes }

    /// Opens a file of version 2 or 3, little endian, and checks its header.
    ///
    /// Throws ``FormatError``.
    public init(_ url: URL) throws {
        file = try RandomAccessFile(url)
        var cursor = GGUFCursor(file)
        guard try cursor.bytes(4) == GGUFFormat.magic else {
            throw FormatError(
                .malformed, file: file.path, "is no GGUF file", remedy: "Name a file that starts with 'GGUF'.")
        }
        let version = try cursor.integer(UInt32.self)
        guard (2...3).contains(version) else {
            let isBigEndian = (2...3).contains(version.byteSwapped)
            throw FormatError(
                .unsupported, file: file.path,
                isBigEndian ? "is big endian" : "has the GGUF version \(version)",
                remedy: "Supported are the versions 2 and 3, little endian: convert the model again.")
        }
        let tensorCount = try cursor.count("tensors", minimumBytesEach: 24)
        let entryCount = try cursor.count("metadata", minimumBytesEach: 13)
        guard entryCount <= Self.maximumEntries else { throw cursor.failure("claims \(entryCount) metadata keys") }
        var metadata = GGUFMetadata()
        for _ in 0..<entryCount {
            let key = try cursor.string()
            cursor.subject = "key '\(key)'"
            guard metadata[key] == nil else { throw cursor.failure("occurs twice") }
            metadata[key] = try cursor.value()
        }
        cursor.subject = nil
        self.metadata = metadata
        let alignment = try Self.alignment(metadata, file: file.path)
        var found: [GGUFTensor] = []
        found.reserveCapacity(min(tensorCount, GGUFCursor.trustedCount))
        for _ in 0..<tensorCount { found.append(try cursor.tensor()) }
        dataOffset = GGUFFormat.aligned(cursor.position, to: alignment)
        tensors = found
        try Self.check(found, alignment: alignment, dataBytes: max(0, file.sizeBytes - dataOffset), file: file.path)
    }

    /// The tensor of a name; nil when there is none.
    public func tensor(_ name: String) -> GGUFTensor? { tensors.first { $0.name == name } }

    /// Fills a buffer with part of a tensor's data, from a byte offset within the tensor.
    public func read(_ tensor: GGUFTensor, from start: Int64 = 0, into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(start >= 0 && start + Int64(buffer.count) <= tensor.byteCount, "range outside the tensor")
        try file.read(into: buffer, at: dataOffset + tensor.offset + start)
    }

    /// A tensor's whole data.
    public func data(of tensor: GGUFTensor) throws -> [UInt8] {
        try file.read(at: dataOffset + tensor.offset, count: Int(tensor.byteCount))
    }

    private static func alignment(_ metadata: GGUFMetadata, file: String) throws -> Int64 {
        switch metadata[GGUFFormat.alignmentKey] {
        case nil: return GGUFFormat.defaultAlignment
        case .uint32(let value) where value > 0 && value & (value - 1) == 0: return Int64(value)
        default:
            throw FormatError.malformed(file, "key '\(GGUFFormat.alignmentKey)'", "a power of two is expected")
        }
    }

    private static func check(_ tensors: [GGUFTensor], alignment: Int64, dataBytes: Int64, file: String) throws {
        var names = Set<String>()
        for tensor in tensors {
            let subject = "tensor '\(tensor.name)'"
            guard names.insert(tensor.name).inserted else {
                throw FormatError.malformed(file, subject, "occurs twice")
            }
            guard tensor.offset % alignment == 0 else {
                throw FormatError.malformed(file, subject, "starts at \(tensor.offset), no multiple of \(alignment)")
            }
            guard tensor.offset <= dataBytes, tensor.byteCount <= dataBytes - tensor.offset else {
                throw FormatError.malformed(
                    file, subject,
                    "needs \(tensor.byteCount) bytes at \(tensor.offset), and the file holds \(dataBytes) bytes of data"
                )
            }
        }
        let ordered = tensors.sorted { $0.offset < $1.offset }
        for (one, next) in zip(ordered, ordered.dropFirst()) where one.offset + one.byteCount > next.offset {
            throw FormatError.malformed(file, "tensor '\(next.name)'", "overlaps tensor '\(one.name)'")
        }
    }
}
