import Foundation
import LabCore
import Testing

@Suite("The sampler")
struct TokenSamplerTests {
    private func choose(
        _ logits: [Float], _ sampling: Sampling, seed: UInt64 = 1, step: Int = 0
    ) -> Int32? {
        var sampler = TokenSampler(sampling, vocabulary: logits.count)
        return logits.withUnsafeBufferPointer { sampler.choose($0, seed: seed, step: step) }
    }

    /// How often each token is drawn, by steps of one seed.
    private func counts(_ logits: [Float], _ sampling: Sampling, draws: Int) -> [Int32: Int] {
        var sampler = TokenSampler(sampling, vocabulary: logits.count)
        return logits.withUnsafeBufferPointer { row in
            var counts: [Int32: Int] = [:]
            for step in 0..<draws {
                if let token = sampler.choose(row, seed: 7, step: step) { counts[token, default: 0] += 1 }
            }
            return counts
        }
    }

    @Test(
        "a temperature of zero takes the largest logit, the lowest index of equals", arguments: [1, 7, 8, 1023, 5000])
    func greedy(vocabulary: Int) {
        var rows = SyntheticLogits(seed: UInt64(vocabulary))
        for _ in 0..<20 {
            var row = rows.row(vocabulary: vocabulary)
            let expected = row.indices.max { (row[$0], $1) < (row[$1], $0) }
            #expect(choose(row, .greedy) == expected.map(Int32.init))
            row[vocabulary - 1] = 100
            #expect(choose(row, .greedy) == Int32(vocabulary - 1))
            row[vocabulary / 2] = 100
            #expect(choose(row, .greedy) == Int32(vocabulary / 2))
        }
    }

    @Test("the same seed and step draw the same token, whatever was drawn before; others draw others")
    func reproducible() {
        var rows = SyntheticLogits(seed: 3)
        let row = rows.row(vocabulary: 500, spread: 1)
        let other = rows.row(vocabulary: 500, spread: 1)
        let sampling = Sampling(temperature: 1)
        let expected = (0..<50).map { choose(row, sampling, seed: 11, step: $0) }
        var used = TokenSampler(sampling, vocabulary: 500)
        let backward = (0..<50).reversed().map { step in
            _ = other.withUnsafeBufferPointer { used.choose($0, seed: 4, step: step) }
            return row.withUnsafeBufferPointer { used.choose($0, seed: 11, step: step) }
        }
        #expect(Array(backward.reversed()) == expected)
        #expect(Set(expected).count > 20)
        #expect((0..<50).map { choose(row, sampling, seed: 12, step: $0) } != expected)
    }

    @Test(
        "tokens come as often as their probabilities say, after the temperature",
        arguments: [(1.0, 0), (0.6, 0), (2.0, 0), (0.6, 40)])
    func frequencies(temperature: Double, topK: Int) {
        var rows = SyntheticLogits(seed: 5)
        let row = rows.row(vocabulary: 60, spread: 1)
        let draws = 40_000
        let counts = counts(row, Sampling(temperature: temperature, topK: topK), draws: draws)
        let kept = row.sorted(by: >).prefix(topK == 0 ? row.count : topK).last ?? 0
        let expected = probabilities(row.map { $0 >= kept ? $0 / Float(temperature) : -.infinity })
        // Pearson's chi-squared over the tokens that can be drawn.
        var statistic = 0.0
        for (token, probability) in expected.enumerated() where probability > 0 {
            let deviation = Double(counts[Int32(token)] ?? 0) - probability * Double(draws)
            statistic += deviation * deviation / (probability * Double(draws))
        }
        // Its mean is the degrees of freedom and its variance twice that: five deviations above the mean.
        let freedom = Double(expected.count { $0 > 0 } - 1)
        #expect(statistic < freedom + 5 * (2 * freedom).squareRoot())
        #expect(counts.keys.allSatisfy { expected[Int($0)] > 0 })
    }

    @Test("of four tokens with 50, 30, 15 and 5 % the nucleus is the smallest set that holds the share")
    func nucleus() {
        let row = [0.15, 0.5, 0.05, 0.3].map { Float(log($0)) }
        func drawn(_ topP: Double, topK: Int = 0) -> Set<Int32> {
            Set(counts(row, Sampling(temperature: 1, topP: topP, topK: topK), draws: 2000).keys)
        }
        #expect(drawn(0.4) == [1])
        #expect(drawn(0.6) == [1, 3])
        #expect(drawn(0.9) == [1, 3, 0])
        #expect(drawn(0.99) == [1, 3, 0, 2])
        #expect(drawn(1) == [1, 3, 0, 2])
        #expect(drawn(1, topK: 2) == [1, 3])
        // Of the two that are kept the first has 62.5 %.
        #expect(drawn(0.6, topK: 2) == [1])
        #expect(drawn(0.7, topK: 2) == [1, 3])
    }

    @Test("without a limit of tokens a nucleus may be wider than what is looked at first")
    func wideNucleus() {
        // 4,000 tokens all alike: 90 % are the first 3,600.
        let row = [Float](repeating: 0, count: 4000)
        let counts = counts(row, Sampling(temperature: 1, topP: 0.9), draws: 20_000)
        #expect(counts.keys.allSatisfy { $0 < 3600 })
        #expect(counts.keys.contains { $0 > 3400 })
    }

    @Test("the nucleus is taken after the temperature")
    func temperatureFirst() {
        // Odds of 4:1 become 2:1 at a temperature of 2, 67 %.
        let row = [Float(log(4.0)), 0]
        #expect(counts(row, Sampling(temperature: 1, topP: 0.75), draws: 500).count == 1)
        #expect(counts(row, Sampling(temperature: 2, topP: 0.75), draws: 500).count == 2)
    }

    @Test(
        "logits that are no numbers choose nothing",
        arguments: [Sampling.greedy, .thinking, Sampling(temperature: 1), Sampling(temperature: 1, topP: 0.5)])
    func notFinite(sampling: Sampling) {
        #expect(choose([Float](repeating: .nan, count: 40), sampling) == nil)
        #expect(choose([Float](repeating: -.infinity, count: 40), sampling) == nil)
        #expect(choose([.infinity, 0, 1], sampling) == nil)
        #expect(choose([], sampling) == nil)
    }
}
