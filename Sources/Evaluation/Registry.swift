public import LabCore

/// The kinds of evaluation that a suite may ask for, by the ids it uses.
///
/// Every id in a suite file is looked up here when the file is read.
public enum Registry {
    /// A kind of evaluation: what it measures, and which of that a gate may limit.
    public struct EvaluatorEntry: Sendable {
        /// The id, such as "fidelity".
        public let id: String
        /// One sentence for people.
        public let summary: String
        /// What it measures.
        public let metrics: [MetricDefinition]
        /// What a gate may limit.
        public let gates: [MetricDefinition]
    }

    /// Perplexity of parent and candidate, and their paired difference.
    public static let perplexity = EvaluatorEntry(
        id: "perplexity", summary: "perplexity of parent and candidate on the same windows of a text",
        metrics: LikelihoodMetrics.all.map(\.definition), gates: [.perplexity, .perplexityIncrease, .logRatio])

    /// KL divergence and top-1 agreement with the parent.
    public static let fidelity = EvaluatorEntry(
        id: "fidelity", summary: "divergence of the candidate's predictions from its parent's on windows of a text",
        metrics: FidelityMetrics.all.map(\.definition) + [.klMeanExcess],
        // A divergence that the parent shows against itself is no fault of the candidate.
        gates: [.klMeanExcess, .topAgreement])

    /// Every evaluator.
    public static let evaluators = [perplexity, fidelity]
}
