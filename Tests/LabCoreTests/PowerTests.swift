import LabCore
import Testing

@Suite("Power")
struct PowerTests {
    struct Case: Decodable {
        let values: [Double]
        let population: Int?
        let limit: Double
        let effect: Double?
        let exact: Double?
        let needed: Int?
        // The limit is no part of the effect.
        let skipsEffect: Bool?

        enum CodingKeys: String, CodingKey {
            case values, population, limit, effect, exact, needed
            case skipsEffect = "skips_effect"
        }

        var mean: ClusteredMean? { ClusteredMean(clusters: values.map { ($0, 1) }) }
    }

    @Test("the detectable effect is scipy's, and within 1 % of the noncentral t's from 20 chunks on")
    func effect() throws {
        for one in try StatisticsCases<Case>.load("power") where one.skipsEffect != true {
            let mean = try #require(one.mean)
            let effect = Power.minimumDetectableEffect(of: mean, populationSize: one.population)
            #expect(agrees(effect, one.effect), "\(one.values.count) of \(one.population ?? -1)")
            if let exact = one.exact { #expect(agrees(try #require(effect) / exact, 1, within: 0.01)) }
        }
    }

    @Test("the number of chunks needed is the first that suffices, found by trying all")
    func needed() throws {
        for one in try StatisticsCases<Case>.load("power") {
            let mean = try #require(one.mean)
            let needed = Power.chunksNeeded(for: mean, limit: one.limit, populationSize: one.population)
            #expect(needed == one.needed, "\(one.values.count) of \(one.population ?? -1), limit \(one.limit)")
        }
    }

    @Test("probabilities that are none give no effect and no number")
    func refused() throws {
        let mean = try #require(ClusteredMean(clusters: [(1, 1), (2, 1), (3, 1)]))
        #expect(Power.minimumDetectableEffect(of: mean, alpha: .nan) == nil)
        #expect(Power.minimumDetectableEffect(of: mean, power: 1) == nil)
        #expect(Power.chunksNeeded(for: mean, limit: 0, alpha: 0) == nil)
    }
}
