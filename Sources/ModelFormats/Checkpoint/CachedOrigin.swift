public import Foundation

/// Where a checkpoint in the Hugging Face cache comes from, as the path of its folder tells:
/// `models--OWNER--NAME/snapshots/COMMIT`.
public struct CachedOrigin: Sendable, Equatable {
    /// The id of the repository, such as "Qwen/Qwen3-8B".
    public let id: String
    /// The commit.
    public let commit: String

    /// The name without its owner.
    public var name: String { String(id.split(separator: "/").last ?? "") }

    /// Reads the path of a folder; nil for one outside of a cache.
    public init?(_ directory: URL) {
        let words = directory.standardizedFileURL.pathComponents.suffix(3)
        guard words.count == 3, let folder = words.first, let commit = words.last,
            words.dropFirst().first == "snapshots", folder.hasPrefix("models--"), commit.count == 40,
            commit.allSatisfy(\.isHexDigit)
        else { return nil }
        id = String(folder.dropFirst("models--".count)).replacing("--", with: "/")
        self.commit = commit
        guard !id.isEmpty, !id.hasPrefix("/"), !id.hasSuffix("/") else { return nil }
    }

    /// What a checkpoint in a folder is called: the repository's name, or the folder's.
    public static func modelName(of directory: URL) -> String {
        CachedOrigin(directory)?.name ?? directory.standardizedFileURL.lastPathComponent
    }
}
