import Foundation
import LabCore

/// One bar for each chunk, sorted, with the mean, its interval and a limit drawn across.
struct BarChart {
    struct Bar {
        let chunk: Int
        let value: Double
        /// The style it is drawn in.
        let kind: String
    }

    struct Line {
        /// The style it is drawn in.
        let kind: String
        let value: Double
        /// What is written beside it, under its kind; nil for nothing.
        let label: String?
    }

    let heading: String
    /// What the picture shows, for those who cannot see it.
    let description: String
    /// From left to right.
    let bars: [Bar]
    /// The interval of the mean.
    let band: (low: Double, high: Double)?
    let lines: [Line]
    /// What stands under the first and the last bar.
    let ends: (first: String, last: String)
    /// A value as it is written in a bar's tooltip.
    let write: (Double) -> String
    /// A tick's value, with so many decimals.
    let writeTick: (Double, Int) -> String

    /// The chart as an SVG element, drawn for the width it is shown at so that its text keeps its size.
    func svg(width: Double, height: Double, id: String, hasTooltips: Bool) -> String {
        let plot = Plot(left: 52, top: 30, right: width - 66, bottom: height - 34)
        let extent = extent
        let axis = Axis(low: extent.low, high: extent.high, from: plot.bottom, to: plot.top)
        var parts: [String] = []
        for tick in axis.ticks {
            let y = axis.position(tick)
            let style = tick == 0 ? "zero" : "grid"
            parts.append("<path class=\"\(style)\" d=\"M\(n(plot.left)) \(n(y))H\(n(plot.right))\"/>")
            parts.append(text("axis end", plot.left - 8, y + 4, tick == 0 ? "0" : writeTick(tick, axis.decimals)))
        }
        parts.append(text("axis", 0, 11, "nats per token"))
        parts.append(text("axis", plot.left, plot.bottom + 24, bars.count == 1 ? "one chunk" : ends.first))
        if bars.count > 1 { parts.append(text("axis end", plot.right, plot.bottom + 24, ends.last)) }
        parts += drawBars(plot, axis, hasTooltips: hasTooltips && bars.count <= 400)
        if let band {
            let top = axis.position(band.high)
            let box = Plot(left: plot.left, top: top, right: plot.right, bottom: axis.position(band.low))
            parts.append(
                "<rect class=\"band\" x=\"\(n(box.left))\" y=\"\(n(top))\" width=\"\(n(box.right - box.left))\" "
                    + "height=\"\(n(max(1, box.bottom - top)))\"/>")
        }
        for line in lines {
            let path = "d=\"M\(n(plot.left)) \(n(axis.position(line.value)))H\(n(plot.right + 4))\""
            parts += ["<path class=\"halo\" \(path)/>", "<path class=\"\(line.kind)\" \(path)/>"]
        }
        for (line, y) in spread(lines.filter { $0.label != nil }, along: axis, within: plot) {
            parts.append(text("\(line.kind)-label", plot.right + 8, y - 1, line.kind))
            parts.append(text("\(line.kind)-label", plot.right + 8, y + 12, line.label ?? ""))
        }
        return """
            <svg viewBox="0 0 \(n(width)) \(n(height))" role="img" aria-labelledby="\(id)t \(id)d" \
            xmlns="http://www.w3.org/2000/svg"><title id="\(id)t">\(VisibleText(heading).escaped)</title>\
            <desc id="\(id)d">\(VisibleText(description).escaped)</desc>\(parts.joined(separator: "\n"))</svg>
            """
    }

    private var extent: (low: Double, high: Double) {
        var values = bars.map(\.value) + [0] + lines.map(\.value)
        if let band { values += [band.low, band.high] }
        let low = values.min() ?? 0
        let high = values.max() ?? 0
        return high > low ? (low, high) : (-0.001, 0.001)
    }

    private func drawBars(_ plot: Plot, _ axis: Axis, hasTooltips: Bool) -> [String] {
        let slot = (plot.right - plot.left) / Double(bars.count)
        let barWidth = min(48, slot > 3 ? slot - 1 : slot)
        let zero = axis.position(0)
        var outlines: [String: String] = [:]
        var parts: [String] = []
        for (index, bar) in bars.enumerated() {
            let x = plot.left + slot * (Double(index) + 0.5) - barWidth / 2
            let outline = "M\(n(x)) \(n(zero))H\(n(x + barWidth))V\(n(axis.position(bar.value)))H\(n(x))Z"
            if hasTooltips {
                let tip = "chunk \(bar.chunk): \(write(bar.value)) nats per token"
                parts.append("<path class=\"\(bar.kind)\" d=\"\(outline)\"><title>\(tip)</title></path>")
            } else {
                outlines[bar.kind, default: ""] += outline
            }
        }
        return parts
            + outlines.sorted { $0.key < $1.key }.map { "<path class=\"\($0.key)\" d=\"\($0.value)\"/>" }
    }

    /// Moves the labels apart where their lines lie closer than the text is high.
    private func spread(_ lines: [Line], along axis: Axis, within plot: Plot) -> [(Line, Double)] {
        let gap = 30.0
        let placed = lines.map { ($0, axis.position($0.value)) }.sorted { $0.1 < $1.1 }
        guard placed.count == 2, placed[1].1 - placed[0].1 < gap else { return placed }
        let middle = min(max((placed[0].1 + placed[1].1) / 2, plot.top + gap / 2), plot.bottom - gap / 2)
        return [(placed[0].0, middle - gap / 2), (placed[1].0, middle + gap / 2)]
    }

    private func text(_ style: String, _ x: Double, _ y: Double, _ content: String) -> String {
        "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\">\(VisibleText(content).escaped)</text>"
    }

    private func n(_ value: Double) -> String { Drawing.n(value) }
}

private struct Plot {
    let left: Double
    let top: Double
    let right: Double
    let bottom: Double
}
