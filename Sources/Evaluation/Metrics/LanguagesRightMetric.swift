public import LabCore

/// Languages in which at least 90 % of the prompts are answered rightly, and at least 90 % of the answers whose language
/// can be told are in that language.
///
/// A count of what was asked, without an interval.
public struct LanguagesRightMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.languagesRight

    /// The share that counts as right.
    public static let share = 0.9

    /// The metric.
    public init() {}

    /// Nil without prompts.
    public func estimate(_ scores: [LanguageScore], level: Double) -> Estimate? {
        guard !scores.isEmpty else { return nil }
        let languages = Dictionary(grouping: scores, by: \.language)
        let right = languages.values.count { scores in
            let told = scores.compactMap(\.isInLanguage)
            let answered = scores.reduce(0) { $0 + $1.answered.candidate }
            return answered >= Self.share * Double(scores.count)
                && Double(told.count { $0 }) >= Self.share * Double(told.count)
        }
        return Estimate(value: Double(right), interval: nil, n: scores.count)
    }
}
