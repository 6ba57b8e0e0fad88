import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The ways to open the file of a history.
enum HistoryFile {
    /// The most that SQLite keeps of a file in memory, KiB: a trend of many series reads thousands of pages, and a site
    /// the same ones again.
    static let cacheKiB = 65_536

    /// The version of a file's schema, after a look that changes nothing of it; 0 where there is no file, or nothing in it.
    ///
    /// - Throws: ``HistoryError`` for a directory, another program's file, or a newer lab's.
    static func version(of url: URL) throws -> Int {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
        else { return 0 }
        guard attributes[.type] as? FileAttributeType != .typeDirectory else {
            throw HistoryError(
                .unwritable, file: url, "cannot open history \(url.path): it is a directory",
                remedy: "name a file in it, or another")
        }
        guard let sizeBytes = attributes[.size] as? NSNumber, sizeBytes.int64Value > 0 else { return 0 }
        func look(_ queue: DatabaseQueue) throws -> Int {
            defer { try? queue.close() }
            return try queue.read { database in
                try Schema.check(database, file: url)
                return try Schema.version(of: database)
            }
        }
        do {
            return try look(reader(of: url))
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            // A process was killed within a transaction, a lab while it made the file, say. What it had committed has
            // to be restored before anybody can look, and that takes a writer; nothing else is written.
            return try look(DatabaseQueue(path: url.path, configuration: configuration))
        }
    }

    /// A connection that cannot write.
    static func reader(of url: URL) throws -> DatabaseQueue {
        var configuration = configuration
        configuration.readonly = true
        return try DatabaseQueue(path: readableName(of: url), configuration: configuration)
    }

    /// A connection for reading that leaves nothing behind.
    ///
    /// Where the file can be written it is one that could: closing it takes away the log that SQLite puts beside a file
    /// even for reading.
    static func tidyReader(of url: URL) throws -> DatabaseQueue {
        if access(url.path, W_OK) == 0 {
            do {
                return try DatabaseQueue(path: url.path, configuration: configuration)
            } catch let error as DatabaseError
                where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
            {
                // The file could be written, but not the folder.
            }
        }
        return try reader(of: url)
    }

    /// A connection that writes, to a file in WAL mode at this lab's version.
    static func writer(of url: URL) throws -> DatabaseQueue {
        let deadline = Date(timeIntervalSinceNow: History.busyTimeoutSeconds)
        while true {
            do {
                let queue = try DatabaseQueue(path: url.path, configuration: configuration)
                try queue.writeWithoutTransaction { database in
                    let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
                    guard mode == "wal" else {
                        throw DatabaseError(message: "it cannot have a write-ahead log; use a local disk")
                    }
                    guard try Schema.version(of: database) != Schema.version else { return }
                    try database.inTransaction(.immediate) {
                        try Schema.migrate(database, file: url)
                        return .commit
                    }
                    History.emptyLog(of: database)
                }
                return queue
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < deadline {
                // The switch of a new file to WAL does not wait for its turn as other writes do.
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }

    /// What SQLite can read the file by: its path; or, where it can neither be written nor have a log beside it, a name
    /// that says that nobody writes it.
    static func readableName(of url: URL) -> String {
        var configuration = configuration
        configuration.readonly = true
        do {
            try DatabaseQueue(path: url.path, configuration: configuration).close()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN && !hasLog(url) {
            let path = url.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? url.path
            return "file:\(path)?immutable=1"
        } catch {
            // Whoever opens it hears the same.
        }
        return url.path
    }

    /// Whether two names are of the same file, by links of any kind too.
    static func isSame(_ a: URL, _ b: URL) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(a.path, &first) == 0, stat(b.path, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Whether there is something in the log that is not yet in the file.
    private static func hasLog(_ url: URL) -> Bool {
        let log = url.resolvingSymlinksInPath().path + "-wal"
        let attributes = try? FileManager.default.attributesOfItem(atPath: log)
        return ((attributes?[.size] as? NSNumber)?.int64Value ?? 0) > 0
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(History.busyTimeoutSeconds)
        configuration.label = "history"
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -\(cacheKiB)") }
        return configuration
    }
}
