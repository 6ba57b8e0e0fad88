public import Foundation
import Hub
public import LabCore
import ModelFormats

/// Data sets by name: fetched from their homes once, and kept when they have the digest of the official file.
public struct NamedDatasets {
    private let hub: HubClient
    private let folder: URL
    private let mirror: String

    /// The names.
    public static var names: [String] { PublishedDataset.all.map(\.name) }

    /// - Parameters:
    ///   - folder: where they are kept. Default: `datasets/` in the lab's cache.
    public init(
        folder: URL = Locations.cache.appendingPathComponent("datasets", isDirectory: true),
        progress: @escaping ProgressHandler, notice: @escaping @Sendable (String) -> Void
    ) {
        hub = HubClient(progress: progress, notice: notice)
        self.folder = folder
        // For networks that lead to GitHub by another address.
        let named = ProcessInfo.processInfo.environment["LAB_GITHUB_MIRROR"] ?? ""
        mirror = named.isEmpty ? "https://raw.githubusercontent.com" : named
    }

    /// What is wrong with `--dataset NAME` and `--dataset-path FILE`; nil when they make sense together.
    public static func problem(_ name: String?, path: String?) -> String? {
        guard let name else { return path == nil ? nil : "--dataset-path FILE needs a name for it: --dataset NAME" }
        guard path == nil, !names.contains(name.lowercased()) else { return nil }
        return "--dataset: there is no data set '\(name)': \(Spelling.hint(name, among: names))choose one of "
            + "\(names.joined(separator: ", ")), or give a file of yours a name with --dataset-path FILE"
    }

    /// The file of a data set: the one that is named, else the published one of that name, else a file of that name.
    ///
    /// Throws ``RunnerError`` for a name of nothing, and ``Hub/HubError``.
    public func resolve(_ name: String, at path: String? = nil) throws -> (name: String, file: URL) {
        if let path { return (name, URL(fileURLWithPath: path)) }
        if let published = PublishedDataset.all.first(where: { $0.name == name.lowercased() }) {
            return (published.name, try file(of: published))
        }
        let file = URL(fileURLWithPath: name)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw RunnerError(
                "there is no file \(file.path), and no data set '\(name)'",
                remedy: Spelling.hint(name, among: Self.names)
                    + "name a file, or one of \(Self.names.joined(separator: ", "))",
                // A slip in a name is bad usage; anything else is a file that is missing.
                exitCode: Spelling.nearest(to: name, among: Self.names) == nil ? .unavailable : .usage)
        }
        return (file.lastPathComponent, file)
    }

    private func file(of dataset: PublishedDataset) throws -> URL {
        let place = folder.appendingPathComponent(dataset.name, isDirectory: true)
            .appendingPathComponent(dataset.fileName)
        if FileManager.default.fileExists(atPath: place.path),
            try FileDigest.compute(place) == dataset.sha256
        {
            return place
        }
        let bytes = Data(try fetch(dataset))
        let digest = Digest(of: bytes)
        guard digest == dataset.sha256 else {
            throw HubError(
                .corrupt,
                "\(dataset.name): what came has the digest \(digest), and the official file has \(dataset.sha256); "
                    + "nothing was kept",
                remedy: "a proxy on the way may change files; or name a file of your own with --dataset-path")
        }
        try Folders.make(place.deletingLastPathComponent(), remedy: "name another cache with LAB_CACHE")
        try AtomicFile.write(bytes, to: place)
        return place
    }

    private func fetch(_ dataset: PublishedDataset) throws -> [UInt8] {
        switch dataset.home {
        case .archive(let repository, let file, let entry):
            let reference = try RepositoryReference(id: repository, kind: .dataset)
            let snapshot = try hub.files([file], of: reference)
            return try ZipArchive(snapshot.folder.appendingPathComponent(file)).entry(entry)
        case .github(let path):
            return try hub.bytes(ofWebFile: "\(mirror)/\(path)", named: dataset.name)
        }
    }
}
