import Evaluation
import LabCore

/// Perplexity of parent and candidate on the same windows.
struct PerplexityEvaluation {
    private let shared: WindowEvaluation

    init(_ shared: WindowEvaluation) { self.shared = shared }

    func run() throws -> Findings {
        let solver = LikelihoodSolver(shared.settings)
        let candidates = try shared.likelihoods(of: shared.candidate, solver)
        var changes = candidates.changes
        var parents: WindowEvaluation.Likelihoods?
        let parentScore: (Int) throws -> ChunkScore
        let parentKeys: [Digest]
        var isParentKnown = true
        switch shared.parent {
        case .model(let record):
            let likelihoods = try shared.likelihoods(of: record, solver)
            parents = likelihoods
            changes += likelihoods.changes
            isParentKnown = likelihoods.areAllKnown
            parentKeys = likelihoods.keys
            parentScore = likelihoods.source.output
        case .pack(let pack):
            let windows = shared.windows
            parentKeys = windows.map { pack.description.conditions.key(sample: $0) }
            parentScore = { index in
                guard let record = pack.record(of: windows[index]) else { throw pack.missing(index) }
                return record.predictions.score
            }
        }
        let areAllKnown = candidates.areAllKnown && isParentKnown
        let order = shared.order(allKnown: areAllKnown)
        candidates.source.upcoming = order
        parents?.source.upcoming = order
        let scorer = LikelihoodScorer()
        let metrics = Registry.likelihoodMetrics
        let outcome = try shared.measure(metrics, allKnown: areAllKnown) { index in
            _ = try parentScore(index)
        } score: { index in
            scorer.score(try candidates.source.output(of: index), against: try parentScore(index))
        } point: {
            point($0, $1)
        } note: { scores in
            PerplexityIncreaseMetric().estimate(scores, level: 0.95).map { "perplexity \(signed($0.value)) %" }
        }
        let parentUsage = parents?.usage ?? SampleUsage()
        let usage = parentUsage + candidates.usage
        // The candidate's figures are paired with the parent's.
        let pairKeys = zip(candidates.keys, parentKeys).map { Digest(ofSamples: [$0, $1]) }
        var findings = shared.findings(outcome, metrics: metrics, keys: pairKeys, cached: usage.areAllReused)
        let parentPerplexity = PerplexityMetric(of: .parent).estimate(outcome.scores.map(\.score), level: 0.95)
        let measured = shared.measurement(
            .perplexity, parentPerplexity, of: shared.parent.record,
            samples: Digest(ofSamples: outcome.scores.map { parentKeys[$0.index] }), cached: parentUsage.areAllReused)
        findings.measurements.insert(contentsOf: [measured].compactMap { $0 }, at: 0)
        findings.series = [
            PairedSeries(
                evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
                points: outcome.scores.map(point))
        ]
        findings.usage = usage
        findings.changes = changes
        return findings
    }

    private func point(_ index: Int, _ score: PairedScore) -> PairedSeries.Point {
        PairedSeries.Point(
            index: index, sample: shared.windows[index], parent: score.parent.meanNats,
            candidate: score.candidate.meanNats)
    }
}

extension WindowEvaluation {
    /// An artifact's likelihoods of windows, and what is known of them.
    struct Likelihoods {
        let source: SampleSource<LikelihoodSolver>
        /// The key of each window's likelihood.
        let keys: [Digest]
        /// Whether history has all that could be asked for.
        let areAllKnown: Bool
        let changes: [String]
        let isFresh: (Int) -> Bool

        var usage: SampleUsage { source.usage(isFresh: isFresh) }
    }

    func likelihoods(of artifact: ArtifactRecord, _ solver: LikelihoodSolver) throws -> Likelihoods {
        let conditions = session.conditions(artifact, solver)
        let keys = windows.map { conditions.key(sample: $0) }
        var known = try session.history.samples(for: keys)
        let source = SampleSource(solver) {
            try session.host(of: artifact).ready(for: text)
        } known: { index in
            known[keys[index]]
        } keep: { index, score in
            try session.keep(score, of: artifact, settings, window: windows[index])
            // A text may hold the same window twice; one computation serves both.
            known[keys[index]] = score
        }
        let areAllKnown = keys.allSatisfy { known[$0] != nil }
        return Likelihoods(
            source: source, keys: keys, areAllKnown: areAllKnown,
            changes: areAllKnown ? [] : try changes(artifact, conditions),
            isFresh: { session.isFresh(keys[$0]) })
    }
}

/// A number with its sign and two decimals.
private func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + value.fixed(2) }
