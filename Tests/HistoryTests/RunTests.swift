import Foundation
import History
import LabCore
import Testing

@Suite struct RunTests {
    @Test func aRunIsReadBackExactlyAsItWasRecorded() throws {
        let directory = try TemporaryDirectory()
        let recorded = run("20261122-223500-3f9c1a")
        try History(at: directory.history).record(recorded)

        let history = try History(at: directory.history)

        #expect(try history.run(id: recorded.id) == recorded)
        #expect(try history.run(id: "another") == nil)
    }

    @Test func recordingTheSameRunTwiceChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a"))
        try history.record(run("a"))
        #expect(try history.runs().map(\.id) == ["a"])
    }

    @Test func aDifferentRunUnderTheSameIdentifierIsRefused() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a"))
        let error = #expect(throws: HistoryError.self) { try history.record(run("a", verdict: .fail)) }
        #expect(error?.code == .conflictingRun)
        #expect(try history.run(id: "a")?.verdict == .pass)
    }

    @Test func aRunWithANumberThatIsNotFiniteIsRefusedWhole() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        var broken = run("a")
        broken.measurements[0].value = .nan
        let error = #expect(throws: HistoryError.self) { try history.record(broken) }
        #expect(error?.code == .invalidValue)
        #expect(try history.runs().isEmpty)
    }

    @Test func theLatestRunIsTheOneThatStartedLast() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        #expect(try history.latestRun() == nil)
        try history.record(run("b", minute: 2))
        try history.record(run("c", minute: 1))
        try history.record(run("a", minute: 3, suite: "smoke"))

        #expect(try history.latestRun()?.id == "a")
        #expect(try history.latestRun(suite: "balanced")?.id == "b")
        #expect(try history.latestRun(suite: "ultra") == nil)
    }

    @Test func runsAreListedNewestFirstWithTheirCandidates() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for minute in 0..<4 { try history.record(run("run-\(minute)", minute: Double(minute))) }

        let listed = try history.runs(limit: 2)

        #expect(listed.map(\.id) == ["run-3", "run-2"])
        #expect(listed[0].candidates == ["pajama-tiny Q4_K_M"])
        #expect(listed[0].verdict == .pass)
        #expect(listed[0].suite == "balanced")
        #expect(abs(listed[0].startedAt.timeIntervalSince(run("x", minute: 3).startedAt)) < 0.001)
    }

    /// An artifact of the store with an importance matrix, and the same bytes given by a path.
    @Test func theSameBytesUnderTwoNamesAreEachWhatTheirRunCallsThem() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a", minute: 1))
        var other = run("b", minute: 2)
        other.artifacts[1].model = "Pajama Tiny"
        other.artifacts[1].recipe = "Q4_K_M-imatrix"
        try history.record(other)

        #expect(try history.runs().map(\.candidates) == [["Pajama Tiny Q4_K_M-imatrix"], ["pajama-tiny Q4_K_M"]])
        var filter = RunFilter()
        filter.model = "pajama tiny"
        #expect(try history.runs(filter).map(\.id) == ["b"])
        filter = RunFilter()
        filter.recipe = "Q4_K_M"
        #expect(try history.runs(filter).map(\.id) == ["a"])
        let verdicts = try history.query("SELECT run_id, model, recipe FROM verdicts_v ORDER BY run_id").rows
        #expect(
            verdicts == [
                [.text("a"), .text("pajama-tiny"), .text("Q4_K_M")],
                [.text("b"), .text("Pajama Tiny"), .text("Q4_K_M-imatrix")],
            ])
        #expect(try history.prune(before: nil, keeping: 1, isDryRun: true).runs == [])
        #expect(try HistoryCheck(of: directory.history).problems == [])
        let merged = directory.url.appending(path: "merged.sqlite")
        _ = try History(at: merged).importHistory(from: directory.history)
        #expect(try History(at: merged).runs().map(\.candidates) == history.runs().map(\.candidates))
        #expect(try HistoryCheck(of: merged).problems == [])
    }

    @Test(arguments: [("last", "20261123-1"), ("20261122-1", "20261122-1"), ("20261123", "20261123-1")])
    func aReferenceFindsItsRun(reference: String, id: String) throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory.history)
        #expect(try history.resolve(reference).id == id)
    }

    @Test(arguments: [
        ("20261122", HistoryError.Code.ambiguousRun), ("2026112_", .unknownRun), ("%", .unknownRun), ("", .unknownRun),
        ("20261122-1x", .unknownRun),
    ])
    func aReferenceToNoSingleRunIsAUsageErrorThatNamesTheFile(reference: String, code: HistoryError.Code) throws {
        let directory = try TemporaryDirectory()
        let history = try history(in: directory.history)
        let error = #expect(throws: HistoryError.self) { try history.resolve(reference) }
        #expect(error?.code == code)
        #expect(error?.exitCode == .usage)
        #expect(error?.description.contains(directory.history.path) == true)
    }

    @Test func lastOfAnEmptyHistoryIsUnknown() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: HistoryError.self) { try History(at: directory.history).resolve("last") }
        #expect(error?.code == .unknownRun)
    }

    private func history(in url: URL) throws -> History {
        let history = try History(at: url)
        try history.record(run("20261122-1", minute: 1))
        try history.record(run("20261122-2", minute: 2))
        try history.record(run("20261123-1", minute: 3))
        return history
    }
}
