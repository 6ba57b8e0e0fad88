import Foundation
public import LabCore

/// exp(mean NLL) of one of the two models over all scored tokens: llama-perplexity's "Final estimate".
public struct PerplexityMetric: Metric {
    /// Whose perplexity.
    public enum Subject: Sendable {
        /// The full-precision reference.
        case parent
        /// The artifact under test.
        case candidate
    }

    /// Name, unit and polarity.
    public let definition = MetricDefinition.perplexity
    private let subject: Subject

    /// The perplexity of the parent or the candidate.
    public init(of subject: Subject) { self.subject = subject }

    /// Clustered by window; nil without windows.
    public func estimate(_ scores: [PairedScore], level: Double) -> Estimate? {
        Perplexity.estimate(scores.map { subject == .parent ? $0.parent : $0.candidate }, level: level)
    }

    /// The mean NLL, which is never below 0; a limit of 0 or less has none.
    ///
    /// Windows have equally many scored tokens, so that the mean of their means is the mean of all tokens.
    public var gateable: GateableMean<PairedScore>? {
        let subject = subject
        return GateableMean(
            value: { (subject == .parent ? $0.parent : $0.candidate).meanNats }, toMean: { log($0) },
            toUnit: { exp($0) }, design: SequentialGate.Design.divergences)
    }
}
