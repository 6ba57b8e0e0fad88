import LabCore
import Testing

@Suite("Clustered mean")
struct ClusteredMeanTests {
    struct Case: Decodable {
        let totals: [Double]
        let weights: [Double]
        let mean: Double?
        let error: Double?
        let low: Double?
        let high: Double?
    }

    @Test("mean, standard error and interval are numpy's and scipy's; what is not finite, or overflows, has none")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("clustered_mean") {
            let mean = ClusteredMean(clusters: zip(one.totals, one.weights).map { ($0, $1) })
            let interval = mean?.interval()
            #expect(agrees(mean?.mean, one.mean) && agrees(mean?.standardError, one.error), "\(one)")
            #expect(agrees(interval?.low, one.low) && agrees(interval?.high, one.high), "\(one)")
        }
    }

    @Test("equal weights give the textbook mean, s over root n, and Student's interval")
    func equalWeights() throws {
        // By hand: mean 7/3, s = sqrt(7/3), standard error sqrt(7/9); t(0.975, 2) = 4.302652729749462 (scipy).
        let mean = try #require(ClusteredMean(clusters: [(1, 1), (2, 1), (4, 1)]))
        #expect(abs(mean.mean - 7.0 / 3) < 1e-12)
        #expect(abs(try #require(mean.standardError) - (7.0 / 9).squareRoot()) < 1e-12)
        let interval = try #require(mean.interval())
        #expect(abs(interval.high - (7.0 / 3 + 4.302652729749462 * (7.0 / 9).squareRoot())) < 1e-9)
    }

    @Test("no clusters, a weight of zero and a total that is not finite give no mean")
    func refused() {
        #expect(ClusteredMean(clusters: []) == nil)
        #expect(ClusteredMean(clusters: [(1, 0)]) == nil)
        #expect(ClusteredMean(clusters: [(.infinity, 1), (1, 1)]) == nil)
        #expect(ClusteredMean(clusters: [(.nan, 1)]) == nil)
    }

    @Test("one cluster has a mean but neither standard error nor interval")
    func single() throws {
        let mean = try #require(ClusteredMean(clusters: [(6, 3)]))
        #expect(mean.mean == 2)
        #expect(mean.standardError == nil)
        #expect(mean.interval() == nil)
    }

    @Test("equal clusters have a standard error of zero")
    func allEqual() throws {
        let mean = try #require(ClusteredMean(clusters: [(2, 1), (2, 1), (2, 1)]))
        #expect(mean.standardError == 0)
        #expect(mean.interval() == Interval(low: 2, high: 2, level: 0.95))
    }
}
