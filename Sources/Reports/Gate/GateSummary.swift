import LabCore

/// What a gate's outcome is in one line, and each of its judgements in one more.
struct GateSummary {
    /// A judgement: of a suite's gate, or of a change.
    struct Line {
        let status: VerdictStatus
        /// What is judged: "perplexity of pajama-tiny Q4_K_M on cpu".
        let subject: String
        /// What was found.
        let finding: String
        /// Whether it is a comparison with the reference.
        let isChange: Bool
    }

    let lines: [Line]
    /// What got worse and where; or why there is nothing to worry about.
    let headline: String
    /// How to look closer.
    let hint: String

    init(_ outcome: GateOutcome) {
        let run = outcome.run
        let gates = run.verdicts.map { verdict in
            let artifact = run.artifact(at: verdict.artifact).map { " of \($0.model) \($0.recipe)" } ?? ""
            let metric = Format.words(verdict.metric ?? verdict.evaluation)
            return Line(
                status: verdict.status, subject: "\(metric)\(artifact) on \(verdict.backend)",
                finding: verdict.reason, isChange: false)
        }
        let regression = outcome.record.regression.map(RegressionText.init)
        lines = gates + (regression?.lines ?? [])
        headline = Self.headline(outcome, lines, regression)
        hint = Self.hint(outcome)
    }

    private static func headline(_ outcome: GateOutcome, _ lines: [Line], _ regression: RegressionText?) -> String {
        let deciding = lines.filter { $0.status == outcome.verdict }
        // A change says more than a limit: it tells what is new.
        guard outcome.verdict != .pass, let line = deciding.first(where: \.isChange) ?? deciding.first else {
            switch outcome.reference {
            case .run(let comparison, let why):
                let against = "against run \(comparison.reference.id) (\(why))"
                guard outcome.verdict == .pass else { return "nothing could be judged \(against)" }
                let (passed, skipped) = (deciding.count, lines.count { $0.status == .skipped })
                return "\(Format.count(passed, "judgement")) pass\(passed == 1 ? "es" : "")"
                    + (skipped > 0 ? ", \(skipped) skipped, " : ", ") + against
            case .none:
                return outcome.verdict == .pass
                    ? "the suite's limits are kept; there is no run to compare with" : "nothing was judged"
            }
        }
        if line.isChange, let finding = regression?.finding(others: deciding.count - 1) { return finding }
        return "\(line.subject): \(line.finding)" + (deciding.count > 1 ? " (and \(deciding.count - 1) more)" : "")
    }

    private static func hint(_ outcome: GateOutcome) -> String {
        guard let comparison = outcome.comparison else { return "./lab report \(outcome.run.id)" }
        return "./lab compare \(comparison.reference.id) \(outcome.run.id)"
    }
}
