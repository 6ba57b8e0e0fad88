public import Foundation
public import LabCore

/// Writes a safetensors file: the header at once, tensor data in any order, the final name only when all is there.
///
/// What is whole from the start of the file on is hashed as it grows.
public final class SafetensorsWriter {
    /// Where everything lies.
    public let layout: SafetensorsLayout
    private let file: AtomicFile
    private var hasher = Digest.Hasher()
    private var hashedThrough: Int64 = 0
    private var missingBytes: [Int64]
    private var wholeTensors = 0

    /// Creates the temporary file and writes the header.
    ///
    /// Throws ``FormatError`` when there is too little space.
    public init(_ url: URL, layout: SafetensorsLayout) throws {
        self.layout = layout
        missingBytes = layout.tensors.map(\.byteCount)
        file = try AtomicFile(replacing: url)
        try file.requireFreeSpace(bytes: layout.fileBytes)
        try layout.header.withUnsafeBytes { try put($0, at: 0) }
    }

    /// Writes part of a tensor's data, at a byte offset within the tensor.
    ///
    /// Each byte is written once.
    public func write(_ bytes: UnsafeRawBufferPointer, toTensor index: Int, at start: Int64) throws {
        let tensor = layout.tensors[index]
        precondition(start >= 0 && start + Int64(bytes.count) <= tensor.byteCount, "range outside the tensor")
        try put(bytes, at: tensor.offset + start)
        missingBytes[index] -= Int64(bytes.count)
        while wholeTensors < layout.tensors.count, missingBytes[wholeTensors] == 0 { wholeTensors += 1 }
        // Parts of several tensors take turns: what could not be hashed as it passed is still in the system's memory.
        let last = wholeTensors > 0 ? layout.tensors[wholeTensors - 1] : nil
        if let last { try hash(through: last.offset + last.byteCount) }
    }

    /// Says what the file is, once all tensors are written.
    ///
    /// The file keeps its temporary name until ``commit()``.
    public func seal() throws -> Digest {
        precondition(missingBytes.allSatisfy { $0 == 0 }, "a tensor is incomplete")
        try hash(through: layout.fileBytes)
        return hasher.finalize()
    }

    /// Syncs the file and gives it its name.
    public func commit() throws { try file.commit() }

    /// Removes the temporary file; does nothing after ``commit()``.
    public func discard() { file.discard() }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        try file.write(bytes, at: offset)
        if offset == hashedThrough {
            hasher.update(bytes)
            hashedThrough += Int64(bytes.count)
        }
    }

    private func hash(through end: Int64) throws {
        guard hashedThrough < end else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(min(4 << 20, end - hashedThrough)), alignment: 64)
        defer { buffer.deallocate() }
        while hashedThrough < end {
            let count = Int(min(Int64(buffer.count), end - hashedThrough))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try file.read(into: piece, at: hashedThrough)
            hasher.update(UnsafeRawBufferPointer(piece))
            hashedThrough += Int64(count)
        }
    }
}
