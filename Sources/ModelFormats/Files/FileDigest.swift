public import Foundation
public import LabCore

/// Computes the digest of whole files.
public enum FileDigest {
    /// The SHA-256 of a file's bytes, read in pieces of 4 MiB.
    public static func compute(_ url: URL) throws -> Digest {
        let file = try RandomAccessFile(url)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var hasher = Digest.Hasher()
        var offset: Int64 = 0
        while offset < file.sizeBytes {
            let count = Int(min(Int64(buffer.count), file.sizeBytes - offset))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try file.read(into: piece, at: offset)
            hasher.update(UnsafeRawBufferPointer(piece))
            offset += Int64(count)
        }
        return hasher.finalize()
    }
}
