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
    public var verdict: VerdictStatus { comparison?.verdict ?? run.suiteVerdict }

    /// The run with this outcome in place of the one it has: what reports of a gated run are made from.
    public var record: RunRecord {
        var record = run
        record.verdict = verdict
        record.regression = nil
        if case .run(let comparison, let why) = reference {
            record.regression = RegressionRecord(comparison, why: why)
        }
        return record
    }
}
