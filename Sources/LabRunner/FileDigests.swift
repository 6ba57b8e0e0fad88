import Foundation
import LabCore
import ModelFormats

/// Digests of files, remembered by path, size, modification time and inode, so that an unchanged file is read once.
///
/// The memory is a file in the store. It is a cache: a damaged or missing one is made anew.
final class FileDigests {
    /// What a file looks like from outside; a change of its bytes changes this.
    private struct Stamp: Codable, Equatable {
        var sizeBytes: Int64
        var modifiedMicroseconds: Int64
        var inode: UInt64
    }

    private struct Entry: Codable {
        var stamp: Stamp
        var digest: Digest
    }

    private let file: URL
    private var entries: [String: Entry]
    private var isChanged = false

    init(store: URL) {
        file = store.appendingPathComponent("digests.json")
        let known = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode([String: Entry].self, from: $0) }
        entries = known ?? [:]
    }

    /// The SHA-256 of a file's bytes.
    func digest(of url: URL) throws -> Digest {
        let path = url.standardizedFileURL.path
        if let known = entries[path], let stamp = Self.stamp(of: path), known.stamp == stamp { return known.digest }
        let digest = try FileDigest.compute(url)
        remember(digest, of: url)
        return digest
    }

    /// Takes over a digest that was computed while the file was written.
    func remember(_ digest: Digest, of url: URL) {
        let path = url.standardizedFileURL.path
        guard let stamp = Self.stamp(of: path) else { return }
        entries[path] = Entry(stamp: stamp, digest: digest)
        isChanged = true
    }

    private static func stamp(of path: String) -> Stamp? {
        // Of the file itself: the Hugging Face cache is made of links, which stay the same whatever becomes of it.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
            let sizeBytes = (attributes[.size] as? NSNumber)?.int64Value,
            let modified = attributes[.modificationDate] as? Date,
            let inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
        else { return nil }
        let microseconds = (modified.timeIntervalSince1970 * 1e6).rounded()
        return Stamp(sizeBytes: sizeBytes, modifiedMicroseconds: Int64(microseconds), inode: inode)
    }

    /// Writes what was learnt; forgets files that are gone.
    func save() throws {
        guard isChanged else { return }
        let present = entries.filter { FileManager.default.fileExists(atPath: $0.key) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(present), to: file)
        isChanged = false
    }
}
