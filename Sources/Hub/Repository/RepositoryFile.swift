public import LabCore

/// A file of a repository, as the hub states it.
public struct RepositoryFile: Sendable, Hashable {
    /// The digest that a file must have, which is also its name among the cache's blobs.
    public enum Identity: Sendable, Hashable {
        /// The SHA-256 of the bytes: large files.
        case sha256(Digest)
        /// Git's own digest of a blob, 40 hexadecimal digits: the SHA-1 of "blob SIZE", a zero byte and the bytes.
        case gitBlob(String)

        /// The hexadecimal digits: the file's ETag, and its name in the cache.
        public var etag: String {
            switch self {
            case .sha256(let digest): digest.hex
            case .gitBlob(let hex): hex
            }
        }
    }

    /// The path within the repository, with slashes.
    public let path: String
    /// The size.
    public let sizeBytes: Int64
    /// The digest.
    public let identity: Identity
}
