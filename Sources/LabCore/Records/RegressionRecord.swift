/// How a run compared with the one that it was gated against, as it was judged when it was made.
public struct RegressionRecord: Hashable, Sendable, Codable {
    /// Identifier of the run it was held against.
    public var reference: String
    /// What makes that the reference: "accepted last", "the newest of branch main".
    public var why: String
    /// The comparison's own verdict, whatever the suite's limits say.
    public var verdict: VerdictStatus
    /// How often the comparison may fail a candidate that did not get worse than allowed.
    public var alpha: Double
    /// What was judged, each with the chunks alone that got worse most.
    public var changes: [MetricChange]
    /// What would be judged and only one of the runs measured.
    public var missing: [MissingMetric]

    /// Keeps a comparison.
    public init(_ comparison: RunComparison, why: String) {
        reference = comparison.reference.id
        self.why = why
        verdict = comparison.regression
        alpha = comparison.alpha
        changes = comparison.judged.map { change in
            var change = change
            change.chunks = change.worst
            return change
        }
        missing = comparison.missing
    }

    /// The changes, then what could not be judged, as verdicts on the run under test.
    public func verdicts(in run: RunRecord) -> [Verdict] {
        changes.map { verdict(of: $0, in: run) }
            + missing.map { missing in
                Verdict(
                    evaluation: "\(missing.evaluation) against \(reference)", backend: missing.backend, artifact: nil,
                    metric: "\(missing.metric)_change", status: .skipped, value: nil, threshold: nil,
                    reason: missing.reason)
            }
    }

    /// A judged change as a verdict on the run under test: its value is the change, its limit what is allowed.
    public func verdict(of change: MetricChange, in run: RunRecord) -> Verdict {
        let threshold = change.allowed.map { allowed in
            let isLower = change.polarity == .lowerIsBetter
            return Threshold(
                metric: MetricDefinition(
                    name: "\(change.metric)_change", unit: change.isInPoints ? "percentage_points" : change.changeUnit,
                    polarity: change.polarity),
                limit: isLower ? allowed : -allowed)
        }
        let candidate = run.artifacts.first { $0.role == .candidate && "\($0.model) \($0.recipe)" == change.artifact }
        return Verdict(
            evaluation: "\(change.evaluation) against \(reference)", backend: change.backend,
            artifact: candidate?.path, metric: "\(change.metric)_change", status: change.status ?? .skipped,
            value: change.basis == .unpaired && change.interval == nil ? nil : change.change, threshold: threshold,
            reason: change.reason)
    }
}

extension RunRecord {
    /// The worst of the suite's own gates, whatever the run was held against.
    public var suiteVerdict: VerdictStatus { regression == nil ? verdict : Verdict.overall(verdicts) }

    /// Everything that was judged: how it compared with its reference, then the suite's gates.
    public var allVerdicts: [Verdict] { (regression?.verdicts(in: self) ?? []) + verdicts }
}
