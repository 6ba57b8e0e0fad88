public import LabCore

/// What a validation says on the terminal: the plan's block, then every gate.
public enum ValidationReport {
    /// The lines for a run that measured one artifact against its parent.
    public static func render(_ run: RunRecord, quantized: String, original: String) -> String {
        var lines = ["validation of \(quantized)", "against \(original)", ""]
        for pair in ValidatedPair.perplexities(of: run) {
            lines += [
                "\(pair.evaluation) (\(pair.backend))",
                "  baseline   \(pair.baseline.fixed(4))",
                "  quantized  \(pair.quantized.fixed(4))",
                "  increase   \(pair.increasePercent >= 0 ? "+" : "")\(pair.increasePercent.fixed(2)) %",
                "  threshold  \(pair.thresholdPercent.map { "< \(plain($0)) %" } ?? "none")",
                "  status     \(pair.status?.rawValue.uppercased() ?? "not judged")",
                "",
            ]
        }
        let others = run.verdicts.filter { $0.metric != "perplexity_increase" }
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

/// The perplexity of a parent and of an artifact made from it.
struct ValidatedPair {
    let evaluation: String
    let backend: String
    let baseline: Double
    let quantized: Double
    let increasePercent: Double
    let thresholdPercent: Double?
    let status: VerdictStatus?

    /// Those that a run has measured whole.
    static func perplexities(of run: RunRecord) -> [ValidatedPair] {
        guard let candidate = run.artifacts.first(where: { $0.role == .candidate })?.path,
            let parent = run.artifacts.first(where: { $0.role == .parent })?.path
        else { return [] }
        func value(_ metric: String, _ artifact: String, like other: LabCore.Measurement) -> Double? {
            run.measurements.first {
                $0.metric == metric && $0.artifact == artifact && $0.evaluation == other.evaluation
                    && $0.backend == other.backend
            }?.value
        }
        return run.measurements.filter { $0.metric == "perplexity_increase" && $0.artifact == candidate }
            .compactMap { increase in
                guard let baseline = value("perplexity", parent, like: increase),
                    let quantized = value("perplexity", candidate, like: increase)
                else { return nil }
                let verdict = run.verdicts.first {
                    $0.metric == increase.metric && $0.evaluation == increase.evaluation
                        && $0.backend == increase.backend
                }
                return ValidatedPair(
                    evaluation: increase.evaluation, backend: increase.backend, baseline: baseline,
                    quantized: quantized, increasePercent: increase.value,
                    thresholdPercent: verdict?.threshold?.limit, status: verdict?.status)
            }
    }
}
