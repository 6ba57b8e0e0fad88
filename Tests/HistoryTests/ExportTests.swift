import Foundation
import History
import LabCore
import Testing

@Suite struct ExportTests {
    private func history(in directory: borrowing TemporaryDirectory) throws -> History {
        let history = try History(at: directory.history)
        for minute in 0..<4 {
            var run = run("run-\(minute)", minute: Double(minute), suite: minute == 3 ? "ultra" : "balanced")
            for index in 0..<2 { run.artifacts[index].sha256 = Digest(of: "\(minute) \(index)") }
            try history.record(run)
            for index in 0..<5 {
                try history.store(
                    ChunkScore(nllSumNats: 1, tokenCount: 1), conditions: conditions("\(minute) 1"),
                    sample: sample(index),
                    runID: run.id)
            }
        }
        try history.tag("run-0", ["first"])
        return history
    }

    @Test func aCopyHasTheSameContentAndReplacesAnOlderCopy() throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory)
        let copy = directory.url.appending(path: "copy.sqlite")
        for _ in 0..<2 { #expect(try history.export(to: copy) == 4) }
        let check = try HistoryCheck(of: copy)
        #expect(check.problems == [])
        #expect(try check.content == HistoryCheck(of: directory.history).content)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.url.path).allSatisfy {
                !$0.contains("partial")
            })
    }

    @Test func aPartHasItsRunsAndTheirSamplesOnly() throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory)
        let part = directory.url.appending(path: "part.sqlite")
        #expect(try history.export(to: part, since: run("x", minute: 2).startedAt) == 2)
        var check = try HistoryCheck(of: part)
        #expect(check.problems == [])
        #expect((check.runs, check.samples) == (2, 10))
        #expect(try history.export(to: part, suite: "ultra") == 1)
        check = try HistoryCheck(of: part)
        #expect((check.runs, check.samples) == (1, 5))
        #expect(try History(at: part).trends(metric: "perplexity_increase").trends.map(\.key.suite) == ["ultra"])
        #expect(try history.runs().count == 4)
    }

    @Test func whatIsNoHistoryIsNotReplaced() throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory)
        let letter = directory.url.appending(path: "letter.txt")
        try Data("Dear reader, this is no database at all.".utf8).write(to: letter)
        #expect(throws: HistoryError.self) { try history.export(to: letter) }
        #expect(try Data(contentsOf: letter) == Data("Dear reader, this is no database at all.".utf8))
        #expect(throws: HistoryError.self) { try history.export(to: directory.history) }
        #expect(throws: HistoryError.self) {
            try history.export(to: directory.url.appending(path: "no/such/folder.sqlite"))
        }
        #expect(try history.runs().count == 4)
    }

    @Test func aCopyMadeWhileOthersWriteIsWhole() async throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory)
        let copy = directory.url.appending(path: "copy.sqlite")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for minute in 10..<60 { try history.record(run("run-\(minute)", minute: Double(minute))) }
            }
            group.addTask { for _ in 0..<5 { _ = try history.export(to: copy) } }
            try await group.waitForAll()
        }
        #expect(try HistoryCheck(of: copy).problems == [])
    }
}
