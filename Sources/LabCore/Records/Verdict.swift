/// The outcome of a gate, an evaluation or a run. A skip is never a pass.
public enum VerdictStatus: String, Sendable, Codable, CaseIterable {
    /// Inside the threshold.
    case pass
    /// Outside the threshold.
    case fail
    /// The evidence does not decide.
    case inconclusive
    /// Not measured; the reason says why.
    case skipped
    /// Cannot be met by arithmetic; the reason shows it.
    case infeasible
}

/// A limit that a suite sets for a metric.
public struct Threshold: Hashable, Sendable, Codable {
    /// The metric's name.
    public var metric: String
    /// The limit, in `unit`. The value must be strictly on the better side of it.
    public var limit: Double
    /// The unit of `limit`; equals the metric's unit.
    public var unit: String
    /// Which side passes.
    public var polarity: Polarity

    /// Creates a limit for a metric, in the metric's unit.
    public init(metric: MetricDefinition, limit: Double) {
        self.metric = metric.name
        self.limit = limit
        self.unit = metric.unit
        self.polarity = metric.polarity
    }

    /// Whether a value is inside.
    public func admits(_ value: Double) -> Bool {
        switch polarity {
        case .lowerIsBetter: value < limit
        case .higherIsBetter: value > limit
        }
    }
}

/// What one gate said, and why.
public struct Verdict: Hashable, Sendable, Codable {
    /// The evaluation it belongs to.
    public var evaluation: String
    /// The backend it was measured on.
    public var backend: String
    /// The artifact judged (`artifacts[].path`); nil when nothing was measured.
    public var artifact: String?
    /// The metric judged; nil when the whole evaluation was skipped.
    public var metric: String?
    /// The outcome.
    public var status: VerdictStatus
    /// The measured value; nil when there is none.
    public var value: Double?
    /// The limit; nil when there is none.
    public var threshold: Threshold?
    /// One sentence for people.
    public var reason: String
    /// What the outcome rests on; nil when nothing was measured, and in records of older labs.
    public var evidence: GateEvidence?

    /// Creates a verdict.
    public init(
        evaluation: String, backend: String, artifact: String?, metric: String?, status: VerdictStatus,
        value: Double?, threshold: Threshold?, reason: String, evidence: GateEvidence? = nil
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.metric = metric
        self.status = status
        self.value = value
        self.threshold = threshold
        self.reason = reason
        self.evidence = evidence
    }

    /// The verdict of a whole run: the worst of its gates; inconclusive when nothing was judged.
    ///
    /// Intersection-union: a run passes when all its gates pass, each at its own level. Skipped evaluations of
    /// optional backends leave it alone, but skips alone never make a pass.
    public static func overall(_ verdicts: [Verdict]) -> VerdictStatus {
        overall(verdicts.map(\.status))
    }

    /// The worst of some outcomes; inconclusive when nothing was judged.
    public static func overall(_ outcomes: [VerdictStatus]) -> VerdictStatus {
        let statuses = Set(outcomes)
        if statuses.contains(.fail) { return .fail }
        if statuses.contains(.infeasible) { return .infeasible }
        if statuses.contains(.inconclusive) { return .inconclusive }
        return statuses.contains(.pass) ? .pass : .inconclusive
    }
}

extension VerdictStatus {
    /// The exit code of a command whose overall verdict this is.
    public var exitCode: ExitCode {
        switch self {
        case .pass: .pass
        case .fail, .infeasible: .gateFailed
        case .inconclusive, .skipped: .inconclusive
        }
    }
}
