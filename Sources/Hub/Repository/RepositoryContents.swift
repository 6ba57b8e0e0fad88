public import Foundation

/// What a repository holds at a commit: all that the hub lists, or without a hub what the cache has of it.
public struct RepositoryContents: Sendable {
    /// A file.
    public struct File: Sendable, Hashable {
        /// The path within the repository, with slashes.
        public let path: String
        /// The size.
        public let sizeBytes: Int64
        /// Whether the cache has it.
        public let isCached: Bool
    }

    /// The repository, as it was asked for.
    public let reference: RepositoryReference
    /// The commit.
    public let commit: String
    /// The files, by path.
    public let files: [File]
    /// The hub's listing; nil where there is only the cache.
    let listing: RepositoryListing?

    /// Whether there is only what the cache has: the hub is not to be asked, or does not answer.
    public var isCacheAlone: Bool { listing == nil }

    init(_ listing: RepositoryListing, cache: HubCache) {
        reference = listing.reference
        commit = listing.commit
        files = listing.files.map { File(path: $0.path, sizeBytes: $0.sizeBytes, isCached: cache.hasBlob($0)) }
        self.listing = listing
    }

    /// What the cache has of a commit.
    init(cached commit: String, in cache: HubCache) {
        reference = cache.reference
        self.commit = commit
        files = cache.files(of: commit).map { File(path: $0.path, sizeBytes: $0.sizeBytes, isCached: true) }
        listing = nil
    }

    /// The file of a path; nil when there is none.
    public func file(_ path: String) -> File? { files.first { $0.path == path } }
}

extension HubClient {
    /// What a repository holds.
    ///
    /// Without a network, or with `HF_HUB_OFFLINE`, it is what the cache has, and of that what was fetched alone.
    /// Throws ``HubError``.
    public func contents(of reference: RepositoryReference) throws -> RepositoryContents {
        let cache = HubCache(reference, root: settings.cache)
        switch try asked(cache, orCached: { try cachedContents(of: $0, in: cache) }) {
        case .cached(let contents): return contents
        case .listed(let listing): return RepositoryContents(listing, cache: cache)
        }
    }

    private func cachedContents(of commit: String, in cache: HubCache) throws -> RepositoryContents {
        let contents = RepositoryContents(cached: commit, in: cache)
        guard !contents.files.isEmpty else { throw nothing(in: cache) }
        return contents
    }

    /// Fetches files that are not in the cache yet, and has the revision mean this commit from now on.
    ///
    /// Throws ``HubError``, also for a path that is not there.
    public func fetch(_ paths: [String], of contents: RepositoryContents) throws -> Snapshot {
        let cache = HubCache(contents.reference, root: settings.cache)
        let snapshot = try fetch(paths, of: contents, to: cache)
        if !contents.isCacheAlone { try cache.remember(contents.commit) }
        return snapshot
    }

    /// A file to look into before anything else is fetched: the cache's idea of the revision stays as it is.
    ///
    /// Throws ``HubError``, also for a path that is not there.
    public func peek(_ path: String, of contents: RepositoryContents) throws -> URL {
        let cache = HubCache(contents.reference, root: settings.cache)
        return try fetch([path], of: contents, to: cache).folder.appendingPathComponent(path)
    }

    private func fetch(_ paths: [String], of contents: RepositoryContents, to cache: HubCache) throws -> Snapshot {
        let missing = paths.first { contents.file($0) == nil }
        if let missing { throw HubError(.missing, "\(contents.reference) has no file \(missing)") }
        if let listing = contents.listing {
            try downloads(listing.commit, to: cache).run(paths.compactMap(listing.file))
        }
        return Snapshot(
            folder: cache.snapshot(contents.commit), reference: contents.reference, commit: contents.commit)
    }
}
