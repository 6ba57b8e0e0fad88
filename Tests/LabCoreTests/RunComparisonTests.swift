import Foundation
import LabCore
import Testing

@Suite("Comparison of runs")
struct RunComparisonTests {
    private func run(_ id: String, candidate: [Double], verdict: VerdictStatus = .pass, samples: String = "s")
        -> RunRecord
    {
        let points = candidate.enumerated().map {
            PairedSeries.Point(index: $0, sample: Digest(of: "\(samples)\($0)"), parent: 2, candidate: $1)
        }
        return RunRecord(
            id: id, startedAt: Date(timeIntervalSince1970: 0), durationSeconds: 1, command: "./lab run x",
            suite: SuiteReference(name: "x", sha256: Digest(of: "x")), verdict: verdict, artifacts: [],
            measurements: [],
            verdicts: [
                Verdict(
                    evaluation: "perplexity", backend: "cpu", artifact: "a", metric: "perplexity_increase",
                    status: verdict, value: nil, threshold: nil, reason: "because")
            ],
            pairedSeries: [PairedSeries(evaluation: "perplexity", backend: "cpu", artifact: "a", points: points)],
            datasets: [], engine: nil,
            machine: MachineRecord(system: "", processor: "", device: "", threads: 1, memoryBytes: 1),
            reuse: ReuseRecord(samplesComputed: 0, samplesReused: 0, artifactsBuilt: 0, artifactsReused: 0))
    }

    @Test("a run against itself passes even without tolerance to spare")
    func same() {
        let record = run("a", candidate: [2.1, 2.2, 2.3])
        #expect(RunComparison(record, against: record, tolerancePercent: 0.1).verdict == .pass)
    }

    @Test("a regression beyond the tolerance fails, an improvement passes")
    func direction() {
        let before = run("a", candidate: [2.1, 2.2, 2.3])
        // 0.02 nats more per token: 100 (exp 0.02 - 1) = 2.02 %.
        let worse = run("b", candidate: [2.12, 2.22, 2.32])
        #expect(RunComparison(worse, against: before, tolerancePercent: 1).verdict == .fail)
        #expect(RunComparison(worse, against: before, tolerancePercent: 2.1).verdict == .pass)
        #expect(RunComparison(before, against: worse, tolerancePercent: 0).verdict == .pass)
    }

    @Test("runs without a shared chunk are inconclusive")
    func unrelated() {
        let before = run("a", candidate: [2.1, 2.2])
        let other = run("b", candidate: [2.1, 2.2], samples: "t")
        #expect(RunComparison(other, against: before, tolerancePercent: 1).verdict == .inconclusive)
    }

    @Test("a run that failed its own gates fails the comparison too")
    func ownGates() {
        let record = run("a", candidate: [2.1, 2.2], verdict: .fail)
        let comparison = RunComparison(record, against: record, tolerancePercent: 1)
        #expect(comparison.verdict == .fail)
    }
}
