import Evaluation
import LabCore
import Testing

@Suite("Gates that watch samples come in")
struct GateWatchTests {
    private let metrics: [any Metric<PairedScore>] = Registry.likelihoodMetrics

    /// A window whose candidate is so many nats per token worse.
    private func scored(_ difference: Double) -> Scored<PairedScore> {
        .scored(
            PairedScore(
                parent: ChunkScore(nllSumNats: 300, tokenCount: 100),
                candidate: ChunkScore(nllSumNats: 300 + 100 * difference, tokenCount: 100)))
    }

    private func watch(
        below limit: Double = 5, available: Int, isSequential: Bool = true, _ differences: [Double]
    ) -> GateWatch<PairedScore> {
        var watch = GateWatch(
            [Threshold(metric: .perplexityIncrease, limit: limit)], metrics: metrics, available: available,
            isSequential: isSequential)
        for difference in differences where !watch.isDecided { watch.observe(scored(difference)) }
        return watch
    }

    /// Differences that alternate around a value.
    private func around(_ value: Double, _ count: Int, spread: Double = 0.01) -> [Double] {
        (0..<count).map { value + ($0.isMultiple(of: 2) ? spread : -spread) }
    }

    @Test(
        "a clear verdict comes early and says what it speaks of", arguments: [(0.0, VerdictStatus.pass), (0.2, .fail)])
    func early(difference: Double, status: VerdictStatus) throws {
        let watch = watch(available: 2000, around(difference, 2000))
        #expect(watch.isDecided)
        let judgement = try #require(watch.judgements().first)
        #expect(judgement.status == status)
        let evidence = try #require(judgement.evidence)
        #expect(evidence.basis == .sequential)
        #expect(evidence.chunksUsed < 400)
        #expect(evidence.chunksAvailable == 2000)
        #expect(evidence.clip != nil)
        let interval = try #require(evidence.interval)
        #expect(status == .pass ? interval.high < 5 : interval.low >= 5)
        #expect(judgement.reason.contains("of 2000 chunks: the mean of all, each clipped to"))
    }

    @Test("after the last sample the verdict is exact")
    func exact() throws {
        let judgement = try #require(watch(available: 10, around(0.0487, 10)).judgements().first)
        #expect(judgement.status == .pass)
        #expect(judgement.evidence?.basis == .exact)
        #expect(judgement.evidence?.minimumDetectableEffect == 0)
        #expect(judgement.reason.contains("on all 10 chunks"))
    }

    @Test("a part that was asked for is judged by its interval, and an unclear one names what it would need")
    func part() throws {
        let unclear = try #require(
            watch(available: 1000, isSequential: false, around(0.045, 20, spread: 0.05)).judgements().first)
        #expect(unclear.status == .inconclusive)
        let needed = try #require(unclear.evidence?.neededChunks)
        #expect(needed > 20 && needed <= 1000)
        #expect(unclear.reason.hasSuffix("about \(needed) would decide"))
        let clear = try #require(watch(available: 1000, isSequential: false, around(0, 20)).judgements().first)
        #expect(clear.status == .pass)
        #expect(clear.evidence?.basis == .interval)
        #expect(clear.evidence?.interval?.level == 0.98)
        let effect = try #require(clear.evidence?.minimumDetectableEffect)
        #expect(effect > 0 && effect < 2)
        let single = try #require(watch(available: 9, isSequential: false, [0]).judgements().first)
        #expect(single.status == .inconclusive)
    }

    @Test("a sample without a score, and no sample at all, leave a gate inconclusive")
    func unscored() throws {
        var watch = watch(available: 100, around(0, 50, spread: 0.001))
        watch.observe(.unscored("the likelihood is not finite"))
        #expect(!watch.isDecided)
        let judgement = try #require(watch.judgements().first)
        #expect(judgement.status == .inconclusive)
        #expect(judgement.reason.contains("the likelihood is not finite"))
        #expect(self.watch(available: 0, []).judgements().map(\.status) == [.inconclusive])
    }

    @Test("without gates nothing is decided, and a gate on what was not measured is inconclusive")
    func none() {
        let idle = GateWatch([], metrics: metrics, available: 5, isSequential: true)
        #expect(!idle.isDecided)
        let foreign = GateWatch(
            [Threshold(metric: .klMeanExcess, limit: 1)], metrics: metrics, available: 5, isSequential: true)
        #expect(!foreign.isDecided)
        #expect(foreign.judgements().map(\.status) == [.inconclusive])
    }
}
