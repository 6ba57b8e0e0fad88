import LabCore

/// How a run compared with its reference, in words.
struct RegressionText {
    private let regression: RegressionRecord

    init(_ regression: RegressionRecord) { self.regression = regression }

    /// "against run 20261123-232939-3c2907, accepted last".
    var place: String { "against run \(regression.reference), \(regression.why)" }

    /// How to look closer.
    func look(at run: String) -> String { "./lab compare \(regression.reference) \(run)" }

    /// "perplexity of pajama-tiny Q4_K_M on cpu".
    static func subject(_ change: MetricChange) -> String {
        "\(Format.words(change.metric))\(Format.place(in: change.evaluation)) of \(change.artifact) on \(change.backend)"
    }

    /// The changes that are judged, then what only one of the runs measured.
    var lines: [GateSummary.Line] {
        regression.changes.map {
            GateSummary.Line(
                status: $0.status ?? .skipped, subject: Self.subject($0), finding: $0.reason, isChange: true)
        }
            + regression.missing.map {
                GateSummary.Line(
                    status: .skipped,
                    subject: Format.words($0.metric) + Format.place(in: $0.evaluation)
                        + " of \($0.artifact) on \($0.backend)",
                    finding: $0.reason, isChange: true)
            }
    }

    /// The change that the comparison's verdict rests on; nil where nothing could be judged.
    var deciding: MetricChange? { regression.changes.first { $0.status == regression.verdict } }

    /// What got worse, where and against which run, or why that is not known; nil where the comparison passes.
    ///
    /// - Parameter others: how many more judgements say the same.
    func finding(others: Int) -> String? {
        guard regression.verdict != .pass, let change = deciding else { return nil }
        var text = "\(Self.subject(change)): \(change.reason); against run \(regression.reference)"
        if regression.verdict == .fail, let worst = Self.worst(change) { text += "; \(worst)" }
        if others > 0 { text += " (and \(others) more)" }
        return text
    }

    /// "most in chunks 16, 18, 13"; nil where no chunk got worse.
    static func worst(_ change: MetricChange) -> String? {
        guard !change.worst.isEmpty else { return nil }
        let chunks = change.worst.map { String($0.index) }.joined(separator: ", ")
        return "most in \(change.part ?? "chunk")\(change.worst.count == 1 ? "" : "s") \(chunks)"
    }

    /// The comparison in one sentence, for a run that it decides.
    var sentence: String {
        let others = regression.changes.count { $0.status == regression.verdict } - 1
        if let finding = finding(others: others) { return ReportPage.capitalized(finding) + "." }
        return regression.verdict == .pass
            ? "It is no worse than run \(regression.reference), \(regression.why), by what is allowed."
            : "Nothing could be judged \(place)."
    }

    /// The comparison in a few words, for a run that something else decides.
    var aside: String {
        switch regression.verdict {
        case .pass: "No worse than allowed \(place)."
        case .fail, .infeasible: "Worse than allowed \(place)."
        case .inconclusive, .skipped: "Inconclusive \(place)."
        }
    }
}

extension RunRecord {
    /// The comparison with the reference where the run's verdict is its: it did not pass, and nothing graver happened, or
    /// the suite judged nothing.
    var decidingRegression: RegressionRecord? {
        regression.flatMap { regression in
            let isSuiteSilent = !verdicts.contains { $0.status != .skipped }
            return isSuiteSilent || (verdict != .pass && regression.verdict == verdict) ? regression : nil
        }
    }
}
