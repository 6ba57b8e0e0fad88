import Evaluation
import LabCore
import Testing

@Suite("Metrics of the fidelity evaluation")
struct FidelityMetricsTests {
    private func chunk(_ kl: [Float], agreements: Int) -> ChunkDivergence {
        let score = ChunkScore(nllSumNats: 10, tokenCount: kl.count)
        return ChunkDivergence(
            candidate: score, parent: score, klNats: kl, klSumVariance: 0, logitDifferenceMaxNats: 0,
            agreements: agreements, onlyParentRight: 0,
            onlyCandidateRight: 0, worst: [])
    }

    private var chunks: [ChunkDivergence] {
        [chunk([0.5, 0.25, 0, 0.25], agreements: 3), chunk([1, 2, 0.5, 0.5], agreements: 1)]
    }

    private func value(_ metric: MetricDefinition, floor: Double? = 0.125) -> Double? {
        Registry.fidelityMetrics(floorNats: floor).first { $0.definition == metric }?.estimate(chunks, level: 0.95)?
            .value
    }

    @Test("each metric has the value that eight divergences give by hand")
    func values() {
        // Sorted: 0, 0.25, 0.25, 0.5, 0.5, 0.5, 1, 2; sum 5. Positions between order statistics at 7p.
        #expect(value(.klMean) == 0.625)
        #expect(value(.klMeanExcess) == 0.5)
        #expect(value(.klMedian) == 0.5)
        // 7 x 0.9 = 6.3: 1 + 0.3 x (2 - 1).
        #expect(abs((value(.klP90) ?? 0) - 1.3) < 1e-12)
        // 7 x 0.99 = 6.93.
        #expect(abs((value(.klP99) ?? 0) - 1.93) < 1e-12)
        #expect(value(.klMax) == 2)
        #expect(value(.topAgreement) == 50)
    }

    @Test("without a floor there is no excess, and without windows nothing")
    func absent() {
        #expect(value(.klMeanExcess, floor: nil) == nil)
        #expect(Registry.fidelityMetrics(floorNats: 0).allSatisfy { $0.estimate([], level: 0.95) == nil })
    }

    @Test("a comparison with another parent, of other tokens or without numbers has no score")
    func scorer() {
        let good = chunk([0.5, 0.25], agreements: 1)
        let scorer = DivergenceScorer()
        #expect(scorer.score(good, against: good.parent).score == good)
        #expect(scorer.score(good, against: ChunkScore(nllSumNats: 11, tokenCount: 2)).score == nil)
        #expect(scorer.score(chunk([.nan, 1], agreements: 1), against: good.parent).score == nil)
        var short = good
        short.klNats = [1]
        #expect(scorer.score(short, against: good.parent).score == nil)
    }
}
