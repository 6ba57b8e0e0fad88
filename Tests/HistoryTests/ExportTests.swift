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

    @Test func aCopyThatSomebodyLookedAtIsReplacedAndOneInUseIsNot() throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory)
        let copy = directory.url.appending(path: "copy.sqlite")
        #expect(try history.export(to: copy) == 4)
        #expect(try History(at: copy, for: .reading).runs().count == 4)
        #expect(try history.export(to: copy) == 4)
        // What SQLite leaves where it could only read.
        try Data().write(to: URL(fileURLWithPath: copy.path + "-wal"))
        #expect(try history.export(to: copy) == 4)
        do {
            let user = try History(at: copy, for: .changing)
            try user.tag("run-1", ["mine"])
            let error = #expect(throws: HistoryError.self) { try history.export(to: copy) }
            #expect(error?.code == .busy)
            #expect(try user.tags(of: "run-1") == ["mine"])
        }
        #expect(try history.export(to: copy) == 4)
        #expect(try History(at: copy, for: .reading).tags(of: "run-1") == [])
    }

    @Test func aNameThatCannotBeReplacedIsRefusedWithARemedyThatFits() throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory)
        let folder = try #require(throws: HistoryError.self) { try history.export(to: directory.url) }
        #expect(folder.description.contains("is a directory"))
        #expect(folder.remedy?.contains("remove") == false)
        let link = directory.url.appending(path: "link.sqlite")
        try FileManager.default.linkItem(at: directory.history, to: link)
        let same = try #require(throws: HistoryError.self) { try history.export(to: link) }
        #expect(same.description.contains("is the history itself"))
        #expect(try history.runs().count == 4)
    }

    @Test func damagedPagesAreCalledDamageWhateverSQLiteTakesThemFor() throws {
        let directory = try TemporaryDirectory()
        _ = try history(in: directory)
        let bytes = try Data(contentsOf: directory.history)
        var random = SystemRandomNumberGenerator()
        var codes: Set<HistoryError.Code> = []
        for _ in 0..<40 {
            var damaged = bytes
            for _ in 0..<2 {
                let page = Int.random(in: 1..<bytes.count / 4096, using: &random) * 4096
                for index in page..<page + 4096 { damaged[index] = UInt8.random(in: 0...255, using: &random) }
            }
            try damaged.write(to: directory.history)
            do {
                _ = try History(at: directory.history, for: .reading)
                    .export(to: directory.url.appending(path: "copy.sqlite"))
            } catch let error as HistoryError {
                codes.insert(error.code)
            }
        }
        #expect(codes == [.corrupt])
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
