/// Two runs side by side, paired chunk by chunk where both measured the same chunk.
public struct RunComparison: Sendable, Hashable {
    /// The run under test.
    public let run: String
    /// The run it is held against.
    public let reference: String
    /// One verdict per series of the run under test, and one for its own gates.
    public let verdicts: [Verdict]

    /// The worst of the verdicts.
    public var verdict: VerdictStatus { Verdict.overall(verdicts) }

    /// The metric of a comparison of candidates: 100 x (PPL(run) / PPL(reference) - 1) on the shared chunks.
    public static let metric = MetricDefinition(
        name: "perplexity_change", unit: "percent", polarity: .lowerIsBetter)

    /// Compares the candidates of two runs.
    ///
    /// - Parameter tolerancePercent: how much higher the perplexity may be; at least 0.
    public init(_ run: RunRecord, against reference: RunRecord, tolerancePercent: Double) {
        self.run = run.id
        self.reference = reference.id
        let threshold = Threshold(metric: Self.metric, limit: tolerancePercent)
        var verdicts = [Self.ownGates(of: run)]
        // Two evaluations may have seen the same likelihoods; one comparison of them is enough.
        let plain = run.pairedSeries.filter { $0.points.allSatisfy { $0.klMean == nil } }
        for series in plain.isEmpty ? run.pairedSeries : plain {
            let previous = reference.pairedSeries.first {
                $0.evaluation == series.evaluation && $0.backend == series.backend
            }
            verdicts.append(Self.compare(series, with: previous, threshold: threshold, reference: reference.id))
        }
        self.verdicts = verdicts
    }

    private static func ownGates(of run: RunRecord) -> Verdict {
        let failed = run.verdicts.filter { $0.status == .fail || $0.status == .infeasible }
        let reason =
            failed.first.map { "\(run.id): \($0.reason)" } ?? "the suite's own gates say \(run.verdict.rawValue)"
        return Verdict(
            evaluation: "suite", backend: "all", artifact: nil, metric: nil, status: run.verdict, value: nil,
            threshold: nil, reason: reason)
    }

    private static func compare(
        _ series: PairedSeries, with previous: PairedSeries?, threshold: Threshold, reference: String
    ) -> Verdict {
        func verdict(_ status: VerdictStatus, _ value: Double?, _ reason: String) -> Verdict {
            Verdict(
                evaluation: series.evaluation, backend: series.backend, artifact: series.artifact,
                metric: metric.name, status: status, value: value, threshold: threshold, reason: reason)
        }
        let before = Dictionary(
            (previous?.points ?? []).map { ($0.sample, $0.candidate) }, uniquingKeysWith: { first, _ in first })
        let shared = series.points.compactMap { point in
            before[point.sample].map { (total: point.candidate - $0, weight: 1.0) }
        }
        guard let mean = ClusteredMean(clusters: shared) else {
            return verdict(.inconclusive, nil, "run \(reference) measured none of the same chunks")
        }
        guard let estimate = Perplexity.percent(of: mean) else {
            return verdict(.inconclusive, nil, "the change against run \(reference) is too large for a number")
        }
        let isWhole = shared.count == series.points.count && shared.count == before.count
        let (status, reason) = Gate.judge(estimate, against: threshold, isWholeCorpus: isWhole)
        return verdict(status, estimate.value, "perplexity changed by \(reason), against run \(reference)")
    }
}
