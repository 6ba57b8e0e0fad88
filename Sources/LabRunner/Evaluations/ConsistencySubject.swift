import Evaluation
import LabCore

/// A backend held against the CPU: what runs on either, and what of the suite's gates holds for the comparison.
struct ConsistencySubject {
    let plan: Suite.EvaluationPlan
    let session: BackendSession
    /// What runs on the backend.
    let candidate: ArtifactRecord
    /// What runs on the CPU.
    let reference: ArtifactRecord
    let progress: ProgressHandler

    /// What is compared; nil on the CPU itself, which has nothing but its own floor.
    var comparison: Suite.ConsistencyGate.Comparison? {
        if session.backend == BackendSession.referenceBackend { return nil }
        return candidate.format == reference.format ? .backends : .formats
    }

    /// The gates on some metrics that hold for this comparison.
    func gates<Score>(on metrics: [any Metric<Score>]) -> [Threshold] {
        plan.consistencyGates.filter { gate in
            gate.holds(for: comparison) && metrics.contains { $0.definition.name == gate.threshold.metric }
        }.map(\.threshold)
    }

    /// A record of the comparison in which nothing is measured yet.
    var record: ConsistencyRecord {
        ConsistencyRecord(
            evaluation: plan.name, side: .init(backend: session.backend, artifact: candidate.path),
            reference: comparison.map { _ in
                .init(backend: BackendSession.referenceBackend, artifact: reference.path)
            })
    }

    /// What is said of the CPU in place of a comparison.
    var nothingToCompare: Findings {
        .skipped(
            plan, backend: session.backend,
            reason: "\(session.backend) is what the other backends are held against")
    }

    /// How the backend is computed the second time, to be held against itself: other batches, other threads.
    var variation: BackendSession.Variation {
        let threads = session.options.threads
        return .init(
            microBatch: NoiseFloorMeasurement.otherMicroBatch(contextLength: plan.contextLength),
            threads: threads > 1 ? threads - 1 : 2)
    }

    /// The variation as a record has it.
    func record(of variation: BackendSession.Variation, parallelSequences: Int? = nil) -> ConsistencyRecord.Variation {
        .init(
            microBatch: variation.microBatch, threads: variation.threads ?? session.options.threads,
            parallelSequences: parallelSequences)
    }

    /// Measurements and verdicts of scores.
    ///
    /// - Parameters:
    ///   - input: the text or the prompts.
    ///   - limit: how many of its first parts were asked for; nil for all.
    ///   - available: how many parts of it there are.
    ///   - judged: how many of them a verdict is on; nil for all there are.
    ///   - keys: the keys of the samples behind the scores.
    func findings<Score: Sendable>(
        _ scores: [Scored<Score>], metrics: [any Metric<Score>], input: (name: String, sha256: Digest), limit: Int?,
        available: Int, judged: Int? = nil, part: String, keys: [Digest], cached: Bool
    ) -> Findings {
        var watch = GateWatch(
            gates(on: metrics), metrics: metrics, available: judged ?? available, isSequential: false, part: part)
        for score in scores { watch.observe(score) }
        let subject = MeasuredSubject(
            evaluation: plan.name, backend: session.backend, candidate: candidate, name: input.name,
            sha256: input.sha256, limit: limit, available: available, part: part)
        return subject.findings(
            scores.compactMap(\.score), metrics: metrics, judgements: watch.judgements(),
            samples: Digest(ofSamples: keys), cached: cached, unscored: scores.count { $0.score == nil })
    }
}
