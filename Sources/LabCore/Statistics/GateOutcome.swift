/// What a gate says of a run: its suite's limits, and how it compares with a run that was accepted.
public struct GateOutcome: Sendable, Hashable {
    /// The run it is held against.
    public enum Reference: Sendable, Hashable {
        /// A run, and what makes it the reference: "accepted on 2026-11-23", "the newest of branch main".
        case run(RunComparison, why: String)
        /// There is none; what to do about it.
        case none(String)
    }

    /// The run under test.
    public let run: RunRecord
    /// What it is held against.
    public let reference: Reference

    /// Puts an outcome together.
    public init(_ run: RunRecord, reference: Reference) {
        self.run = run
        self.reference = reference
    }

    /// The comparison; nil without a reference.
    public var comparison: RunComparison? {
        if case .run(let comparison, _) = reference { comparison } else { nil }
    }

    /// The worst of the suite's gates and of the comparison.
    public var verdict: VerdictStatus { comparison?.verdict ?? run.verdict }

    /// The suite's gates, then the changes that are judged and those that could not be, as verdicts of one list.
    public var verdicts: [Verdict] { run.verdicts + (comparison?.verdicts ?? []) }
}

extension RunComparison {
    fileprivate var verdicts: [Verdict] { judged.map(verdict) + missing.map(verdict) }

    private func verdict(of missing: MissingMetric) -> Verdict {
        Verdict(
            evaluation: "\(missing.evaluation) against \(reference.id)", backend: missing.backend, artifact: nil,
            metric: "\(missing.metric)_change", status: .skipped, value: nil, threshold: nil, reason: missing.reason)
    }

    /// A judged change as a verdict on the run under test: its value is the change, its limit what is allowed.
    public func verdict(of change: MetricChange) -> Verdict {
        let threshold = change.allowed.map { allowed in
            let isLower = change.polarity == .lowerIsBetter
            return Threshold(
                metric: MetricDefinition(
                    name: "\(change.metric)_change", unit: change.changeUnit, polarity: change.polarity),
                limit: isLower ? allowed : -allowed)
        }
        let candidate = run.artifacts.first { $0.role == .candidate && "\($0.model) \($0.recipe)" == change.artifact }
        return Verdict(
            evaluation: "\(change.evaluation) against \(reference.id)", backend: change.backend,
            artifact: candidate?.path, metric: "\(change.metric)_change", status: change.status ?? .skipped,
            value: change.basis == .unpaired && change.interval == nil ? nil : change.change, threshold: threshold,
            reason: change.reason)
    }
}
