import Foundation
public import LabCore

/// A trend as a picture: the value in each run with its interval, the level between shifts, and each shift with its size.
///
/// Runs are equally far apart. The element stands alone or inside a page; it follows the reader's light or dark scheme.
public enum TrendSVG {
    /// Points up to which each has a dot with a tooltip.
    private static let mostDots = 400

    /// Room for a character of the text, in pixels: small letters of the widest fonts that readers have.
    private static let columnWidth = 7.4
    /// Room for a line of the text, in pixels.
    private static let lineHeight = 15.0
    /// Lines of the subject, which a device's name with all its features makes long.
    private static let mostLines = 4

    /// Draws a trend; without points it says so.
    ///
    /// - Parameter width: of the picture, in pixels; text keeps its size.
    /// - Parameter id: beginning of the element's identifiers, unique in the page.
    /// - Parameter hasTooltips: whether each dot says its run and value; a phone shows none.
    public static func svg(
        _ trend: Trend, width: Double = 860, height: Double = 260, id: String = "trend", hasTooltips: Bool = true
    ) -> String {
        svg(trend, among: TrendNames([]), width: width, height: height, id: id, hasTooltips: hasTooltips)
    }

    /// Draws a trend that others are shown with.
    static func svg(
        _ trend: Trend, among others: TrendNames, width: Double, height: Double, id: String, hasTooltips: Bool = true
    ) -> String {
        let text = TrendText(trend, among: others)
        let name = VisibleText(id).escaped
        let columns = Int(width / columnWidth)
        let subject = lines(VisibleText(text.subject).text, columns: columns)
        let top = 58 + lineHeight * Double(subject.count - 1)
        let parts =
            trend.points.isEmpty
            ? [label("axis", 0, top + 2, "no runs")]
            : drawing(trend, width, height, top: top, name, hasTooltips: hasTooltips)
        let subjectLabels = subject.enumerated().map { index, line in
            // Letters may be wider than is reckoned; what fills its line is made to fit it.
            let isFull = TerminalText.columns(line) >= columns - 1
            return label("axis", 0, 30 + lineHeight * Double(index), line, length: isFull ? width : nil)
        }
        // It is set in bold.
        let quantity = TerminalText.start(of: VisibleText(text.quantity).text, columns: columns * 7 / 8)
        let isQuantityFull = TerminalText.columns(quantity) >= columns * 7 / 8 - 1
        return """
            <svg class="lab-trend" viewBox="0 0 \(n(width)) \(n(height))" role="img" \
            aria-labelledby="\(name)-t \(name)-d" xmlns="http://www.w3.org/2000/svg">\
            <title id="\(name)-t">\(VisibleText(text.heading).escaped)</title>\
            <desc id="\(name)-d">\(VisibleText(text.description).escaped)</desc>
            <style>\(style)</style>
            \(label("name", 0, 14, quantity, length: isQuantityFull ? width : nil))
            \(subjectLabels.joined(separator: "\n"))
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    /// The first lines of a text in so many columns. A word longer than a line is broken: a picture has an edge.
    private static func lines(_ text: String, columns: Int) -> [String] {
        var lines = TerminalText(width: columns, hasColor: false).wrap(text, indent: 0).flatMap { line in
            var parts = [""]
            var used = 0
            for character in line {
                let width = TerminalText.columns(String(character))
                if used + width > columns {
                    parts.append("")
                    used = 0
                }
                parts[parts.count - 1].append(character)
                used += width
            }
            return parts
        }
        guard lines.count > mostLines else { return lines }
        lines = Array(lines.prefix(mostLines))
        lines[mostLines - 1] = TerminalText.start(of: lines[mostLines - 1], columns: columns - 1) + "\u{2026}"
        return lines
    }

    /// A file with several trends, one below the other, on a ground of its own.
    public static func document(_ trends: [Trend], width: Double = 860, height: Double = 260) -> String {
        let margin = 20.0
        let names = TrendNames(trends)
        let total = (width: width + 2 * margin, height: margin + Double(trends.count) * (height + margin))
        let pictures = trends.enumerated().map { index, trend in
            """
            <svg x="\(n(margin))" y="\(n(margin + Double(index) * (height + margin)))" width="\(n(width))" \
            height="\(n(height))">\(svg(trend, among: names, width: width, height: height, id: "trend\(index + 1)"))</svg>
            """
        }
        return """
            <svg class="lab-trends" xmlns="http://www.w3.org/2000/svg" width="\(n(total.width))" \
            height="\(n(total.height))" viewBox="0 0 \(n(total.width)) \(n(total.height))">
            <style>.lab-trends{background:#fcfbf8}@media(prefers-color-scheme:dark){.lab-trends{background:#14161a}}</style>
            \(pictures.joined(separator: "\n"))
            </svg>

            """
    }

    private static func drawing(
        _ trend: Trend, _ width: Double, _ height: Double, top: Double, _ id: String, hasTooltips: Bool
    ) -> [String] {
        let scale = TrendScale(trend)
        let (left, right, bottom) = (56.0, width - 92, height - 26)
        let axis = Axis(low: scale.low, high: scale.high, from: bottom, to: top)
        let step = trend.points.count > 1 ? (right - left) / Double(trend.points.count - 1) : 0
        func x(_ index: Int) -> Double { trend.points.count > 1 ? left + step * Double(index) : (left + right) / 2 }

        var parts: [String] = []
        for tick in axis.ticks {
            let y = n(axis.position(tick))
            parts.append("<path class=\"grid\" d=\"M\(n(left)) \(y)H\(n(right))\"/>")
            parts.append(label("axis end", left - 8, axis.position(tick) + 4, Format.fixed(tick, axis.decimals)))
        }
        parts.append(
            "<clipPath id=\"\(id)-c\"><rect x=\"0\" y=\"\(n(top))\" width=\"\(n(width))\" "
                + "height=\"\(n(bottom - top))\"/></clipPath>")
        for band in scale.showsIntervals ? bands(trend) : [] {
            let edges = band.map { ($0, $1.high) } + band.reversed().map { ($0, $1.low) }
            let outline = edges.map { index, value in
                "\(n(x(index))) \(n(min(max(axis.position(value), -9999), 9999)))"
            }
            parts.append(
                "<path class=\"band\" clip-path=\"url(#\(id)-c)\" d=\"M\(outline.joined(separator: "L"))Z\"/>")
        }
        parts += shifts(trend, axis, top: top, bottom: bottom, width: width, x: x)
        let line = trend.points.enumerated().map { "\(n(x($0))) \(n(axis.position($1.value)))" }
        parts.append("<path class=\"line\" d=\"M\(line.joined(separator: "L"))\"/>")
        if trend.points.count <= mostDots, hasTooltips {
            for (index, point) in trend.points.enumerated() {
                let tip = VisibleText(
                    "\(TrendText.day(point.startedAt)), run \(point.runID): \(trend.shown(point.value))")
                parts.append(
                    "<circle class=\"dot\" cx=\"\(n(x(index)))\" cy=\"\(n(axis.position(point.value)))\" "
                        + "r=\"\(step > 8 || trend.points.count == 1 ? "2.5" : "1.5")\"><title>\(tip.escaped)</title></circle>"
                )
            }
        }
        if let first = trend.points.first, let last = trend.points.last {
            let end = (x: x(trend.points.count - 1), y: axis.position(last.value))
            parts.append("<circle class=\"last\" cx=\"\(n(end.x))\" cy=\"\(n(end.y))\" r=\"3.5\"/>")
            parts.append(label("value", right + 10, end.y + 4, trend.shownBesideUnit(last.value)))
            if !scale.showsIntervals, let interval = last.interval {
                parts.append(label("axis", right + 10, end.y + 19, Format.range(interval, unit: trend.key.unit)))
            }
            parts.append(label("axis", left, bottom + 20, TrendText.day(first.startedAt)))
            if trend.points.count > 1 {
                parts.append(label("axis middle", (left + right) / 2, bottom + 20, "\(trend.points.count) runs"))
                parts.append(label("axis end", right, bottom + 20, TrendText.day(last.startedAt)))
            }
        }
        return parts
    }

    /// The level of each stretch, and a line with the size of the change at each shift.
    private static func shifts(
        _ trend: Trend, _ axis: Axis, top: Double, bottom: Double, width: Double, x: (Int) -> Double
    ) -> [String] {
        var parts: [String] = []
        var free = -Double.infinity
        let half = trend.points.count > 1 ? (x(1) - x(0)) / 2 : 0
        for (position, shift) in trend.shifts.enumerated() {
            let place = x(shift.index) - half
            let next = position + 1 < trend.shifts.count ? trend.shifts[position + 1].index : trend.points.count
            if position == 0 {
                parts.append(level(shift.before, from: x(0), to: x(shift.index - 1), axis))
            }
            parts.append(level(shift.after, from: x(shift.index), to: x(max(shift.index, next - 1)), axis))
            parts.append("<path class=\"shift\" d=\"M\(n(place)) \(n(top - 8))V\(n(bottom))\"/>")
            // Where shifts lie close together the first of them has the room; at the right edge a label ends at its line.
            let text = trend.shownChange(shift)
            let reach = 4 + 7.5 * Double(text.count)
            if place >= free, place + reach <= width {
                parts.append(label("change", place + 4, top - 6, text))
                free = place + reach
            } else if place - reach >= free {
                parts.append(label("change end", place - 4, top - 6, text))
                free = place
            }
        }
        return parts
    }

    private static func level(_ value: Double, from start: Double, to end: Double, _ axis: Axis) -> String {
        "<path class=\"level\" d=\"M\(n(start)) \(n(axis.position(value)))H\(n(max(end, start + 2)))\"/>"
    }

    /// Stretches of points that all have an interval.
    private static func bands(_ trend: Trend) -> [[(Int, Interval)]] {
        var bands: [[(Int, Interval)]] = [[]]
        for (index, point) in trend.points.enumerated() {
            if let interval = point.interval {
                bands[bands.count - 1].append((index, interval))
            } else if bands.last?.isEmpty == false {
                bands.append([])
            }
        }
        return bands.filter { $0.count > 1 }
    }

    /// - Parameter length: pixels that the text is made to take; nil for as many as it needs.
    private static func label(
        _ style: String, _ x: Double, _ y: Double, _ content: String, length: Double? = nil
    ) -> String {
        let fit = length.map { " textLength=\"\(n($0))\" lengthAdjust=\"spacingAndGlyphs\"" } ?? ""
        return "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\"\(fit)>\(VisibleText(content).escaped)</text>"
    }

    private static func n(_ value: Double) -> String { Drawing.n(value) }

    /// Colours are variables, so that a page's own style has no part in them.
    private static let style = """
        .lab-trend{--t-ink:#1d2126;--t-soft:#575e68;--t-line:#e5e1d8;--t-value:#4f83a8;--t-shift:#a8571f;\
        font:400 12px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;\
        font-variant-numeric:tabular-nums}\
        @media(prefers-color-scheme:dark){.lab-trend{--t-ink:#e9e7e2;--t-soft:#a2a9b4;--t-line:#2e333a;\
        --t-value:#7fb2d9;--t-shift:#e0a072}}\
        .lab-trend text{fill:var(--t-soft)}.lab-trend .name{fill:var(--t-ink);font-weight:600;font-size:13px}\
        .lab-trend .value{fill:var(--t-ink);font-weight:600}.lab-trend .change{fill:var(--t-shift);font-weight:600}\
        .lab-trend .end{text-anchor:end}.lab-trend .middle{text-anchor:middle}\
        .lab-trend .grid{stroke:var(--t-line)}.lab-trend .band{fill:var(--t-value);opacity:.16}\
        .lab-trend .line{fill:none;stroke:var(--t-value);stroke-width:1.5;stroke-linejoin:round}\
        .lab-trend .dot{fill:var(--t-value)}.lab-trend .last{fill:var(--t-ink)}\
        .lab-trend .level{stroke:var(--t-ink);stroke-width:1.5;stroke-dasharray:5 4;opacity:.7}\
        .lab-trend .shift{stroke:var(--t-shift);stroke-width:1.5}
        """
}

/// The values between which a trend is drawn.
struct TrendScale {
    let low: Double
    let high: Double
    /// Whether the intervals have room.
    let showsIntervals: Bool

    /// All values, and intervals where they are drawn and do not dwarf the changes from run to run.
    init(_ trend: Trend, drawsIntervals: Bool = true) {
        let values = trend.points.map(\.value)
        let ends = (drawsIntervals ? trend.points : []).compactMap(\.interval).flatMap { [$0.low, $0.high] }.filter(
            \.isFinite)
        let extent = (values.min() ?? 0, values.max() ?? 0)
        let wide = ((values + ends).min() ?? 0, (values + ends).max() ?? 0)
        let isSteady = extent.1 <= extent.0
        showsIntervals = !ends.isEmpty && (isSteady || wide.1 - wide.0 <= 5 * (extent.1 - extent.0))
        var (low, high) = showsIntervals ? wide : extent
        if high <= low {
            let reach = abs(low) > 0 ? abs(low) / 100 : 1
            (low, high) = (low - reach, high + reach)
        }
        let room = (high - low) / 20
        self.low = low - room
        self.high = high + room
    }
}
