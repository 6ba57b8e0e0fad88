public import Foundation
public import LabCore

/// Writes a GGUF file: the header at once, tensor data in any order, the final name only when all is there.
///
/// Bytes that arrive in the order of the file are hashed as they pass; the rest is read back once at the end.
public final class GGUFWriter {
    /// Where everything lies.
    public let layout: GGUFLayout
    private let file: HashedFile
    private var missingBytes: [Int64]

    /// Creates the temporary file and writes the header.
    ///
    /// Throws ``FormatError`` when there is too little space.
    public init(_ url: URL, layout: GGUFLayout) throws {
        self.layout = layout
        missingBytes = layout.tensors.map(\.byteCount)
        file = try HashedFile(replacing: url, bytes: layout.fileBytes)
        try layout.header.withUnsafeBytes { try file.write($0, at: 0) }
    }

    /// Writes part of a tensor's data, at a byte offset within the tensor.
    ///
    /// Each byte is written once.
    public func write(_ bytes: UnsafeRawBufferPointer, toTensor index: Int, at start: Int64) throws {
        let tensor = layout.tensors[index]
        let end = start + Int64(bytes.count)
        precondition(start >= 0 && end <= tensor.byteCount, "range outside the tensor")
        try file.write(bytes, at: layout.dataOffset + tensor.offset + start)
        missingBytes[index] -= Int64(bytes.count)
        guard end == tensor.byteCount else { return }
        let padding = GGUFFormat.aligned(end) - end
        guard padding > 0 else { return }
        try [UInt8](repeating: 0, count: Int(padding)).withUnsafeBytes {
            try file.write($0, at: layout.dataOffset + tensor.offset + end)
        }
    }

    /// Says what the file is, once all tensors are written.
    ///
    /// The file keeps its temporary name until ``commit()``.
    public func seal() throws -> Digest {
        precondition(missingBytes.allSatisfy { $0 == 0 }, "a tensor is incomplete")
        return try file.digest(of: layout.fileBytes)
    }

    /// Syncs the file and gives it its name.
    public func commit() throws { try file.commit() }

    /// Removes the temporary file; does nothing after ``commit()``.
    public func discard() { file.discard() }
}
