public import Foundation
import GRDB
import LabCore

/// Everything the lab has measured: samples by what identifies them, and runs with their records.
///
/// One SQLite file in WAL mode. Several labs may read and write it at once; each write is one transaction, on disk
/// when the call returns, so that a killed process or a lost power supply costs at most the write in hand.
public final class History: Sendable {
    /// The file.
    public let url: URL

    let pool: DatabasePool

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
    private static func check(_ url: URL) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
        guard let attributes else { return }
        guard attributes[.type] as? FileAttributeType != .typeDirectory else {
            throw HistoryError(
                .unwritable, file: url, "cannot open history \(url.path): it is a directory",
                remedy: "name a file with --history")
        }
        guard let sizeBytes = attributes[.size] as? NSNumber, sizeBytes.int64Value > 0 else { return }
        var configuration = Configuration()
        configuration.readonly = true
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
                // GRDB chooses NORMAL, which may lose the last minutes when the power goes; a sample of a large
                // model can be worth more than the fsync.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                try pool.write { try Schema.migrate($0, file: url) }
                return pool
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < deadline {
                // The switch of a new file to WAL does not wait for its turn as other writes do.
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }

    /// Times are kept as text in UTC with milliseconds: sortable, and readable in any SQLite shell.
    static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
