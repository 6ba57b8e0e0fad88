public import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The cache that Python's `huggingface_hub` keeps too, as far as one repository is concerned.
///
/// `models--OWNER--NAME/` has the files' bytes in `blobs/`, by ETag; in `snapshots/COMMIT/` a link to a blob for each
/// path; in `refs/` the commit of each branch and tag. Locks are in `.locks/` beside it. What is not whole is in
/// `blobs/` too, under names that `huggingface_hub` does not continue from: it would append, and the lab's parts come
/// in any order.
public struct HubCache: Sendable {
    /// The cache's folder.
    public let root: URL
    /// The repository.
    public let reference: RepositoryReference

    /// The cache of a repository in a folder.
    public init(_ reference: RepositoryReference, root: URL) {
        self.root = root
        self.reference = reference
    }

    private var folderName: String {
        ([reference.kind.plural] + reference.id.split(separator: "/").map(String.init)).joined(separator: "--")
    }

    /// The repository's folder.
    public var folder: URL { root.appendingPathComponent(folderName, isDirectory: true) }

    /// A file's bytes.
    func blob(_ file: RepositoryFile) -> URL { blobs.appendingPathComponent(file.identity.etag) }

    var blobs: URL { folder.appendingPathComponent("blobs", isDirectory: true) }

    /// A file's bytes as far as they have come.
    func partial(_ file: RepositoryFile) -> URL { blobs.appendingPathComponent(file.identity.etag + ".lab.incomplete") }

    /// Which bytes have come.
    func record(_ file: RepositoryFile) -> URL { blobs.appendingPathComponent(file.identity.etag + ".lab.parts") }

    /// The file that whoever fetches a blob has locked.
    func lock(_ file: RepositoryFile) -> URL {
        root.appendingPathComponent(".locks", isDirectory: true)
            .appendingPathComponent(folderName, isDirectory: true)
            .appendingPathComponent(file.identity.etag + ".lock")
    }

    /// The folder of a commit's files.
    public func snapshot(_ commit: String) -> URL {
        folder.appendingPathComponent("snapshots", isDirectory: true).appendingPathComponent(commit, isDirectory: true)
    }

    private var refFile: URL { folder.appendingPathComponent("refs").appendingPathComponent(reference.revision) }

    /// The commit that the revision was when it was last asked for; nil when it never was.
    public var knownCommit: String? {
        if reference.isCommit { return reference.revision }
        guard let text = try? String(contentsOf: refFile, encoding: .utf8) else { return nil }
        let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return RepositoryReference.isCommit(commit) ? commit : nil
    }

    /// A file of a commit; nil when it is not there.
    public func file(_ path: String, of commit: String) -> URL? {
        let url = snapshot(commit).appendingPathComponent(path)
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }

    /// The files of a commit that are there, by path.
    func files(of commit: String) -> [(path: String, sizeBytes: Int64)] {
        let folder = snapshot(commit)
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.sorted().compactMap { path in
            var state = stat()
            // Of the blob that a link leads to.
            guard stat(folder.appendingPathComponent(path).path, &state) == 0, state.st_mode & S_IFMT == S_IFREG else {
                return nil
            }
            return (path, Int64(state.st_size))
        }
    }

    /// Whether a file's bytes are there, whole.
    func hasBlob(_ file: RepositoryFile) -> Bool {
        var state = stat()
        return stat(blob(file).path, &state) == 0 && Int64(state.st_size) == file.sizeBytes
    }

    /// Makes the folders that a download writes to.
    func makeFolders() throws {
        for folder in [blobs, lockFolder] {
            do {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            } catch {
                throw HubError(
                    .disk, "\(folder.path) cannot be made: \(error.localizedDescription)",
                    remedy: "name another cache with HF_HOME or HF_HUB_CACHE")
            }
        }
    }

    private var lockFolder: URL { root.appendingPathComponent(".locks/\(folderName)", isDirectory: true) }

    /// Gives a blob its place among the files of a commit.
    func link(_ file: RepositoryFile, commit: String) throws {
        let place = snapshot(commit).appendingPathComponent(file.path)
        let depth = file.path.split(separator: "/").count - 1
        let target = String(repeating: "../", count: depth + 2) + "blobs/" + file.identity.etag
        if (try? FileManager.default.destinationOfSymbolicLink(atPath: place.path)) == target { return }
        // The copy that a disk without links has.
        var state = stat()
        if lstat(place.path, &state) == 0, state.st_mode & S_IFMT == S_IFREG, Int64(state.st_size) == file.sizeBytes {
            return
        }
        // Made beside it and moved there: whoever looks finds the old one or the new one.
        let beside = place.deletingLastPathComponent()
            .appendingPathComponent(".\(place.lastPathComponent).\(UUID().uuidString.prefix(8))")
        do {
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            do {
                try FileManager.default.createSymbolicLink(atPath: beside.path, withDestinationPath: target)
            } catch {
                // A disk without links, as huggingface_hub deals with it.
                try FileManager.default.copyItem(at: blob(file), to: beside)
            }
            guard rename(beside.path, place.path) == 0 else { throw POSIXError.last }
        } catch {
            try? FileManager.default.removeItem(at: beside)
            throw HubError(.disk, "\(place.path) cannot be made: \(error.localizedDescription)")
        }
    }

    /// Remembers what commit the revision is.
    func remember(_ commit: String) throws {
        guard !reference.isCommit, knownCommit != commit else { return }
        let beside = refFile.deletingLastPathComponent()
            .appendingPathComponent("\(refFile.lastPathComponent).\(UUID().uuidString.prefix(8)).tmp")
        do {
            try FileManager.default.createDirectory(
                at: refFile.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(commit.utf8).write(to: beside)
            guard rename(beside.path, refFile.path) == 0 else { throw POSIXError.last }
        } catch {
            try? FileManager.default.removeItem(at: beside)
            throw HubError(.disk, "\(refFile.path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// The bytes that the cache's disk has room for; nil when the system does not say.
    var freeBytes: Int64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: blobs.path)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }
}

extension POSIXError {
    /// The last failed system call's.
    static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
