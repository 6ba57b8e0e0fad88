package import Foundation
import LabCore

/// What a repository holds at a commit.
public struct RepositoryListing: Sendable {
    /// The repository, as it was asked for.
    public let reference: RepositoryReference
    /// The id that the hub knows it by: another one where it was renamed.
    public let currentID: String
    /// The commit.
    public let commit: String
    /// The files, by path.
    public let files: [RepositoryFile]

    /// The file of a path; nil when there is none.
    public func file(_ path: String) -> RepositoryFile? { files.first { $0.path == path } }

    private struct Answer: Decodable {
        struct Sibling: Decodable {
            struct LargeFile: Decodable {
                let sha256: String
                let size: Int64
            }
            let rfilename: String
            let size: Int64?
            let blobId: String?
            let lfs: LargeFile?
        }
        let id: String?
        let sha: String
        let siblings: [Sibling]?
    }

    /// Reads the hub's answer.
    ///
    /// Throws ``HubError`` for what no hub should say, such as a path that leads out of the repository.
    package init(_ reference: RepositoryReference, answer: Data) throws {
        let decoded: Answer
        do {
            decoded = try JSONDecoder().decode(Answer.self, from: answer)
        } catch {
            throw HubError(
                .malformed, "the hub's description of \(reference) cannot be read: \(error)",
                remedy: "is HF_ENDPOINT the address of a hub?")
        }
        guard RepositoryReference.isCommit(decoded.sha) else {
            throw HubError(.malformed, "the hub states no commit of \(reference): '\(decoded.sha)'")
        }
        self.reference = reference
        currentID = decoded.id ?? reference.id
        commit = decoded.sha
        files = try (decoded.siblings ?? []).map { try Self.file($0, of: reference) }.sorted { $0.path < $1.path }
        for (one, next) in zip(files, files.dropFirst()) where one.path == next.path {
            throw HubError(.malformed, "the hub lists \(one.path) of \(reference) twice")
        }
    }

    private static func file(_ sibling: Answer.Sibling, of reference: RepositoryReference) throws -> RepositoryFile {
        let path = sibling.rfilename
        let words = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !words.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), !path.contains("\0") else {
            throw HubError(.malformed, "the hub lists '\(path)' in \(reference), which is no path of a repository")
        }
        let identity: RepositoryFile.Identity? =
            if let lfs = sibling.lfs {
                Digest(hex: lfs.sha256).map(RepositoryFile.Identity.sha256)
            } else {
                sibling.blobId.flatMap { RepositoryReference.isCommit($0) ? .gitBlob($0) : nil }
            }
        guard let identity, let size = sibling.lfs?.size ?? sibling.size, size >= 0 else {
            throw HubError(.malformed, "the hub states no size and digest of \(path) in \(reference)")
        }
        return RepositoryFile(path: path, sizeBytes: size, identity: identity)
    }
}
