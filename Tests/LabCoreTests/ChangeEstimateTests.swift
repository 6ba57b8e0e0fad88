import LabCore
import Testing

@Suite("Change between two runs")
struct ChangeEstimateTests {
    @Test("all chunks of the corpus: the mean decides, and just what is allowed is allowed")
    func exact() throws {
        let estimate = try #require(
            ChangeEstimate(
                worsenings: [0.25, 0.75], allowed: 0.5, populationSize: 2, isRandomOrder: false, alpha: 0.01))
        #expect(estimate.mean == 0.5 && estimate.basis == .exact && estimate.interval == nil)
        #expect(estimate.isAllowed == true)
        #expect(estimate.relation() == .worse && estimate.relation(allowed: 0.5) == .same)
    }

    @Test("a part of it: Student's interval; by hand, mean 0.015, s 0.0129099, t(0.99, 3) 4.540703")
    func student() throws {
        let estimate = try #require(
            ChangeEstimate(
                worsenings: [0.01, 0.02, 0.03, 0], allowed: 0.05, populationSize: 100, isRandomOrder: false,
                alpha: 0.01))
        let interval = try #require(estimate.interval)
        // 4.540703 x 0.0129099 / 2 = 0.0293100
        #expect(abs(interval.low + 0.0143100) < 1e-6 && abs(interval.high - 0.0443100) < 1e-6)
        #expect(interval.level == 0.98 && estimate.basis == .paired && estimate.isAllowed == true)
        #expect(estimate.relation() == .unknown && estimate.relation(allowed: 0.05) == .same)
    }

    @Test("a part in the order laid down is judged by the sequential gate")
    func sequential() throws {
        func estimate(_ worsening: Double, count: Int) throws -> ChangeEstimate {
            try #require(
                ChangeEstimate(
                    worsenings: Array(repeating: worsening, count: count), allowed: 0.01, populationSize: 500,
                    isRandomOrder: true, alpha: 0.01))
        }
        #expect(try estimate(0, count: 30).isAllowed == true)
        #expect(try estimate(0, count: 30).basis == .sequential)
        #expect(try estimate(0.03, count: 30).isAllowed == false)
        #expect(try estimate(0, count: 2).isAllowed == nil)
        #expect(try estimate(0.0101, count: 30).isAllowed == nil)
    }

    @Test("without pairs the intervals count: errors 1 and 1 of 11 units each, t(0.99, 10) = 2.763769")
    func unpaired() throws {
        // Intervals of 95 %: t(0.975, 10) = 2.228139 standard errors to either side.
        let interval = Interval(low: 5 - 2.228139, high: 5 + 2.228139, level: 0.95)
        let estimate = try #require(
            ChangeEstimate(worsening: 3, intervals: (interval, interval), n: (11, 11), allowed: 8, alpha: 0.01))
        // sqrt(2) x 2.763769 = 3.908560
        #expect(abs(try #require(estimate.interval).high - 6.908560) < 1e-5 && estimate.isAllowed == true)
        #expect(
            ChangeEstimate(worsening: 3, intervals: (interval, nil), n: (11, 11), allowed: 8, alpha: 0.01) == nil)
        #expect(
            ChangeEstimate(worsening: 3, intervals: (interval, interval), n: (11, 1), allowed: 8, alpha: 0.01) == nil)
    }

    @Test("nothing is estimated from no chunks or from one that is not finite, and one chunk of many tells nothing")
    func edges() throws {
        for worsenings in [[], [0, .nan], [.infinity]] {
            #expect(
                ChangeEstimate(
                    worsenings: worsenings, allowed: 1, populationSize: 5, isRandomOrder: true, alpha: 0.01) == nil)
        }
        let one = try #require(
            ChangeEstimate(worsenings: [2], allowed: 1, populationSize: 5, isRandomOrder: false, alpha: 0.01))
        #expect(one.isAllowed == nil && one.interval == nil && one.relation() == .unknown)
        let equal = try #require(
            ChangeEstimate(worsenings: [0, 0, 0], allowed: 0, populationSize: 5, isRandomOrder: true, alpha: 0.01))
        #expect(equal.isAllowed == true && equal.relation() == .same)
    }
}
