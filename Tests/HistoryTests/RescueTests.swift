import Foundation
import GRDB
import History
import LabCore
import Testing

@Suite struct RescueTests {
    private static let runCount = 60
    private static let sampleCount = 2000

    /// A history with runs, samples, outputs, an acceptance and a tag, its log written back into the file.
    private func makeHistory(at url: URL) throws {
        let history = try History(at: url)
        for minute in 0..<Self.runCount { try history.record(run("run-\(100 + minute)", minute: Double(minute))) }
        for index in 0..<Self.sampleCount {
            try history.store(
                ChunkScore(nllSumNats: Double(index), tokenCount: 1), conditions: conditions(), sample: sample(index),
                runID: "run-100")
        }
        for index in 0..<50 {
            try history.store(
                output: ["value": index], conditions: conditions(evaluator: "fidelity/1"), sample: sample(index),
                parent: sample(index), runID: "run-100")
        }
        try history.accept("run-101", note: "good", at: Date(timeIntervalSince1970: 1_795_400_000))
        try history.tag("run-159", ["last"])
        try execute(url, "PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private func execute(_ url: URL, _ sql: String) throws {
        let queue = try DatabaseQueue(path: url.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Overwrites pages of the leaves of a table.
    private func damage(_ table: String, pages count: Int, of url: URL) throws {
        let queue = try DatabaseQueue(path: url.path)
        let pages = try queue.read {
            try Int.fetchAll(
                $0,
                sql: "SELECT pageno FROM dbstat WHERE name = ? AND pagetype IN ('leaf', 'overflow') ORDER BY pageno",
                arguments: [table])
        }
        try queue.close()
        try #require(pages.count > 2 * count)
        let file = try FileHandle(forUpdating: url)
        for number in 0..<count {
            try file.seek(toOffset: UInt64(4096 * (pages[pages.count * (number + 1) / (count + 1)] - 1)))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        }
        try file.close()
    }

    @Test func aSoundHistoryHasNoProblems() throws {
        let directory = try TemporaryDirectory()
        try makeHistory(at: directory.history)
        let check = try HistoryCheck(of: directory.history)
        #expect(check.problems == [])
        #expect((check.runs, check.samples) == (Self.runCount, Self.sampleCount + 50))
        let rescued = directory.url.appending(path: "rescued.sqlite")
        let rescue = try HistoryRescue(from: directory.history, into: rescued)
        #expect(rescue.tables.allSatisfy { !$0.isDamaged && $0.spoilt == 0 })
        #expect(try HistoryCheck(of: rescued).content == check.content)
    }

    @Test(.enabled(if: hasPageStatistics, "needs SQLite with dbstat, as Debian and Ubuntu have it"))
    func whatSurroundsDamagedPagesIsSaved() throws {
        let directory = try TemporaryDirectory()
        try makeHistory(at: directory.history)
        try damage("samples", pages: 3, of: directory.history)
        try damage("runs", pages: 2, of: directory.history)
        try damage("run_artifacts", pages: 1, of: directory.history)
        let bytes = try Data(contentsOf: directory.history)

        let check = try HistoryCheck(of: directory.history)
        #expect(!check.problems.isEmpty)
        #expect(check.content == nil)
        let rescued = directory.url.appending(path: "rescued.sqlite")
        let rescue = try HistoryRescue(from: directory.history, into: rescued)

        let samples = try #require(rescue.tables.first { $0.name == "samples" })
        let runs = try #require(rescue.tables.first { $0.name == "runs" })
        #expect(samples.isDamaged && runs.isDamaged)
        // A page has about 18 samples; a run takes one to two pages.
        #expect(samples.saved >= Self.sampleCount - 3 * 40 && samples.saved < Self.sampleCount)
        #expect(runs.saved >= Self.runCount - 6 && runs.saved < Self.runCount)
        #expect(try HistoryCheck(of: rescued).problems == [])
        let history = try History(at: rescued)
        let keys = (0..<Self.sampleCount).map { conditions().key(sample: sample($0)) }
        let found = try history.samples(for: keys)
        #expect(found.count == samples.saved)
        #expect(keys.enumerated().allSatisfy { found[$1].map { $0.nllSumNats } ?? Double($0) == Double($0) })
        #expect(try history.trends(metric: "perplexity_increase").trends.map(\.points.count) == [runs.saved])
        #expect(try Data(contentsOf: directory.history) == bytes)
    }

    @Test(arguments: [
        ("UPDATE runs SET verdict = 'fail' WHERE id = 'run-105'", "run run-105: its own columns"),
        ("UPDATE measurements SET value = 9 WHERE run_id = 'run-105'", "run run-105: its measurements"),
        ("DELETE FROM verdicts WHERE run_id = 'run-105'", "run run-105: its verdicts"),
        ("UPDATE runs SET record = '{}' WHERE id = 'run-105'", "run run-105 has a record that cannot be read"),
        ("UPDATE samples SET sample_sha256 = key WHERE nll_sum_nats = 7", "is not the key"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM series", "refers to a row of series"),
    ])
    func rowsThatSayOtherThanRecordsAreFound(sql: String, problem: String) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for minute in 0..<10 { try history.record(run("run-\(100 + minute)", minute: Double(minute))) }
        try history.store(
            ChunkScore(nllSumNats: 7, tokenCount: 1), conditions: conditions(), sample: sample(1), runID: "run-100")
        try execute(directory.history, sql)
        let check = try HistoryCheck(of: directory.history)
        #expect(check.problems.contains { $0.contains(problem) })
        #expect(check.content == nil)
    }

    @Test func whatIsLeftOfATruncatedHistoryIsSavedInOneClosedFile() throws {
        let directory = try TemporaryDirectory()
        try makeHistory(at: directory.history)
        let bytes = try Data(contentsOf: directory.history)
        // In the middle of a page, as a copy that was broken off has it.
        try bytes.prefix(bytes.count / 2 + 100).write(to: directory.history)
        #expect(try !HistoryCheck(of: directory.history).problems.isEmpty)
        let rescued = directory.url.appending(path: "rescued.sqlite")
        let rescue = try HistoryRescue(from: directory.history, into: rescued)
        #expect(rescue.tables.first { $0.name == "samples" }?.isDamaged == true)
        let alone = directory.url.appending(path: "alone.sqlite")
        try FileManager.default.copyItem(at: rescued, to: alone)
        let check = try HistoryCheck(of: alone)
        #expect(check.problems == [])
        let tables = Dictionary(uniqueKeysWithValues: rescue.tables.map { ($0.name, $0.saved) })
        // They were written first, so the half that is left has them all.
        #expect(check.runs == Self.runCount && tables["runs"] == Self.runCount)
        #expect(check.samples == (tables["samples"] ?? 0) + (tables["outputs"] ?? 0))
    }

    @Test(arguments: [Data(count: 100), Data(repeating: 0xA5, count: 100)])
    func aHistoryWhoseHeaderIsDamagedIsSavedWhole(header: Data) throws {
        let directory = try TemporaryDirectory()
        try makeHistory(at: directory.history)
        let content = try HistoryCheck(of: directory.history).content
        var bytes = try Data(contentsOf: directory.history)
        bytes.replaceSubrange(0..<100, with: header)
        try bytes.write(to: directory.history)
        let rescued = directory.url.appending(path: "rescued.sqlite")
        _ = try HistoryRescue(from: directory.history, into: rescued)
        #expect(try HistoryCheck(of: rescued).content == content)
        #expect(try Data(contentsOf: directory.history) == bytes)
    }

    @Test func whereNothingCanBeReadTheRemedyIsAnExport() throws {
        let directory = try TemporaryDirectory()
        try makeHistory(at: directory.history)
        var bytes = try Data(contentsOf: directory.history)
        bytes.replaceSubrange(0..<4096, with: Data(repeating: 0xA5, count: 4096))
        try bytes.write(to: directory.history)
        let rescued = directory.url.appending(path: "rescued.sqlite")
        let error = try #require(throws: HistoryError.self) {
            try HistoryRescue(from: directory.history, into: rescued)
        }
        #expect(error.code == .corrupt)
        #expect(error.remedy?.contains("export") == true)
        #expect(error.remedy?.contains("--rescue") == false)
        #expect(!FileManager.default.fileExists(atPath: rescued.path))
    }

    @Test func nothingIsRescuedIntoAFileThatIsThere() throws {
        let directory = try TemporaryDirectory()
        _ = try History(at: directory.history)
        #expect(throws: HistoryError.self) { try HistoryRescue(from: directory.history, into: directory.history) }
    }
}

private let hasPageStatistics: Bool = {
    guard let queue = try? DatabaseQueue() else { return false }
    return (try? queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM dbstat") }) != nil
}()
