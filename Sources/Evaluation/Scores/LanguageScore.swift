public import LabCore

/// How a question in one language was answered.
public struct LanguageScore: Sendable {
    /// The language, as BCP 47 names it.
    public var language: String
    /// Right answers.
    public var answered: AnsweredScore
    /// Whether the candidate's answer is in the language asked; nil where it is too short to tell.
    public var isInLanguage: Bool?
    /// How much likelihood the right answer lost against the parent, nats per token; nil where it was not measured.
    public var lossNats: Double?
    /// What is wrong with the candidate's text; empty where it is coherent.
    public var problems: [CoherenceProblem]

    /// A score.
    public init(
        language: String, answered: AnsweredScore, isInLanguage: Bool?, lossNats: Double?, problems: [CoherenceProblem]
    ) {
        self.language = language
        self.answered = answered
        self.isInLanguage = isInLanguage
        self.lossNats = lossNats
        self.problems = problems
    }
}

extension LanguageScore {
    /// What the multilingual evaluation measures.
    public static var metrics: [any Metric<LanguageScore>] {
        [
            MeanMetric(.accuracy, bounds: 0...100) { 100 * $0.answered.candidate },
            PartMetric(AccuracyChangeMetric()) { $0.answered.parent == nil ? nil : $0.answered },
            LanguagesRightMetric(),
            MeanMetric(.languageAsked) { score in score.isInLanguage.map { $0 ? 100 : 0 } },
            WorstLanguageMetric(),
            LanguageDegradationMetric(),
            CountMetric(.incoherentTexts) { $0.problems.isEmpty ? 0 : 1 },
        ]
    }
}
