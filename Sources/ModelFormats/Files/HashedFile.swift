import Foundation
import LabCore

/// A file that appears whole, with the digest of its bytes.
///
/// Bytes that arrive in the order of the file are hashed as they pass; the rest is read back once.
final class HashedFile {
    private let file: AtomicFile
    private var hasher = Digest.Hasher()
    private var hashedThrough: Int64 = 0

    /// Creates the temporary file.
    ///
    /// Throws ``FormatError`` when there is too little space.
    init(replacing url: URL, bytes: Int64) throws {
        file = try AtomicFile(replacing: url)
        try file.requireFreeSpace(bytes: bytes)
    }

    /// Writes bytes that were not written before.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        try file.write(bytes, at: offset)
        if offset == hashedThrough {
            hasher.update(bytes)
            hashedThrough += Int64(bytes.count)
        }
    }

    /// Reads back and hashes what has not passed in order; everything before `end` must have been written.
    func hash(through end: Int64) throws {
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

    /// The digest of a file of so many bytes, all written.
    func digest(of bytes: Int64) throws -> Digest {
        try hash(through: bytes)
        return hasher.finalize()
    }

    /// Syncs the file and gives it its name.
    func commit() throws { try file.commit() }

    /// Removes the temporary file; does nothing after ``commit()``.
    func discard() { file.discard() }
}
