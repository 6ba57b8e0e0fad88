import Foundation
public import LabCore

/// Two runs side by side, for the terminal.
public enum CompareTerminal {
    /// Renders a comparison, without a line break at the end.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal; tables lose their optional columns.
    ///   - color: whether to colour which way a metric went, with ANSI sequences.
    public static func render(_ comparison: RunComparison, width: Int = 80, color: Bool = false) -> String {
        let terminal = TerminalText(width: max(width, 40), hasColor: color)
        var lines = [
            VisibleText("A  \(CompareText.name(of: comparison.reference))").text,
            VisibleText("B  \(CompareText.name(of: comparison.run))").text, "",
        ]
        let text = CompareText(comparison)
        lines += terminal.wrap(VisibleText(text.sentence).text, indent: 2)
        guard !comparison.changes.isEmpty else { return lines.joined(separator: "\n") }
        lines.append("")
        let header = ["", "A", "B", "change", "", "", ""]
        let rows = text.rows.map { row in
            [
                "\(row.metric), \(row.place)", row.reference, row.value, row.change, row.unit, row.interval,
                row.change == "unchanged" ? "" : row.relation.rawValue,
            ]
        }
        let alignment: [TerminalTable.Alignment] = [.left, .right, .right, .right, .left, .left, .left]
        var table = TerminalTable(rows: [header] + rows, alignment: alignment)
        for column in [5, 4] where table.width > terminal.width { table = table.dropping(column: column) }
        let relations: [MetricChange.Relation?] = [nil] + text.rows.map(\.relation)
        lines += zip(table.lines, relations).map { line, relation in
            guard let relation, line.hasSuffix(relation.rawValue), let status = status(relation) else { return line }
            return String(line.dropLast(relation.rawValue.count)) + terminal.paint(relation.rawValue, status)
        }
        return lines.joined(separator: "\n").replacingOccurrences(of: "\u{A0}", with: " ")
    }

    private static func status(_ relation: MetricChange.Relation) -> VerdictStatus? {
        switch relation {
        case .better: .pass
        case .worse: .fail
        case .unknown: .inconclusive
        case .same: nil
        }
    }
}
