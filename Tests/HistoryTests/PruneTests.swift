import Foundation
import History
import LabCore
import Testing

@Suite struct PruneTests {
    private static let start = run("x").startedAt

    /// Runs a minute apart, each with a candidate of its own and two samples of it; all share the parent.
    private func makeHistory(at url: URL, runs count: Int = 5) throws -> History {
        let history = try History(at: url)
        for minute in 0..<count {
            var run = run("run-\(minute)", minute: Double(minute))
            run.artifacts[1].sha256 = Digest(of: "candidate \(minute)")
            run.artifacts[1].recipe = minute.isMultiple(of: 2) ? "Q4_K_M" : "Q6_K"
            try history.record(run)
            for artifact in ["candidate \(minute)", "parent"] {
                for index in 0..<2 { try store(artifact, index, run.id, in: history) }
            }
        }
        return history
    }

    private func store(_ artifact: String, _ index: Int, _ runID: String, in history: History) throws {
        try history.store(
            ChunkScore(nllSumNats: 1, tokenCount: 1), conditions: conditions(artifact), sample: sample(index),
            runID: runID)
    }

    private func sampleCount(_ artifact: String, in history: History) throws -> Int {
        try history.samples(for: (0..<2).map { conditions(artifact).key(sample: sample($0)) }).count
    }

    @Test func theNewestOfEachRecipeStayAndTheRestGoesWithItsSamples() throws {
        let directory = try TemporaryDirectory()
        let history = try makeHistory(at: directory.history)
        let dry = try history.prune(before: nil, keeping: 1, isDryRun: true)
        #expect(dry.runs == ["run-2", "run-1", "run-0"])
        #expect(dry.samples == 6)
        #expect(try history.runs().count == 5)

        let done = try history.prune(before: nil, keeping: 1, isDryRun: false)
        #expect((done.runs, done.samples, done.artifacts) == (dry.runs, dry.samples, dry.artifacts))
        #expect(done.artifacts == Set((0..<3).map { Digest(of: "candidate \($0)") }))
        #expect(try history.runs().map(\.id) == ["run-4", "run-3"])
        #expect(try sampleCount("candidate 0", in: history) == 0)
        #expect(try sampleCount("candidate 4", in: history) == 2)
        #expect(try sampleCount("parent", in: history) == 2)
        let check = try HistoryCheck(of: directory.history)
        #expect(check.problems == [])
        #expect(check.samples == 2 * 2 + 2)
        #expect(try history.prune(before: nil, keeping: 1, isDryRun: false).runs == [])
    }

    @Test func oldRunsGoAndWithBothCriteriaOnlyThoseThatMeetBoth() throws {
        let directory = try TemporaryDirectory()
        let history = try makeHistory(at: directory.history)
        let third = Self.start + 180
        #expect(try history.prune(before: third, keeping: 1, isDryRun: true).runs == ["run-2", "run-1", "run-0"])
        #expect(try history.prune(before: third, keeping: 2, isDryRun: true).runs == ["run-0"])
        #expect(try history.prune(before: third, keeping: nil, isDryRun: true).runs == ["run-2", "run-1", "run-0"])
        #expect(try history.prune(before: Self.start, keeping: nil, isDryRun: true).runs == [])
    }

    @Test func acceptedAndTaggedRunsStay() throws {
        let directory = try TemporaryDirectory()
        let history = try makeHistory(at: directory.history)
        try history.accept("run-0", note: "", at: .now)
        try history.tag("run-1", ["v1"])
        #expect(try history.prune(before: nil, keeping: 0, isDryRun: false).runs == ["run-4", "run-3", "run-2"])
        #expect(try history.runs().map(\.id) == ["run-1", "run-0"])
        #expect(try sampleCount("candidate 0", in: history) == 2)
    }

    @Test func whatARunThatIsGoingOnHasUsedStays() throws {
        let directory = try TemporaryDirectory()
        let history = try makeHistory(at: directory.history)
        // The samples of a run that is not recorded yet: computed now, of a file that an old run had.
        try history.store(
            ChunkScore(nllSumNats: 1, tokenCount: 1), conditions: conditions("candidate 0"), sample: sample(9),
            runID: "going on")
        let summary = try history.prune(before: nil, keeping: 0, isDryRun: false)
        #expect(summary.runs.count == 5)
        #expect(!summary.artifacts.contains(Digest(of: "candidate 0")))
        #expect(summary.artifacts.contains(Digest(of: "candidate 1")))
        #expect(try sampleCount("candidate 0", in: history) == 2)
        #expect(try sampleCount("candidate 1", in: history) == 0)
    }

    @Test func samplesOfRunsThatWereInterruptedLongAgoGo() throws {
        let directory = try TemporaryDirectory()
        let history = try makeHistory(at: directory.history, runs: 1)
        try store("nobody's", 0, "interrupted", in: history)
        #expect(try history.prune(before: Self.start, keeping: nil, isDryRun: false).samples == 0)
        let later = Date.now + 60
        try history.tag("run-0", ["stays"])
        #expect(try history.prune(before: later, keeping: nil, isDryRun: false).samples == 1)
        #expect(try sampleCount("nobody's", in: history) == 0)
        #expect(try sampleCount("parent", in: history) == 2)
    }

    @Test func theFileBecomesSmaller() throws {
        let directory = try TemporaryDirectory()
        let history = try makeHistory(at: directory.history, runs: 60)
        let summary = try history.prune(before: nil, keeping: 1, isDryRun: false)
        #expect(summary.runs.count == 58)
        #expect(summary.freedBytes > 100_000)
    }
}
