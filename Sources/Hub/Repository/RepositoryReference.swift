import Foundation

/// A repository of a hub at a revision, such as "Qwen/Qwen3-8B@main".
public struct RepositoryReference: Sendable, Hashable, CustomStringConvertible {
    /// What a repository holds.
    public enum Kind: String, Sendable {
        /// A model.
        case model
        /// A data set.
        case dataset

        /// The word in the API's paths and the cache's folder names.
        var plural: String { rawValue + "s" }
    }

    /// What it holds.
    public let kind: Kind
    /// The owner and the name, such as "Qwen/Qwen3-8B".
    public let id: String
    /// A branch, a tag or a commit.
    public let revision: String

    /// The name without its owner.
    public var name: String { String(id.split(separator: "/").last ?? "") }

    /// "Qwen/Qwen3-8B", with the revision where it is not `main`.
    public var description: String { revision == "main" ? id : "\(id)@\(revision)" }

    /// Whether the revision is a commit, which never changes.
    public var isCommit: Bool { Self.isCommit(revision) }

    static func isCommit(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// Whether a text has the form of a hub's id, with or without a revision: one slash, no folder's dots.
    public static func isPossible(_ text: String) -> Bool {
        (try? RepositoryReference(text)) != nil && text.contains("/")
    }

    /// Reads "OWNER/NAME" or "OWNER/NAME@REVISION".
    ///
    /// Throws ``HubError``, code `badName`.
    public init(_ text: String, kind: Kind = .model) throws {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        try self.init(id: parts[0], revision: parts.count > 1 ? parts[1] : "main", kind: kind)
    }

    /// A repository at a revision.
    ///
    /// Throws ``HubError``, code `badName`.
    public init(id: String, revision: String = "main", kind: Kind = .model) throws {
        let words = id.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(words.count), words.allSatisfy(Self.isWord), !id.contains("--"), !id.contains(".."),
            id.utf8.count <= 96, !id.hasSuffix(".git")
        else {
            throw HubError(
                .badName, "'\(id)' is no name of a repository",
                remedy: "write OWNER/NAME, such as Qwen/Qwen3-8B, or OWNER/NAME@REVISION")
        }
        // A revision becomes a path in the cache.
        guard !revision.isEmpty, revision.utf8.count <= 255,
            revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ word in
                !word.isEmpty && !word.hasPrefix(".")
                    && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !#"\:?*[^~"#.utf8.contains($0) }
            })
        else {
            throw HubError(
                .badName, "'\(revision)' is no revision", remedy: "name a branch, a tag or a commit behind the @")
        }
        self.kind = kind
        self.id = id
        self.revision = revision
    }

    private static func isWord(_ word: Substring) -> Bool {
        guard let first = word.utf8.first, let last = word.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && word.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
            || (first == UInt8(ascii: "_") && word.utf8.dropFirst().allSatisfy(isAlphanumeric) && word.utf8.count > 1)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
