public import Foundation
public import History
public import LabCore
import ModelFormats
import Reports

/// A static site over a history: a page for each run, model and month, and one that leads to them.
///
/// A page of a run is made once, and again when its record, the runs that its trends are drawn from, or the lab itself
/// has changed. What the site writes is listed in its manifest; nothing else in the folder is touched.
public struct ReportSite: Sendable {
    /// What a build did.
    public struct Outcome: Sendable {
        /// Runs in the history.
        public var runs = 0
        /// Pages written.
        public var written = 0
        /// Pages left as they were.
        public var kept = 0
        /// Pages removed, since their runs are gone.
        public var removed = 0
    }

    /// What the site knows of what it has written.
    private struct Manifest: Codable {
        static let currentVersion = 1
        static let fileName = "site.json"

        struct Page: Codable {
            /// What its content is made from, or its content itself.
            var digest: Digest
            /// Its size: a page of another size was cut short or changed.
            var bytes: Int

            /// A page that is about to be written, listed so that it is known as the site's own if this build ends early.
            static let unfinished = Page(digest: Digest(of: ""), bytes: -1)
        }

        var version = currentVersion
        /// By place, relative to the folder.
        var pages: [String: Page] = [:]
        /// By identifier.
        var runs: [String: SiteRun] = [:]
    }

    private let folder: URL
    private let history: History

    /// A site in a folder, which is made where it is missing.
    public init(at folder: URL, history: History) {
        self.folder = folder
        self.history = history
    }

    /// Brings the site up to date.
    ///
    /// - Parameter force: make every page again, and let a history without runs empty the site.
    /// - Parameter progress: told of every page; called from any thread.
    /// - Throws: ``RunnerError`` where a file that is not the site's own is in the way, and for a history without runs
    ///   where the site has some.
    public func build(force: Bool = false, progress: @escaping ProgressHandler) throws -> Outcome {
        var claimed = try readManifest()
        let old = claimed
        let known = force ? Manifest() : old
        let records = try history.recordDigests()
        guard !records.isEmpty || old.runs.isEmpty || force else {
            throw RunnerError(
                "history \(history.url.path) has no runs, and the site in \(folder.path) shows \(old.runs.count)",
                remedy: "name its history with --history; with --force the site is emptied")
        }
        var manifest = Manifest()
        var outcome = Outcome()
        outcome.runs = records.count

        var stale: [(id: String, digest: Digest)] = []
        let maker = try FileDigest.compute(Locations.executable)
        let trends = try history.trendDigests()
        for (id, record) in records {
            let path = SitePath.run(id)
            let digest = Digest(of: "\(maker) \(record) \(trends[id]?.hex ?? "")")
            if let page = known.pages[path], page.digest == digest, let run = known.runs[id], isWhole(page, at: path) {
                manifest.pages[path] = page
                manifest.runs[id] = run
            } else {
                stale.append((id, digest))
            }
        }
        outcome.kept = manifest.pages.count
        try requireOwn(["index.html"], in: claimed)
        try claim(stale.map { SitePath.run($0.id) }, in: &claimed)
        for (page, run) in try makeRunPages(stale, progress: progress) {
            manifest.pages[SitePath.run(run.id)] = page
            manifest.runs[run.id] = run
        }
        outcome.written = stale.count

        var changed: [(path: String, data: Data)] = []
        for (path, html) in try listPages(records.compactMap { manifest.runs[$0.id] }) {
            let data = Data(html.utf8)
            let page = Manifest.Page(digest: Digest(of: data), bytes: data.count)
            manifest.pages[path] = page
            if let before = known.pages[path], before.digest == page.digest, isWhole(before, at: path) {
                outcome.kept += 1
            } else {
                changed.append((path, data))
            }
        }
        try claim(changed.map(\.path), in: &claimed)
        for (path, data) in changed { try write(data, to: path) }
        outcome.written += changed.count
        for path in old.pages.keys where manifest.pages[path] == nil && Self.isOurs(path) {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(path))
            outcome.removed += 1
        }
        try save(manifest)
        return outcome
    }

    // MARK: - Pages

    /// The pages of some runs, several at a time.
    private func makeRunPages(
        _ stale: [(id: String, digest: Digest)], progress: @escaping ProgressHandler
    ) throws -> [(Manifest.Page, SiteRun)] {
        let results = Collected()
        let site = self
        DispatchQueue.concurrentPerform(iterations: stale.count) { index in
            guard !results.hasFailed else { return }
            results.add(
                Result {
                    guard let run = try site.history.run(id: stale[index].id) else {
                        // Somebody pruned the history meanwhile; the next build will know.
                        return nil
                    }
                    let trends = try RunTrends.trends(of: run, in: site.history)
                    let html = try HTMLReport.render(run, trends: trends, home: "../index.html")
                    let data = Data(html.utf8)
                    try site.write(data, to: SitePath.run(run.id))
                    return (Manifest.Page(digest: stale[index].digest, bytes: data.count), SiteRun(run))
                })
            progress(
                ProgressUpdate(stage: "pages", completed: results.count, total: stale.count, unit: "runs"))
        }
        return try results.values()
    }

    /// The pages that list runs.
    ///
    /// - Parameter runs: newest first.
    private func listPages(_ runs: [SiteRun]) throws -> [(path: String, html: String)] {
        var pages = [("index.html", try SitePages.index(runs))]
        var ofModel: [String: [SiteRun]] = [:]
        var ofMonth: [String: [SiteRun]] = [:]
        for run in runs {
            for model in run.models { ofModel[model, default: []].append(run) }
            ofMonth[SitePages.month(of: run), default: []].append(run)
        }
        for (model, runs) in ofModel.sorted(by: { $0.key < $1.key }) {
            pages.append((SitePath.model(model), try SitePages.model(model, runs, trends: trends(of: runs))))
        }
        for (month, runs) in ofMonth.sorted(by: { $0.key < $1.key }) {
            pages.append((SitePath.month(month), try SitePages.month(month, runs)))
        }
        return pages
    }

    /// The judged metrics of each suite's and recipe's newest run.
    private func trends(of runs: [SiteRun]) throws -> [Trend] {
        struct Subject: Hashable {
            let suite: String
            let candidates: [SiteRun.Candidate]
        }
        var seen: Set<Subject> = []
        var trends: [Trend] = []
        for run in runs where seen.insert(Subject(suite: run.suite, candidates: run.candidates)).inserted {
            guard let record = try history.run(id: run.id) else { continue }
            trends += try RunTrends.trends(of: record, in: history, limit: Self.pointLimit).filter { trend in
                !trends.contains { $0.key == trend.key }
            }
            if trends.count >= Self.trendLimit { break }
        }
        return trends
    }

    private static let trendLimit = 24
    private static let pointLimit = 100

    // MARK: - Files

    private var manifestFile: URL { folder.appendingPathComponent(Manifest.fileName) }

    /// What the site has written so far; nothing where no manifest is.
    private func readManifest() throws -> Manifest {
        guard Self.isThere(manifestFile) else { return Manifest() }
        guard let data = try? Data(contentsOf: manifestFile),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
            manifest.version == Manifest.currentVersion
        else {
            throw RunnerError(
                "\(manifestFile.path) is no list of a site's pages that this lab can read",
                remedy: "name another folder with --output, or move what is in this one away")
        }
        return manifest
    }

    private func save(_ manifest: Manifest) throws {
        for name in ["", "runs", "models", "months"] {
            try Folders.make(
                folder.appendingPathComponent(name, isDirectory: true), remedy: "name another folder with --output")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(manifest), to: manifestFile)
    }

    /// Lists pages as the site's own before they are written.
    private func claim(_ paths: [String], in manifest: inout Manifest) throws {
        guard !paths.isEmpty else { return }
        try requireOwn(paths, in: manifest)
        for path in paths { manifest.pages[path] = .unfinished }
        try save(manifest)
    }

    /// Refuses to replace what the site has not written.
    private func requireOwn(_ paths: [String], in manifest: Manifest) throws {
        for path in paths where manifest.pages[path] == nil {
            let url = folder.appendingPathComponent(path)
            guard !Self.isThere(url) else {
                throw RunnerError(
                    "\(url.path) is there already, and is not the site's: its \(Manifest.fileName) does not list it",
                    remedy: "move it away, or name another folder with --output")
            }
        }
    }

    /// Whether a name is taken, be it by a link that leads nowhere.
    private static func isThere(_ url: URL) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: url.path)) != nil
    }

    /// Pages need no sync: one that a lost power supply cut short has another size, and is made again.
    private func write(_ data: Data, to path: String) throws {
        let url = folder.appendingPathComponent(path)
        do {
            try data.write(to: url, options: .atomic)
        } catch {
            throw RunnerError(
                "\(url.path) cannot be written: \(error.localizedDescription)",
                remedy: "name another folder with --output")
        }
    }

    private func isWhole(_ page: Manifest.Page, at path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: folder.appendingPathComponent(path).path)
        return (attributes?[.size] as? NSNumber)?.intValue == page.bytes
    }

    /// Whether a place from a manifest is one that a site writes to; a manifest that was tampered with removes nothing.
    private static func isOurs(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && ["runs", "models", "months"].contains(parts[0]) && parts[1].hasSuffix(".html")
            && !parts[1].hasPrefix(".")
    }

    /// Results of several threads.
    private final class Collected: @unchecked Sendable {
        // `lock` protects everything below it.
        private let lock = NSLock()
        private var pages: [(Manifest.Page, SiteRun)] = []
        private var done = 0
        private var failure: (any Error)?

        var hasFailed: Bool { lock.withLock { failure != nil } }
        var count: Int { lock.withLock { done } }

        func add(_ result: Result<(Manifest.Page, SiteRun)?, any Error>) {
            lock.withLock {
                done += 1
                switch result {
                case .success(let page): if let page { pages.append(page) }
                case .failure(let error): failure = failure ?? error
                }
            }
        }

        func values() throws -> [(Manifest.Page, SiteRun)] {
            try lock.withLock {
                if let failure { throw failure }
                return pages
            }
        }
    }
}
