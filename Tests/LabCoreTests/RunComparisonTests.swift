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
        // The first chunks of the order laid down for the whole corpus.
        let corpus = (0..<max(available ?? 0, nats.count)).map { Digest(of: "\(samples)\($0)") }
        let order = available == nil ? Array(corpus.indices) : RandomOrder.order(of: corpus)
        let points = zip(order, nats.indices).map { index, place in
            PairedSeries.Point(
                index: index, sample: corpus[index], parent: 2, candidate: nats[place], klMean: kl?[place],
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

    @Test("texts without a chunk in common give no verdict, whatever their name")
    func anotherText() {
        var after = before
        after.samples = "t"
        #expect(after.compared(with: before).verdict == .inconclusive)
        #expect(after.compared(with: before).changes[0].reason.contains("no chunk in common"))
    }

    @Test("of a text that was edited the chunks left over are paired, and are no random part of it")
    func editedText() {
        let before = ComparedRun(id: "a", nats: Array(repeating: 2, count: 40)).record
        var after = ComparedRun(id: "b", nats: (0..<40).map { 2 + 0.0001 * Double($0 % 3) }).record
        let order = RandomOrder.order(of: after.pairedSeries[0].points.map(\.sample))
        after.pairedSeries[0].points[order[0]].sample = Digest(of: "edited")
        let comparison = RunComparison(after, against: before, tolerances: RegressionTolerance.usual)
        #expect(comparison.changes[0].basis == .paired && comparison.changes[0].chunksShared == 39)
        #expect(comparison.verdict == .pass)
    }

    @Test("the same artifact on the same engine is unchanged, however early one of the runs stopped")
    func sameComputation() {
        let short = ComparedRun(id: "a", nats: Array(repeating: 2, count: 3), available: 100, basis: .sequential)
        var whole = ComparedRun(id: "b", nats: Array(repeating: 2, count: 100), available: 100).record
        #expect(
            RunComparison(whole, against: short.record, tolerances: RegressionTolerance.usual).verdict == .inconclusive)
        whole.artifacts[0].sha256 = Digest(of: "a")
        let comparison = RunComparison(whole, against: short.record, tolerances: RegressionTolerance.usual)
        #expect(comparison.verdict == .pass && comparison.changes[0].basis == .sameSamples)
        whole.engine = EngineRecord(build: "another", libraries: [:])
        #expect(
            RunComparison(whole, against: short.record, tolerances: RegressionTolerance.usual).verdict == .inconclusive)
    }

    @Test("a reference that stopped early is named as what is missing")
    func shortReference() {
        let short = ComparedRun(
            id: "a", nats: Array(repeating: 2, count: 14), available: 100, basis: .sequential)
        let noisy = ComparedRun(id: "b", nats: (0..<100).map { $0 % 2 == 0 ? 1.9 : 2.1 })
        let change = noisy.compared(with: short).changes[0]
        #expect(change.status == .inconclusive && change.chunksShared == 14)
        #expect(change.reason.hasSuffix("the reference measured no more; one made with --full has all"))
        #expect(change.neededChunks.map { $0 > 14 } ?? true)
        // The other way round more chunks of the run itself would help.
        #expect(short.compared(with: noisy).changes[0].reason.hasSuffix("--full measures all"))
    }

    @Test("a chunk that a text holds twice counts twice")
    func duplicates() throws {
        func twice(_ id: String, _ nats: [Double]) -> RunRecord {
            var record = ComparedRun(id: id, nats: nats).record
            record.pairedSeries[0].points[2].sample = record.pairedSeries[0].points[0].sample
            return record
        }
        let (old, new) = (twice("a", [2, 2, 2]), twice("b", [2.02, 2, 2.04]))
        let change = RunComparison(new, against: old, tolerances: RegressionTolerance.usual).changes[0]
        #expect(change.basis == .exact && change.chunksShared == 3)
        // 100 (exp 0.02 - 1)
        #expect(abs(change.change - 2.020134) < 1e-6)
    }

    @Test("the size of a corpus is that of the text that was measured")
    func corpusSize() {
        func record(_ id: String) -> RunRecord {
            var record = ComparedRun(id: id, nats: [2, 2.1, 2.2]).record
            record.verdicts = []
            record.datasets = [("other", 900), ("text", 3)].map {
                DatasetRecord(name: $0.0, sha256: Digest(of: $0.0), chunks: 3, chunksAvailable: $0.1)
            }
            return record
        }
        let comparison = RunComparison(record("b"), against: record("a"), tolerances: RegressionTolerance.usual)
        // Without gates the comparison alone judges.
        #expect(comparison.changes[0].basis == .exact && comparison.verdict == .pass)
    }

    @Test("what only one run measured is told, and a comparison of nothing is no pass")
    func missing() {
        var other = before.record
        other.measurements[0].backend = "cuda"
        other.id = "b"
        let comparison = RunComparison(other, against: before.record, tolerances: RegressionTolerance.usual)
        #expect(comparison.verdict == .inconclusive && comparison.judged.isEmpty)
        #expect(
            comparison.missing.map { "\($0.metric) on \($0.backend): \($0.reason)" } == [
                "perplexity on cpu: only run a measured it", "perplexity on cuda: only run b measured it",
            ])
        let outcome = GateOutcome(other, reference: .run(comparison, why: "as named"))
        #expect(outcome.record.allVerdicts.count { $0.status == .skipped } == 2)
    }

    @Test("a share of nothing allows nothing, and says so")
    func zeroReference() {
        let nothing = ComparedRun(id: "a", nats: [2, 2, 2], kl: [0, 0, 0])
        let share = RegressionTolerance(metric: "kl_mean", relativePercent: 10, absolute: nil)
        let comparison = nothing.compared(with: ComparedRun(id: "b", nats: [2, 2, 2], kl: [0, 0, 0]), [share])
        #expect(comparison.verdict == .inconclusive)
        #expect(comparison.judged.first?.reason.contains("give an absolute tolerance") == true)
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
        #expect(plain.judged.isEmpty && plain.verdict == .inconclusive && plain.changes.count == 1)
        #expect(plain.changes[0].status == nil)
    }
}
