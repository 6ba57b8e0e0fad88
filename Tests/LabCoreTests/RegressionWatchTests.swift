import LabCore
import Testing

@Suite("Watching for a regression")
struct RegressionWatchTests {
    private func watch(
        _ reference: ComparedRun, _ tolerances: [RegressionTolerance] = RegressionTolerance.usual
    ) -> RegressionWatch {
        RegressionWatch(
            reference: reference.record, evaluation: "quality", backend: "cpu",
            candidate: reference.record.artifacts[0], tolerances: tolerances, available: 400)
    }

    private func reference(_ count: Int) -> ComparedRun {
        ComparedRun(id: "a", nats: Array(repeating: 2, count: count), available: 400, basis: .sequential)
    }

    @Test("it is decided when the comparison of the two runs would be")
    func decided() throws {
        var watch = watch(reference(100))
        #expect(!watch.isDecided)
        var run = ComparedRun(id: "b", nats: [], available: 400, basis: .sequential)
        while !watch.isDecided, run.nats.count < 100 {
            run.nats.append(2)
            watch.observe(try #require(run.record.pairedSeries[0].points.last))
        }
        #expect(run.nats.count < 60 && run.compared(with: reference(100)).regression == .pass)
    }

    @Test("it wants no chunk that the reference never measured")
    func exhausted() {
        var watch = watch(reference(3))
        let run = ComparedRun(id: "b", nats: [2, 2, 2, 2], available: 400)
        for point in run.record.pairedSeries[0].points.prefix(2) { watch.observe(point) }
        #expect(!watch.isDecided)
        watch.observe(run.record.pairedSeries[0].points[2])
        #expect(watch.isDecided)
    }

    @Test("there is nothing to wait for where the reference measured nothing of the kind")
    func nothing() {
        let watch = RegressionWatch(
            reference: reference(3).record, evaluation: "another", backend: "cpu",
            candidate: reference(3).record.artifacts[0], tolerances: RegressionTolerance.usual,
            available: 400)
        #expect(watch.isDecided)
    }

    @Test("what only all chunks decide is measured on all chunks", arguments: ["perplexity", "kl_p99"])
    func wholeText(metric: String) throws {
        var reference = reference(400).record
        reference.measurements.append(
            Measurement(
                artifact: "a.gguf", backend: "cpu", evaluation: "quality", metric: .klP99, value: 0.2, n: 400,
                interval: nil, cached: false))
        let tolerance = RegressionTolerance(
            metric: metric, relativePercent: metric == "perplexity" ? 0 : 5, absolute: nil)
        var watch = RegressionWatch(
            reference: reference, evaluation: "quality", backend: "cpu", candidate: reference.artifacts[0],
            tolerances: [tolerance], available: 400)
        for point in reference.pairedSeries[0].points.dropLast() {
            watch.observe(point)
            #expect(!watch.isDecided)
        }
        watch.observe(try #require(reference.pairedSeries[0].points.last))
        #expect(watch.isDecided)
    }
}
