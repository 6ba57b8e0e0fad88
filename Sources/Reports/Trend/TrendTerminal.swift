import Foundation
public import LabCore

/// A trend for the terminal: a heading, a sparkline with the newest value, a chart, and a line for each shift.
///
/// Characters of eighths of a block draw both; nothing needs colour.
public enum TrendTerminal {
    private static let eighths = Array(" ▁▂▃▄▅▆▇█")
    private static let chartRows = 6

    /// Renders a trend, without a line break at the end.
    ///
    /// - Parameter width: columns of the terminal.
    /// - Parameter color: whether shifts are coloured with ANSI sequences.
    /// - Parameter hasChart: whether the chart is drawn below the sparkline.
    public static func render(_ trend: Trend, width: Int = 80, color: Bool = false, hasChart: Bool = true) -> String {
        render([trend], width: width, color: color, hasChart: hasChart)[0]
    }

    /// Renders trends that are shown together, each with the names that tell it from the others.
    public static func render(
        _ trends: [Trend], width: Int = 80, color: Bool = false, hasChart: Bool = true
    ) -> [String] {
        let names = TrendNames(trends)
        return trends.map { render($0, among: names, width: width, color: color, hasChart: hasChart) }
    }

    private static func render(
        _ trend: Trend, among others: TrendNames, width: Int, color: Bool, hasChart: Bool
    ) -> String {
        let terminal = TerminalText(width: max(width, 40), hasColor: color)
        let text = TrendText(trend, among: others)
        var lines = terminal.wrap(VisibleText("\(text.quantity)  \(text.subject)").text, indent: 2)
        let name = VisibleText(text.quantity).text
        if color, lines[0].hasPrefix(name) { lines[0] = "\u{1B}[1m\(name)\u{1B}[0m" + lines[0].dropFirst(name.count) }
        guard let last = trend.points.last, let first = trend.points.first else {
            return (lines + ["  no runs"]).joined(separator: "\n")
        }
        let values = trend.points.map(\.value)
        let mean = values.reduce(0, +) / Double(values.count)
        let facts = [
            trend.shown(last.value), "mean \(trend.shown(mean))", Format.count(values.count, "run"),
            trend.shifts.isEmpty ? "no shift" : Format.count(trend.shifts.count, "shift"),
        ].joined(separator: ", ")
        let room = terminal.width - 4 - TerminalText.columns(facts)
        let line = sparkline(values, columns: min(40, max(8, room)))
        lines += terminal.wrap("  \(line)  \(facts)", indent: 4)
        if hasChart, values.count > 1 {
            lines += chart(trend, width: terminal.width, color: color)
            let days = (TrendText.day(first.startedAt), TrendText.day(last.startedAt))
            lines.append("  \(days.0) to \(days.1)")
        }
        for shift in text.shifts { lines += terminal.wrap("  shift: \(VisibleText(shift).text)", indent: 4) }
        return lines.joined(separator: "\n").replacingOccurrences(of: "\u{A0}", with: " ")
    }

    /// The newest values, one character each; where there are more than columns, the means of equal stretches.
    static func sparkline(_ values: [Double], columns: Int) -> String {
        let shown = stretches(of: values, columns: columns).map { mean(values[$0]) }
        guard let low = shown.min(), let high = shown.max() else { return "" }
        return String(
            shown.map { value in
                let share = high > low ? (value - low) / (high - low) : 0.5
                return eighths[1 + min(7, Int(share * 8))]
            })
    }

    /// Columns of blocks between an axis' labels, with a mark under each column in which a shift lies.
    private static func chart(_ trend: Trend, width: Int, color: Bool) -> [String] {
        let values = trend.points.map(\.value)
        let scale = TrendScale(trend, drawsIntervals: false)
        let labels = (0..<chartRows).map { row in
            let share = (Double(chartRows - row) - 0.5) / Double(chartRows)
            return row == 0 || row == chartRows - 1 ? trend.shown(scale.low + share * (scale.high - scale.low)) : ""
        }
        let margin = labels.map(TerminalText.columns).max() ?? 0
        let stretches = stretches(of: values, columns: max(8, width - margin - 5))
        // Few points get wide columns.
        let wide = max(1, min(3, (width - margin - 5) / max(1, stretches.count)))
        let heights = stretches.map { stretch in
            let share = (mean(values[stretch]) - scale.low) / (scale.high - scale.low)
            return min(8 * chartRows, max(1, Int((share * Double(8 * chartRows)).rounded())))
        }
        var lines = (0..<chartRows).map { row in
            let floor = 8 * (chartRows - 1 - row)
            let cells = heights.map { String(repeating: eighths[min(8, max(0, $0 - floor))], count: wide) }
            let pad = String(repeating: " ", count: margin - TerminalText.columns(labels[row]))
            return trimmed("  \(pad)\(labels[row]) ┤" + cells.joined())
        }
        guard !trend.shifts.isEmpty else { return lines }
        let marks = stretches.map { stretch in
            String(repeating: trend.shifts.contains { stretch.contains($0.index) } ? "▲" : " ", count: 1)
                + String(repeating: " ", count: wide - 1)
        }
        let line = trimmed(String(repeating: " ", count: margin + 4) + marks.joined())
        lines.append(color ? "\u{1B}[33m\(line)\u{1B}[0m" : line)
        return lines
    }

    /// As many stretches of positions as there are columns, or one for each value where there are fewer.
    private static func stretches(of values: [Double], columns: Int) -> [Range<Int>] {
        let count = min(columns, values.count)
        return (0..<count).map { values.count * $0 / count..<values.count * ($0 + 1) / count }
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
