import Evaluation
import Foundation
import History
import Inference
import LabCore

/// What evaluations on windows of a text have in common: the windows, their order, the gates, and when to stop.
struct WindowEvaluation {
    let plan: Suite.EvaluationPlan
    let text: WindowText
    let session: BackendSession
    /// Where the parent is computed: on the same backend, unless backends are compared.
    let parentSession: BackendSession
    let parent: ParentModel
    let candidate: ArtifactRecord
    /// The run that this one will be compared with; nil for none.
    let reference: RunRecord?
    let progress: ProgressHandler
    /// The digests of all windows of the text.
    let windows: [Digest]

    /// Cuts the text, and makes sure that both models read the same tokens and that a pack has what is asked for.
    init(
        _ plan: Suite.EvaluationPlan, text: WindowText, session: BackendSession, parent: ParentModel,
        candidate: ArtifactRecord, reference: RunRecord?, progress: @escaping ProgressHandler
    ) throws {
        self.plan = plan
        self.text = text
        self.session = session
        parentSession = session
        self.parent = parent
        self.candidate = candidate
        self.reference = reference
        self.progress = progress
        windows = try session.windows(of: text, by: candidate)
        try parent.requireSameWindows(windows, of: text, candidate: candidate, session: session)
        try parent.requirePredictions(of: windows, limit: plan.chunkLimit, text: text)
    }

    /// An artifact on a backend held against another, or against itself, on windows that both cut alike.
    init(
        _ plan: Suite.EvaluationPlan, text: WindowText, windows: [Digest], candidate: ArtifactRecord,
        on session: BackendSession, against parent: ArtifactRecord, on parentSession: BackendSession,
        progress: @escaping ProgressHandler
    ) {
        self.plan = plan
        self.text = text
        self.session = session
        self.parentSession = parentSession
        self.parent = .model(parent)
        self.candidate = candidate
        reference = nil
        self.progress = progress
        self.windows = windows
    }

    var settings: WindowSettings { WindowSettings(contextLength: plan.contextLength) }

    /// Whether a verdict may come before the last window.
    ///
    /// With a limit the first windows are asked for, which are no random part of the text.
    var isSequential: Bool { !session.options.isFull && plan.chunkLimit == nil }

    /// The windows to measure, in order.
    ///
    /// A gate that may stop early needs a random order that was laid down before.
    func order(isSequential: Bool) -> [Int] {
        guard isSequential else { return Array(0..<min(plan.chunkLimit ?? windows.count, windows.count)) }
        return RandomOrder.order(of: windows)
    }

    /// The windows that ``measure(_:allKnown:prepareParent:score:point:note:)`` asks for, in order.
    func order(allKnown: Bool) -> [Int] { order(isSequential: isSequential && !allKnown) }

    /// Measures windows until every gate has its verdict, or until the last.
    ///
    /// - Parameters:
    ///   - allKnown: whether history has every window's score; the verdict is then exact and costs nothing.
    ///   - prepareParent: has the parent do its part of a window. Where nothing can stop the measuring early, the parent
    ///     goes first, and is then out of memory.
    ///   - score: a window's score, by its index.
    ///   - point: a window's place in the record, which later runs are compared with.
    ///   - note: something worth a word beside the progress bar.
    func measure<Score: Sendable>(
        _ metrics: [any Metric<Score>], allKnown: Bool, prepareParent: (Int) throws -> Void,
        score: (Int) throws -> Scored<Score>, point: (Int, Score) -> PairedSeries.Point, note: ([Score]) -> String?
    ) throws -> Outcome<Score> {
        let isSequential = isSequential && !allKnown
        var gates = GateWatch(
            plan.gates, metrics: metrics, available: windows.count, isSequential: isSequential)
        var watch = regressionWatch()
        let order = order(allKnown: allKnown)
        if !isSequential, !allKnown { try prepareAll(order, prepareParent) }
        let stage = "\(plan.name) \(candidate.model) \(candidate.recipe) on \(session.backend)"
        var scores: [(index: Int, score: Score)] = []
        var unscored = 0
        for (done, index) in order.enumerated() {
            let scored = try score(index)
            gates.observe(scored)
            if let score = scored.score {
                scores.append((index, score))
                watch?.observe(point(index, score))
            } else {
                unscored += 1
            }
            let isDecided = gates.isDecided && watch?.isDecided ?? true
            let isLast = done + 1 == order.count || isDecided
            progress(
                ProgressUpdate(
                    stage: stage, completed: done + 1, total: isLast ? done + 1 : order.count, unit: "chunks",
                    note: isLast && done + 1 < order.count
                        ? "decided; \(order.count - done - 1) chunks saved" : note(scores.map(\.score))))
            if isDecided { break }
        }
        scores.sort { $0.index < $1.index }
        return Outcome(scores: scores, unscored: unscored, judgements: gates.judgements())
    }

    /// What the comparison with the reference needs; nil where there is none.
    private func regressionWatch() -> RegressionWatch? {
        guard let reference else { return nil }
        let options = session.options
        return RegressionWatch(
            reference: reference, evaluation: plan.name, backend: session.backend, candidate: candidate,
            tolerances: RegressionTolerance.ofComparison(suite: options.suite.tolerances, own: options.tolerances),
            available: windows.count)
    }

    private func prepareAll(_ order: [Int], _ prepareParent: (Int) throws -> Void) throws {
        let stage = "\(plan.name) \(parent.record.model) \(parent.record.recipe) on \(session.backend)"
        for (done, index) in order.enumerated() {
            try prepareParent(index)
            progress(ProgressUpdate(stage: stage, completed: done + 1, total: order.count, unit: "chunks"))
        }
        if case .model(let record) = parent { session.release(record) }
    }

    /// What measuring gave.
    struct Outcome<Score: Sendable> {
        /// Scores by the windows' positions in the text.
        let scores: [(index: Int, score: Score)]
        let unscored: Int
        let judgements: [GateWatch<Score>.Judgement]
    }

    /// What measurements and verdicts say of what they were measured on.
    private var subject: MeasuredSubject {
        MeasuredSubject(
            evaluation: plan.name, backend: session.backend, candidate: candidate, name: text.name, sha256: text.sha256,
            limit: plan.chunkLimit, available: windows.count, part: "chunk")
    }

    /// Measurements, verdicts and the data set of an outcome.
    ///
    /// - Parameter keys: the samples' keys, by the windows' positions in the text.
    func findings<Score>(
        _ outcome: Outcome<Score>, metrics: [any Metric<Score>], keys: [Digest], cached: Bool
    ) -> Findings {
        subject.findings(
            outcome.scores.map(\.score), metrics: metrics, judgements: outcome.judgements,
            samples: Digest(ofSamples: outcome.scores.map { keys[$0.index] }), cached: cached,
            unscored: outcome.unscored)
    }

    func measurement(
        _ definition: MetricDefinition, _ estimate: Estimate?, of artifact: ArtifactRecord, samples: Digest,
        cached: Bool
    ) -> LabCore.Measurement? {
        subject.measurement(definition, estimate, of: artifact, samples: samples, cached: cached)
    }

    /// Why samples of an artifact had to be computed though history has some of its text; empty where it has none.
    func changes(_ artifact: ArtifactRecord, _ conditions: SampleConditions) throws -> [String] {
        let name = String(conditions.evaluator.prefix { $0 != "/" })
        let earlier = try session.history.conditions(of: artifact.sha256, evaluator: name)
            .filter { $0.parameters["n_ctx"] == conditions.parameters["n_ctx"] }
        guard !earlier.isEmpty, !earlier.contains(conditions) else { return [] }
        let differences = earlier.map { conditions.changes(since: $0) }.filter { !$0.isEmpty }
        return differences.min { $0.count < $1.count } ?? []
    }
}
