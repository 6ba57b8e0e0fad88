public import Foundation

/// A tensor's place in a safetensors file.
public struct SafetensorsTensor: Sendable, Equatable {
    /// The name, such as "model.layers.0.mlp.up_proj.weight".
    public let name: String
    /// The element type.
    public let scalarType: ScalarType
    /// The dimensions, slowest first, as PyTorch prints them.
    public let shape: [Int]
    /// The offset of the first byte from the start of the file.
    public let offset: Int64
    /// The size of the data.
    public let byteCount: Int64

    /// The product of the dimensions; 1 for a scalar.
    public var elementCount: Int64 { byteCount / scalarType.bytesPerElement }
}

/// A safetensors file whose header has been checked against the file.
///
/// The layout is 8 bytes of header length, a JSON header, then the data. Every offset of the header is checked
/// when the file is opened: a truncated file, an overlap, a gap or a shape that contradicts its bytes is an error then.
public final class SafetensorsFile: Sendable {
    /// The tensors, ordered by name.
    public let tensors: [SafetensorsTensor]
    private let file: RandomAccessFile

    /// The header's limit, as in the reference implementation.
    private static let maximumHeaderBytes: UInt64 = 100_000_000

    /// Where the file is.
    public var url: URL { file.url }
    /// The size of the file.
    public var sizeBytes: Int64 { file.sizeBytes }

    /// Opens a file and checks its header.
    ///
    /// Throws ``FormatError``.
    public init(_ url: URL) throws {
        file = try RandomAccessFile(url)
        guard file.sizeBytes >= 8 else {
            throw FormatError.malformed(file.path, nil, "\(file.sizeBytes) bytes are too few for a safetensors file")
        }
        let lengthBytes = try file.read(at: 0, count: 8)
        let headerLength = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard headerLength <= Self.maximumHeaderBytes, Int64(headerLength) <= file.sizeBytes - 8 else {
            throw FormatError.malformed(
                file.path, "header",
                "claims \(headerLength) bytes, and the file has \(file.sizeBytes - 8) after the length")
        }
        let text = try file.read(at: 8, count: Int(headerLength))
        let header = try JSONObject(JSONValue.parse(text, file: file.path), file: file.path)
        tensors = try Self.tensors(of: header, dataStart: 8 + Int64(headerLength), fileBytes: file.sizeBytes)
    }

    /// Fills a buffer with part of a tensor's data, from a byte offset within the tensor.
    public func read(
        _ tensor: SafetensorsTensor, from start: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        precondition(start >= 0 && start + Int64(buffer.count) <= tensor.byteCount, "range outside the tensor")
        try file.read(into: buffer, at: tensor.offset + start)
    }

    private static func tensors(
        of header: JSONObject, dataStart: Int64, fileBytes: Int64
    ) throws -> [SafetensorsTensor] {
        let path = header.file
        var tensors: [SafetensorsTensor] = []
        tensors.reserveCapacity(header.members.count)
        for member in header.members where member.name != "__metadata__" {
            tensors.append(try tensor(member, path: path, dataStart: dataStart, fileBytes: fileBytes))
        }
        try checkLayout(tensors, path: path, dataStart: dataStart, fileBytes: fileBytes)
        tensors.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (one, next) in zip(tensors, tensors.dropFirst()) where one.name.utf8.elementsEqual(next.name.utf8) {
            throw FormatError.malformed(path, "tensor '\(one.name)'", "is listed twice in the header")
        }
        return tensors
    }

    private static func tensor(
        _ member: JSONMember, path: String, dataStart: Int64, fileBytes: Int64
    ) throws -> SafetensorsTensor {
        let subject = "tensor '\(member.name)'"
        let entry = try JSONObject(member.value, file: path, path: member.name)
        let typeName = try entry.require("dtype", entry.string)
        guard let scalarType = ScalarType(rawValue: typeName) else {
            throw FormatError(
                .unsupported, file: path, subject: subject, "has the unknown element type \(typeName)",
                remedy: "Supported are \(ScalarType.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        var byteCount = scalarType.bytesPerElement
        let shape = try entry.require("shape", entry.array).map { dimension -> Int in
            guard case .integer(let count) = dimension, count >= 0, count <= Int64.max / max(byteCount, 1) else {
                throw FormatError.malformed(path, subject, "has a dimension that no tensor can have")
            }
            byteCount *= count
            return Int(count)
        }
        let offsets = try entry.require("data_offsets", entry.array)
        guard offsets.count == 2, case .integer(let begin) = offsets[0], case .integer(let end) = offsets[1],
            begin >= 0, end >= begin
        else { throw FormatError.malformed(path, subject, "needs two ascending data offsets") }
        guard end <= fileBytes - dataStart else {
            throw FormatError.malformed(
                path, subject,
                "ends at byte \(end) of the data, and the file holds \(fileBytes - dataStart) bytes of data")
        }
        guard end - begin == byteCount else {
            throw FormatError.malformed(
                path, subject, "has \(end - begin) bytes, and \(typeName) of shape \(shape) needs \(byteCount)")
        }
        return SafetensorsTensor(
            name: member.name, scalarType: scalarType, shape: shape, offset: dataStart + begin, byteCount: byteCount)
    }

    /// The data of all tensors covers the rest of the file, without overlaps and gaps.
    private static func checkLayout(
        _ tensors: [SafetensorsTensor], path: String, dataStart: Int64, fileBytes: Int64
    ) throws {
        var end = dataStart
        var previous: SafetensorsTensor?
        for tensor in tensors.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
            guard tensor.offset >= end else {
                throw FormatError.malformed(
                    path, "tensor '\(tensor.name)'", "overlaps tensor '\(previous?.name ?? "")'")
            }
            guard tensor.offset == end else {
                throw FormatError.malformed(
                    path, "tensor '\(tensor.name)'", "starts \(tensor.offset - end) bytes after the data before it")
            }
            end = tensor.offset + tensor.byteCount
            previous = tensor
        }
        guard end == fileBytes else {
            throw FormatError.malformed(path, nil, "has \(fileBytes - end) bytes that belong to no tensor")
        }
    }
}
