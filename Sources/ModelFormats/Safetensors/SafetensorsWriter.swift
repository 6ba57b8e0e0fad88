public import Foundation
public import LabCore

/// Writes a safetensors file: the header at once, tensor data in any order, the final name only when all is there.
///
/// What is whole from the start of the file on is hashed as it grows.
public final class SafetensorsWriter {
    /// Where everything lies.
    public let layout: SafetensorsLayout
    private let file: HashedFile
    private var missingBytes: [Int64]
    private var wholeTensors = 0

    /// Creates the temporary file and writes the header.
    ///
    /// Throws ``FormatError`` when there is too little space.
    public init(_ url: URL, layout: SafetensorsLayout) throws {
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
        precondition(start >= 0 && start + Int64(bytes.count) <= tensor.byteCount, "range outside the tensor")
        try file.write(bytes, at: tensor.offset + start)
        missingBytes[index] -= Int64(bytes.count)
        while wholeTensors < layout.tensors.count, missingBytes[wholeTensors] == 0 { wholeTensors += 1 }
        // Parts of several tensors take turns: what could not be hashed as it passed is still in the system's memory.
        let last = wholeTensors > 0 ? layout.tensors[wholeTensors - 1] : nil
        if let last { try file.hash(through: last.offset + last.byteCount) }
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
