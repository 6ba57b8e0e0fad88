import Foundation
import LabCore
import Testing

@Suite("Mann-Whitney")
struct MannWhitneyTests {
    struct Case: Decodable {
        let first: [Double]
        let second: [Double]
        let u: Double?
        let isExact: Bool?
        let greater: Double?
        let less: Double?

        enum CodingKeys: String, CodingKey {
            case first, second, u, greater, less
            case isExact = "is_exact"
        }
    }

    @Test("statistic and p-values are scipy's, exact or by the normal distribution; nonsense has none")
    func cases() throws {
        let cases = try StatisticsCases<Case>.load("mann_whitney")
        #expect(cases.contains { $0.isExact == true } && cases.contains { $0.isExact == false })
        for one in cases {
            let test = MannWhitney(one.first, one.second)
            #expect(agrees(test?.u, one.u), "\(one)")
            #expect(test?.isExact == one.isExact, "\(one)")
            #expect(agrees(test?.pGreater, one.greater), "\(one)")
            #expect(agrees(test?.pLess, one.less), "\(one)")
        }
    }

    /// Of the C(10, 5) = 252 ways to deal ten values to two hands, one gives all the larger ones to the first.
    @Test("five against five, all larger: 1 of 252, by hand")
    func byHand() throws {
        let test = try #require(MannWhitney([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]))
        #expect(agrees(test.pGreater, 1.0 / 252))
        #expect(agrees(test.pTwoSided, 2.0 / 252))
        #expect(agrees(MannWhitney.smallestP(5, 5), 1.0 / 252))
        #expect(agrees(MannWhitney.smallestP(8, 8), 1.0 / 12_870))
        #expect(agrees(MannWhitney.smallestP(3, 2), 0.1))
    }

    /// Hollander and Wolfe, Nonparametric Statistical Methods, example 4.1 (permeability of membranes at term and
    /// earlier): the 96 % interval of the shift is -0.76 to 0.15 by their table; R's wilcox.test(x, y, conf.int = TRUE,
    /// conf.level = 0.95) gives the same ends for x less y.
    @Test("the interval of the shift is Hollander and Wolfe's")
    func shift() throws {
        let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        let earlier = [1.15, 0.88, 0.90, 0.74, 1.21]
        let interval = try #require(MannWhitney.shift(term, over: earlier, level: 0.95))
        #expect(agrees(interval.low, -0.15, within: 1e-12))
        #expect(agrees(interval.high, 0.76, within: 1e-12))
        #expect(MannWhitney.shift([1, 2], over: [3, 4], level: 0.95) == nil)
        #expect(MannWhitney.shift([], over: [1], level: 0.5) == nil)
    }

    @Test("exact probabilities of all outcomes make 1, and a mirrored sample mirrors them")
    func mirrored() throws {
        let first = [3.1, 4.5, 2.2, 9.7]
        let second = [1.0, 5.5, 6.1]
        let test = try #require(MannWhitney(first, second))
        let mirror = try #require(MannWhitney(first.map { -$0 }, second.map { -$0 }))
        #expect(agrees(test.pGreater, mirror.pLess) && agrees(test.pLess, mirror.pGreater))
        #expect(test.u + mirror.u == 12)
    }
}

@Suite("Intervals of medians")
struct MedianIntervalTests {
    struct Case: Decodable {
        let values: [Double]
        let level: Double
        let low: Double?
        let high: Double?
        let covers: Double?
    }

    @Test("ends are order statistics by the binomial distribution; nonsense has none")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("median_interval") {
            let interval = MedianInterval.of(one.values, level: one.level)
            #expect(agrees(interval?.low, one.low), "\(one)")
            #expect(agrees(interval?.high, one.high), "\(one)")
            #expect(agrees(interval?.level, one.covers), "\(one)")
        }
    }

    @Test("five values reach 1 - 2 / 32 and no more")
    func byHand() throws {
        let interval = try #require(MedianInterval.of([5, 1, 4, 2, 3], level: 0.95))
        #expect(interval == Interval(low: 1, high: 5, level: 0.9375))
    }
}
