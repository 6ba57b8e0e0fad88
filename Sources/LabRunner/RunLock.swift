public import Foundation

/// Keeps pruning away from what a run is using: the samples that it has read from history, and the files of the store.
///
/// Runs share it, pruning has it alone. An empty file beside the history and one in the store are locked; they stay.
public struct RunLock: ~Copyable {
    private let history: FileLock
    private let store: FileLock?

    /// What a run holds while it works; waits for a pruning to end.
    init(runIn history: URL, store: URL) throws {
        let historyLock = try FileLock(Self.file(of: history), isShared: true)
        let storeLock = try FileLock(Self.file(in: store), isShared: true)
        self.history = historyLock
        self.store = consume storeLock
    }

    /// What pruning holds.
    ///
    /// - Parameter store: nil where it is left alone.
    /// - Throws: ``RunnerError`` when a run is going on.
    public init(pruning history: URL, store: URL?) throws {
        let historyLock = try Self.alone(Self.file(of: history), "history \(history.path)")
        var storeLock: FileLock?
        if let store, FileManager.default.fileExists(atPath: store.path) {
            storeLock = try Self.alone(Self.file(in: store), "store \(store.path)")
        }
        self.history = historyLock
        self.store = storeLock
    }

    private static func alone(_ file: URL, _ what: String) throws -> FileLock {
        if let lock = FileLock(ifFree: file) { return lock }
        guard FileManager.default.isWritableFile(atPath: file.path) else {
            throw RunnerError("\(file.path) cannot be written; nothing was pruned", remedy: "make \(what) writable")
        }
        throw RunnerError("a run is going on in \(what); nothing was pruned", remedy: "prune again when it has ended")
    }

    private static func file(of history: URL) -> URL {
        URL(fileURLWithPath: history.resolvingSymlinksInPath().path + "-lock")
    }

    private static func file(in store: URL) -> URL { store.appendingPathComponent("runs.lock") }
}
