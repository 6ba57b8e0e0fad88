import Foundation
import GRDB
import History
import LabCore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct OpeningTests {
    @Test func missingDirectoriesAreMade() throws {
        let directory = try TemporaryDirectory()
        let url = directory.url.appending(path: "a/b c/história.sqlite")
        _ = try History(at: url)
        #expect(FileManager.default.fileExists(atPath: url.path))
    }

    @Test func openingAgainLeavesTheSchemaAndTheContentAlone() throws {
        let directory = try TemporaryDirectory()
        try History(at: directory.history).record(run("a"))
        let before = try schema(of: directory.history)
        for _ in 0..<3 { _ = try History(at: directory.history) }
        #expect(try schema(of: directory.history) == before)
        #expect(try History(at: directory.history).runs().map(\.id) == ["a"])
    }

    @Test func anEmptyFileBecomesAHistory() throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: directory.history)
        #expect(try History(at: directory.history).runs().isEmpty)
    }

    /// What a process leaves that is killed while it writes pages, before the file is in WAL mode: some of the pages
    /// are there, and the journal that takes them back.
    private func killedWhileWriting(_ url: URL, _ committed: String, uncommitted: String) throws {
        let original = url.appendingPathExtension("original")
        let queue = try DatabaseQueue(path: original.path)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA cache_size = 1; \(committed)")
            try database.execute(sql: "BEGIN; \(uncommitted)")
            for suffix in ["", "-journal"] {
                try FileManager.default.copyItem(atPath: original.path + suffix, toPath: url.path + suffix)
            }
            try database.execute(sql: "ROLLBACK")
        }
        try queue.close()
    }

    private static let manyRows = """
        CREATE TABLE many (text TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO many SELECT hex(randomblob(100)) FROM n
        """

    @Test func aFileWhoseMakerWasKilledBecomesAHistory() throws {
        let directory = try TemporaryDirectory()
        try killedWhileWriting(directory.history, "", uncommitted: Self.manyRows)
        #expect(FileManager.default.fileExists(atPath: directory.history.path + "-journal"))
        #expect(try History(at: directory.history).runs().isEmpty)
        #expect(try !schema(of: directory.history).contains { $0.hasPrefix("many") })
    }

    @Test func anotherProgramsInterruptedDatabaseIsRefusedWithWhatItHadCommitted() throws {
        let directory = try TemporaryDirectory()
        try killedWhileWriting(
            directory.history, "CREATE TABLE accounts (id INTEGER);", uncommitted: Self.manyRows)
        let error = #expect(throws: HistoryError.self) { try History(at: directory.history) }
        #expect(error?.code == .foreign)
        #expect(try schema(of: directory.history) == ["accountsCREATE TABLE accounts (id INTEGER)"])
    }

    @Test func aNewerSchemaIsRefusedAndLeftAlone() throws {
        let directory = try TemporaryDirectory()
        _ = try History(at: directory.history)
        try edit(directory.history, "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
        let before = try Data(contentsOf: directory.history)

        let error = #expect(throws: HistoryError.self) { try History(at: directory.history) }

        #expect(error?.code == .newerSchema)
        #expect(error?.exitCode == .unavailable)
        #expect(
            error?.description
                == "history \(directory.history.path) has schema version 99; this lab knows versions up to 3")
        #expect(try Data(contentsOf: directory.history) == before)
    }

    @Test func anotherProgramsDatabaseIsRefusedAndLeftAlone() throws {
        let directory = try TemporaryDirectory()
        try edit(directory.history, "CREATE TABLE accounts (id INTEGER)")
        let before = try Data(contentsOf: directory.history)
        let error = #expect(throws: HistoryError.self) { try History(at: directory.history) }
        #expect(error?.code == .foreign)
        #expect(try Data(contentsOf: directory.history) == before)
    }

    @Test(arguments: ["This is a letter, not a database. ", "SQLite format 3\u{0}garbage "])
    func aFileThatIsNoDatabaseIsRefusedAndLeftAlone(start: String) throws {
        let directory = try TemporaryDirectory()
        let content = Data(String(repeating: start, count: 200).utf8)
        try content.write(to: directory.history)
        let error = #expect(throws: HistoryError.self) { try History(at: directory.history) }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains(directory.history.path) == true)
        #expect(try Data(contentsOf: directory.history) == content)
    }

    @Test func damagedPagesAreAnErrorThatNamesTheFile() throws {
        let directory = try TemporaryDirectory()
        do {
            let history = try History(at: directory.history)
            for index in 0..<50 { try history.record(run("run-\(index)", minute: Double(index))) }
        }
        try edit(directory.history, "PRAGMA wal_checkpoint(TRUNCATE)")
        var content = try Data(contentsOf: directory.history)
        // Page 1 holds the schema and stays, so that the file still opens.
        content.replaceSubrange(4096..<content.count, with: Data(repeating: 0xA5, count: content.count - 4096))
        try content.write(to: directory.history)

        let error = #expect(throws: HistoryError.self) { try History(at: directory.history).runs() }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains(directory.history.path) == true)
    }

    @Test func aDirectoryInPlaceOfTheFileIsAnError() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: HistoryError.self) { try History(at: directory.url) }
        #expect(error?.code == .unwritable)
    }

    @Test func aFileInPlaceOfTheDirectoryIsAnErrorThatNamesIt() throws {
        let directory = try TemporaryDirectory()
        try Data("x".utf8).write(to: directory.url.appending(path: "file"))
        let error = #expect(throws: HistoryError.self) {
            try History(at: directory.url.appending(path: "file/history.sqlite"))
        }
        #expect(error?.code == .unwritable)
        #expect(error?.description.contains("file/history.sqlite") == true)
    }

    @Test(.enabled(if: getuid() != 0, "root may write anywhere; run the tests as another user"))
    func aReadOnlyDirectoryIsAnErrorThatNamesTheFile() throws {
        let directory = try TemporaryDirectory()
        chmod(directory.url.path, 0o500)
        defer { chmod(directory.url.path, 0o700) }
        let error = #expect(throws: HistoryError.self) { try History(at: directory.history) }
        #expect(error?.code == .unwritable)
        #expect(error?.description.contains(directory.history.path) == true)
    }

    @Test(.enabled(if: canMountTmpfs, "mounting a small tmpfs needs root on Linux; run as root in a container"))
    func aFullDiskIsAnErrorAndKeepsWhatWasFinished() throws {
        let directory = try TemporaryDirectory()
        try mountTmpfs(at: directory.url, sizeBytes: 1 << 20)
        defer { unmount(directory.url) }
        let history = try History(at: directory.history)
        var stored: [Digest] = []

        let error = #expect(throws: HistoryError.self) {
            for index in 0..<20_000 {
                try history.store(
                    ChunkScore(nllSumNats: 1, tokenCount: 1), conditions: conditions(), sample: sample(index),
                    runID: "run")
                stored.append(conditions().key(sample: sample(index)))
            }
        }

        #expect(error?.code == .diskFull)
        #expect(error?.description.contains(directory.history.path) == true)
        #expect(stored.count > 20)
        #expect(try history.samples(for: stored).count == stored.count)
    }

    private func edit(_ url: URL, _ sql: String) throws {
        let queue = try DatabaseQueue(path: url.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    private func schema(of url: URL) throws -> [String] {
        let queue = try DatabaseQueue(path: url.path)
        return try queue.read {
            try String.fetchAll($0, sql: "SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name")
        }
    }
}

private var canMountTmpfs: Bool {
    #if os(Linux)
        guard getuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        guard (try? mountTmpfs(at: directory.url, sizeBytes: 1 << 20)) != nil else { return false }
        unmount(directory.url)
        return true
    #else
        return false
    #endif
}

private struct CommandFailed: Error {}

private func mountTmpfs(at url: URL, sizeBytes: Int) throws {
    try execute("mount", "-t", "tmpfs", "-o", "size=\(sizeBytes)", "tmpfs", url.path)
}

private func unmount(_ url: URL) {
    try? execute("umount", "-l", url.path)
}

private func execute(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CommandFailed() }
}
