import Evaluation
import Foundation
import History
import LabCore

/// Divergence of a candidate's predictions from its parent's: from a pack, or side by side.
struct FidelityEvaluation {
    private let shared: WindowEvaluation
    private let isLockstep: Bool
    private let predictions: PredictionSource?

    /// - Throws: ``RunnerError`` when parent and candidate shall be run side by side and there is no parent.
    init(_ shared: WindowEvaluation) throws {
        self.shared = shared
        isLockstep = shared.session.options.isLockstep
        if isLockstep, case .pack = shared.parent {
            throw RunnerError(
                "--lockstep needs the parent, and a pack holds only its predictions",
                remedy: "leave out --lockstep, or name the checkpoint with --model", exitCode: .usage)
        }
        predictions = isLockstep ? nil : try PredictionSource(shared, settings: PredictionSettings())
    }

    func run() throws -> Findings {
        let floor = try NoiseFloorMeasurement(shared, predictions: predictions).floor()
        let (session, parent) = (shared.session, isLockstep ? shared.parent.record : nil)
        let candidate = try Divergences(shared, of: shared.candidate, predictions: predictions) {
            session.host(of: shared.candidate, besides: parent)
        }
        let keys = candidate.keys
        let allKnown = keys.indices.allSatisfy(candidate.isKnown)
        let changes = allKnown ? [] : try shared.changes(shared.candidate, candidate.conditions)
        let order = shared.order(allKnown: allKnown)
        candidate.source.upcoming = order
        predictions?.upcoming = order
        let scorer = DivergenceScorer()
        let metrics = Registry.fidelityMetrics(floorNats: floor.value?.klMeanNats)
        let outcome = try shared.measure(metrics, allKnown: allKnown) { index in
            if !candidate.isKnown(index) { _ = try predictions?.record(of: index) }
        } score: { index in
            let output = try candidate.source.output(of: index)
            return scorer.score(output, against: output.parent)
        } point: {
            point($0, $1)
        } note: { scores in
            KLMeanMetric().estimate(scores, level: 0.95).map { "KL \($0.value.fixed(5)) nats" }
        }
        let usage = candidate.source.usage() + (predictions?.usage ?? SampleUsage()) + floor.usage
        var findings = shared.findings(outcome, metrics: metrics, keys: keys, cached: usage.areAllReused)
        findings.series = [series(outcome.scores)]
        findings.fidelity = [record(outcome.scores, floor: floor.value)]
        findings.usage = usage
        findings.changes = changes
        return findings
    }

    private func series(_ scores: [(index: Int, score: ChunkDivergence)]) -> PairedSeries {
        PairedSeries(
            evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
            points: scores.map(point))
    }

    private func point(_ index: Int, _ score: ChunkDivergence) -> PairedSeries.Point {
        PairedSeries.Point(
            index: index, sample: shared.windows[index], parent: score.parent.meanNats,
            candidate: score.candidate.meanNats, klMean: score.klMeanNats, topAgreement: score.topAgreement)
    }

    private func record(
        _ scores: [(index: Int, score: ChunkDivergence)], floor: FidelityRecord.NoiseFloor?
    ) -> FidelityRecord {
        let positions = scores.reduce(0) { $0 + $1.score.klNats.count }
        let onlyParent = scores.reduce(0) { $0 + $1.score.onlyParentRight }
        let onlyCandidate = scores.reduce(0) { $0 + $1.score.onlyCandidateRight }
        let worst = scores.flatMap { index, score in
            score.worst.map { FidelityRecord.WorstToken(chunk: index, token: $0) }
        }.sorted { $0.token.klNats > $1.token.klNats }
        let variance = scores.reduce(0) { $0 + $1.score.klSumVariance }
        return FidelityRecord(
            evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
            source: isLockstep ? .lockstep : .pack, positions: positions,
            klStandardErrorNats: positions == 0 ? 0 : variance.squareRoot() / Double(positions), floor: floor,
            flips: FidelityRecord.Flips(
                onlyParentRight: onlyParent, onlyCandidateRight: onlyCandidate,
                mcNemarP: McNemar.pValue(onlyFirst: onlyParent, onlySecond: onlyCandidate)),
            pack: predictions?.packRecord(of: scores.map(\.index)), worst: Array(worst.prefix(Self.worstTokens)))
    }

    /// Worst tokens that a record names.
    private static let worstTokens = 12
}

/// An artifact's divergences from the parent: from history where they are known, computed and kept where not.
struct Divergences {
    let source: SampleSource<DivergenceSolver>
    let conditions: SampleConditions
    /// The key of each window's comparison.
    let keys: [Digest]
    /// Whether history had a window's comparison before.
    let isKnown: (Int) -> Bool

    init(
        _ shared: WindowEvaluation, of artifact: ArtifactRecord, predictions: PredictionSource?,
        _ variation: BackendSession.Variation? = nil, host: @escaping () -> ModelHost
    ) throws {
        let (session, windows, parent) = (shared.session, shared.windows, shared.parent)
        let solver = DivergenceSolver(
            shared.settings,
            parent: predictions.map { source in
                .pack(source.pack.description.settings, record: source.record)
            } ?? .lockstep)
        let conditions = session.conditions(artifact, solver, variation)
        let parentLikelihood = shared.parentSession.conditions(parent.record, LikelihoodSolver(shared.settings))
        // A comparison depends on the parent's sample as well as on the candidate's.
        let parentKeys = windows.map { predictions?.key(of: $0) ?? parentLikelihood.key(sample: $0) }
        let keys = zip(windows, parentKeys).map { conditions.key(sample: $0, parent: $1) }
        var known = try session.history.outputs(for: keys, as: ChunkDivergence.self)
        self.conditions = conditions
        self.keys = keys
        isKnown = { [known] in known[keys[$0]] != nil }
        source = SampleSource(solver) {
            try host().ready(for: shared.text)
        } known: { index in
            known[keys[index]]
        } keep: { index, output in
            try session.history.store(
                output: output, conditions: conditions, sample: windows[index], parent: parentKeys[index],
                runID: session.runID)
            known[keys[index]] = output
            guard variation == nil else { return }
            // The same pass gives the perplexities.
            try session.keep(output.candidate, of: artifact, shared.settings, window: windows[index])
            guard predictions == nil else { return }
            try session.keep(output.parent, of: parent.record, shared.settings, window: windows[index])
        }
    }
}
