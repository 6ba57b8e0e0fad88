import LabCore
import Testing

@Suite("Random order")
struct RandomOrderTests {
    struct Case: Decodable {
        let seed: Digest
        let count: Int
        let expected: [Int]
    }

    @Test("orders are those of the published algorithms in another language")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("random_order") {
            var generator = Xoshiro256(seed: one.seed)
            #expect(RandomOrder.permutation(count: one.count, using: &generator) == one.expected, "\(one)")
        }
    }

    @Test("from the state 1, 2, 3, 4 the generator begins as by hand: rotating 2 x 5 by 7, times 9")
    func byHand() throws {
        let words = (1...4).map { String(repeating: "0", count: 15) + "\($0)" }.joined()
        var generator = Xoshiro256(seed: try #require(Digest(hex: words)))
        // The step then makes the second word 1 ^ 2 ^ 3 = 0, and 0 times anything is 0; then 262149: see the C.
        #expect(generator.next() == 11520)
        #expect(generator.next() == 0)
        #expect(generator.next() == 1_509_978_240)
    }

    @Test(
        "each of the 24 orders of four comes equally often: chi-squared below 49.73, its 99.9 % point with 23 degrees")
    func uniform() {
        var counts: [[Int]: Double] = [:]
        let trials = 24_000
        for trial in 0..<trials {
            var generator = Xoshiro256(seed: Digest(of: "uniform \(trial)"))
            counts[RandomOrder.permutation(count: 4, using: &generator), default: 0] += 1
        }
        let expected = Double(trials) / 24
        // scipy.stats.chi2.ppf(0.999, 23) = 49.728; the seeds are fixed, so the outcome is too.
        let distance = counts.values.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        #expect(counts.count == 24 && distance < 49.728)
    }

    @Test("an order holds every number once, whatever the seed")
    func permutation() {
        for count in [3, 105, 592] {
            var generator = Xoshiro256(seed: Digest(of: "\(count)"))
            let order = RandomOrder.permutation(count: count, using: &generator)
            #expect(order.sorted() == Array(0..<count) && order != Array(0..<count))
        }
    }

    @Test("samples come in the order of a SHA-256: one that changes moves no other, equal ones keep their order")
    func samples() {
        let texts = (0..<100).map { Digest(of: "window \($0)") }
        let order = RandomOrder.order(of: texts)
        #expect(order.sorted() == Array(0..<100) && order != Array(0..<100))
        // printf 'order/1\n%s' "$(printf 'window N' | sha256sum | cut -c-64)" | sha256sum, for N of 0 to 99.
        #expect(order.prefix(5) == [62, 45, 39, 12, 18])
        var changed = texts
        changed[7] = Digest(of: "another")
        #expect(RandomOrder.order(of: changed).filter { $0 != 7 } == order.filter { $0 != 7 })
        #expect(RandomOrder.order(of: [texts[0], texts[1], texts[0]]).filter { $0 != 1 } == [0, 2])
        #expect(RandomOrder.order(of: []).isEmpty)
    }
}
