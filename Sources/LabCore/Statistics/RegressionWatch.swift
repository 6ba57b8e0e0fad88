/// Whether a run knows enough, while it measures, to be compared with its reference.
///
/// It holds the gates that `RunComparison` will, on the chunks that the reference has measured too, each with a share
/// of alpha that is no larger: what is decided here is decided there.
public struct RegressionWatch: Sendable {
    private struct Watched: Sendable {
        let scale: MetricScale
        var gate: ChangeGate
    }

    private var watched: [Watched] = []
    private var earlier: [Digest: [PairedSeries.Point]]
    /// Chunks of the reference that are still to come.
    private var unseen: Int
    /// Whether something will be judged that only all chunks decide.
    private var needsAll = false

    /// Watches one evaluation of a candidate on one backend.
    ///
    /// - Parameters:
    ///   - tolerances: what will be judged, of all evaluations; a later word counts before an earlier one.
    ///   - available: chunks of the corpus.
    public init(
        reference: RunRecord, evaluation: String, backend: String, candidate: ArtifactRecord,
        tolerances: [RegressionTolerance], available: Int, alpha: Double = 0.01
    ) {
        let path = reference.counterpart(of: candidate, amongOthers: false)?.path
        let candidates = reference.measurements.filter { $0.artifact == path }
        let judged = candidates.count { tolerances.tolerance(of: $0.metric, in: $0.evaluation) != nil }
        let here = candidates.filter { $0.evaluation == evaluation && $0.backend == backend }
        let points = here.first.map(reference.points) ?? []
        earlier = Dictionary(grouping: points, by: \.sample)
        unseen = points.count
        for measurement in here {
            guard let tolerance = tolerances.tolerance(of: measurement.metric, in: evaluation),
                let definition = MetricDefinition.named(measurement.metric),
                let allowed = tolerance.allowed(reference: measurement.value)
            else { continue }
            let scale = MetricScale(definition: definition)
            let limit = scale.worseningOfMean(allowed, from: measurement.value)
            guard limit > 0, points.contains(where: { scale.chunkValue($0) != nil }) else {
                needsAll = true
                continue
            }
            let share = alpha / Double(judged)
            watched.append(
                Watched(scale: scale, gate: ChangeGate(allowed: limit, populationSize: available, alpha: share)))
        }
    }

    /// Takes the next chunk of the order laid down.
    public mutating func observe(_ point: PairedSeries.Point) {
        guard let old = earlier[point.sample]?.popLast() else { return }
        unseen -= 1
        for index in watched.indices {
            let scale = watched[index].scale
            guard let before = scale.chunkValue(old), let after = scale.chunkValue(point) else { continue }
            watched[index].gate.observe(scale.sign * (after - before))
        }
    }

    /// Whether every comparison is decided, or no further chunk could help.
    public var isDecided: Bool { unseen == 0 || !needsAll && watched.allSatisfy { $0.gate.decision != .undecided } }
}
