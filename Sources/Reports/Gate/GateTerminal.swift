import Foundation
public import LabCore

/// A gate's outcome as a table for the terminal, with one line that says what matters.
public enum GateTerminal {
    /// Renders an outcome, without a line break at the end.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal.
    ///   - color: whether to colour the verdicts with ANSI sequences.
    ///   - isBrief: whether the judgements are left out, for they stand in the run's report above.
    public static func render(
        _ outcome: GateOutcome, width: Int = 80, color: Bool = false, isBrief: Bool = false
    ) -> String {
        let terminal = TerminalText(width: max(width, 40), hasColor: color)
        let summary = GateSummary(outcome)
        var lines: [String] = []
        if !isBrief { lines += group("the suite's limits", summary.lines.filter { !$0.isChange }, terminal) }
        switch outcome.reference {
        case .run where isBrief: break
        case .run(let comparison, let why):
            let changes = summary.lines.filter(\.isChange)
            lines += group("against run \(comparison.reference.id), \(why)", changes, terminal)
            if comparison.judged.isEmpty { lines += ["  nothing that both runs measured is judged"] }
        case .none(let note):
            lines += terminal.wrap("not compared: \(VisibleText(note).text)", indent: 2)
        }
        if !lines.isEmpty { lines.append("") }
        let word = "gate: \(outcome.verdict.rawValue)"
        var last = terminal.wrap("\(word)  \(VisibleText(summary.headline).text)", indent: 2)
        last[0] = "gate: " + terminal.paint(outcome.verdict.rawValue, outcome.verdict) + last[0].dropFirst(word.count)
        lines += last + ["look: \(summary.hint)"]
        return lines.joined(separator: "\n").replacingOccurrences(of: "\u{A0}", with: " ")
    }

    private static func group(_ title: String, _ lines: [GateSummary.Line], _ terminal: TerminalText) -> [String] {
        guard !lines.isEmpty else { return [] }
        return [VisibleText(title).text]
            + lines.flatMap { terminal.judged($0.status, "\($0.subject): \($0.finding)") }
    }
}
