import Foundation

/// How a metric is a mean over chunks, and how a change of that mean is shown.
///
/// Perplexity is exp of the mean NLL, and speeds are compared by their logarithms: their changes are ratios, shown in
/// percent. All others are means, or compared as if they were, and their changes are differences in their own unit.
struct MetricScale {
    let definition: MetricDefinition

    private var isExponential: Bool { definition == .perplexity || MetricDefinition.ofRepetitions.contains(definition) }

    /// 1 where more is worse, -1 where less is.
    var sign: Double { definition.polarity == .lowerIsBetter ? 1 : -1 }

    /// The unit in which changes are shown.
    var changeUnit: String { isExponential ? "percent" : definition.unit }

    /// A chunk's part of the candidate's mean; nil where there is none.
    func chunkValue(_ point: PairedSeries.Point) -> Double? {
        switch definition {
        case .perplexity: point.candidate
        case .klMean: point.klMean
        case .topAgreement: point.topAgreement.map { 100 * $0 }
        case .logRatio: point.candidate - point.parent
        default: nil
        }
    }

    /// The metric's value for a mean.
    func value(ofMean mean: Double) -> Double { isExponential ? exp(mean) : mean }

    /// The mean that a value stands for.
    func mean(of value: Double) -> Double { isExponential ? log(value) : value }

    /// An interval of the value, as one of the mean.
    func means(_ interval: Interval?) -> Interval? {
        interval.map { Interval(low: mean(of: $0.low), high: mean(of: $0.high), level: $0.level) }
    }

    /// A change of the mean, in `changeUnit`.
    func shown(_ change: Double) -> Double { isExponential ? 100 * expm1(change) : change }

    /// A worsening of the metric, above 0, as one of the mean.
    func worseningOfMean(_ amount: Double, from reference: Double) -> Double {
        // Nothing can get worse by more than all of it where less is worse.
        isExponential ? sign * log1p(max(-1, sign * amount / reference)) : amount
    }

    /// A worsening of the mean, above 0, as an amount in `changeUnit`.
    func shownWorsening(_ worsening: Double) -> Double { sign * shown(sign * worsening) }
}
