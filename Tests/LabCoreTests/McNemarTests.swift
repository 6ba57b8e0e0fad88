import LabCore
import Testing

@Suite("McNemar")
struct McNemarTests {
    struct Case: Decodable {
        let b: Int
        let c: Int
        let expected: Double?
    }

    @Test("p-values are scipy's exact ones; without flips there is none")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("mcnemar") {
            #expect(agrees(McNemar.pValue(onlyFirst: one.b, onlySecond: one.c), one.expected), "\(one)")
        }
    }

    @Test("five flips of five to one side: 2 / 32, by hand")
    func byHand() throws {
        #expect(agrees(McNemar.pValue(onlyFirst: 0, onlySecond: 5), 0.0625))
    }
}
