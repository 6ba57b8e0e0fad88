import LabCore
import Testing

@Suite("Quantile")
struct QuantileTests {
    struct Case: Decodable {
        let values: [Double]
        let probability: Double
        let expected: Double?
    }

    @Test("quantiles are numpy's; nothing, and what is not finite, has none")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("quantile") {
            let value = Quantile.of(one.values, at: one.probability)
            #expect(agrees(value, one.expected, within: 1e-14), "\(one)")
        }
    }

    @Test("several at once are those one by one")
    func several() {
        #expect(Quantile.of([3, 1, 2], at: [0.5, 0.25]) == [2, 1.5])
        #expect(Quantile.of([3, 1, 2], at: [0.5, 2]) == nil)
    }
}
