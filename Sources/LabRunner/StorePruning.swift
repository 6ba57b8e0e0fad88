public import Foundation
public import LabCore
import Quantization

/// Takes files out of the store that no run lists any more.
public struct StorePruning {
    /// A folder of the store.
    public struct Item: Hashable, Sendable {
        /// Where it is.
        public let folder: URL
        /// The size of its files.
        public let bytes: Int64
    }

    /// What goes, or would go.
    public private(set) var removed: [Item] = []
    /// What another process holds.
    public private(set) var inUse: [URL] = []

    /// Removes the folders of artifacts, and the packs of parents, all of whose files are among `artifacts`.
    ///
    /// Other files of the store stay: they belong to runs that were never recorded, or to no run. So does what another
    /// process is making at this moment.
    ///
    /// - Parameter isDryRun: whether to tell only what would go.
    /// - Throws: ``RunnerError`` when a folder cannot be removed.
    public init(of store: URL, artifacts: Set<Digest>, isDryRun: Bool) throws {
        guard !artifacts.isEmpty, FileManager.default.fileExists(atPath: store.path) else { return }
        for folder in Self.folders(in: store) {
            guard let manifest = try? Manifest(contentsOf: folder.appendingPathComponent(Manifest.fileName)),
                let source = manifest.artifacts.first?.source.digest,
                manifest.artifacts.allSatisfy({ artifacts.contains($0.sha256) })
            else { continue }
            guard let lock = FileLock(ifFree: store.appendingPathComponent("\(source.short).lock")) else {
                inUse.append(folder)
                continue
            }
            defer { withExtendedLifetime(lock) {} }
            try remove(folder, isDryRun: isDryRun)
        }
        for folder in Self.folders(in: store.appendingPathComponent("packs")) {
            guard let pack = try? PredictionPack(at: folder), artifacts.contains(pack.description.parent.sha256) else {
                continue
            }
            try remove(folder, isDryRun: isDryRun)
        }
    }

    private mutating func remove(_ folder: URL, isDryRun: Bool) throws {
        removed.append(Item(folder: folder, bytes: Self.bytes(of: folder)))
        guard !isDryRun else { return }
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            throw RunnerError(
                "\(folder.path) cannot be removed: \(error.localizedDescription)",
                remedy: "make the store writable; what is left is removed by hand")
        }
    }

    private static func folders(in folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { folder.appendingPathComponent($0, isDirectory: true) }
    }

    private static func bytes(of folder: URL) -> Int64 {
        let walker = FileManager.default.enumerator(atPath: folder.path)
        return (walker?.compactMap { $0 as? String } ?? []).reduce(0) { total, name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return total }
            return total + ((attributes?[.size] as? NSNumber)?.int64Value ?? 0)
        }
    }
}
