import LabCore
import Testing

@Suite("Student's t")
struct StudentTTests {
    struct Case: Decodable {
        let probability: Double
        let df: Double
        let expected: Double
    }

    @Test("quantiles agree with scipy")
    func quantile() throws {
        for one in try StatisticsCases<Case>.load("student_t") {
            let value = StudentT.quantile(one.probability, degreesOfFreedom: one.df)
            #expect(agrees(value, one.expected), "\(one)")
        }
    }

    @Test(
        "there is no t of what is no probability and no distribution",
        arguments: [
            (0.0, 5.0), (1, 5), (-0.1, 5), (1.1, 5), (.nan, 5), (0.9, 0), (0.9, -1), (0.9, .nan), (0.9, .infinity),
            (0.1, 0), (0.5, -1), (.infinity, 5),
        ])
    func impossible(probability: Double, degreesOfFreedom: Double) {
        #expect(StudentT.quantile(probability, degreesOfFreedom: degreesOfFreedom).isNaN)
    }

    @Test("nor a probability", arguments: [(1.0, 0.0), (1, -2), (1, .nan), (.nan, 3), (-1, .infinity), (0, 0)])
    func impossible(t: Double, degreesOfFreedom: Double) {
        #expect(StudentT.cumulative(t, degreesOfFreedom: degreesOfFreedom).isNaN)
    }

    @Test("the ends of the line have all or nothing below them")
    func ends() {
        #expect(StudentT.cumulative(.infinity, degreesOfFreedom: 3) == 1)
        #expect(StudentT.cumulative(-.infinity, degreesOfFreedom: 3) == 0)
        #expect(StudentT.cumulative(0, degreesOfFreedom: 3) == 0.5)
    }

    @Test("a level that is none gives no interval", arguments: [1.0, 1.5, -1, .nan])
    func level(level: Double) throws {
        let mean = try #require(ClusteredMean(clusters: [(total: 1, weight: 1), (total: 2, weight: 1)]))
        #expect(mean.interval(level: level) == nil)
    }
}
