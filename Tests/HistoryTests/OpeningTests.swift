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

    @Test(arguments: [History.Access.reading, .changing])
    func whatIsNotThereIsNotMade(access: History.Access) throws {
        let directory = try TemporaryDirectory()
        let url = directory.url.appending(path: "no/such/history.sqlite")
        let error = #expect(throws: HistoryError.self) { try History(at: url, for: access) }
        #expect(error?.code == .missing)
        #expect(error?.exitCode == .unavailable)
        #expect(error?.description == "there is no history \(url.path)")
        try Data().write(to: directory.history)
        #expect(throws: HistoryError.self) { try History(at: directory.history, for: access) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == ["history.sqlite"])
        #expect(try Data(contentsOf: directory.history).isEmpty)
    }

    /// Others that have the file open, a log that is not emptied when they end: a plain copy of the file has all the same.
    @Test func theFileAloneHasWhateverWasFinished() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let reader = try History(at: directory.history, for: .reading)
        func alone() throws -> History {
            let copy = directory.url.appending(path: "\(UUID().uuidString).sqlite")
            try FileManager.default.copyItem(at: directory.history, to: copy)
            return try History(at: copy, for: .reading)
        }
        for index in 0..<3 {
            try history.store(
                ChunkScore(nllSumNats: 1, tokenCount: 1), conditions: conditions(), sample: sample(index), runID: "a")
        }
        try history.record(run("a"))
        #expect(try alone().runs().map(\.id) == ["a"])
        #expect(try alone().samples(for: (0..<3).map { conditions().key(sample: sample($0)) }).count == 3)
        try history.accept("a", note: "good", at: Date(timeIntervalSince1970: 1_795_400_000))
        #expect(try alone().acceptances(of: "a").map(\.note) == ["good"])
        try history.tag("a", ["v1"])
        #expect(try alone().tags(of: "a") == ["v1"])
        try history.removeTags("a", ["v1"])
        #expect(try alone().tags(of: "a") == [])
        let other = directory.url.appending(path: "other.sqlite")
        try History(at: other).record(run("b", minute: 1))
        _ = try history.importHistory(from: other)
        #expect(try alone().runs().map(\.id) == ["b", "a"])
        _ = try history.prune(before: nil, keeping: 0, isDryRun: false)
        #expect(try alone().runs().map(\.id) == ["a"])
        #expect(try reader.runs().map(\.id) == ["a"])
    }

    @Test func anOlderHistoryThatWasBroughtUpIsInTheFileAlone() throws {
        let directory = try TemporaryDirectory()
        let file = try copy(of: 3, in: directory)
        let history = try History(at: file, for: .changing)
        let alone = directory.url.appending(path: "alone.sqlite")
        try FileManager.default.copyItem(at: file, to: alone)
        #expect(try HistoryCheck(of: alone).version == 6)
        #expect(try history.runs().count == 4)
    }

    @Test func readingLeavesTheFileAsItWas() throws {
        let directory = try TemporaryDirectory()
        try History(at: directory.history).record(run("a"))
        let bytes = try Data(contentsOf: directory.history)
        _ = try History(at: directory.history, for: .reading).resolve("last")
        _ = try HistoryCheck(of: directory.history)
        #expect(try Data(contentsOf: directory.history) == bytes)
        #if os(Linux)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == ["history.sqlite"])
        #endif
    }

    @Test(.enabled(if: canMountTmpfs, "mounting a small tmpfs needs root on Linux; run as root in a container"))
    func aDiskThatCannotBeWrittenIsRead() throws {
        let directory = try TemporaryDirectory()
        let disk = directory.url.appending(path: "disk")
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
        try mountTmpfs(at: disk, sizeBytes: 4 << 20)
        defer { unmount(disk) }
        let file = disk.appending(path: "what? 100 %.sqlite")
        try History(at: file).record(run("a"))
        let old = disk.appending(path: "old.sqlite")
        try FileManager.default.copyItem(at: copy(of: 3, in: directory), to: old)
        try execute("mount", "-o", "remount,ro", disk.path)

        let history = try History(at: file, for: .reading)
        #expect(try history.runs().map(\.id) == ["a"])
        #expect(try history.query("SELECT run_id FROM runs_v").rows == [[.text("a")]])
        #expect(try history.export(to: directory.url.appending(path: "copy.sqlite")) == 1)
        #expect(try HistoryCheck(of: file).problems == [])
        #expect(try History(at: directory.history).importHistory(from: file).runs == 1)
        #expect(try History(at: directory.history).importHistory(from: old).runs == 4)
        let error = #expect(throws: HistoryError.self) { try History(at: file, for: .changing).tag("a", ["v1"]) }
        #expect(error?.code == .unwritable)
        let tooOld = #expect(throws: HistoryError.self) { try History(at: old, for: .reading) }
        #expect(tooOld?.code == .unwritable)
        #expect(tooOld?.description.contains("has schema version 3") == true)
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
                == "history \(directory.history.path) has schema version 99; this lab knows versions up to 6")
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
