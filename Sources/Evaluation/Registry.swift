public import LabCore

/// The kinds of evaluation that a suite may ask for, by the ids it uses.
///
/// Every id in a suite file is looked up here when the file is read.
public enum Registry {
    /// A kind of evaluation: what it measures, and which of that a gate may limit.
    public struct Entry: Sendable {
        /// The evaluator.
        public let evaluator: Suite.Evaluator
        /// One sentence for people.
        public let summary: String
        /// What it measures.
        public let metrics: [MetricDefinition]
        /// What a gate may limit.
        public let gates: [MetricDefinition]

        init(evaluator: Suite.Evaluator, summary: String, metrics: [MetricDefinition], gates: [MetricDefinition]) {
            self.evaluator = evaluator
            self.summary = summary
            self.metrics = metrics
            self.gates = gates
        }

        /// A kind of evaluation whose metrics may all be limited.
        init(evaluator: Suite.Evaluator, summary: String, metrics: [MetricDefinition]) {
            self.init(evaluator: evaluator, summary: summary, metrics: metrics, gates: metrics)
        }

        /// A kind of evaluation whose metrics may all be limited.
        init<Score>(_ evaluator: Suite.Evaluator, _ summary: String, _ metrics: [any Metric<Score>]) {
            self.init(evaluator: evaluator, summary: summary, metrics: metrics.map(\.definition))
        }
    }

    /// Every kind.
    public static let entries = [
        Entry(
            evaluator: .perplexity, summary: "perplexity of parent and candidate on the same windows of a text",
            metrics: likelihoodMetrics.map(\.definition), gates: [.perplexity, .perplexityIncrease, .logRatio]),
        Entry(
            evaluator: .fidelity,
            summary: "divergence of the candidate's predictions from its parent's on windows of a text",
            metrics: fidelityMetrics(floorNats: 0).map(\.definition),
            // A divergence that the parent has from itself too is no fault of the candidate, and gates must not count it.
            gates: [.klMeanExcess, .topAgreement]),
        Entry(.chatTemplate, "whether the artifact's chat template says what its parent's does", TemplateScore.metrics),
        Entry(.sampleMatch, "greedy texts of parent and candidate, side by side", ContinuationScore.metrics),
        Entry(.multilingual, "questions in several languages, answered in them", LanguageScore.metrics),
        Entry(.thinking, "problems to think about, with thinking on and off", ThinkingScore.metrics),
        Entry(.code, "Python functions to write, run in a sandbox", CodeScore.metrics),
        Entry(
            evaluator: .throughput, summary: "speed of prefill and decoding against depth and sequences at a time",
            metrics: MetricDefinition.ofSpeed,
            // What the device can do is no merit of an artifact.
            gates: MetricDefinition.ofSpeed.filter { $0 != .memoryBandwidth && $0 != .matrixRate }),
        Entry(
            evaluator: .consistency, summary: "predictions along a text on every backend, beside the CPU's",
            metrics: consistencyMetrics.map(\.definition) + [.windowsTokenizedDifferently]
                + consistencyFloorMetrics.map(\.definition)),
        Entry(
            evaluator: .textConsistency, summary: "greedy texts on every backend, beside the CPU's",
            metrics: TextConsistencyScore.metrics.map(\.definition)
                + TextConsistencyScore.floorMetrics.map(\.definition)),
    ]

    /// The kind with an id; nil for an unknown one.
    public static func entry(_ id: String) -> Entry? { entries.first { $0.evaluator.rawValue == id } }

    /// What the perplexity evaluation measures of a candidate.
    public static let likelihoodMetrics: [any Metric<PairedScore>] = [
        PerplexityMetric(of: .candidate), PerplexityIncreaseMetric(), LogRatioMetric(),
    ]

    /// What the consistency evaluation measures of a backend beside another.
    public static let consistencyMetrics: [any Metric<ChunkDivergence>] = [
        KLMeanMetric(), KLQuantileMetric(.klP99, probability: 0.99), KLQuantileMetric(.klMax, probability: 1),
        TopAgreementMetric(), LogitDifferenceMetric(),
    ]

    /// What it measures of a backend beside itself.
    public static let consistencyFloorMetrics: [any Metric<ChunkDivergence>] = [
        RenamedMetric(KLMeanMetric(), as: .floorKLMean), RenamedMetric(TopAgreementMetric(), as: .floorTopAgreement),
        RenamedMetric(LogitDifferenceMetric(), as: .floorLogitDifferenceMax),
    ]

    /// What the fidelity evaluation measures of a candidate.
    ///
    /// - Parameter floorNats: the noise floor's mean, nats per token; nil where it is not known.
    public static func fidelityMetrics(floorNats: Double?) -> [any Metric<ChunkDivergence>] {
        let excess: [any Metric<ChunkDivergence>] = floorNats.map { [KLMeanMetric(above: $0)] } ?? []
        return [KLMeanMetric()] + excess + [
            KLQuantileMetric(.klMedian, probability: 0.5), KLQuantileMetric(.klP90, probability: 0.9),
            KLQuantileMetric(.klP99, probability: 0.99), KLQuantileMetric(.klMax, probability: 1),
            TopAgreementMetric(),
        ]
    }
}
