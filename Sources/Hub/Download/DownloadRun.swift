import Foundation
import LabCore

/// Downloads files of one commit into the cache, beside each other.
struct DownloadRun {
    private let cache: HubCache
    private let commit: String
    private let settings: HubSettings
    private let progress: ProgressHandler
    private let notice: @Sendable (String) -> Void

    init(
        cache: HubCache, commit: String, settings: HubSettings, progress: @escaping ProgressHandler,
        notice: @escaping @Sendable (String) -> Void
    ) {
        self.cache = cache
        self.commit = commit
        self.settings = settings
        self.progress = progress
        self.notice = notice
    }

    /// How often the tables of what came are written.
    private static let savingInterval = Duration.seconds(1)

    /// Fetches what is missing, and links all files into the snapshot.
    ///
    /// Returns when every file is whole. Throws the first ``HubError`` that no try mends; what came is kept then.
    func run(_ files: [RepositoryFile]) throws {
        try cache.makeFolders()
        try requireRoom(for: files)
        let loop = try TransferLoop(connections: settings.connections)
        // One download for each blob: two paths may have the same bytes.
        var seen: Set<String> = []
        let downloads = files.filter { seen.insert($0.identity.etag).inserted }.map { file in
            BlobDownload(
                file, at: address(of: file), of: cache, commit: commit, loop: loop, settings: settings)
        }
        defer { for download in downloads { download.stop() } }
        try wait(for: downloads, loop: loop)
        for file in files { try cache.link(file, commit: commit) }
    }

    private func wait(for downloads: [BlobDownload], loop: TransferLoop) throws {
        let total = downloads.reduce(0) { $0 + $1.file.sizeBytes }
        let beganAt = ContinuousClock.now
        var savedAt = beganAt
        var isWaitTold = false
        var toldBytes: Int64 = -1
        while true {
            for download in downloads where !download.isEnded { download.step() }
            for download in downloads {
                if case .failed(let error) = download.state { throw error }
            }
            let done = downloads.reduce(0) { $0 + $1.doneBytes }
            let isEnded = downloads.allSatisfy(\.isEnded)
            // Nothing is told of what was there before.
            if downloads.contains(where: \.wasFetched), done != toldBytes, isEnded || done < total {
                toldBytes = done
                progress(
                    ProgressUpdate(
                        stage: "download \(cache.reference)", completed: Int(done), total: Int(total), unit: "bytes"))
            }
            if isEnded { return }
            for download in downloads {
                while loop.count < settings.connections, download.startNext() {}
            }
            loop.turn(atMost: .milliseconds(50))
            if !isWaitTold, .now - beganAt > .seconds(2),
                let other = downloads.first(where: { if case .waiting = $0.state { true } else { false } })
            {
                isWaitTold = true
                notice("\(other.file.path) of \(cache.reference) is being fetched by another program; waiting for it")
            }
            if .now - savedAt > Self.savingInterval {
                savedAt = .now
                for download in downloads { download.save() }
            }
        }
    }

    private func address(of file: RepositoryFile) -> String {
        HubClient.address(of: file.path, in: cache.reference, revision: commit, settings: settings)
    }

    /// Refuses a download that the disk has no room for, before the first byte.
    private func requireRoom(for files: [RepositoryFile]) throws {
        let missing = files.filter { !cache.hasBlob($0) }.reduce(Int64(0)) { sum, file in
            let known = PartTable(contentsOf: cache.record(file), sizeBytes: file.sizeBytes)?.doneBytes ?? 0
            return sum + file.sizeBytes - known
        }
        guard let free = cache.freeBytes, free < missing else { return }
        throw HubError(
            .disk,
            "\(cache.reference) needs \(ByteSize(missing)) more, and the disk of \(cache.root.path) has "
                + "\(ByteSize(free)) left",
            remedy: "free some disk space, or name a cache on another disk with HF_HOME or HF_HUB_CACHE")
    }
}
