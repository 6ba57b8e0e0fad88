import LabCore
import Testing

@Suite("Gate")
struct GateTests {
    private let below5 = Threshold(metric: .perplexityIncrease, limit: 5)

    private func estimate(of chunks: [(Double, Double)]) throws -> Estimate {
        try #require(
            Perplexity.increasePercent(
                parent: chunks.map { ChunkScore(nllSumNats: $0.0, tokenCount: 100) },
                candidate: chunks.map { ChunkScore(nllSumNats: $0.1, tokenCount: 100) }))
    }

    @Test("on the whole corpus the point estimate decides, however wide the interval")
    func wholeCorpus() throws {
        let wide = try estimate(of: [(100, 90), (100, 117)])
        #expect(Gate.judge(wide, against: below5, isWholeCorpus: true).status == .pass)
        let worse = try estimate(of: [(100, 90), (100, 130)])
        #expect(Gate.judge(worse, against: below5, isWholeCorpus: true).status == .fail)
    }

    @Test("on a part of it the interval decides")
    func part() throws {
        let good = try estimate(of: [(100, 101), (100, 101.1), (100, 100.9)])
        #expect(Gate.judge(good, against: below5, isWholeCorpus: false).status == .pass)
        let bad = try estimate(of: [(100, 120), (100, 121), (100, 119)])
        #expect(Gate.judge(bad, against: below5, isWholeCorpus: false).status == .fail)
        let unclear = try estimate(of: [(100, 95), (100, 112), (100, 103)])
        #expect(Gate.judge(unclear, against: below5, isWholeCorpus: false).status == .inconclusive)
    }

    @Test("one chunk of many is inconclusive")
    func single() throws {
        let one = try estimate(of: [(100, 101)])
        #expect(Gate.judge(one, against: below5, isWholeCorpus: false).status == .inconclusive)
    }

    @Test(
        "what is not finite is inconclusive, on the whole corpus too", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(value: Double) {
        let interval = Interval(low: -1, high: 1, level: 0.95)
        for isWhole in [false, true] {
            let estimate = Estimate(value: value, interval: interval, n: 3)
            #expect(Gate.judge(estimate, against: below5, isWholeCorpus: isWhole).status == .inconclusive)
            let endless = Threshold(metric: .perplexityIncrease, limit: value)
            let one = Estimate(value: 1, interval: interval, n: 3)
            #expect(Gate.judge(one, against: endless, isWholeCorpus: isWhole).status == .inconclusive)
        }
        let wide = Estimate(value: 1, interval: Interval(low: value, high: value, level: 0.95), n: 3)
        #expect(Gate.judge(wide, against: below5, isWholeCorpus: false).status == .inconclusive)
    }

    @Test("a value at the limit is outside")
    func atTheLimit() {
        #expect(!below5.admits(5))
        #expect(below5.admits(4.999))
        #expect(!below5.admits(.nan))
    }
}

@Suite("Overall verdict")
struct OverallVerdictTests {
    @Test(
        "the worst gate decides, and a skip is never a pass",
        arguments: [
            ([VerdictStatus.pass, .pass], VerdictStatus.pass, ExitCode.pass),
            ([.pass, .skipped], .pass, .pass),
            ([.skipped], .inconclusive, .inconclusive),
            ([], .inconclusive, .inconclusive),
            ([.pass, .inconclusive], .inconclusive, .inconclusive),
            ([.pass, .inconclusive, .fail], .fail, .gateFailed),
            ([.pass, .infeasible], .infeasible, .gateFailed),
        ])
    func worst(statuses: [VerdictStatus], expected: VerdictStatus, exitCode: ExitCode) {
        let verdicts = statuses.map {
            Verdict(
                evaluation: "e", backend: "cpu", artifact: nil, metric: nil, status: $0, value: nil, threshold: nil,
                reason: "because")
        }
        #expect(Verdict.overall(verdicts) == expected)
        #expect(Verdict.overall(verdicts).exitCode == exitCode)
    }
}
