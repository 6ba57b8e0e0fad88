import ArgumentParser
import Foundation
import History
import LabCore
import LabRunner
import Reports

struct HistoryAccept: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Make a run the reference that later runs of its kind are gated against.")

    @Argument(help: ArgumentHelp("The run: an id, the beginning of one, or 'last'.", valueName: "run"))
    var reference: String

    @Option(help: "Why.")
    var note: String = ""

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let history = try History(at: places.historyFile, for: .changing)
        let record = try history.resolve(reference)
        try history.accept(record.id, note: note, at: .now)
        print("accepted \(record.id): later runs like it are gated against it")
        if record.verdict != .pass { print("note: its own verdict is \(record.verdict.rawValue)") }
        let early = record.verdicts.compactMap(\.evidence).filter {
            $0.basis == .sequential && $0.chunksUsed < $0.chunksAvailable
        }
        if let least = early.min(by: { $0.chunksUsed < $1.chunksUsed }) {
            // Later runs can be paired with it on no more than these.
            print(
                "note: it stopped after \(least.chunksUsed) of \(Format.count(least.chunksAvailable, "chunk")); "
                    + "a run with --full is a reference for all of them")
        }
    }
}

struct HistoryTag: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Give a run names, or take them away. A run with one is not pruned.")

    @Argument(help: ArgumentHelp("The run: an id, the beginning of one, or 'last'.", valueName: "run"))
    var reference: String

    @Argument(help: "The names.")
    var names: [String]

    @Flag(help: "Take the names away.")
    var remove = false

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let history = try History(at: places.historyFile, for: .changing)
        let id = try history.resolve(reference).id
        if remove {
            try history.removeTags(id, names)
        } else {
            try history.tag(id, names)
        }
        let tags = try history.tags(of: id)
        print(tags.isEmpty ? "\(id) has no tags" : "\(id): \(VisibleText(tags.joined(separator: ", ")).text)")
    }
}

struct HistoryPrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Take away old runs, their samples, and the artifacts and packs that no other run names.",
        discussion: """
            Accepted and tagged runs stay. With both criteria a run goes that meets both. The store is pruned where --store \
            names it, or the history is the usual one.
            """)

    @Option(help: "Runs from before a date (2026-11-01) or older than so many days (90d).")
    var before: Moment?

    @Option(help: "All but the newest so many runs of each suite, model and recipe.")
    var keep: Int?

    @Flag(help: "Tell what would go, and change nothing.")
    var dryRun = false

    @OptionGroup var places: PlaceOptions

    func validate() throws {
        if before == nil, keep == nil { throw ValidationError("name what goes: --before DATE, --keep N, or both") }
        if let keep, keep < 0 { throw ValidationError("--keep must be 0 or more") }
    }

    func run() throws {
        let history = try History(at: places.historyFile, for: .changing)
        // Another history's runs may need what is in the usual store.
        let isStoreOurs = places.store != nil || places.historyFile.path == Locations.history.path
        let storeFolder = isStoreOurs ? places.storeFolder : nil
        let summary: PruneSummary
        let store: StorePruning?
        if dryRun {
            summary = try history.prune(before: before?.date, keeping: keep, isDryRun: true)
            store = try storeFolder.map { try StorePruning(of: $0, artifacts: summary.artifacts, isDryRun: true) }
        } else {
            // Before anything goes: what a run has read from history writes nothing there, and packs have no lock.
            let lock = try RunLock(pruning: places.historyFile, store: storeFolder)
            defer { withExtendedLifetime(lock) {} }
            try refuseHeldFiles(of: storeFolder, in: history)
            summary = try history.prune(before: before?.date, keeping: keep, isDryRun: false)
            store = try storeFolder.map { try StorePruning(of: $0, artifacts: summary.artifacts, isDryRun: false) }
        }
        tell(summary, store)
    }

    /// Ends before a row is deleted where another process holds a folder that would go: it would never go later.
    private func refuseHeldFiles(of store: URL?, in history: History) throws {
        guard let store else { return }
        let going = try history.prune(before: before?.date, keeping: keep, isDryRun: true).artifacts
        guard let held = try StorePruning(of: store, artifacts: going, isDryRun: true).inUse.first else { return }
        throw RunnerError(
            "another process works with \(held.path); nothing was pruned", remedy: "prune again when it has ended")
    }

    private func tell(_ summary: PruneSummary, _ store: StorePruning?) {
        for id in summary.runs { print("run \(VisibleText(id).text)") }
        for item in store?.removed ?? [] { print("\(item.folder.path), \(Format.bytes(item.bytes))") }
        for folder in store?.inUse ?? [] { print("left, since another process holds it: \(folder.path)") }
        let storeBytes = store?.removed.reduce(0) { $0 + $1.bytes } ?? 0
        let what =
            "\(Format.count(summary.runs.count, "run")), \(Format.count(summary.samples, "sample")), "
            + "\(Format.count(store?.removed.count ?? 0, "folder")) of the store"
        if dryRun {
            print("would remove \(what) (\(Format.bytes(storeBytes))); nothing was changed")
        } else {
            print(
                "removed \(what); freed \(Format.bytes(summary.freedBytes)) of the history, \(Format.bytes(storeBytes)) of the store"
            )
        }
        if store == nil {
            print("the store was left alone, since the history is not the usual one; --store DIR prunes it too")
        }
    }
}
