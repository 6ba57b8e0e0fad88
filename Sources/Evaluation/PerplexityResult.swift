public import LabCore

/// Perplexity of a parent and a candidate on the same chunks: the metric step of the perplexity evaluation.
public struct PerplexityResult: Sendable {
    /// One chunk and what each model made of it.
    public struct Chunk: Sendable {
        /// Position in the dataset, from 0.
        public let index: Int
        /// Digest of the tokens, the same for both models.
        public let sample: Digest
        /// The parent's score.
        public let parent: ChunkScore
        /// The candidate's score.
        public let candidate: ChunkScore

        /// Pairs two scores of one chunk.
        public init(index: Int, sample: Digest, parent: ChunkScore, candidate: ChunkScore) {
            self.index = index
            self.sample = sample
            self.parent = parent
            self.candidate = candidate
        }
    }

    private let plan: Suite.EvaluationPlan
    private let backend: String
    private let chunks: [Chunk]
    private let isWholeCorpus: Bool

    /// Collects the scores of an evaluation.
    ///
    /// - Parameter isWholeCorpus: whether `chunks` are all chunks of the dataset.
    public init(plan: Suite.EvaluationPlan, backend: String, chunks: [Chunk], isWholeCorpus: Bool) {
        self.plan = plan
        self.backend = backend
        self.chunks = chunks
        self.isWholeCorpus = isWholeCorpus
    }

    /// The parent's perplexity.
    public func parentMeasurement(artifact: String, cached: Bool) -> Measurement? {
        measurement(.perplexity, Perplexity.estimate(chunks.map(\.parent)), artifact, cached)
    }

    /// The candidate's perplexity and its increase over the parent's.
    public func candidateMeasurements(artifact: String, cached: Bool) -> [Measurement] {
        [
            measurement(.perplexity, Perplexity.estimate(chunks.map(\.candidate)), artifact, cached),
            measurement(.perplexityIncrease, increase, artifact, cached),
        ].compactMap { $0 }
    }

    /// One verdict per gate of the plan.
    public func verdicts(artifact: String) -> [Verdict] {
        plan.gates.map { gate in
            let estimate =
                gate.metric == MetricDefinition.perplexity.name ? Perplexity.estimate(chunks.map(\.candidate)) : increase
            guard let estimate else {
                return verdict(gate, artifact, .inconclusive, nil, "no finite value on \(chunks.count) chunks")
            }
            let (status, reason) = Gate.judge(estimate, against: gate, isWholeCorpus: isWholeCorpus)
            return verdict(gate, artifact, status, estimate.value, reason)
        }
    }

    /// The per-chunk pairs, for charts and later comparisons.
    public func series(artifact: String) -> PairedSeries {
        PairedSeries(
            evaluation: plan.name, backend: backend, artifact: artifact,
            points: chunks.map {
                PairedSeries.Point(
                    index: $0.index, sample: $0.sample, parent: $0.parent.meanNats, candidate: $0.candidate.meanNats)
            })
    }

    private var increase: Estimate? {
        Perplexity.increasePercent(parent: chunks.map(\.parent), candidate: chunks.map(\.candidate))
    }

    private func measurement(
        _ metric: MetricDefinition, _ estimate: Estimate?, _ artifact: String, _ cached: Bool
    ) -> Measurement? {
        estimate.map {
            Measurement(
                artifact: artifact, backend: backend, evaluation: plan.name, metric: metric, value: $0.value, n: $0.n,
                interval: $0.interval, cached: cached)
        }
    }

    private func verdict(
        _ gate: Threshold, _ artifact: String, _ status: VerdictStatus, _ value: Double?, _ reason: String
    ) -> Verdict {
        Verdict(
            evaluation: plan.name, backend: backend, artifact: artifact, metric: gate.metric, status: status,
            value: value, threshold: gate, reason: reason)
    }
}
