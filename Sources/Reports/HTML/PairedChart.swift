import Foundation
import LabCore

/// Per-chunk differences between a candidate and its parent, as bars from the best chunk to the worst.
struct PairedChart {
    let heading: String
    let summary: String

    private let bars: [Bar]
    private let meanNats: Double
    private let intervalNats: (low: Double, high: Double, level: Double)?
    private let limitNats: Double?
    /// A limit far outside the data would flatten the bars; it is then named, not drawn.
    private let isLimitShown: Bool

    private struct Bar {
        let chunk: Int
        let differenceNats: Double
    }

    /// Nil for a series without points.
    init?(_ series: PairedSeries, in run: RunRecord) {
        guard !series.points.isEmpty else { return nil }
        let label = run.label(of: series.artifact)
        let parent = run.parent?.recipe ?? "parent"
        heading = "\(label) minus \(parent), \(series.evaluation) on \(series.backend)"
        bars = series.points.map { Bar(chunk: $0.index, differenceNats: $0.candidate - $0.parent) }
            .sorted { ($0.differenceNats, $0.chunk) < ($1.differenceNats, $1.chunk) }

        let increase = run.measurements.first {
            $0.metric == MetricDefinition.perplexityIncrease.name && $0.evaluation == series.evaluation
                && $0.backend == series.backend && $0.artifact == series.artifact && $0.value > -100
        }
        let average = bars.reduce(0) { $0 + $1.differenceNats } / Double(bars.count)
        meanNats = increase.map { log1p($0.value / 100) } ?? average
        intervalNats = increase?.interval.flatMap { interval in
            guard interval.low > -100, interval.high >= interval.low else { return nil }
            return (log1p(interval.low / 100), log1p(interval.high / 100), interval.level)
        }
        let limit = increase.flatMap { run.verdict(on: $0)?.threshold?.limit }
        limitNats = limit.flatMap { $0 > -100 ? log1p($0 / 100) : nil }
        var text = Self.summary(bars, meanNats: meanNats, candidate: label, parent: parent)
        let reach = bars.reduce(abs(meanNats)) { max($0, abs($1.differenceNats)) }
        isLimitShown = limitNats.map { abs($0) <= 4 * reach } ?? false
        if let limitNats, !isLimitShown { text += " The limit is \(Format.signed(limitNats, 4)), off the scale." }
        summary = text
    }

    private static func summary(_ bars: [Bar], meanNats: Double, candidate: String, parent: String) -> String {
        let worse = bars.count { $0.differenceNats > 0 }
        let better = bars.count { $0.differenceNats < 0 }
        var text = "\(candidate) predicts \(worse) of \(Format.count(bars.count, "chunk")) worse than \(parent)"
        text += " and \(better) better. "
        text += "The mean difference of \(Format.signed(meanNats, 4)) nats per token is a perplexity "
        text += "\(meanNats < 0 ? "decrease" : "increase") of "
        text += "\(Format.fixed(abs(100 * expm1(meanNats)), 2))\(Format.percentSign)."
        if let worst = bars.last, worst.differenceNats > 0 {
            text += " The worst, chunk \(worst.chunk), differs by \(Format.signed(worst.differenceNats, 4))."
        }
        return text
    }

    /// The chart as an SVG element, drawn for the width it is shown at so that its text keeps its size.
    func svg(width: Double, height: Double, id: String, hasTooltips: Bool) -> String {
        let plot = Plot(left: 52, top: 30, right: width - 66, bottom: height - 34)
        let extent = extentNats
        let axis = Axis(low: extent.low, high: extent.high, from: plot.bottom, to: plot.top)
        var parts: [String] = []
        for tick in axis.ticks {
            let y = axis.position(tick)
            let style = tick == 0 ? "zero" : "grid"
            parts.append("<path class=\"\(style)\" d=\"M\(n(plot.left)) \(n(y))H\(n(plot.right))\"/>")
            parts.append(text("axis end", plot.left - 8, y + 4, tick == 0 ? "0" : Format.signed(tick, axis.decimals)))
        }
        parts.append(text("axis", 0, 11, "nats per token"))
        parts.append(text("axis", plot.left, plot.bottom + 24, bars.count == 1 ? "one chunk" : "best chunk"))
        if bars.count > 1 { parts.append(text("axis end", plot.right, plot.bottom + 24, "worst chunk")) }
        parts += drawBars(plot, axis, hasTooltips: hasTooltips && bars.count <= 400)
        if let intervalNats {
            let top = axis.position(intervalNats.high)
            let box = Plot(left: plot.left, top: top, right: plot.right, bottom: axis.position(intervalNats.low))
            parts.append(
                "<rect class=\"band\" x=\"\(n(box.left))\" y=\"\(n(top))\" width=\"\(n(box.right - box.left))\" "
                    + "height=\"\(n(max(1, box.bottom - top)))\"/>")
        }
        var labels: [Label] = [Label(kind: "mean", y: axis.position(meanNats), value: meanNats)]
        if let limitNats, isLimitShown {
            labels.append(Label(kind: "limit", y: axis.position(limitNats), value: limitNats))
        }
        for label in labels {
            let line = "d=\"M\(n(plot.left)) \(n(label.y))H\(n(plot.right + 4))\""
            parts += ["<path class=\"halo\" \(line)/>", "<path class=\"\(label.kind)\" \(line)/>"]
        }
        for (label, y) in spread(labels, within: plot) {
            parts.append(text("\(label.kind)-label", plot.right + 8, y - 1, label.kind))
            parts.append(text("\(label.kind)-label", plot.right + 8, y + 12, Format.signed(label.value, 4)))
        }
        return """
            <svg viewBox="0 0 \(n(width)) \(n(height))" role="img" aria-labelledby="\(id)t \(id)d" \
            xmlns="http://www.w3.org/2000/svg"><title id="\(id)t">\(VisibleText(heading).escaped)</title>\
            <desc id="\(id)d">\(VisibleText(description).escaped)</desc>\(parts.joined(separator: "\n"))</svg>
            """
    }

    private var description: String {
        var text = "Bar chart of the difference in nats per token for each chunk, sorted. " + summary
        if let intervalNats {
            text += " The \(Format.plain(intervalNats.level * 100))\(Format.percentSign) interval of the mean is "
            text += "\(Format.fixed(intervalNats.low, 4)) to \(Format.fixed(intervalNats.high, 4))."
        }
        if let limitNats, isLimitShown { text += " The limit is \(Format.signed(limitNats, 4))." }
        return text
    }

    private var extentNats: (low: Double, high: Double) {
        var values = bars.map(\.differenceNats) + [0, meanNats]
        if let intervalNats { values += [intervalNats.low, intervalNats.high] }
        if let limitNats, isLimitShown { values.append(limitNats) }
        let low = values.min() ?? 0
        let high = values.max() ?? 0
        return high > low ? (low, high) : (-0.001, 0.001)
    }

    private func drawBars(_ plot: Plot, _ axis: Axis, hasTooltips: Bool) -> [String] {
        let slot = (plot.right - plot.left) / Double(bars.count)
        let barWidth = min(48, slot > 3 ? slot - 1 : slot)
        let zero = axis.position(0)
        var outlines = ["better": "", "worse": ""]
        var parts: [String] = []
        for (index, bar) in bars.enumerated() {
            let x = plot.left + slot * (Double(index) + 0.5) - barWidth / 2
            let outline =
                "M\(n(x)) \(n(zero))H\(n(x + barWidth))V\(n(axis.position(bar.differenceNats)))H\(n(x))Z"
            let kind = bar.differenceNats > 0 ? "worse" : "better"
            if hasTooltips {
                let tip = "chunk \(bar.chunk): \(Format.signed(bar.differenceNats, 4)) nats per token"
                parts.append("<path class=\"\(kind)\" d=\"\(outline)\"><title>\(tip)</title></path>")
            } else {
                outlines[kind, default: ""] += outline
            }
        }
        return parts
            + outlines.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }
            .map { "<path class=\"\($0.key)\" d=\"\($0.value)\"/>" }
    }

    private struct Label {
        let kind: String
        let y: Double
        let value: Double
    }

    /// Moves the labels apart where their lines lie closer than the text is high.
    private func spread(_ labels: [Label], within plot: Plot) -> [(Label, Double)] {
        let gap = 30.0
        let sorted = labels.sorted { $0.y < $1.y }
        guard sorted.count == 2, sorted[1].y - sorted[0].y < gap else { return sorted.map { ($0, $0.y) } }
        let middle = min(max((sorted[0].y + sorted[1].y) / 2, plot.top + gap / 2), plot.bottom - gap / 2)
        return [(sorted[0], middle - gap / 2), (sorted[1], middle + gap / 2)]
    }

    private func text(_ style: String, _ x: Double, _ y: Double, _ content: String) -> String {
        "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\">\(VisibleText(content).escaped)</text>"
    }

    private func n(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
    }
}

private struct Plot {
    let left: Double
    let top: Double
    let right: Double
    let bottom: Double
}
