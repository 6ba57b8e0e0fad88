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
}
