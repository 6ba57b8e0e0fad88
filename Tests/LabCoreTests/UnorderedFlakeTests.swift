import Foundation
import LabCore
import Testing

/// Where the chunks in common are not the first of the order laid down, or there are none, no sequential gate judges.
@Suite("Flakes of a comparison outside the order")
struct UnorderedFlakeTests {
    enum Noise: CaseIterable {
        case even, lopsided

        /// Draws with mean 0 and standard deviation 1; the lopsided with a long tail towards better, the worse side to err
        /// on.
        func draw(_ count: Int, using generator: inout Xoshiro256) -> [Double] {
            (0..<count).map { _ in
                func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) / 9_007_199_254_740_992 }
                switch self {
                case .even: return (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
                case .lopsided: return 1 + log(uniform())
                }
            }
        }
    }

    /// How many of 2,000 comparisons of an unchanged candidate fail; 1 % is allowed, and noise has ten times as much.
    private func failures(seed: String, judge: (inout Xoshiro256) -> Bool?) -> Int {
        var generator = Xoshiro256(seed: Digest(of: seed))
        return (0..<2000).count { _ in judge(&generator) == false }
    }

    @Test("an unchanged candidate fails at most 1 % of the comparisons of 20 and 40 chunks", arguments: Noise.allCases)
    func paired(noise: Noise) {
        for count in [20, 40] {
            let failures = failures(seed: "\(noise) \(count)") { generator in
                ChangeEstimate(
                    worsenings: noise.draw(count, using: &generator).map { 0.1 * $0 }, allowed: 0.01,
                    populationSize: 500, isRandomOrder: false, alpha: 0.01)?.isAllowed
            }
            // Of 2,000 with 1 % each, more than 37 fail with probability 1e-4 (scipy.stats.binom.sf). Student's interval
            // alone fails about 40 of them with lopsided noise and 20 chunks.
            #expect(failures <= 37, "\(noise), \(count) chunks")
        }
    }

    @Test("an unchanged candidate fails at most 1 % of the comparisons of two intervals", arguments: Noise.allCases)
    func unpaired(noise: Noise) throws {
        let failures = failures(seed: "unpaired \(noise)") { generator in
            let runs = (0..<2).map { _ in
                ClusteredMean(clusters: noise.draw(20, using: &generator).map { (total: 0.1 * $0, weight: 1) })
            }
            guard let old = runs[0], let new = runs[1] else { return nil }
            return ChangeEstimate(
                worsening: new.mean - old.mean, intervals: (new.interval(), old.interval()), n: (20, 20),
                allowed: 0.01, alpha: 0.01)?.isAllowed
        }
        #expect(failures <= 37)
    }

    @Test("a candidate ten times as much worse as is allowed fails")
    func worse() {
        let worsenings = (0..<20).map { 0.1 + 0.001 * Double($0 % 5) }
        let estimate = ChangeEstimate(
            worsenings: worsenings, allowed: 0.01, populationSize: 500, isRandomOrder: false, alpha: 0.01)
        #expect(estimate?.isAllowed == false && estimate?.basis == .paired)
    }

    @Test("of lopsided chunks the interval reaches as far as Hall's: -12, -1, -1, 1 and seven times 2, level 0.98")
    func hall() throws {
        let worsenings: [Double] = [-12, -1, -1, 1, 2, 2, 2, 2, 2, 2, 2]
        let estimate = try #require(
            ChangeEstimate(
                worsenings: worsenings, allowed: 1, populationSize: 500, isRandomOrder: false, alpha: 0.01))
        let interval = try #require(estimate.interval)
        #expect(abs(interval.low + 10.3198276) < 1e-6 && abs(interval.high - 3.5759804) < 1e-6)
    }
}
