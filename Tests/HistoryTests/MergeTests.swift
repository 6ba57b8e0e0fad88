import Foundation
import GRDB
import History
import LabCore
import Testing

@Suite struct MergeTests {
    /// A history with runs, a sample and an output of its own and some that others have too.
    private func history(_ name: String, runs: [String], samples: [Int], in directory: borrowing TemporaryDirectory)
        throws -> URL
    {
        let url = directory.url.appending(path: "\(name).sqlite")
        let history = try History(at: url)
        for id in runs {
            var run = run(id, minute: Double(id.utf8.last ?? 0))
            run.artifacts[1].path = "\(id)/candidate.gguf"
            run.measurements[0].artifact = run.artifacts[1].path
            try history.record(run)
        }
        for index in samples {
            // The order of conditions, and with it their numbers, differs between files.
            try history.store(
                ChunkScore(nllSumNats: Double(index), tokenCount: 1), conditions: conditions("artifact \(index % 3)"),
                sample: sample(index), runID: name)
            try history.store(
                output: ["value": index], conditions: conditions(evaluator: "fidelity/1"), sample: sample(index),
                parent: sample(-index), runID: name)
        }
        return url
    }

    @Test func twoHistoriesThatImportEachOtherAreTheSame() throws {
        let directory = try TemporaryDirectory()
        let a = try history("a", runs: ["run-1", "run-2"], samples: [1, 2, 3], in: directory)
        let b = try history("b", runs: ["run-2", "run-3"], samples: [5, 4, 3], in: directory)
        try History(at: a).accept("run-2", note: "good", at: Date(timeIntervalSince1970: 1_795_400_000))
        try History(at: b).tag("run-2", ["v1"])

        let first = try History(at: a).importHistory(from: b)
        #expect(first.runs == 1)
        #expect(first.knownRuns == 1)
        #expect(first.samples == 4)
        #expect(first.conflicts == 0)
        #expect(first.tags == 1)
        _ = try History(at: b).importHistory(from: a)

        let (left, right) = try (HistoryCheck(of: a), HistoryCheck(of: b))
        #expect(left.problems == [] && right.problems == [])
        #expect(left.content != nil)
        #expect(left.content == right.content)
        #expect(try History(at: b).acceptedRun(like: run("new"))?.id == "run-2")
        #expect(try History(at: a).trends(metric: "perplexity_increase").trends.map(\.points.count) == [3])
    }

    @Test func theOrderOfImportsDoesNotMatterAndImportingTwiceChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let parts = try [
            history("a", runs: ["run-1"], samples: [1, 2], in: directory),
            history("b", runs: ["run-2"], samples: [2, 3], in: directory),
            history("c", runs: ["run-1", "run-3"], samples: [3, 1], in: directory),
        ]
        var contents: Set<Digest?> = []
        for (index, order) in [[0, 1, 2], [2, 1, 0], [1, 0, 2, 0, 1, 2]].enumerated() {
            let all = directory.url.appending(path: "all-\(index).sqlite")
            for part in order { _ = try History(at: all).importHistory(from: parts[part]) }
            contents.insert(try HistoryCheck(of: all).content)
            let again = try History(at: all).importHistory(from: parts[0])
            #expect(again.runs + again.measurements + again.samples + again.conflicts == 0)
            #expect(again.knownRuns == 1)
            contents.insert(try HistoryCheck(of: all).content)
        }
        #expect(contents.count == 1)
        #expect(!contents.contains(nil))
    }

    @Test func anotherRunUnderTheSameIdentifierRefusesTheWholeImport() throws {
        let directory = try TemporaryDirectory()
        let a = try history("a", runs: ["run-1"], samples: [1], in: directory)
        let b = try history("b", runs: ["run-2"], samples: [2], in: directory)
        try History(at: b).record(run("run-1", verdict: .fail))
        let before = try HistoryCheck(of: a).content
        let error = #expect(throws: HistoryError.self) { try History(at: a).importHistory(from: b) }
        #expect(error?.code == .conflictingRun)
        #expect(error?.description.contains("run-1") == true)
        #expect(try HistoryCheck(of: a).content == before)
    }

    @Test func ofTwoResultsOfASampleTheEarlierIsKeptWhoeverImportsAndTheyAreCounted() throws {
        let directory = try TemporaryDirectory()
        let (a, b) = (directory.url.appending(path: "a.sqlite"), directory.url.appending(path: "b.sqlite"))
        for (url, sum) in [(a, 1.0), (b, 2.0)] {
            let history = try History(at: url)
            try history.store(
                ChunkScore(nllSumNats: sum, tokenCount: 1), conditions: conditions(), sample: sample(1), runID: "r")
            try history.store(
                output: ["value": sum], conditions: conditions(), sample: sample(2), parent: nil, runID: "r")
            try history.record(run("run-1"))
            try history.accept("run-1", note: "\(sum)", at: Date(timeIntervalSince1970: 1_795_400_000))
            Thread.sleep(forTimeInterval: 0.005)
        }
        let copy = directory.url.appending(path: "copy.sqlite")
        _ = try History(at: b).export(to: copy)
        for (here, there) in [(b, a), (a, copy)] {
            let summary = try History(at: here).importHistory(from: there)
            #expect(summary.conflicts == 2)
            #expect(summary.samples == 0)
            let found = try History(at: here).samples(for: [conditions().key(sample: sample(1))])
            #expect(found.values.map(\.nllSumNats) == [1])
        }
        #expect(try HistoryCheck(of: a).content == HistoryCheck(of: b).content)
        #expect(try HistoryCheck(of: a).content != nil)
    }

    @Test func aDirectoryAndALinkToTheHistoryItselfAreRefusedWithARemedyThatFits() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let folder = try #require(throws: HistoryError.self) { try history.importHistory(from: directory.url) }
        #expect(folder.description.contains("is a directory"))
        #expect(folder.remedy?.contains("--history") == false)
        let (hard, soft) = (directory.url.appending(path: "hard.sqlite"), directory.url.appending(path: "soft.sqlite"))
        try FileManager.default.linkItem(at: directory.history, to: hard)
        try FileManager.default.createSymbolicLink(at: soft, withDestinationURL: directory.history)
        for link in [hard, soft] {
            let same = try #require(throws: HistoryError.self) { try history.importHistory(from: link) }
            #expect(same.description.contains("is the history itself"))
            #expect(same.remedy != nil)
        }
    }

    @Test func newerForeignAndMissingFilesAreRefused() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        func refusal(_ name: String, _ sql: String, isHistory: Bool) throws -> HistoryError.Code? {
            let url = directory.url.appending(path: name)
            if isHistory { _ = try History(at: url) }
            let queue = try DatabaseQueue(path: url.path)
            try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
            try queue.close()
            return #expect(throws: HistoryError.self) { try history.importHistory(from: url) }?.code
        }
        #expect(try refusal("newer.sqlite", "PRAGMA user_version = 99", isHistory: true) == .newerSchema)
        #expect(try refusal("foreign.sqlite", "CREATE TABLE accounts (id INTEGER)", isHistory: false) == .foreign)
        let missing = directory.url.appending(path: "missing.sqlite")
        #expect(throws: HistoryError.self) { try history.importHistory(from: missing) }
        #expect(!FileManager.default.fileExists(atPath: missing.path))
        #expect(try history.runs().isEmpty)
    }

    @Test func importsWhileOthersWriteLoseNothing() async throws {
        let directory = try TemporaryDirectory()
        let part = try history("part", runs: ["run-1", "run-2"], samples: Array(0..<50), in: directory)
        let url = directory.history
        _ = try History(at: url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask { _ = try History(at: url).importHistory(from: part) }
                group.addTask {
                    let history = try History(at: url)
                    for index in 0..<20 {
                        try history.store(
                            ChunkScore(nllSumNats: Double(index), tokenCount: 1), conditions: conditions("other"),
                            sample: sample(1000 * number + index), runID: "w\(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let check = try HistoryCheck(of: url)
        #expect(check.problems == [])
        #expect(check.runs == 2)
        #expect(check.samples == 100 + 80)
    }
}
