import Foundation
public import LabCore

/// A gate's outcome as workflow commands of GitHub Actions: one error or warning for each judgement that is no pass.
///
/// Source: "Workflow commands for GitHub Actions", `::error title={title}::{message}`; `%`, line breaks and, in
/// properties, `:` and `,` are written as percent codes.
public enum GateAnnotations {
    /// Renders an outcome: one line each, without a line break at the end; a notice where everything passes.
    public static func render(_ outcome: GateOutcome) -> String {
        let summary = GateSummary(outcome)
        let worrying = summary.lines.filter { $0.status != .pass && $0.status != .skipped }
        guard !worrying.isEmpty else {
            return command(outcome.verdict == .pass ? "notice" : "warning", title: "lab gate", summary.headline)
        }
        return worrying.map { line in
            let isFailure = line.status == .fail || line.status == .infeasible
            return command(
                isFailure ? "error" : "warning", title: "lab gate: \(line.subject)",
                "\(line.finding). Look: \(summary.hint)")
        }.joined(separator: "\n")
    }

    private static func command(_ name: String, title: String, _ message: String) -> String {
        "::\(name) title=\(property(title))::\(data(message))"
    }

    private static func data(_ text: String) -> String {
        VisibleText(text).text.replacingOccurrences(of: "%", with: "%25")
    }

    private static func property(_ text: String) -> String {
        data(text).replacingOccurrences(of: ":", with: "%3A").replacingOccurrences(of: ",", with: "%2C")
    }
}
