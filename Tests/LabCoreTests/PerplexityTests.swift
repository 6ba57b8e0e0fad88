import Foundation
import LabCore
import Testing

@Suite("Perplexity")
struct PerplexityTests {
    private let parent = [(510.0, 255), (400.0, 255), (130.0, 100), (700.5, 255)].map(ChunkScore.init)
    private let candidate = [(520.0, 255), (405.5, 255), (129.0, 100), (712.0, 255)].map(ChunkScore.init)

    struct Case: Decodable {
        let parent: [Double]
        let candidate: [Double]
        let tokens: [Int]
        let perplexity: Double?
        let increase: Double?
        let low: Double?
        let high: Double?
    }

    @Test("perplexity and increase are numpy's, from a perplexity of 1 too; nothing, and what is not finite, has none")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("perplexity") {
            let parent = zip(one.parent, one.tokens).map(ChunkScore.init)
            let candidate = zip(one.candidate, one.tokens).map(ChunkScore.init)
            #expect(agrees(Perplexity.estimate(parent)?.value, one.perplexity), "\(one)")
            let increase = Perplexity.increasePercent(parent: parent, candidate: candidate)
            #expect(agrees(increase?.value, one.increase), "\(one)")
            #expect(agrees(increase?.interval?.low, one.low, within: 1e-8), "\(one)")
            #expect(agrees(increase?.interval?.high, one.high, within: 1e-8), "\(one)")
        }
    }

    // Expected values: numpy 2.4.6 and scipy 1.17.1, from the formulas in the documentation of `ClusteredMean`.
    @Test("chunks of unequal length are weighted by their tokens")
    func estimate() throws {
        let estimate = try #require(Perplexity.estimate(parent))
        #expect(abs(estimate.value - 7.479296436893485) < 1e-9)
        let interval = try #require(estimate.interval)
        #expect(abs(interval.low - 2.8128038854741195) < 1e-8)
        #expect(abs(interval.high - 19.887584584126987) < 1e-7)
        #expect(estimate.n == 4)
    }

    @Test("the paired increase is far surer than either perplexity")
    func increase() throws {
        let estimate = try #require(Perplexity.increasePercent(parent: parent, candidate: candidate))
        #expect(abs(estimate.value - 3.051409952094173) < 1e-9)
        let interval = try #require(estimate.interval)
        #expect(abs(interval.low - 0.2894486826784106) < 1e-8)
        #expect(abs(interval.high - 5.889435355413887) < 1e-8)
    }

    @Test("the increase equals the ratio of the perplexities")
    func ratio() throws {
        let increase = try #require(Perplexity.increasePercent(parent: parent, candidate: candidate)).value
        let before = try #require(Perplexity.estimate(parent)).value
        let after = try #require(Perplexity.estimate(candidate)).value
        #expect(abs(increase - 100 * (after / before - 1)) < 1e-9)
    }

    @Test("a model against itself has no increase")
    func itself() throws {
        let estimate = try #require(Perplexity.increasePercent(parent: parent, candidate: parent))
        #expect(estimate.value == 0)
        #expect(estimate.interval == Interval(low: 0, high: 0, level: 0.95))
    }

    @Test("nothing, unequal sides, other tokens, and values that are not finite have no estimate")
    func refused() {
        #expect(Perplexity.estimate([]) == nil)
        #expect(Perplexity.estimate([ChunkScore(nllSumNats: .nan, tokenCount: 1)]) == nil)
        #expect(Perplexity.estimate([ChunkScore(nllSumNats: 1e6, tokenCount: 1)]) == nil)
        #expect(Perplexity.increasePercent(parent: parent, candidate: Array(candidate.dropLast())) == nil)
        let other = [ChunkScore(nllSumNats: 1, tokenCount: 2)]
        #expect(Perplexity.increasePercent(parent: [ChunkScore(nllSumNats: 1, tokenCount: 1)], candidate: other) == nil)
    }
}
