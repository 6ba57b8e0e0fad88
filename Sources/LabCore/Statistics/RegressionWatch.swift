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
    private let earlier: [Digest: PairedSeries.Point]
    private var unseen: Set<Digest>

    /// Watches one evaluation of a candidate on one backend.
    ///
    /// - Parameters:
    ///   - tolerances: what will be judged, of all evaluations; a later word counts before an earlier one.
    ///   - backends: how many backends the run measures on.
    ///   - available: chunks of the corpus.
    public init(
        reference: RunRecord, evaluation: String, backend: String, candidate: ArtifactRecord,
        tolerances: [RegressionTolerance], backends: Int, available: Int, alpha: Double = 0.01
    ) {
        let path = reference.counterpart(of: candidate, amongOthers: false)?.path
        let points =
            reference.pairedSeries.first {
                $0.evaluation == evaluation && $0.backend == backend && $0.artifact == path
            }?.points ?? []
        earlier = Dictionary(points.map { ($0.sample, $0) }, uniquingKeysWith: { first, _ in first })
        unseen = Set(earlier.keys)
        let share = alpha / Double(max(1, tolerances.count * backends))
        for definition in MetricDefinition.all {
            guard let tolerance = tolerances.tolerance(of: definition.name, in: evaluation),
                let value = reference.measurements.first(where: {
                    $0.evaluation == evaluation && $0.backend == backend && $0.artifact == path
                        && $0.metric == definition.name
                })?.value, let allowed = tolerance.allowed(reference: value)
            else { continue }
            let scale = MetricScale(definition: definition)
            let limit = scale.worseningOfMean(allowed, from: value)
            guard limit > 0, points.contains(where: { scale.chunkValue($0) != nil }) else { continue }
            watched.append(
                Watched(
                    scale: scale,
                    gate: ChangeGate(allowed: limit, populationSize: available, alpha: share)))
        }
    }

    /// Takes the next chunk of the order laid down.
    public mutating func observe(_ point: PairedSeries.Point) {
        // A text may hold the same chunk twice; it is compared once.
        guard let old = earlier[point.sample], unseen.remove(point.sample) != nil else { return }
        for index in watched.indices {
            let scale = watched[index].scale
            guard let before = scale.chunkValue(old), let after = scale.chunkValue(point) else { continue }
            watched[index].gate.observe(scale.sign * (after - before))
        }
    }

    /// Whether every comparison is decided, or no further chunk could help.
    public var isDecided: Bool { unseen.isEmpty || watched.allSatisfy { $0.gate.decision != .undecided } }
}
