public import LabCore

/// The gates of one evaluation, watching its samples come in.
public struct GateWatch<Score: Sendable> {
    private struct Watched {
        let threshold: Threshold
        let metric: (any Metric<Score>)?
        var gate: SequentialGate?
    }

    /// The probability that a gate errs, at most.
    public static var alpha: Double { 0.01 }

    private var watched: [Watched]
    private let available: Int
    private let part: String
    private var scores: [Score] = []
    private var unscored: [String] = []

    /// Watches over a corpus of `available` samples.
    ///
    /// - Parameters:
    ///   - metrics: what the evaluation measures; a threshold on anything else stays inconclusive.
    ///   - isSequential: whether a verdict may be given before the last sample. The samples must then come in the
    ///     order that was laid down.
    ///   - part: what the corpus is made of, in the singular.
    public init(
        _ thresholds: [Threshold], metrics: [any Metric<Score>], available: Int, isSequential: Bool,
        part: String = "chunk"
    ) {
        self.available = available
        self.part = part
        watched = thresholds.map { threshold in
            let metric = metrics.first { $0.definition.name == threshold.metric }
            let gate = metric?.gateable.map {
                SequentialGate($0.design($0.toMean(threshold.limit), available, Self.alpha))
            }
            return Watched(threshold: threshold, metric: metric, gate: isSequential ? gate : nil)
        }
    }

    /// Takes the next sample's score.
    public mutating func observe(_ scored: Scored<Score>) {
        switch scored {
        case .unscored(let reason): unscored.append(reason)
        case .scored(let score):
            scores.append(score)
            for index in watched.indices {
                guard let mean = watched[index].metric?.gateable else { continue }
                watched[index].gate?.observe(mean.value(score))
            }
        }
    }

    /// Whether there are gates and all of them have a verdict, so that nothing more need be measured.
    public var isDecided: Bool {
        unscored.isEmpty && !watched.isEmpty
            && watched.allSatisfy { $0.gate.map { $0.decision != .undecided } ?? false }
    }

    /// What each gate says now: threshold, status, value, reason and evidence.
    public func judgements() -> [Judgement] {
        watched.map(judgement)
    }

    /// What a gate says.
    public struct Judgement: Sendable {
        /// The gate's limit.
        public let threshold: Threshold
        /// The outcome.
        public let status: VerdictStatus
        /// The measured value; nil when there is none.
        public let value: Double?
        /// One sentence for people.
        public let reason: String
        /// What the outcome rests on; nil where nothing was measured.
        public let evidence: GateEvidence?
    }

    private func judgement(_ watched: Watched) -> Judgement {
        let threshold = watched.threshold
        guard let metric = watched.metric else {
            return Judgement(
                threshold: threshold, status: .inconclusive, value: nil,
                reason: "\(threshold.metric) was not measured", evidence: nil)
        }
        let level = 1 - 2 * Self.alpha
        guard unscored.isEmpty, let estimate = metric.estimate(scores, level: level) else {
            let why = unscored.first.map {
                "\(unscored.count) of \(scores.count + unscored.count) have no score: \($0)"
            }
            return Judgement(
                threshold: threshold, status: .inconclusive, value: nil,
                reason: why ?? "no finite value on \(scores.count) \(part)s", evidence: nil)
        }
        var evidence = GateEvidence(
            basis: .interval, chunksUsed: scores.count, chunksAvailable: available, alpha: Self.alpha,
            interval: estimate.interval, minimumDetectableEffect: minimumDetectableEffect(metric),
            part: part == "chunk" ? nil : part)
        let isWhole = scores.count == available
        var (status, reason) = Gate.judge(estimate, against: threshold, isWholeCorpus: isWhole, part: part)
        if isWhole {
            evidence.basis = .exact
            evidence.interval = nil
            evidence.minimumDetectableEffect = 0
        } else if let gate = watched.gate, gate.decision != .undecided, let mean = metric.gateable {
            evidence.basis = .sequential
            evidence.interval = gate.interval.map {
                Interval(low: mean.toUnit($0.low), high: mean.toUnit($0.high), level: $0.level)
            }
            if gate.design.allowance > 0 {
                let clip = gate.design.clip
                evidence.clip = Interval(
                    low: mean.toUnit(clip.lowerBound), high: mean.toUnit(clip.upperBound), level: 1)
            }
            status = gate.decision == .pass ? .pass : .fail
            reason = Gate.earlyReason(estimate.value, of: threshold, evidence: evidence, isInside: status == .pass)
        } else if status == .inconclusive, estimate.value.isFinite, threshold.limit.isFinite {
            // The whole text decides whatever its spread is, which a single chunk does not tell.
            let needed = neededChunks(metric, threshold) ?? available
            evidence.neededChunks = needed
            reason += "; \(needed == available ? "all" : "about") \(needed) would decide"
        }
        return Judgement(
            threshold: threshold, status: status, value: estimate.value, reason: reason, evidence: evidence)
    }

    /// The clustered mean behind a metric; nil where it is no mean, or has no spread.
    private func mean(_ metric: any Metric<Score>) -> (mean: ClusteredMean, of: GateableMean<Score>)? {
        guard let gateable = metric.gateable,
            let mean = ClusteredMean(clusters: scores.map { (total: gateable.value($0), weight: 1) })
        else { return nil }
        return (mean, gateable)
    }

    private func minimumDetectableEffect(_ metric: any Metric<Score>) -> Double? {
        guard let (mean, gateable) = mean(metric),
            let effect = Power.minimumDetectableEffect(of: mean, populationSize: available, alpha: Self.alpha)
        else { return nil }
        return gateable.toUnit(mean.mean + effect) - gateable.toUnit(mean.mean)
    }

    private func neededChunks(_ metric: any Metric<Score>, _ threshold: Threshold) -> Int? {
        guard let (mean, gateable) = mean(metric) else { return nil }
        return Power.chunksNeeded(
            for: mean, limit: gateable.toMean(threshold.limit), populationSize: available, alpha: Self.alpha)
    }
}
