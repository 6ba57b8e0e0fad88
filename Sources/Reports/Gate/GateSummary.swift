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
        let changes = (outcome.comparison?.judged ?? []).map { change in
            Line(
                status: change.status ?? .skipped, subject: Self.subject(change), finding: change.reason,
                isChange: true)
        }
        let missing = (outcome.comparison?.missing ?? []).map { missing in
            Line(
                status: .skipped,
                subject: "\(Format.words(missing.metric)) of \(missing.artifact) on \(missing.backend)",
                finding: missing.reason, isChange: true)
        }
        lines = gates + changes + missing
        headline = Self.headline(outcome, lines)
        hint = Self.hint(outcome)
    }

    static func subject(_ change: MetricChange) -> String {
        "\(Format.words(change.metric)) of \(change.artifact) on \(change.backend)"
    }

    private static func headline(_ outcome: GateOutcome, _ lines: [Line]) -> String {
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
        var text = "\(line.subject): \(line.finding)"
        if line.isChange, let comparison = outcome.comparison { text += "; against run \(comparison.reference.id)" }
        let chunks = outcome.comparison?.judged.first {
            $0.status == outcome.verdict && Self.subject($0) == line.subject
        }
        if line.isChange, outcome.verdict == .fail, let worst = chunks?.worst, !worst.isEmpty {
            text += "; most in \(chunks?.part ?? "chunk")\(worst.count == 1 ? "" : "s") "
            text += worst.map { String($0.index) }.joined(separator: ", ")
        }
        if deciding.count > 1 { text += " (and \(deciding.count - 1) more)" }
        return text
    }

    private static func hint(_ outcome: GateOutcome) -> String {
        guard let comparison = outcome.comparison else { return "./lab report \(outcome.run.id)" }
        return "./lab compare \(comparison.reference.id) \(outcome.run.id)"
    }
}
