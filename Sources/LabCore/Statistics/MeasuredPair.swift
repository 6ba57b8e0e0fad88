/// One metric of the same evaluation, backend and candidate in two runs.
struct MeasuredPair {
    /// What is allowed; nil where nothing is asked.
    let tolerance: RegressionTolerance?
    private let new: Measurement
    private let old: Measurement
    private let artifact: String
    private let scale: MetricScale
    private let shared: SharedChunks
    /// What each repetition measured in both runs, or why that cannot be compared; nil for what is not repeated.
    private let repeated: RepeatedPair?
    /// Whether both runs computed the same thing: what one of them did not measure would be the same too.
    private let isSameComputation: Bool

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
        shared = SharedChunks(new, in: run, old, in: reference, scale: scale)
        repeated = RepeatedPair(new, in: run, old, in: reference)
        isSameComputation =
            candidate.sha256 == counterpart.sha256 && run.engine == reference.engine
            && run.machine.device == reference.machine.device && run.parent?.sha256 == reference.parent?.sha256
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
            allowed: allowed.map(scale.shownWorsening), basis: estimate?.basis ?? .unpaired, chunksShared: chunks.count,
            chunksAvailable: shared.available, neededChunks: estimate?.neededChunks,
            relation: estimate?.relation(allowed: allowed) ?? .unknown, status: nil, reason: "",
            chunks: changes)
        change.part = shared.part
        if tolerance != nil {
            change.status = estimate?.isAllowed.map { $0 ? .pass : .fail } ?? .inconclusive
        }
        if let repeated {
            change.pValue = estimate?.pValue
            change.repetitions = repeated.counts
            if let obstacle = repeated.obstacle {
                // What cannot be compared is neither better nor worse.
                if tolerance != nil { change.status = .skipped }
                change.reason = obstacle
                return change
            }
        }
        change.reason = ChangeText(change, isComparable: estimate != nil, shared: shared).sentence
        return change
    }

    /// Nil where nothing can be said of the change.
    private func estimate(worsening: Double, allowed: Double?, alpha: Double) -> ChangeEstimate? {
        if let samples = new.samples, samples == old.samples, new.value == old.value {
            return ChangeEstimate(exactly: 0, basis: .sameSamples, allowed: allowed)
        }
        if isSameComputation, shared.isRandomOrder, !shared.chunks.isEmpty,
            shared.chunks.allSatisfy({ $0.new == $0.old })
        {
            return ChangeEstimate(exactly: 0, basis: .sameSamples, allowed: allowed)
        }
        if !shared.chunks.isEmpty {
            return ChangeEstimate(
                worsenings: shared.chunks.map { scale.sign * ($0.new - $0.old) }, allowed: allowed,
                populationSize: shared.available, isRandomOrder: shared.isRandomOrder, alpha: alpha)
        }
        if let repeated {
            guard repeated.obstacle == nil else { return nil }
            return ChangeEstimate(
                repetitions: repeated.new.map { scale.sign * scale.mean(of: $0) },
                against: repeated.old.map { scale.sign * scale.mean(of: $0) }, allowed: allowed, alpha: alpha)
        }
        guard shared.isSameText else { return nil }
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
