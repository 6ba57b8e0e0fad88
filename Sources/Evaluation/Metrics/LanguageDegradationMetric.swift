public import LabCore

/// How much more likelihood the right answers lost, against the parent, than in English, in the language that lost most.
///
/// d = mean over a language's prompts of NLL_candidate - NLL_parent, nats per token, less the same of English: a
/// difference in differences. Prompts of the two languages are independent, so the variances add; the interval has
/// Welch's degrees of freedom (B. L. Welch, Biometrika 34, 1947).
public struct LanguageDegradationMetric: Metric {
    /// Name, unit and polarity.
    public let definition = MetricDefinition.languageDegradation

    /// The metric.
    public init() {}

    /// Nil without English, or with nothing but English.
    public func estimate(_ scores: [LanguageScore], level: Double) -> Estimate? {
        let languages = Dictionary(grouping: scores, by: \.language)
        return languages.keys.sorted().compactMap { Self.excess(of: $0, in: scores, level: level) }
            .max { $0.value < $1.value }
    }

    /// The excess of one language; nil for English itself, without English, or without likelihoods.
    public static func excess(of language: String, in scores: [LanguageScore], level: Double) -> Estimate? {
        guard language != reference, let own = loss(of: language, in: scores),
            let english = loss(of: reference, in: scores)
        else { return nil }
        return Estimate(differenceOf: own, and: english, level: level)
    }

    /// The mean loss of a language, nats per token.
    public static func loss(of language: String, in scores: [LanguageScore]) -> ClusteredMean? {
        ClusteredMean(
            clusters: scores.filter { $0.language == language }.compactMap(\.lossNats).map { (total: $0, weight: 1) })
    }

    private static let reference = "en"
}

extension Estimate {
    /// The difference of two independent means, first - second, with Welch's interval; n counts both.
    public init(differenceOf first: ClusteredMean, and second: ClusteredMean, level: Double) {
        let value = first.mean - second.mean
        let n = first.n + second.n
        guard let a = first.standardError, let b = second.standardError, a + b > 0 else {
            self.init(value: value, interval: nil, n: n)
            return
        }
        let (u, v) = (a * a, b * b)
        let degrees = (u + v) * (u + v) / (u * u / Double(first.n - 1) + v * v / Double(second.n - 1))
        let reach = StudentT.quantile(0.5 + level / 2, degreesOfFreedom: degrees) * (u + v).squareRoot()
        self.init(value: value, interval: Interval(low: value - reach, high: value + reach, level: level), n: n)
    }
}
