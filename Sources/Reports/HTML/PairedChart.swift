import Foundation
import LabCore

/// Per-chunk differences between a candidate and its parent, as bars from the best chunk to the worst.
struct PairedChart {
    let summary: String
    let chart: BarChart

    /// Nil for a series without points.
    init?(_ series: PairedSeries, in run: RunRecord) {
        guard !series.points.isEmpty else { return nil }
        let label = run.label(of: series.artifact)
        let parent = run.parent?.recipe ?? "parent"
        let bars = series.points.map { point in
            let difference = point.candidate - point.parent
            return BarChart.Bar(chunk: point.index, value: difference, kind: difference > 0 ? "worse" : "better")
        }.sorted { ($0.value, $0.chunk) < ($1.value, $1.chunk) }

        let increase = run.measurements.first {
            $0.metric == MetricDefinition.perplexityIncrease.name && $0.evaluation == series.evaluation
                && $0.backend == series.backend && $0.artifact == series.artifact && $0.value > -100
        }
        let average = bars.reduce(0) { $0 + $1.value } / Double(bars.count)
        let meanNats = increase.map { log1p($0.value / 100) } ?? average
        let interval = increase?.interval.flatMap { interval in
            interval.low > -100 && interval.high >= interval.low
                ? Interval(low: log1p(interval.low / 100), high: log1p(interval.high / 100), level: interval.level)
                : nil
        }
        let limit = increase.flatMap { run.verdict(on: $0)?.threshold?.limit }
        let limitNats = limit.flatMap { $0 > -100 ? log1p($0 / 100) : nil }
        // A limit far outside the data would flatten the bars; it is then named, not drawn.
        let reach = bars.reduce(abs(meanNats)) { max($0, abs($1.value)) }
        let shownLimit = limitNats.flatMap { abs($0) <= 4 * reach ? $0 : nil }

        var text = Self.summary(bars, meanNats: meanNats, candidate: label, parent: parent)
        if let limitNats, shownLimit == nil {
            text += " The limit is \(Format.signed(limitNats, 4)), off the scale."
        }
        summary = text
        text = "Bar chart of the difference in nats per token for each chunk, sorted. " + text
        if let interval {
            text += " The \(Format.plain(interval.level * 100))\(Format.percentSign) interval of the mean is "
            text += "\(Format.fixed(interval.low, 4)) to \(Format.fixed(interval.high, 4))."
        }
        if let shownLimit { text += " The limit is \(Format.signed(shownLimit, 4))." }
        chart = BarChart(
            heading: "\(label) minus \(parent), \(series.evaluation) on \(series.backend)", description: text,
            bars: bars, band: interval.map { ($0.low, $0.high) },
            lines: [BarChart.Line(kind: "mean", value: meanNats, label: Format.signed(meanNats, 4))]
                + (shownLimit.map { [BarChart.Line(kind: "limit", value: $0, label: Format.signed($0, 4))] } ?? []),
            ends: ("best chunk", "worst chunk"), write: { Format.signed($0, 4) }, writeTick: Format.signed)
    }

    private static func summary(_ bars: [BarChart.Bar], meanNats: Double, candidate: String, parent: String) -> String {
        let worse = bars.count { $0.value > 0 }
        let better = bars.count { $0.value < 0 }
        var text = "\(candidate) predicts \(worse) of \(Format.count(bars.count, "chunk")) worse than \(parent)"
        text += " and \(better) better. "
        text += "The mean difference of \(Format.signed(meanNats, 4)) nats per token is a perplexity "
        text += "\(meanNats < 0 ? "decrease" : "increase") of "
        text += "\(Format.fixed(abs(100 * expm1(meanNats)), 2))\(Format.percentSign)."
        if let worst = bars.last, worst.value > 0 {
            text += " The worst, chunk \(worst.chunk), differs by \(Format.signed(worst.value, 4))."
        }
        return text
    }
}
