import Foundation
public import LabCore

/// JUnit XML, for CI systems: a test suite per evaluation and backend, a test case per verdict; first those of the
/// comparison with the run's reference.
///
/// Failing, infeasible and inconclusive verdicts are failures, told apart by `type`; a skip is `skipped`. It follows
/// the schema that Jenkins' xUnit plugin publishes, junit-10.xsd, which others read too.
public enum JUnitReport {
    /// Renders a run.
    public static func render(_ run: RunRecord) -> String {
        var groups: [(name: String, verdicts: [Verdict])] = []
        for verdict in run.allVerdicts {
            let name = "\(verdict.evaluation) on \(verdict.backend)"
            if let index = groups.firstIndex(where: { $0.name == name }) {
                groups[index].verdicts.append(verdict)
            } else {
                groups.append((name, [verdict]))
            }
        }
        // Skips alone, or no gates at all, are no pass; without this they would show as green.
        if run.verdict != .pass, !run.allVerdicts.contains(where: { isFailure($0.status) }) {
            let overall = Verdict(
                evaluation: "run", backend: "all", artifact: nil, metric: nil, status: run.verdict, value: nil,
                threshold: nil, reason: "The suite judged nothing; the run is no pass.")
            groups.append(("run", [overall]))
        }
        let all = groups.flatMap(\.verdicts)
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<testsuites\(attribute("name", "lab \(run.suite.name)"))\(counts(of: all, hasSkipped: false))"
                + attribute("time", String(format: "%.3f", run.durationSeconds)) + ">",
        ]
        for group in groups {
            lines.append(
                "  <testsuite\(attribute("name", group.name))\(counts(of: group.verdicts))"
                    + attribute("timestamp", run.startedAt.formatted(.iso8601)) + ">")
            lines += group.verdicts.flatMap { testCase($0, suite: group.name, in: run) }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n").replacingOccurrences(of: "\u{A0}", with: " ") + "\n"
    }

    private static func testCase(_ verdict: Verdict, suite: String, in run: RunRecord) -> [String] {
        var name = verdict.artifact.map { run.label(of: $0) + " " } ?? ""
        name += Format.words(verdict.metric ?? (verdict.evaluation == "run" ? "verdict" : verdict.evaluation))
        if let threshold = verdict.threshold { name += " \(Format.limit(threshold))" }
        let open = attribute("name", name) + attribute("classname", "\(run.suite.name).\(suite)")
        let status = verdict.status == .skipped && suite == "run" ? VerdictStatus.inconclusive : verdict.status
        let (message, details) = texts(verdict)
        switch status {
        case .pass:
            guard verdict.evidence != nil else { return ["    <testcase\(open)/>"] }
            return [
                "    <testcase\(open)>",
                "      <system-out>\(VisibleText("\(message); \(details)").escaped)</system-out>", "    </testcase>",
            ]
        case .skipped:
            return [
                "    <testcase\(open)>", "      <skipped\(attribute("message", message))/>", "    </testcase>",
            ]
        case .fail, .infeasible, .inconclusive:
            return [
                "    <testcase\(open)>",
                "      <failure\(attribute("type", status.rawValue))\(attribute("message", message))>"
                    + VisibleText(
                        ([details] + PromptEvidence(verdict, in: run).lines).joined(separator: "; "),
                        limit: detailLimit
                    ).escaped + "</failure>",
                "    </testcase>",
            ]
        }
    }

    /// What happened in short, with the chunks spent where they are known, and the rest.
    private static func texts(_ verdict: Verdict) -> (message: String, details: String) {
        guard let value = Format.value(of: verdict) else { return (verdict.reason, verdict.reason) }
        let measured = "measured \(value), limit \(verdict.threshold.map(Format.limit) ?? "none")"
        guard let gate = GateText(verdict) else { return (verdict.reason, measured) }
        return ("\(measured); \(gate.spent)", "\(verdict.reason); \(gate.grounds)")
    }

    private static func isFailure(_ status: VerdictStatus) -> Bool {
        status == .fail || status == .infeasible || status == .inconclusive
    }

    /// - Parameter hasSkipped: whether skips are counted too; the common schema has no place for them on top.
    private static func counts(of verdicts: [Verdict], hasSkipped: Bool = true) -> String {
        attribute("tests", String(verdicts.count))
            + attribute("failures", String(verdicts.filter { isFailure($0.status) }.count))
            + attribute("errors", "0")
            + (hasSkipped ? attribute("skipped", String(verdicts.filter { $0.status == .skipped }.count)) : "")
    }

    private static func attribute(_ name: String, _ value: String) -> String {
        " \(name)=\"\(VisibleText(value, limit: attributeLimit).escaped)\""
    }

    /// Characters of a message or a name that are shown.
    private static let attributeLimit = 500
    /// Characters of a failure's details that are shown.
    private static let detailLimit = 2000
}
