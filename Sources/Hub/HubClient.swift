public import Foundation
public import LabCore

/// Repositories of a model hub, through the cache that Python's `huggingface_hub` uses too.
public struct HubClient: Sendable {
    /// A repository's files on this machine.
    public struct Snapshot: Sendable {
        /// The folder, in which each file has its path.
        public let folder: URL
        /// The repository, as it was asked for.
        public let reference: RepositoryReference
        /// The commit.
        public let commit: String
    }

    /// Where the hub and its cache are.
    public private(set) var settings: HubSettings
    let progress: ProgressHandler
    private let notice: @Sendable (String) -> Void

    /// - Parameters:
    ///   - progress: told of downloads, in bytes.
    ///   - notice: told what a user should know and need not do anything about.
    public init(
        settings: HubSettings = HubSettings(), progress: @escaping ProgressHandler = { _ in },
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.settings = settings
        self.progress = progress
        self.notice = notice
    }

    static func address(
        of path: String, in reference: RepositoryReference, revision: String, settings: HubSettings
    ) -> String {
        let kind = reference.kind == .dataset ? "datasets/" : ""
        return "\(settings.endpoint)/\(kind)\(reference.id)/resolve/\(revision.escapedWord)/\(path.escaped)"
    }

    /// What a repository holds, from the hub.
    ///
    /// Throws ``HubError``.
    public func listing(_ reference: RepositoryReference) throws -> RepositoryListing {
        guard !settings.isOffline else {
            throw HubError(
                .offline, "\(reference) cannot be asked for: HF_HUB_OFFLINE is set", remedy: "unset HF_HUB_OFFLINE")
        }
        guard HTTPOrigin(settings.endpoint) != nil else {
            throw HubError(
                .badName, "HF_ENDPOINT is '\(settings.endpoint)'",
                remedy: "set it to an address such as https://huggingface.co, or unset it")
        }
        let address =
            "\(settings.endpoint)/api/\(reference.kind.plural)/\(reference.id)/revision/"
            + "\(reference.revision.escapedWord)?blobs=true"
        let question = HubQuestion(reference: reference, subject: "\(reference)", settings: settings)
        let answers = try HubFetches(settings: settings)([.init(address: address, question: question)])
        let listing = try RepositoryListing(reference, answer: Data(answers.first ?? []))
        if listing.currentID != reference.id {
            notice("\(reference.id) is called \(listing.currentID) now")
        }
        return listing
    }

    /// The checkpoint of a model: fetches what is missing of it, and nothing else.
    ///
    /// Without a network, or with `HF_HUB_OFFLINE`, it is what the cache has, where that is whole.
    /// Throws ``HubError``.
    public func checkpoint(_ reference: RepositoryReference) throws -> Snapshot {
        let cache = HubCache(reference, root: settings.cache)
        switch try located(reference, cache) {
        case .cached(let snapshot): return snapshot
        case .listed(let listing): return try checkpoint(of: listing, to: cache)
        }
    }

    /// The checkpoint that a repository is, of which the contents are known already.
    ///
    /// Throws ``HubError``.
    public func checkpoint(of contents: RepositoryContents) throws -> Snapshot {
        let cache = HubCache(contents.reference, root: settings.cache)
        guard let listing = contents.listing else { return try cachedCheckpoint(of: contents.commit, in: cache) }
        return try checkpoint(of: listing, to: cache)
    }

    private func checkpoint(of listing: RepositoryListing, to cache: HubCache) throws -> Snapshot {
        let run = downloads(listing.commit, to: cache)
        let texts = ModelFiles.texts(of: listing)
        // The index says which weights there are.
        let index = texts.filter { $0.path == ModelFiles.index }
        if !index.isEmpty { try run.run(index) }
        let weights = try ModelFiles.weights(
            of: listing, index: index.isEmpty ? nil : cache.file(ModelFiles.index, of: listing.commit))
        try run.run(texts + weights)
        try cache.remember(listing.commit)
        return Snapshot(folder: cache.snapshot(listing.commit), reference: cache.reference, commit: listing.commit)
    }

    /// Where something of a repository is to be had from.
    enum Location<Found> {
        /// The cache has all of it.
        case cached(Found)
        /// The hub, which lists it.
        case listed(RepositoryListing)
    }

    /// Finds a model: at the hub, or in the cache where the hub is not to be asked or does not answer.
    ///
    /// Throws ``HubError``, also for a repository without a model.
    func located(_ reference: RepositoryReference, _ cache: HubCache) throws -> Location<Snapshot> {
        // A commit never changes: what is there whole needs no question.
        if reference.isCommit, let snapshot = try? cachedCheckpoint(of: reference.revision, in: cache) {
            return .cached(snapshot)
        }
        let location = try asked(cache) { try cachedCheckpoint(of: $0, in: cache) }
        if case .listed(let listing) = location, listing.file("config.json") == nil {
            throw HubError(
                .missing, "\(reference) has no config.json", remedy: "choose a repository with a model in safetensors")
        }
        return location
    }

    /// Asks the hub for a listing; where it is not to be asked or does not answer, what the cache has of a commit
    /// stands in.
    ///
    /// Throws ``HubError``, also that of the cache.
    func asked<Found>(_ cache: HubCache, orCached cached: (String) throws -> Found) throws -> Location<Found> {
        guard !settings.isOffline else {
            guard let commit = cache.knownCommit else { throw nothing(in: cache) }
            return .cached(try cached(commit))
        }
        let known = cache.knownCommit.flatMap { commit in (try? cached(commit)).map { (commit: commit, found: $0) } }
        do {
            var brief = self
            // Who has it need not wait half a minute to hear that there is no network.
            if known != nil { brief.settings.patience = min(1, settings.patience) }
            return .listed(try brief.listing(cache.reference))
        } catch let error as HubError where error.code == .unreachable {
            guard let known else { throw error }
            notice(
                "\(error.message); going on with what the cache has of \(cache.reference), commit \(known.commit)")
            return .cached(known.found)
        }
    }

    func nothing(in cache: HubCache) -> HubError {
        HubError(
            .offline, "the cache \(cache.root.path) has nothing of \(cache.reference), and HF_HUB_OFFLINE is set",
            remedy: "unset HF_HUB_OFFLINE, or name the cache that has it with HF_HOME or HF_HUB_CACHE")
    }

    /// A small file of the web, whole.
    ///
    /// The token is for the hub alone, and not sent. Throws ``HubError``.
    public func bytes(ofWebFile address: String, named name: String) throws -> [UInt8] {
        guard !settings.isOffline else {
            throw HubError(
                .offline, "\(name) is not here, and HF_HUB_OFFLINE is set", remedy: "unset HF_HUB_OFFLINE")
        }
        var anonymous = settings
        anonymous.token = nil
        let question = HubQuestion(subject: "\(name) at \(address)", settings: anonymous)
        return try HubFetches(settings: anonymous)([.init(address: address, question: question)]).first ?? []
    }

    func downloads(_ commit: String, to cache: HubCache) -> DownloadRun {
        DownloadRun(cache: cache, commit: commit, settings: settings, progress: progress, notice: notice)
    }

    private func cachedCheckpoint(of commit: String, in cache: HubCache) throws -> Snapshot {
        let folder = cache.snapshot(commit)
        if let missing = ModelFiles.missing(in: folder) {
            let isOffline = settings.isOffline
            throw HubError(
                .offline,
                "the cache \(cache.root.path) lacks \(missing) of \(cache.reference), and "
                    + (isOffline ? "HF_HUB_OFFLINE is set" : "the hub does not answer"),
                remedy: (isOffline ? "unset HF_HUB_OFFLINE" : "try again later") + ", so that the rest can be fetched")
        }
        return Snapshot(folder: folder, reference: cache.reference, commit: commit)
    }

    /// Files of a repository by their paths, fetched where they are missing.
    ///
    /// Throws ``HubError``, also for a path that is not there.
    public func files(_ paths: [String], of reference: RepositoryReference) throws -> Snapshot {
        let cache = HubCache(reference, root: settings.cache)
        if let commit = cache.knownCommit, settings.isOffline || reference.isCommit,
            paths.allSatisfy({ cache.file($0, of: commit) != nil })
        {
            return Snapshot(folder: cache.snapshot(commit), reference: reference, commit: commit)
        }
        return try fetch(paths, of: RepositoryContents(try listing(reference), cache: cache))
    }
}

extension String {
    /// Percent-encoded for a path, whose slashes stay.
    var escaped: String { encoded(CharacterSet(charactersIn: "/")) }

    /// Percent-encoded for one word of a path, its slashes too.
    var escapedWord: String { encoded(CharacterSet()) }

    private func encoded(_ others: CharacterSet) -> String {
        let allowed = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return addingPercentEncoding(withAllowedCharacters: allowed.union(others)) ?? self
    }
}
