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
    }

    /// What is judged.
    public var judged: [MetricChange] { changes.filter { $0.status != nil } }

    /// The comparison's verdict; nil where nothing is judged.
    public var regression: VerdictStatus? { judged.isEmpty ? nil : Verdict.overall(judged.compactMap(\.status)) }

    /// The worst of the run's own gates and of the comparison.
    public var verdict: VerdictStatus { Verdict.overall([run.verdict, regression].compactMap { $0 }) }
}
