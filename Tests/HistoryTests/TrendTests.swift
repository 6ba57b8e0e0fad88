import Foundation
import History
import LabCore
import Testing

@Suite struct TrendTests {
    /// Records runs a minute apart with these values of perplexity_increase.
    private func record(_ values: [Double], in history: History, _ change: (inout RunRecord) -> Void = { _ in }) throws
    {
        for (minute, value) in values.enumerated() {
            var run = run("run-\(String(format: "%03d", minute))", minute: Double(minute))
            run.measurements[0].value = value
            change(&run)
            try history.record(run)
        }
    }

    @Test func aTrendHasItsPointsInOrderAndItsShifts() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try record([1, 1, 1, 1, 2, 2], in: history)
        let (trends, more) = try history.trends(metric: "perplexity_increase")
        #expect(more == 0)
        #expect(trends.map(\.key.recipe) == ["Q4_K_M"])
        #expect(trends[0].points.map(\.value) == [1, 1, 1, 1, 2, 2])
        #expect(trends[0].points.map(\.n) == [2, 2, 2, 2, 2, 2])
        #expect(trends[0].shifts == [Trend.Shift(index: 4, before: 1, after: 2, noise: 0)])
        #expect(trends[0].key.device == "x86_64 avx2")
        #expect(try history.metrics() == ["perplexity_increase"])
    }

    @Test func filtersChooseSeries() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try record([1, 2], in: history)
        try record([3], in: history) { run in
            run.id = "other"
            run.artifacts[1].recipe = "Q6_K"
            run.measurements[0].backend = "cuda"
            run.measurements[0].dataset = "wikitext2"
        }
        func recipes(_ change: (inout TrendFilter) -> Void) throws -> [String] {
            var filter = TrendFilter()
            change(&filter)
            return try history.trends(metric: "perplexity_increase", filter).trends.map(\.key.recipe).sorted()
        }
        #expect(try recipes { _ in } == ["Q4_K_M", "Q6_K"])
        #expect(try recipes { $0.recipe = "q6_k" } == ["Q6_K"])
        #expect(try recipes { $0.model = "PAJAMA-tiny" } == ["Q4_K_M", "Q6_K"])
        #expect(try recipes { $0.model = "pajama" } == [])
        #expect(try recipes { $0.backend = "cpu" } == ["Q4_K_M"])
        #expect(try recipes { $0.device = "AVX2" } == ["Q4_K_M", "Q6_K"])
        #expect(try recipes { $0.device = "arm" } == [])
        #expect(try recipes { $0.suite = "ultra" } == [])
        #expect(try recipes { $0.evaluation = "perplexity" } == ["Q4_K_M", "Q6_K"])
        #expect(try recipes { $0.since = run("x", minute: 1).startedAt } == ["Q4_K_M"])
        #expect(try recipes { $0.since = run("x", minute: 2).startedAt } == [])
    }

    @Test func theLimitLeavesTheNewest() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try record([1, 2, 3, 4], in: history)
        try record([5], in: history) {
            $0.id = "older"; $0.startedAt -= 3600; $0.artifacts[1].recipe = "Q6_K"
        }
        var filter = TrendFilter()
        filter.pointLimit = 2
        filter.seriesLimit = 1
        let (trends, more) = try history.trends(metric: "perplexity_increase", filter)
        #expect(trends.map(\.key.recipe) == ["Q4_K_M"])
        #expect(trends[0].points.map(\.value) == [3, 4])
        #expect(more == 1)
    }

    @Test(arguments: 0..<20)
    func aShiftIsTheSameWhateverIsShown(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        var state = seed
        func uniform() -> Double {
            // Knuth's MMIX generator; any noise will do.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(UInt64(1) << 53)
        }
        // Uniform noise with a standard deviation of 1, and a shift of 2 after 60 runs.
        let values = (0..<140).map { (uniform() - 0.5) * 12.0.squareRoot() + ($0 < 60 ? 0 : 2) }
        var runs: [RunRecord] = []
        for (minute, value) in values.enumerated() {
            var run = run("run-\(1000 + minute)", minute: Double(minute))
            run.measurements[0].value = value
            runs.append(run)
        }
        try history.record(runs)
        let last = try #require(try history.run(id: "run-1139"))
        let whole = try history.trends(upTo: last, limit: 1000)[0]
        #expect(!whole.shifts.isEmpty)
        for limit in [30, 70, 85, 100, 139] {
            var filter = TrendFilter()
            filter.pointLimit = limit
            var since = TrendFilter()
            since.pointLimit = 1000
            since.since = runs[140 - limit].startedAt
            for part in try [
                history.trends(upTo: last, limit: limit)[0],
                history.trends(metric: "perplexity_increase", filter).trends[0],
                history.trends(metric: "perplexity_increase", since).trends[0],
            ] {
                #expect(part.points == whole.points.suffix(limit))
                let expected = whole.shifts.filter { $0.index > 140 - limit }
                #expect(part.shifts.map { $0.index + 140 - limit } == expected.map(\.index))
                #expect(part.shifts.map(\.before) == expected.map(\.before))
            }
        }
    }

    @Test func theDigestOfATrendFollowsAllRunsBeforeIt() throws {
        func digests(_ values: [Double]) throws -> [String: Digest] {
            let directory = try TemporaryDirectory()
            let history = try History(at: directory.history)
            try record(values, in: history)
            return try history.trendDigests()
        }
        let values = (0..<60).map { Double($0 % 7) }
        let known = try digests(values)
        #expect(known.count == 60)
        #expect(try digests(values) == known)
        // Later runs change nothing of earlier ones.
        let more = try digests(values + [1])
        #expect(more.count == 61 && more.filter { $0.key != "run-060" } == known)
        // The first decides which shifts are known at the last, far beyond what a report draws.
        let other = try digests([9] + values.dropFirst())
        #expect(known.allSatisfy { other[$0.key] != $0.value })
    }

    @Test func aReportSeesNothingOfLaterRuns() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try record([1, 2, 3, 4, 5], in: history)
        // Two runs of one moment: the identifiers decide.
        try record([7], in: history) {
            $0.id = "run-002-twin"; $0.startedAt = run("x", minute: 2).startedAt
        }
        let subject = try #require(try history.run(id: "run-002"))
        let trends = try history.trends(upTo: subject, metrics: ["perplexity_increase"], limit: 2)
        #expect(trends.map { $0.points.map(\.value) } == [[2, 3]])
        #expect(try history.trends(upTo: subject, metrics: ["kl_mean"]) == [])
        #expect(try history.trends(upTo: subject).map { $0.points.count } == [3])
    }

    @Test func timesAreReadAsTheyAreWritten() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let starts = [0.0, 951_782_400.5, 1_709_164_799.999, 4_102_444_800].map { Date(timeIntervalSince1970: $0) }
        for (index, start) in starts.enumerated() {
            var run = run("run-\(index)")
            run.startedAt = start
            try history.record(run)
        }
        let points = try history.trends(metric: "perplexity_increase").trends[0].points
        for (point, start) in zip(points, starts) { #expect(abs(point.startedAt.timeIntervalSince(start)) < 0.0011) }
    }
}
