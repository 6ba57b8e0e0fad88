public import LabCore
import Reports

/// What a validation says on the terminal: the plan's block, then every gate.
public enum ValidationReport {
    /// The lines for a run that measured one artifact against its parent.
    public static func render(_ run: RunRecord, quantized: String, original: String) -> String {
        var lines = ["validation of \(quantized)", "against \(original)", ""]
        for pair in run.validatedPerplexities {
            let increase = pair.increase
            lines += [
                "\(increase.evaluation) (\(increase.backend))",
                "  baseline   \(pair.baseline.fixed(4))",
                "  quantized  \(pair.quantized.fixed(4))",
                "  increase   \(increase.value >= 0 ? "+" : "")\(increase.value.fixed(2)) %",
                "  threshold  \(pair.verdict?.threshold.map { "< \(plain($0.limit)) %" } ?? "none")",
                "  status     \(pair.verdict?.status.rawValue.uppercased() ?? "not judged")",
                "",
            ]
        }
        let others = run.verdicts.filter { $0.metric != MetricDefinition.perplexityIncrease.name }
        if !others.isEmpty {
            var table = TextTable([("evaluation", .left), ("status", .left), ("", .left)])
            for verdict in others {
                table.append([verdict.evaluation, verdict.status.rawValue.uppercased(), verdict.reason])
            }
            lines += table.lines + [""]
        }
        return (lines + ["verdict: \(run.verdict.rawValue.uppercased())"]).joined(separator: "\n")
    }

    /// "5" and "0.5": no more decimals than there are.
    private static func plain(_ number: Double) -> String {
        number == number.rounded() ? number.fixed(0) : "\(number)"
    }
}
