import LabCore
import Testing

@Suite("Binomial")
struct BinomialTests {
    struct Case: Decodable {
        let k: Int
        let n: Int
        let level: Double
        let low: Double?
        let high: Double?
        let p: Double
        let cumulative: Double?
    }

    @Test("Clopper and Pearson's intervals and the cumulative probabilities are scipy's")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("binomial") {
            let interval = Binomial.clopperPearson(one.k, trials: one.n, level: one.level)
            #expect(agrees(interval?.low, one.low) && agrees(interval?.high, one.high), "\(one)")
            let cumulative = Binomial.cumulative(one.k, trials: one.n, probability: one.p)
            #expect(agrees(cumulative, one.cumulative), "\(one)")
        }
    }
}
