import Evaluation
import Foundation
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
    }

    @Test("one chunk, and a mean at the limit itself, are decided by all chunks, and nothing else is said")
    func allWouldDecide() throws {
        let single = try #require(watch(available: 9, isSequential: false, [0]).judgements().first)
        #expect(single.status == .inconclusive)
        #expect(
            single.reason
                == "1 chunk(s) of a larger text give no interval; measure more chunks; all 9 would decide")
        #expect(single.evidence?.neededChunks == 9)
        #expect(single.evidence?.minimumDetectableEffect == nil)

        let limit = 100 * expm1(0.05)
        for second in [0.06, 0.0605] {
            let two = try #require(
                watch(below: limit, available: 9, isSequential: false, [0.04, second]).judgements().first)
            #expect(two.reason.hasSuffix("measure more chunks; all 9 would decide"), "\(two.reason)")
        }
    }

    @Test("each kind of gate says what it could have seen", arguments: MetricDefinition.perplexityGates)
    func detectable(metric: MetricDefinition, limit: Double) throws {
        func judge(available: Int, isSequential: Bool = false) throws -> GateWatch<PairedScore>.Judgement {
            var watch = GateWatch(
                [Threshold(metric: metric, limit: limit)], metrics: metrics, available: available,
                isSequential: isSequential)
            for difference in around(0.01, 20) where !watch.isDecided { watch.observe(scored(difference)) }
            return try #require(watch.judgements().first)
        }
        // By hand: s = 0.01 sqrt(20 / 19), (t(0.99) + t(0.8)) = 2.5395 + 0.8610 with 19 degrees of freedom, so that
        // 3.4005 x 0.01026 / sqrt(20) x sqrt(1 - 20 / 500) = 0.007643 nats.
        let effect = try #require(try judge(available: 500).evidence?.minimumDetectableEffect)
        let nats = 0.007643
        let expected =
            switch metric {
            case .perplexity: exp(3.01) * expm1(nats)
            case .perplexityIncrease: 100 * exp(0.01) * expm1(nats)
            default: nats
            }
        #expect(abs(effect / expected - 1) < 1e-3, "\(effect) and \(expected)")
        #expect(try judge(available: 20).evidence?.minimumDetectableEffect == 0)
    }

    @Test("a limit on perplexity itself is decided early where it is clear")
    func perplexity() throws {
        for (limit, status) in [(100.0, VerdictStatus.pass), (5, .fail)] {
            var watch = GateWatch(
                [Threshold(metric: .perplexity, limit: limit)], metrics: metrics, available: 2000, isSequential: true)
            for difference in around(0, 2000) where !watch.isDecided { watch.observe(scored(difference)) }
            let judgement = try #require(watch.judgements().first)
            #expect(judgement.status == status)
            #expect(judgement.evidence?.basis == .sequential)
            #expect(abs(try #require(judgement.value) / exp(3) - 1) < 0.01)
        }
        for limit in [0, -1, Double.nan] {
            let watch = GateWatch(
                [Threshold(metric: .perplexity, limit: limit)], metrics: metrics, available: 9, isSequential: true)
            #expect(!watch.isDecided)
        }
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

extension MetricDefinition {
    /// What a gate of the perplexity evaluation may limit, with a limit for each.
    fileprivate static let perplexityGates: [(MetricDefinition, Double)] = [
        (.perplexity, 20.3), (.perplexityIncrease, 5), (.logRatio, 0.05),
    ]
}
