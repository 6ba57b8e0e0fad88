import Foundation
public import LabCore

/// A compact table for the terminal: the verdict, what was measured and judged, the artifacts, what was reused.
public enum TerminalReport {
    /// Renders a run, without a line break at the end.
    ///
    /// - Parameter width: columns of the terminal; sentences are wrapped to it, tables lose their optional columns.
    /// - Parameter color: whether to colour the verdicts with ANSI sequences.
    public static func render(_ run: RunRecord, width: Int = 80, color: Bool = false) -> String {
        let width = max(width, 40)
        let headline = Headline(run)
        let word = headline.word.uppercased()
        var lines = wrap("\(word)  \(VisibleText(headline.sentence).text)", width: width, indent: 2)
        lines[0] = paint(word, run.verdict, color) + lines[0].dropFirst(word.count)
        if !run.measurements.isEmpty {
            lines.append("")
            lines += measurementTable(run, width: width, color: color)
        }
        for verdict in run.unmeasuredVerdicts where verdict != headline.verdict || run.verdicts.count > 1 {
            let status = verdict.status.rawValue
            let text = VisibleText("\(verdict.evaluation) on \(verdict.backend): \(verdict.reason)").text
            var wrapped = wrap("  \(status)  \(text)", width: width, indent: 4)
            wrapped[0] = "  " + paint(status, verdict.status, color) + wrapped[0].dropFirst(2 + status.count)
            lines += [""] + wrapped
        }
        if !run.artifacts.isEmpty {
            lines.append("")
            lines += artifactTable(run, width: width)
            for artifact in run.artifacts {
                guard let calibration = artifact.calibration else { continue }
                let text = "  \(run.label(of: artifact.path)): \(Format.calibration(calibration)), "
                lines += wrap(VisibleText(text + calibration.sha256.short).text, width: width, indent: 4)
            }
        }
        lines.append("")
        let took = Format.duration(seconds: run.durationSeconds)
        lines += wrap("\(Format.reuse(run.reuse)); took \(took)", width: width, indent: 2)
        lines.append("run \(VisibleText(run.id).text)")
        return lines.joined(separator: "\n").replacingOccurrences(of: "\u{A0}", with: " ")
    }

    private static func measurementTable(_ run: RunRecord, width: Int, color: Bool) -> [String] {
        let places = Set(run.measurements.map { "\($0.evaluation) on \($0.backend)" })
        var rows: [[String]] = []
        var statuses: [VerdictStatus?] = []
        for measurement in run.measurements {
            let verdict = run.verdict(on: measurement)
            var metric = Format.words(measurement.metric)
            if places.count > 1 { metric += " (\(measurement.evaluation) on \(measurement.backend))" }
            rows.append([
                run.label(of: measurement.artifact), metric,
                Format.value(measurement.value, unit: measurement.unit, limit: verdict?.threshold?.limit),
                measurement.interval.map { Format.interval($0, unit: measurement.unit) } ?? "n = \(measurement.n)",
                verdict?.threshold.map(Format.limit) ?? "", verdict?.status.rawValue ?? "",
            ])
            statuses.append(verdict?.status)
        }
        let alignment: [Alignment] = [.left, .left, .right, .left, .left, .left]
        let optional = 3
        var table = Table(rows: rows, alignment: alignment)
        if table.width > width { table = table.dropping(column: optional) }
        return zip(table.lines, statuses).map { line, status in
            guard let status, color, line.hasSuffix(status.rawValue) else { return line }
            return line.dropLast(status.rawValue.count) + paint(status.rawValue, status, color)
        }
    }

    private static func artifactTable(_ run: RunRecord, width: Int) -> [String] {
        let rows = run.artifacts.map { artifact in
            [
                run.label(of: artifact.path), Format.bytes(artifact.bytes),
                "\(Format.fixed(artifact.bitsPerWeight, 2)) bits/weight", artifact.sha256.short,
            ]
        }
        let table = Table(rows: rows, alignment: [.left, .right, .right, .left])
        return (table.width > width ? table.dropping(column: 3) : table).lines
    }

    private static func paint(_ text: String, _ status: VerdictStatus, _ color: Bool) -> String {
        guard color else { return text }
        let code =
            switch status {
            case .pass: "32"
            case .fail, .infeasible: "31"
            case .inconclusive: "33"
            case .skipped: "2"
            }
        return "\u{1B}[1;\(code)m\(text)\u{1B}[0m"
    }

    /// Breaks a sentence at spaces; a word longer than a line stays whole, for it may be a path to copy.
    private static func wrap(_ text: String, width: Int, indent: Int) -> [String] {
        let leading = text.prefix { $0 == " " }
        var lines: [String] = []
        var line = String(leading)
        for word in text.dropFirst(leading.count).split(separator: " ", omittingEmptySubsequences: false) {
            let isFresh = line.allSatisfy { $0 == " " }
            if !isFresh, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += (isFresh ? "" : " ") + word
            }
        }
        return lines + [line]
    }
}

private enum Alignment { case left, right }

/// Rows of cells, each column as wide as its widest cell, two spaces before each.
private struct Table {
    private let rows: [[String]]
    private let alignment: [Alignment]
    private let widths: [Int]

    init(rows: [[String]], alignment: [Alignment]) {
        let rows = rows.map { $0.map { VisibleText($0).text } }
        self.rows = rows
        self.alignment = alignment
        widths = alignment.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    }

    var width: Int { widths.filter { $0 > 0 }.reduce(0) { $0 + $1 + 2 } }

    func dropping(column: Int) -> Table {
        var alignment = alignment
        alignment.remove(at: column)
        let rows = rows.map { row in
            var row = row
            row.remove(at: column)
            return row
        }
        return Table(rows: rows, alignment: alignment)
    }

    var lines: [String] {
        rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() where widths[column] > 0 {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += "  " + (alignment[column] == .left ? cell + padding : padding + cell)
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
