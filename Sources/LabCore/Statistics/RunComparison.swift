/// Two runs side by side, metric by metric, paired chunk by chunk where both measured the same chunks.
public struct RunComparison: Sendable, Hashable {
    /// The run under test.
    public let run: RunRecord
    /// The run it is held against.
    public let reference: RunRecord
    /// How often a judgement of the whole comparison may err to either side, at most.
    public let alpha: Double
    /// What changed; first what is judged.
    public let changes: [MetricChange]
    /// What would be judged and only one of the runs measured.
    public let missing: [MissingMetric]

    /// Compares the candidates of two runs.
    ///
    /// Each of m judged metrics gets alpha / m (Bonferroni), so that a candidate that did not get worse than allowed
    /// fails the comparison with probability alpha at most, however many metrics there are.
    ///
    /// - Parameter tolerances: what is judged; a later one takes the place of an earlier one for the same metric.
    public init(
        _ run: RunRecord, against reference: RunRecord, tolerances: [RegressionTolerance], alpha: Double = 0.01
    ) {
        self.run = run
        self.reference = reference
        self.alpha = alpha
        let pairs = run.measurements.compactMap { measurement in
            MeasuredPair(measurement, in: run, reference: reference, tolerances: tolerances)
        }
        let judged = pairs.count { $0.tolerance != nil }
        let changes = pairs.map { $0.change(alpha: alpha / Double(max(1, judged))) }
        self.changes = changes.filter { $0.status != nil } + changes.filter { $0.status == nil }
        missing =
            MissingMetric.measured(by: reference, notBy: run, tolerances)
            + MissingMetric.measured(by: run, notBy: reference, tolerances)
    }

    /// What is judged.
    public var judged: [MetricChange] { changes.filter { $0.status != nil } }

    /// The comparison's own verdict: a run of which nothing can be judged against its reference is not as good as it.
    public var regression: VerdictStatus { Verdict.overall(judged.compactMap(\.status)) }

    /// The worst of the run's own gates and of the comparison.
    public var verdict: VerdictStatus {
        // A suite without gates leaves it to the comparison.
        Verdict.overall(
            run.verdicts.contains { $0.status != .skipped } ? [run.suiteVerdict, regression] : [regression])
    }
}

/// A metric that a comparison would judge and only one of its runs measured.
public struct MissingMetric: Hashable, Sendable, Codable {
    /// The evaluation.
    public let evaluation: String
    /// The backend.
    public let backend: String
    /// Model and recipe of the candidate.
    public let artifact: String
    /// The metric's name.
    public let metric: String
    /// Which run measured it.
    public let measuredBy: String

    /// One sentence for people.
    public var reason: String { "only run \(measuredBy) measured it" }

    fileprivate static func measured(
        by run: RunRecord, notBy other: RunRecord, _ tolerances: [RegressionTolerance]
    ) -> [MissingMetric] {
        run.measurements.compactMap { measurement in
            guard let candidate = run.artifact(at: measurement.artifact), candidate.role == .candidate,
                tolerances.tolerance(of: measurement.metric, in: measurement.evaluation) != nil
            else { return nil }
            let isKnown = other.measurements.contains {
                $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                    && $0.metric == measurement.metric && other.artifact(at: $0.artifact)?.role == .candidate
            }
            guard !isKnown else { return nil }
            return MissingMetric(
                evaluation: measurement.evaluation, backend: measurement.backend,
                artifact: "\(candidate.model) \(candidate.recipe)", metric: measurement.metric, measuredBy: run.id)
        }
    }
}
