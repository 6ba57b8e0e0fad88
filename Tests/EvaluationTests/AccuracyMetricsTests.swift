import Evaluation
import LabCore
import Testing

@Suite("Metrics of answered prompts")
struct AccuracyMetricsTests {
    private let scores = [
        AnsweredScore(candidate: 1, parent: 1), AnsweredScore(candidate: 0.5, parent: 1),
        AnsweredScore(candidate: 0, parent: 0), AnsweredScore(candidate: 1, parent: 0.5),
        AnsweredScore(candidate: 0, parent: nil),
    ]

    @Test("accuracy is the mean share, clustered by prompt")
    func accuracy() throws {
        let estimate = try #require(AccuracyMetric().estimate(scores, level: 0.95))
        #expect(estimate.value == 50)
        #expect(estimate.n == 5)
        // By hand: squares of 50, 0, -50, 50, -50 sum to 10,000; sqrt(10,000 / 4 / 5) = 22.36; t(4) = 2.7764.
        let interval = try #require(estimate.interval)
        #expect(abs(interval.high - (50 + 2.776445 * 22.360680)) < 1e-3)
        #expect(AccuracyMetric().definition.unit == "percent")
    }

    @Test("the change is paired, and leaves out what the parent was not asked")
    func change() throws {
        let estimate = try #require(AccuracyChangeMetric().estimate(scores, level: 0.95))
        // 0, -50, 0 and +50 percentage points.
        #expect(estimate.value == 0)
        #expect(estimate.n == 4)
        // sqrt(5,000 / 3 / 4) = 20.412; t(3) = 3.18245.
        #expect(abs(try #require(estimate.interval).high - 3.182446 * 20.412415) < 1e-3)
        #expect(AccuracyChangeMetric().estimate([AnsweredScore(candidate: 1, parent: nil)], level: 0.95) == nil)
        #expect(AccuracyChangeMetric().estimate([], level: 0.95) == nil)
        #expect(AccuracyMetric().estimate([], level: 0.95) == nil)
    }

    @Test("a gate on either decides by the exact mean in the end, and a missing parent spoils the change's")
    func gates() throws {
        let share = try #require(AccuracyMetric().gateable)
        var gate = SequentialGate(share.design(share.toMean(40), scores.count, 0.01))
        for score in scores { gate.observe(share.value(score)) }
        #expect(gate.decision == .pass)
        let change = try #require(AccuracyChangeMetric().gateable)
        var other = SequentialGate(change.design(change.toMean(-3), 4, 0.01))
        for score in scores.prefix(4) { other.observe(change.value(score)) }
        #expect(other.decision == .pass)
        var spoilt = SequentialGate(change.design(change.toMean(-3), 5, 0.01))
        for score in scores { spoilt.observe(change.value(score)) }
        #expect(spoilt.decision == .undecided)
    }

    @Test("both are known by name")
    func names() {
        #expect(MetricDefinition.named("accuracy") == .accuracy)
        #expect(MetricDefinition.named("accuracy_change")?.unit == "percentage_points")
    }
}
