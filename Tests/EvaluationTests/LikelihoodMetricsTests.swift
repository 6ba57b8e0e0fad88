import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Metrics of the perplexity evaluation")
struct LikelihoodMetricsTests {
    /// NLL sums 500, 501, 502 repeating, of 255 tokens each; the candidate's are `extra` nats per token higher.
    private func scores(_ count: Int, extra: Double = 0.01) -> [PairedScore] {
        (0..<count).map { index in
            let parent = 500.0 + Double(index % 3)
            return PairedScore(
                parent: ChunkScore(nllSumNats: parent, tokenCount: 255),
                candidate: ChunkScore(nllSumNats: parent + 255 * extra, tokenCount: 255))
        }
    }

    @Test("perplexity is exp of the mean over all tokens")
    func perplexity() throws {
        // By hand: eight chunks hold 500+501+502+500+501+502+500+501 = 4007 nats over 8 x 255 = 2040 tokens.
        let parent = try #require(PerplexityMetric(of: .parent).estimate(scores(8), level: 0.95))
        #expect(abs(parent.value - exp(4007.0 / 2040)) < 1e-12)
        #expect(parent.n == 8)
        let candidate = try #require(PerplexityMetric(of: .candidate).estimate(scores(8), level: 0.95))
        #expect(abs(candidate.value - exp(4007.0 / 2040 + 0.01)) < 1e-12)
    }

    @Test("increase and log ratio tell the same difference in percent and nats")
    func difference() throws {
        let increase = try #require(PerplexityIncreaseMetric().estimate(scores(8), level: 0.95))
        // 100 (exp(0.01) - 1) = 1.005016708...
        #expect(abs(increase.value - 1.0050167084) < 1e-9)
        let ratio = try #require(LogRatioMetric().estimate(scores(8), level: 0.95))
        #expect(abs(ratio.value - 0.01) < 1e-12)
        let gateable = try #require(PerplexityIncreaseMetric().gateable)
        #expect(abs(gateable.toUnit(gateable.toMean(5)) - 5) < 1e-12)
        #expect(abs(gateable.value(scores(1)[0]) - 0.01) < 1e-12)
    }

    @Test("no windows give no value")
    func empty() {
        #expect(Registry.likelihoodMetrics.allSatisfy { $0.estimate([], level: 0.95) == nil })
    }

    @Test("what does not belong together has no score")
    func scorer() {
        let scorer = LikelihoodScorer()
        let parent = ChunkScore(nllSumNats: 1, tokenCount: 2)
        #expect(scorer.score(ChunkScore(nllSumNats: 2, tokenCount: 2), against: parent).score?.differenceNats == 0.5)
        for wrong in [ChunkScore(nllSumNats: 2, tokenCount: 3), ChunkScore(nllSumNats: .nan, tokenCount: 2)] {
            #expect(scorer.score(wrong, against: parent).score == nil)
        }
    }
}
