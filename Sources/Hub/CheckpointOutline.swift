public import Foundation

/// A model without the data of its weights: its descriptions, and shards that have their headers and sizes and are
/// otherwise holes.
///
/// Whoever reads only shapes and types reads it like a checkpoint. A folder that was made for it goes with the value.
public final class CheckpointOutline {
    /// The folder, named as the cache would name it.
    public let folder: URL
    /// The folder where the cache has, or would have, the model, and how many files of weights it has whole; nil for an
    /// outline that is a checkpoint itself.
    public let cached: (folder: URL, weights: Int)?

    /// What goes with the value; nil for nothing.
    private let root: URL?

    /// The bytes that are asked for first; most headers are shorter.
    private static let beginningBytes: Int64 = 1 << 17
    /// The header's limit, as in the reference implementation.
    private static let maximumHeaderBytes: Int64 = 100_000_000

    /// The outline of a checkpoint that is here: its own folder.
    public init(whole folder: URL) {
        self.folder = folder
        cached = nil
        root = nil
    }

    init(
        _ listing: RepositoryListing, texts: [RepositoryFile], weights: [RepositoryFile], cache: HubCache,
        settings: HubSettings
    ) throws {
        cached = (cache.snapshot(listing.commit), weights.count(where: cache.hasBlob))
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "lab-outline-\(UUID().uuidString)", isDirectory: true)
        self.root = root
        let place = HubCache(listing.reference, root: root).snapshot(listing.commit)
        folder = place
        do {
            for file in texts + weights.filter(cache.hasBlob) {
                let link = place.appendingPathComponent(file.path)
                try FileManager.default.createDirectory(
                    at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.createSymbolicLink(at: link, withDestinationURL: cache.blob(file))
            }
            let missing = weights.filter { !cache.hasBlob($0) }
            let headers = try Self.headers(of: missing, in: listing, settings: settings)
            for (file, header) in zip(missing, headers) {
                try Self.write(header, sizeBytes: file.sizeBytes, to: place.appendingPathComponent(file.path))
            }
        } catch let error as HubError {
            try? FileManager.default.removeItem(at: root)
            throw error
        } catch {
            try? FileManager.default.removeItem(at: root)
            throw HubError(
                .disk, "\(root.path) cannot be written: \(error.localizedDescription)",
                remedy: "name another folder for temporary files with TMPDIR")
        }
    }

    deinit { if let root { try? FileManager.default.removeItem(at: root) } }

    /// The length and the header of each file, all files beside each other.
    private static func headers(
        of files: [RepositoryFile], in listing: RepositoryListing, settings: HubSettings
    ) throws -> [[UInt8]] {
        let fetch = HubFetches(settings: settings)
        func wanted(_ file: RepositoryFile, _ bytes: Int64) -> HubFetches.Wanted {
            HubFetches.Wanted(
                address: HubClient.address(
                    of: file.path, in: listing.reference, revision: listing.commit, settings: settings),
                range: 0..<min(bytes, file.sizeBytes),
                question: HubQuestion(
                    reference: listing.reference, subject: "the header of \(file.path) of \(listing.reference)",
                    settings: settings))
        }
        var headers = try fetch(files.map { wanted($0, beginningBytes) })
        let needed = try zip(files, headers).map { file, bytes in
            guard bytes.count >= 8 else {
                throw HubError(.malformed, "\(file.path) of \(listing.reference) is too short for a safetensors file")
            }
            let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= UInt64(maximumHeaderBytes), Int64(length) + 8 <= file.sizeBytes else {
                throw HubError(
                    .malformed, "\(file.path) of \(listing.reference) claims a header of \(length) bytes",
                    remedy: "it is no safetensors file")
            }
            return Int64(length) + 8
        }
        let long = files.indices.filter { Int64(headers[$0].count) < needed[$0] }
        for (index, bytes) in zip(long, try fetch(long.map { wanted(files[$0], needed[$0]) })) {
            headers[index] = bytes
        }
        return zip(headers, needed).map { Array($0.prefix(Int($1))) }
    }

    private static func write(_ header: [UInt8], sizeBytes: Int64, to url: URL) throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(header).write(to: url)
        let file = try FileHandle(forWritingTo: url)
        // A hole: it takes no room.
        try file.truncate(atOffset: UInt64(sizeBytes))
        try file.close()
    }
}

extension HubClient {
    /// The outline of a model: descriptions come into the cache, of the weights come the headers alone.
    ///
    /// Without a network, or with `HF_HUB_OFFLINE`, it is what the cache has, where that is whole.
    /// Throws ``HubError``.
    public func outline(_ reference: RepositoryReference) throws -> CheckpointOutline {
        let cache = HubCache(reference, root: settings.cache)
        let listing: RepositoryListing
        switch try located(reference, cache) {
        case .cached(let snapshot): return CheckpointOutline(whole: snapshot.folder)
        case .listed(let found): listing = found
        }
        let texts = ModelFiles.descriptions(of: listing)
        try downloads(listing.commit, to: cache).run(texts)
        let hasIndex = texts.contains { $0.path == ModelFiles.index }
        let weights = try ModelFiles.weights(
            of: listing, index: hasIndex ? cache.file(ModelFiles.index, of: listing.commit) : nil)
        return try CheckpointOutline(listing, texts: texts, weights: weights, cache: cache, settings: settings)
    }
}
