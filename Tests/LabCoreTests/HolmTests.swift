import LabCore
import Testing

@Suite("Holm")
struct HolmTests {
    struct Case: Decodable {
        let p: [Double]
        let expected: [Double]?
    }

    @Test("adjusted p-values are statsmodels'; one that is no probability spoils all")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("holm") {
            let adjusted = Holm.adjusted(one.p)
            #expect(adjusted?.count == one.expected?.count, "\(one)")
            for (value, expected) in zip(adjusted ?? [], one.expected ?? []) {
                #expect(agrees(value, expected, within: 1e-14), "\(one)")
            }
        }
    }
}
