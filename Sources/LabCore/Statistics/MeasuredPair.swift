/// One metric of the same evaluation, backend and candidate in two runs.
struct MeasuredPair {
    /// What is allowed; nil where nothing is asked.
    let tolerance: RegressionTolerance?
    private let new: Measurement
    private let old: Measurement
    private let artifact: String
    private let scale: MetricScale
    private let shared: SharedChunks

    /// Nil for a parent's measurement, and where the reference has no such measurement.
    init?(_ new: Measurement, in run: RunRecord, reference: RunRecord, tolerances: [RegressionTolerance]) {
        guard let definition = MetricDefinition.named(new.metric), let candidate = run.artifact(at: new.artifact),
            candidate.role == .candidate,
            let counterpart = reference.counterpart(
                of: candidate, amongOthers: run.artifacts.count { $0.role == .candidate } > 1),
            let old = reference.measurements.first(where: {
                $0.artifact == counterpart.path && $0.evaluation == new.evaluation && $0.backend == new.backend
                    && $0.metric == new.metric
            })
        else { return nil }
        self.new = new
        self.old = old
        artifact = "\(candidate.model) \(candidate.recipe)"
        let scale = MetricScale(definition: definition)
        self.scale = scale
        tolerance = tolerances.tolerance(of: new.metric, in: new.evaluation)
        shared = SharedChunks(new, in: run, old, in: reference, value: scale.chunkValue)
    }

    /// The change, judged with an error of alpha to either side.
    func change(alpha: Double) -> MetricChange {
        let chunks = shared.chunks
        let value = chunks.isEmpty ? new.value : scale.value(ofMean: mean(chunks.map(\.new)))
        let reference = chunks.isEmpty ? old.value : scale.value(ofMean: mean(chunks.map(\.old)))
        // From the reference's own value, which was known before: a limit that moved with the chunks would be no limit.
        let allowed = tolerance?.allowed(reference: old.value).map { scale.worseningOfMean($0, from: old.value) }
        let plain = scale.mean(of: value) - scale.mean(of: reference)
        let estimate = estimate(worsening: scale.sign * plain, allowed: allowed, alpha: alpha)
        let changes = chunks.map { MetricChange.Chunk(index: $0.index, change: $0.new - $0.old) }
            .sorted { (scale.sign * $0.change, $1.index) > (scale.sign * $1.change, $0.index) }
        var change = MetricChange(
            evaluation: new.evaluation, backend: new.backend, artifact: artifact, metric: new.metric, unit: new.unit,
            polarity: scale.definition.polarity, reference: reference, value: value, change: scale.shown(plain),
            changeUnit: scale.changeUnit, interval: estimate?.interval.map(shown), tolerance: tolerance,
            allowed: allowed.map(scale.shown), basis: estimate?.basis ?? .unpaired, chunksShared: chunks.count,
            chunksAvailable: shared.available, neededChunks: estimate?.neededChunks,
            relation: estimate?.relation(allowed: allowed) ?? .unknown, status: nil, reason: "",
            chunks: changes)
        if tolerance != nil {
            change.status = estimate?.isAllowed.map { $0 ? .pass : .fail } ?? .inconclusive
        }
        change.reason = ChangeText(change, isComparable: estimate != nil).sentence
        return change
    }

    /// Nil where nothing can be said of the change.
    private func estimate(worsening: Double, allowed: Double?, alpha: Double) -> ChangeEstimate? {
        if let samples = new.samples, samples == old.samples, new.value == old.value {
            return ChangeEstimate(exactly: 0, basis: .sameSamples, allowed: allowed)
        }
        if !shared.chunks.isEmpty {
            return ChangeEstimate(
                worsenings: shared.chunks.map { scale.sign * ($0.new - $0.old) }, allowed: allowed,
                populationSize: shared.available, isRandomOrder: shared.isRandomOrder, alpha: alpha)
        }
        guard new.dataset == old.dataset else { return nil }
        if shared.areBothWhole { return ChangeEstimate(exactly: worsening, basis: .exact, allowed: allowed) }
        return ChangeEstimate(
            worsening: worsening, intervals: (scale.means(new.interval), scale.means(old.interval)), n: (new.n, old.n),
            allowed: allowed, alpha: alpha)
    }

    /// An interval of the worsening of the mean, as one of the change that is shown.
    private func shown(_ interval: Interval) -> Interval {
        let ends = [interval.low, interval.high].map { scale.shown(scale.sign * $0) }.sorted()
        return Interval(low: ends[0], high: ends[1], level: interval.level)
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}

/// The chunks that two runs both measured.
private struct SharedChunks {
    /// A chunk's part of the mean in both runs.
    struct Chunk {
        let index: Int
        let old: Double
        let new: Double
    }

    /// In the order laid down.
    let chunks: [Chunk]
    /// Chunks of the corpus; nil where the run under test does not tell.
    let available: Int?
    /// Whether both runs took their chunks in that order.
    let isRandomOrder: Bool
    /// Whether both measured every chunk of the same corpus.
    let areBothWhole: Bool

    init(
        _ new: Measurement, in run: RunRecord, _ old: Measurement, in reference: RunRecord,
        value: (PairedSeries.Point) -> Double?
    ) {
        // A text may hold the same chunk twice; it is compared once.
        var seen = Set<Digest>()
        let points = run.points(of: new).filter { seen.insert($0.sample).inserted }
        let earlier = reference.points(of: old)
        let before = Dictionary(earlier.map { ($0.sample, $0) }, uniquingKeysWith: { first, _ in first })
        let shared = points.compactMap { point in
            before[point.sample].flatMap(value).flatMap { old in
                value(point).map { (point.sample, Chunk(index: point.index, old: old, new: $0)) }
            }
        }
        chunks = RandomOrder.order(of: shared.map(\.0)).map { shared[$0].1 }
        available = run.chunksAvailable(for: new)
        isRandomOrder = run.isInRandomOrder(new) && reference.isInRandomOrder(old)
        areBothWhole =
            available == points.count && reference.chunksAvailable(for: old) == earlier.count
            && seen == Set(earlier.map(\.sample))
    }
}

extension RunRecord {
    fileprivate func points(of measurement: Measurement) -> [PairedSeries.Point] {
        pairedSeries.first {
            $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact
        }?.points ?? []
    }

    private func evidence(on measurement: Measurement) -> [GateEvidence] {
        verdicts.filter {
            $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact
        }.compactMap(\.evidence)
    }

    /// The size of the corpus that a value was measured on; nil where the record does not tell.
    fileprivate func chunksAvailable(for measurement: Measurement) -> Int? {
        if let evidence = evidence(on: measurement).first { return evidence.chunksAvailable }
        let sizes = Set(datasets.map(\.chunksAvailable))
        return sizes.count == 1 ? sizes.first : nil
    }

    /// Whether a value's chunks are the first of the order laid down: all of them, or those of a gate that stopped.
    fileprivate func isInRandomOrder(_ measurement: Measurement) -> Bool {
        let evidence = evidence(on: measurement)
        return evidence.contains { $0.basis != .interval }
            || chunksAvailable(for: measurement) == points(of: measurement).count
    }
}
