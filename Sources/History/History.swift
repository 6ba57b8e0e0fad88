public import Foundation
import GRDB
import LabCore

/// Everything the lab has measured: samples by what identifies them, and runs with their records.
///
/// One SQLite file in WAL mode. Several labs may read and write it at once. Each write is one transaction: a killed
/// process costs at most the write in hand, and a lost power supply the samples of the last second. When a run, an
/// import or anything but a sample has been written, the file by itself has all of it, unless somebody reads just then.
public final class History: Sendable {
    /// What a history is opened for.
    public enum Access: Sendable {
        /// Reading, also of a file that cannot be written.
        case reading
        /// Changing what is there.
        case changing
        /// Adding to it; the file and its directories are made where they are missing.
        case creating
    }

    /// The file.
    public let url: URL

    /// One connection: reads and writes of a process take turns, other processes do not wait for them.
    let connection: DatabaseQueue

    private let access: Access

    private let syncing = Syncing()

    static let busyTimeoutSeconds: TimeInterval = 30

    /// Opens a history, and brings an older file to this lab's version.
    ///
    /// - Parameter access: what for; making the file where it is missing, unless told otherwise.
    /// - Throws: ``HistoryError`` when there is no such file, or it cannot be made or written, is damaged, is not a
    ///   history, or was written by a newer lab. A file that is refused is left as it was.
    public init(at url: URL, for access: Access = .creating) throws {
        self.url = url
        self.access = access
        if access == .creating { try Self.createDirectory(of: url) }
        connection = try HistoryError.translating(url, "open") { try Self.open(url, for: access) }
    }

    deinit {
        try? connection.close()
    }

    private static func open(_ url: URL, for access: Access) throws -> DatabaseQueue {
        let version = try HistoryFile.version(of: url)
        guard access == .creating || version > 0 else { throw HistoryError.missing(url) }
        guard access == .reading, version == Schema.version else {
            do {
                return try HistoryFile.writer(of: url)
            } catch let error as DatabaseError
                where access == .reading && [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode)
            {
                throw HistoryError(
                    .unwritable, file: url,
                    """
                    history \(url.path) has schema version \(version), is to be brought to version \(Schema.version), \
                    and cannot be written
                    """, remedy: "copy it to where it can be written, or 'lab history import' it into another history")
            }
        }
        return try HistoryFile.tidyReader(of: url)
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

    /// Runs `body` in one transaction.
    ///
    /// A commit waits for the disk (4 ms are usual) unless another did within the last second: minutes of computing
    /// on a large model are never at risk, and the many quick samples of a small one need not wait.
    ///
    /// - Parameter isEnd: whether it ends something: then it waits, and the log is emptied into the file.
    func write(isEnd: Bool, _ body: (Database) throws -> Void) throws {
        try writing("write") { database in
            let isSyncing = isEnd || syncing.isDue
            try database.execute(sql: "PRAGMA synchronous = \(isSyncing ? "FULL" : "NORMAL")")
            try database.inTransaction(.immediate) {
                try body(database)
                return .commit
            }
            if isSyncing { syncing.last = .now }
            if isEnd { Self.emptyLog(of: database) }
        }
    }

    /// Gives `body` the connection for writing, outside of a transaction.
    func writing(_ doing: String, _ body: (Database) throws -> Void) throws {
        precondition(access != .reading, "a history that was opened for reading is not written")
        try HistoryError.translating(url, doing) { try connection.writeWithoutTransaction(body) }
    }

    /// Writes what is in the log back into the file, so that a copy of the file has it; not while somebody else reads.
    static func emptyLog(of database: Database) {
        // Without waiting: whoever is the last to close the file does it too.
        try? database.execute(sql: "PRAGMA busy_timeout = 0")
        _ = try? database.checkpoint(.truncate)
        try? database.execute(sql: "PRAGMA busy_timeout = \(Int(busyTimeoutSeconds * 1000))")
    }

    /// When the write-ahead log was last flushed to disk.
    ///
    /// Unchecked: only touched inside writes, which run one after another.
    private final class Syncing: @unchecked Sendable {
        var last: ContinuousClock.Instant?

        var isDue: Bool { last.map { $0.duration(to: .now) > .seconds(1) } ?? true }
    }

    /// Times are kept as text in UTC with milliseconds: sortable, and readable in any SQLite shell.
    static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
