public import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension History {
    /// Writes a copy as of one moment, whole or not at all, while others go on writing.
    ///
    /// - Parameter since: only runs that started at this moment or later; nil for all.
    /// - Parameter suite: only runs of this suite; nil for all. With either, samples come along only where they are of
    ///   an artifact of those runs.
    /// - Returns: the number of runs in the copy.
    /// - Throws: ``HistoryError``; also when the file exists and is no history of the lab.
    public func export(to file: URL, since: Date? = nil, suite: String? = nil) throws -> Int {
        let claim = try Self.claim(file, besides: url)
        defer { try? claim?.close() }
        let name = ".\(file.lastPathComponent).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        let temporary = file.deletingLastPathComponent().appendingPathComponent(name)
        defer {
            for suffix in ["", "-journal"] { try? FileManager.default.removeItem(atPath: temporary.path + suffix) }
        }
        try HistoryError.translating(url, "read") {
            // A connection of its own: this process may write meanwhile.
            let queue = try HistoryFile.reader(of: url)
            defer { try? queue.close() }
            do {
                try queue.writeWithoutTransaction {
                    try $0.execute(sql: "VACUUM INTO ?", arguments: [temporary.path])
                }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
                throw HistoryError(
                    .unwritable, file: file, "\(file.path) cannot be written",
                    remedy: "name a file in a folder that is there")
            } catch let error as DatabaseError {
                // A damaged page sends SQLite beyond all limits, which it may call a full disk.
                let found = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
                if let found, found != "ok" { throw HistoryError.corrupt(url, found) }
                guard error.resultCode == .SQLITE_FULL else { throw error }
                throw HistoryError.diskFull(file, "cannot write history \(file.path)")
            }
        }
        let runs = try HistoryError.translating(file, "write") {
            let queue = try DatabaseQueue(path: temporary.path)
            defer { try? queue.close() }
            if since != nil || suite != nil { try Self.reduce(queue, since: since, suite: suite) }
            return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM runs") ?? 0 }
        }
        try Self.settle(temporary, as: file)
        return runs
    }

    private static func reduce(_ queue: DatabaseQueue, since: Date?, suite: String?) throws {
        try queue.write { database in
            try database.execute(
                sql: "DELETE FROM runs WHERE started_at < ?1 OR (?2 IS NOT NULL AND suite <> ?2)",
                arguments: [since?.formatted(timeFormat) ?? "", suite])
            try database.execute(
                sql: """
                    DELETE FROM samples WHERE conditions_id NOT IN (
                        SELECT id FROM conditions WHERE artifact_sha256 IN (SELECT sha256 FROM run_artifacts));
                    DELETE FROM outputs WHERE conditions_id NOT IN (
                        SELECT id FROM conditions WHERE artifact_sha256 IN (SELECT sha256 FROM run_artifacts));
                    """)
            try dropUnused(in: database)
            try TrendStates.advanceAll(in: database)
        }
        try queue.vacuum()
    }

    /// Removes rows that others refer to and none does any more.
    static func dropUnused(in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM artifacts WHERE sha256 NOT IN (SELECT sha256 FROM run_artifacts);
                DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM measurements WHERE series_id = series.id);
                DELETE FROM conditions WHERE NOT EXISTS (SELECT 1 FROM samples WHERE conditions_id = conditions.id)
                    AND NOT EXISTS (SELECT 1 FROM outputs WHERE conditions_id = conditions.id);
                """)
    }

    /// A lock on the history that is to be replaced, held by the connection until it is closed; nil where there is none.
    ///
    /// Refuses what is no history, the history itself, and one that another process has open: what it writes would be lost,
    /// and its log be mixed with the copy.
    private static func claim(_ file: URL, besides own: URL) throws -> DatabaseQueue? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        guard !HistoryFile.isSame(file, own) else {
            throw HistoryError(
                .invalidValue, file: file, "\(file.path) is the history itself", remedy: "name another file")
        }
        do {
            guard try HistoryError.translating(file, "replace", { try HistoryFile.version(of: file) }) > 0 else {
                return nil
            }
        } catch let error as HistoryError {
            throw HistoryError(
                error.code, file: file,
                "\(file.path) exists and is no history that may be replaced: \(error.description)",
                remedy: "name another file")
        }
        do {
            // Leaving WAL mode needs the file for oneself, and writes back what a killed process left in the log.
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let queue = try DatabaseQueue(path: file.path, configuration: configuration)
            try queue.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
            }
            return queue
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
            throw HistoryError(
                .busy, file: file, "history \(file.path) is in use",
                remedy: "name another file; 'lab history import' adds to a history that is in use")
        } catch let error as DatabaseError {
            return try HistoryError.translating(file, "replace") { throw error }
        }
    }

    /// Syncs a file to the disk and gives it its name.
    private static func settle(_ temporary: URL, as file: URL) throws {
        func failure() -> HistoryError {
            HistoryError(
                .unwritable, file: file, "\(file.path) cannot be written: \(String(cString: strerror(errno)))",
                remedy: "name a file in a folder that can be written")
        }
        let descriptor = open(temporary.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        let isSynced = fsync(descriptor) == 0
        close(descriptor)
        guard isSynced, rename(temporary.path, file.path) == 0 else { throw failure() }
        let directory = open(file.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }
}
