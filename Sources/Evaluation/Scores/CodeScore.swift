public import LabCore

/// Whether functions that were written pass their cases.
public struct CodeScore: Sendable {
    /// Functions that pass.
    public var answered: AnsweredScore
    /// What is wrong with the candidate's text; empty where it is coherent.
    public var problems: [CoherenceProblem]

    /// A score.
    public init(answered: AnsweredScore, problems: [CoherenceProblem]) {
        self.answered = answered
        self.problems = problems
    }
}

extension CodeScore {
    /// What the code evaluation measures.
    public static var metrics: [any Metric<CodeScore>] {
        [
            MeanMetric(.accuracy, bounds: 0...100) { 100 * $0.answered.candidate },
            PartMetric(AccuracyChangeMetric()) { $0.answered.parent == nil ? nil : $0.answered },
            CountMetric(.incoherentTexts) { $0.problems.isEmpty ? 0 : 1 },
        ]
    }
}
