import Foundation
import LabCore
import Testing

/// Runs of one candidate on a corpus of chunks, for comparisons.
struct ComparedRun {
    var id: String
    var nats: [Double]
    var kl: [Double]?
    /// Chunks of the corpus; as many as measured where nil.
    var available: Int?
    var basis = GateEvidence.Basis.exact
    var recipe = "Q4_K_M"
    var samples = "s"
    var keys: String?
    var verdict = VerdictStatus.pass

    var record: RunRecord {
        let points = nats.enumerated().map { index, nats in
            PairedSeries.Point(
                index: index, sample: Digest(of: "\(samples)\(index)"), parent: 2, candidate: nats, klMean: kl?[index],
                topAgreement: kl.map { _ in 0.9 })
        }
        func measured(_ metric: MetricDefinition, _ value: Double) -> LabCore.Measurement {
            Measurement(
                artifact: "a.gguf", backend: "cpu", evaluation: "quality", metric: metric, value: value,
                n: nats.count, interval: nil, cached: false, samples: keys.map { Digest(of: $0) }, dataset: "text")
        }
        let mean = nats.reduce(0, +) / Double(nats.count)
        var measurements = [measured(.perplexity, exp(mean))]
        if let kl { measurements.append(measured(.klMean, kl.reduce(0, +) / Double(kl.count))) }
        let evidence = GateEvidence(
            basis: basis, chunksUsed: nats.count, chunksAvailable: available ?? nats.count, alpha: 0.01)
        return RunRecord(
            id: id, startedAt: Date(timeIntervalSince1970: 0), durationSeconds: 1, command: "./lab run x",
            suite: SuiteReference(name: "x", sha256: Digest(of: "x")), verdict: verdict,
            artifacts: [
                ArtifactRecord(
                    path: "a.gguf", format: "gguf", recipe: recipe, role: .candidate, bytes: 1, bitsPerWeight: 4.5,
                    sha256: Digest(of: id), model: "pajama", source: nil)
            ],
            measurements: measurements,
            verdicts: [
                Verdict(
                    evaluation: "quality", backend: "cpu", artifact: "a.gguf", metric: "perplexity_increase",
                    status: verdict, value: nil, threshold: nil, reason: "because", evidence: evidence)
            ],
            pairedSeries: [PairedSeries(evaluation: "quality", backend: "cpu", artifact: "a.gguf", points: points)],
            datasets: [], engine: nil,
            machine: MachineRecord(system: "", processor: "", device: "", threads: 1, memoryBytes: 1),
            reuse: ReuseRecord(samplesComputed: 0, samplesReused: 0, artifactsBuilt: 0, artifactsReused: 0))
    }

    func compared(
        with reference: ComparedRun, _ tolerances: [RegressionTolerance] = RegressionTolerance.usual
    ) -> RunComparison {
        RunComparison(record, against: reference.record, tolerances: tolerances)
    }
}

@Suite("Comparison of runs")
struct RunComparisonTests {
    private let before = ComparedRun(id: "a", nats: [2.1, 2.2, 2.3])

    @Test("a run against itself passes even without tolerance to spare")
    func same() {
        let none = RegressionTolerance(metric: "perplexity", relativePercent: 0, absolute: nil)
        #expect(before.compared(with: before, [none]).verdict == .pass)
        var known = before
        known.keys = "k"
        let change = known.compared(with: known, [none]).changes[0]
        #expect(change.basis == .sameSamples && change.relation == .same && change.change == 0)
    }

    @Test("a regression beyond the tolerance fails, an improvement passes: 0.02 nats are 2.0201 % of perplexity")
    func direction() throws {
        let worse = ComparedRun(id: "b", nats: [2.12, 2.22, 2.32])
        let failed = worse.compared(with: before)
        let change = try #require(failed.changes.first)
        #expect(failed.verdict == .fail && change.status == .fail && change.relation == .worse)
        // 100 (exp 0.02 - 1)
        #expect(abs(change.change - 2.020134) < 1e-6 && change.changeUnit == "percent" && change.basis == .exact)
        #expect(abs(try #require(change.allowed) - 1) < 1e-12)
        #expect(change.worst.map(\.index).sorted() == [0, 1, 2])
        let more = RegressionTolerance(metric: "perplexity", relativePercent: 2.1, absolute: nil)
        #expect(worse.compared(with: before, [more]).verdict == .pass)
        #expect(before.compared(with: worse).verdict == .pass)
        #expect(before.compared(with: worse).changes[0].relation == .better)
    }

    @Test("an amount of perplexity is allowed as it stands: 0.2 of exp 2.2 is 2.2160628 %")
    func absolute() throws {
        let worse = ComparedRun(id: "b", nats: [2.12, 2.22, 2.32])
        let amount = RegressionTolerance(metric: "perplexity", relativePercent: nil, absolute: 0.2)
        let change = worse.compared(with: before, [amount]).changes[0]
        let allowed = try #require(change.allowed)
        #expect(change.status == .pass && abs(allowed - 2.2160632) < 1e-6)
    }

    @Test("a metric of which less is worse fails when it falls")
    func higherIsBetter() throws {
        var runs = [before, before]
        for index in runs.indices { runs[index].kl = [0.1, 0.1, 0.1] }
        var records = runs.map(\.record)
        for (index, share) in [0.9, 0.8].enumerated() {
            for point in 0..<3 { records[index].pairedSeries[0].points[point].topAgreement = share }
            records[index].measurements.append(
                Measurement(
                    artifact: "a.gguf", backend: "cpu", evaluation: "quality", metric: .topAgreement,
                    value: 100 * share, n: 3, interval: nil, cached: false))
        }
        let comparison = RunComparison(records[1], against: records[0], tolerances: RegressionTolerance.usual)
        let change = try #require(comparison.changes.first { $0.metric == "top1_agreement" })
        #expect(change.status == .fail && abs(change.change + 10) < 1e-9 && change.relation == .worse)
        let back = RunComparison(records[0], against: records[1], tolerances: RegressionTolerance.usual)
        #expect(back.changes.allSatisfy { $0.status == .pass })
    }

    @Test("a part of the corpus in the order laid down gives a verdict only when it is certain")
    func parts() {
        func part(_ id: String, _ nats: Double, _ count: Int) -> ComparedRun {
            ComparedRun(
                id: id, nats: Array(repeating: nats, count: count), available: 400, basis: .sequential)
        }
        let reference = part("a", 2, 50)
        #expect(part("b", 2, 40).compared(with: reference).verdict == .pass)
        #expect(part("b", 2.03, 40).compared(with: reference).verdict == .fail)
        let early = part("b", 2, 3).compared(with: reference)
        #expect(early.verdict == .inconclusive && early.changes[0].chunksShared == 3)
        #expect(early.changes[0].reason.contains("--full"))
    }

    @Test("chunks that changed are left out, and the rest is no longer the whole corpus")
    func changedChunk() {
        var after = before
        after.samples = "t"
        #expect(after.compared(with: before).verdict == .inconclusive)
        #expect(after.compared(with: before).changes[0].reason.contains("no chunk in common"))
    }

    @Test("a recipe is compared with another only where no other candidate could be meant")
    func recipes() {
        var other = before
        other.recipe = "Q3_K_M"
        #expect(other.compared(with: before).changes.count == 1)
        var twoCandidates = before.record
        twoCandidates.artifacts.append(twoCandidates.artifacts[0])
        #expect(RunComparison(other.record, against: twoCandidates, tolerances: []).changes.isEmpty)
    }

    @Test("a run that failed its own gates fails the comparison too, and unjudged metrics are told all the same")
    func ownGates() {
        var failed = before
        failed.verdict = .fail
        #expect(failed.compared(with: before).verdict == .fail)
        let plain = before.compared(with: before, [])
        #expect(plain.regression == nil && plain.verdict == .pass && plain.changes.count == 1)
        #expect(plain.changes[0].status == nil)
    }
}
