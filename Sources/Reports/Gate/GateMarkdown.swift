public import LabCore

/// A gate's outcome as Markdown, for a step summary or a comment on a pull request.
public enum GateMarkdown {
    /// Renders an outcome, with a line break at the end; far below the 65,536 characters of a GitHub comment.
    public static func render(_ outcome: GateOutcome) -> String {
        let summary = GateSummary(outcome)
        let word = Headline.word(outcome.verdict)
        var lines = [
            "### \(mark(outcome.verdict)) \(word): \(cell(outcome.run.suite.name))", "",
            cell(ReportPage.capitalized(summary.headline)), "",
        ]
        switch outcome.reference {
        case .run:
            if let regression = outcome.record.regression { lines += table(RegressionText(regression)) }
        case .none(let note): lines += ["Not compared: \(cell(note))", ""]
        }
        lines += table("Limits of the suite", summary.lines.filter { !$0.isChange })
        lines.append("Run \(cell(outcome.run.id)). To look closer: `\(VisibleText(summary.hint).text)`")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Rows that a table may have, so that it stays readable and small.
    private static let rowLimit = 40

    /// The changes of a comparison, with a line without text at the end; empty where there are none.
    static func table(_ regression: RegressionText) -> [String] {
        table(cell(ReportPage.capitalized(regression.place)), regression.lines)
    }

    private static func table(_ title: String, _ rows: [GateSummary.Line]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let sorted = rows.filter { $0.status != .pass } + rows.filter { $0.status == .pass }
        var lines = ["| \(title) | | |", "|---|---|---|"]
        lines += sorted.prefix(rowLimit).map {
            "| \(cell($0.subject)) | \(mark($0.status)) \($0.status.rawValue) | \(cell($0.finding)) |"
        }
        if rows.count > rowLimit { lines.append("| and \(rows.count - rowLimit) more | | |") }
        return lines + [""]
    }

    private static func mark(_ status: VerdictStatus) -> String { MarkdownReport.mark(status) }

    private static func cell(_ text: String) -> String { MarkdownText(text, limit: 600).text }
}
