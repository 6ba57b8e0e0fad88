import Foundation
import LabCore

/// The mean KL divergence of each chunk, as bars from the closest chunk to the farthest.
struct DivergenceChart {
    let summary: String
    let chart: BarChart

    /// Nil where no chunk's divergence was measured.
    init?(_ series: PairedSeries, record: FidelityRecord, in run: RunRecord) {
        let bars = series.points.compactMap { point in
            point.klMean.map { BarChart.Bar(chunk: point.index, value: $0, kind: "divergence") }
        }.sorted { ($0.value, $0.chunk) < ($1.value, $1.chunk) }
        guard let worst = bars.last else { return nil }
        let measured = run.measurement(.klMean, of: record)
        let meanNats = measured?.value ?? bars.reduce(0) { $0 + $1.value } / Double(bars.count)
        let floorNats = record.floor?.klMeanNats

        // A limit on the excess over the floor lies that much higher on the scale of the divergence itself.
        let direct = run.limit(on: .klMean, of: record)
        let limitNats = direct ?? run.limit(on: .klMeanExcess, of: record).map { $0 + (floorNats ?? 0) }
        let shownLimit = limitNats.flatMap { $0 <= 4 * max(meanNats, worst.value) ? $0 : nil }

        let candidate = run.label(of: record.artifact)
        let median = (bars[(bars.count - 1) / 2].value + bars[bars.count / 2].value) / 2
        var text = "The mean of \(Format.count(bars.count, "chunk")) is \(Format.significant(meanNats)) nats per token"
        if bars.count > 2 {
            text += "; the median chunk lies at \(Format.significant(median)), "
            text += "the farthest, chunk \(worst.chunk), at \(Format.significant(worst.value))"
        }
        text += "."
        if let floorNats { text += " The noise floor lies at \(Format.significant(floorNats))." }
        if let limitNats, shownLimit == nil {
            text += " The limit is \(Format.plain(limitNats, digits: 4)), off the scale."
        }
        summary = text
        text = "Bar chart of the KL divergence in nats per token for each chunk, sorted. " + text
        if let interval = measured?.interval {
            text += " The \(Format.plain(interval.level * 100))\(Format.percentSign) interval of the mean is "
            text += "\(Format.range(interval, unit: MetricDefinition.klMean.unit))."
        }
        if let shownLimit { text += " The limit is \(Format.plain(shownLimit, digits: 4))." }
        var lines = [BarChart.Line(kind: "mean", value: meanNats, label: Format.significant(meanNats))]
        if let shownLimit {
            lines.append(BarChart.Line(kind: "limit", value: shownLimit, label: Format.plain(shownLimit, digits: 4)))
        }
        if let floorNats { lines.append(BarChart.Line(kind: "floor", value: floorNats, label: nil)) }
        chart = BarChart(
            heading: "KL divergence of \(candidate) from its parent, \(record.evaluation) on \(record.backend)",
            description: text, bars: bars, band: measured?.interval.map { ($0.low, $0.high) }, lines: lines,
            ends: ("closest chunk", "farthest chunk"), write: { Format.significant($0) }, writeTick: Format.fixed)
    }
}
