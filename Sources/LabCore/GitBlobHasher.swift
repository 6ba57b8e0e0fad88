internal import Crypto
import Foundation

/// Git's digest of a file: the SHA-1 of "blob SIZE", a zero byte and the bytes.
///
/// Model hubs name small files by it. It guards against accidents; whoever can make SHA-1 collide can fool it.
public struct GitBlobHasher: Sendable {
    private var state = Insecure.SHA1()

    /// A hasher of a file of so many bytes.
    public init(sizeBytes: Int64) {
        state.update(data: Data("blob \(sizeBytes)\0".utf8))
    }

    /// Appends bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    /// The digest of all bytes so far, in 40 hexadecimal digits.
    public func finalize() -> String {
        state.finalize().map { String(format: "%02x", $0) }.joined()
    }
}
