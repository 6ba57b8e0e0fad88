public import Foundation
import GRDB
import LabCore

/// Everything the lab has measured: samples by what identifies them, and runs with their records.
///
/// One SQLite file in WAL mode. Several labs may read and write it at once. Each write is one transaction: a killed
/// process costs at most the write in hand, and a lost power supply the samples of the last second.
public final class History: Sendable {
    /// The file.
    public let url: URL

    let pool: DatabasePool

    private let syncing = Syncing()

    static let busyTimeoutSeconds: TimeInterval = 30

    /// Opens a history, making the file and its directories where they are missing, and bringing an older file
    /// to this lab's version.
    ///
    /// - Throws: ``HistoryError`` when the file cannot be made or written, is damaged, is not a history, or was
    ///   written by a newer lab. A file that is refused is left as it was.
    public init(at url: URL) throws {
        self.url = url
        try Self.createDirectory(of: url)
        pool = try HistoryError.translating(url, "open") {
            try Self.check(url)
            return try Self.open(url)
        }
    }

    deinit {
        try? pool.close()
    }

    private static func createDirectory(of url: URL) throws {
        let directory = url.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch {
            let reason = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error) ?? error
            throw HistoryError(
                .unwritable, file: url,
                "cannot create directory \(directory.path) for history \(url.path): \(reason.localizedDescription)",
                remedy: "name a file in a directory that can be written with --history")
        }
    }

    /// Looks at an existing file without opening it for writing, since already that would change a foreign one.
    static func check(_ url: URL) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
        guard let attributes else { return }
        guard attributes[.type] as? FileAttributeType != .typeDirectory else {
            throw HistoryError(
                .unwritable, file: url, "cannot open history \(url.path): it is a directory",
                remedy: "name a file with --history")
        }
        guard let sizeBytes = attributes[.size] as? NSNumber, sizeBytes.int64Value > 0 else { return }
        do {
            try look(at: url, readonly: true)
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            // A process was killed within a transaction, a lab while it made the file, say. What it had committed has
            // to be restored before anybody can look, and that takes a writer; nothing else is written.
            try look(at: url, readonly: false)
        }
    }

    private static func look(at url: URL, readonly: Bool) throws {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        let queue = try DatabaseQueue(path: url.path, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { try Schema.check($0, file: url) }
    }

    private static func open(_ url: URL) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.label = "history"
        let deadline = Date(timeIntervalSinceNow: busyTimeoutSeconds)
        while true {
            do {
                let pool = try DatabasePool(path: url.path, configuration: configuration)
                try pool.write { try Schema.migrate($0, file: url) }
                return pool
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < deadline {
                // The switch of a new file to WAL does not wait for its turn as other writes do.
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }

    /// Runs `body` in one transaction.
    ///
    /// A commit waits for the disk (4 ms are usual) unless another did within the last second: minutes of computing
    /// on a large model are never at risk, and the many quick samples of a small one need not wait.
    func write(mustSync: Bool, _ body: (Database) throws -> Void) throws {
        try HistoryError.translating(url, "write") {
            try pool.writeWithoutTransaction { database in
                let isSyncing = mustSync || syncing.isDue
                try database.execute(sql: "PRAGMA synchronous = \(isSyncing ? "FULL" : "NORMAL")")
                try database.inTransaction(.immediate) {
                    try body(database)
                    return .commit
                }
                if isSyncing { syncing.last = .now }
            }
        }
    }

    /// When the write-ahead log was last flushed to disk.
    ///
    /// Unchecked: only touched inside the pool's writes, which run one after another.
    private final class Syncing: @unchecked Sendable {
        var last: ContinuousClock.Instant?

        var isDue: Bool { last.map { $0.duration(to: .now) > .seconds(1) } ?? true }
    }

    /// Times are kept as text in UTC with milliseconds: sortable, and readable in any SQLite shell.
    static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
