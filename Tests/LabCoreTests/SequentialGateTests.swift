import Foundation
import LabCore
import Testing

@Suite("Sequential gate")
struct SequentialGateTests {
    struct Case: Decodable {
        struct Step: Decodable {
            let count: Int
            let logBelow: Double
            let logAbove: Double
            let clipped: [Double]
            let interval: [Double]

            enum CodingKeys: String, CodingKey {
                case count, clipped, interval
                case logBelow = "log_below"
                case logAbove = "log_above"
            }
        }

        let name: String
        let kind: String
        let limit: Double
        let clip: [Double]
        let values: [Double]
        let population: Int
        let decision: SequentialGate.Decision
        let count: Int
        let steps: [Step]

        var design: SequentialGate.Design? {
            switch kind {
            case "nll": .nllDifferences(limitNats: limit, populationSize: population)
            case "divergence": .divergences(limitNats: limit, populationSize: population)
            case "share": .share(limit: limit, populationSize: population)
            default: nil
            }
        }
    }

    @Test("stopping times, capitals and intervals are those of an independent implementation")
    func cases() throws {
        for one in try StatisticsCases<Case>.load("sequential_gate") {
            let design = try #require(one.design)
            #expect(agrees(design.clip.lowerBound, one.clip[0]) && agrees(design.clip.upperBound, one.clip[1]))
            var gate = SequentialGate(design)
            for value in one.values {
                #expect(gate.decision == .undecided, "\(one.name)")
                gate.observe(value)
                guard let step = one.steps.first(where: { $0.count == gate.count }) else { continue }
                let at = Comment(rawValue: "\(one.name) at \(gate.count)")
                #expect(agrees(log(gate.capitals.isBelow), step.logBelow, within: 1e-8), at)
                #expect(agrees(log(gate.capitals.isAbove), step.logAbove, within: 1e-8), at)
                let clipped = try #require(gate.clippedInterval)
                let interval = try #require(gate.interval)
                #expect(agrees(clipped.low, step.clipped[0]) && agrees(clipped.high, step.clipped[1]), at)
                #expect(agrees(interval.low, step.interval[0]) && agrees(interval.high, step.interval[1]), at)
                #expect(agrees(interval.level, 0.98))
            }
            #expect(gate.decision == one.decision && gate.count == one.count, "\(one.name)")
            #expect(gate.isExact == (one.count == one.population), "\(one.name)")
        }
    }

    @Test("after all chunks the plain mean decides, with what lies beyond the clip in full")
    func exact() {
        // 104 chunks at 0, one at +5.2 nats: a mean of 0.0495, above ln 1.05 = 0.0488, which the clip would hide.
        var gate = SequentialGate(.nllDifferences(limitNats: log(1.05), populationSize: 105))
        for _ in 0..<104 { gate.observe(0) }
        #expect(gate.decision == .undecided)
        gate.observe(5.2)
        #expect(gate.decision == .fail && gate.isExact)
        #expect(gate.interval?.low == gate.mean && gate.interval?.high == gate.mean)
    }

    @Test("where the allowance exceeds the gap the gate goes to the end")
    func allowance() {
        var gate = SequentialGate(.nllDifferences(limitNats: log(1.02), populationSize: 105))
        for count in 1...105 {
            gate.observe(log(1.02) / 2)
            #expect((gate.decision == .undecided) == (count < 105))
        }
        #expect(gate.decision == .pass)
    }

    @Test("a margin of 0, or below, is one like others")
    func noMargin() {
        for (limit, value, decision) in [(0, -0.001, SequentialGate.Decision.pass), (0, 0, .fail), (-0.01, 0, .fail)] {
            var gate = SequentialGate(.nllDifferences(limitNats: limit, populationSize: 50))
            for _ in 0..<50 { gate.observe(value) }
            #expect(gate.decision == decision)
        }
        var gate = SequentialGate(.divergences(limitNats: 0, populationSize: 50))
        for _ in 0..<50 { gate.observe(0) }
        #expect(gate.decision == .fail)
    }

    @Test("a mean at the limit is outside, though the average is rounded")
    func atTheLimit() {
        for polarity in [Polarity.lowerIsBetter, .higherIsBetter] {
            var design = SequentialGate.Design.nllDifferences(limitNats: 0.048790, populationSize: 200)
            design.polarity = polarity
            var gate = SequentialGate(design)
            for _ in 0..<200 { gate.observe(0.048790) }
            #expect(gate.decision == .fail && gate.isExact)
        }
    }

    @Test("an early decision stays, whatever follows")
    func stays() {
        var gate = SequentialGate(.nllDifferences(limitNats: 0.05, populationSize: 592))
        while gate.decision == .undecided { gate.observe(0.01) }
        let early = gate.count
        while gate.count < 592 { gate.observe(1) }
        #expect(early < 592 && gate.decision == .pass && gate.isExact)
    }

    @Test("nothing, a design that makes no sense, and values that are not finite never give a verdict or an interval")
    func refused() {
        let sound = SequentialGate.Design.nllDifferences(limitNats: 0.05, populationSize: 592)
        #expect(SequentialGate(sound).decision == .undecided)
        #expect(SequentialGate(sound).interval == nil && SequentialGate(sound).mean == nil)
        let designs: [SequentialGate.Design] = [
            .nllDifferences(limitNats: 0.05, populationSize: 0), .nllDifferences(limitNats: .nan, populationSize: 3),
            .divergences(limitNats: .infinity, populationSize: 3),
            .share(limit: 0.9, populationSize: 3, alpha: 0), .share(limit: .nan, populationSize: 3),
        ]
        for design in designs {
            var gate = SequentialGate(design)
            for _ in 0..<3 { gate.observe(0) }
            #expect(gate.decision == .undecided && gate.interval == nil && !gate.isExact, "\(design)")
        }
        for bad in [Double.nan, .infinity, -.infinity] {
            var gate = SequentialGate(.nllDifferences(limitNats: 0.05, populationSize: 3))
            for value in [0, bad, 0] { gate.observe(value) }
            #expect(gate.decision == .undecided && gate.isSpoilt && !gate.isExact)
            #expect(gate.interval == nil && gate.mean == nil)
        }
    }
}
