import LabCore

/// The verdict of a run in a word, and in one sentence why.
struct Headline {
    let word: String
    let sentence: String
    /// The gate that the sentence is about.
    let verdict: Verdict?

    init(_ run: RunRecord) {
        let deciding = Self.deciding(run)
        verdict = deciding
        word = Self.word(run.verdict)
        guard let deciding else {
            sentence = "The suite judged nothing."
            return
        }
        let judged = run.verdicts.filter { $0.status != .skipped }.count
        let alike = run.verdicts.filter { $0.status == deciding.status }.count
        var text = Self.sentence(deciding, in: run)
        if judged > 1 && deciding.status == run.verdict {
            text += alike == judged ? " All \(judged) gates say so." : " \(alike) of \(judged) gates say so."
        }
        sentence = text
    }

    static func word(_ status: VerdictStatus) -> String {
        switch status {
        case .pass: "Pass"
        case .fail: "Fail"
        case .inconclusive: "Inconclusive"
        case .skipped: "Skipped"
        case .infeasible: "Infeasible"
        }
    }

    /// The gate to speak of: of those with the run's verdict, the one that uses most of its limit.
    private static func deciding(_ run: RunRecord) -> Verdict? {
        func use(_ verdict: Verdict) -> Double {
            guard let value = verdict.value, let threshold = verdict.threshold, threshold.limit != 0 else { return 0 }
            let ratio = value / threshold.limit
            return threshold.polarity == .lowerIsBetter ? ratio : -ratio
        }
        let gates = run.verdicts.filter { $0.status == run.verdict }
        return gates.max { use($0) < use($1) } ?? run.verdicts.first
    }

    private static func sentence(_ verdict: Verdict, in run: RunRecord) -> String {
        guard let value = verdict.value, let threshold = verdict.threshold, let metric = verdict.metric,
            let position = position(of: verdict, in: run)
        else {
            return finished("\(verdict.evaluation) on \(verdict.backend): \(verdict.reason)")
        }
        let subject = [run.artifact(at: verdict.artifact)?.model, run.label(of: verdict.artifact)]
            .compactMap { $0 }.joined(separator: " ")
        let limit = "the limit of \(Format.amount(threshold.limit, unit: threshold.unit))"
        let shown = Format.value(value, unit: threshold.unit, limit: threshold.limit)
        guard metric == MetricDefinition.perplexityIncrease.name else {
            return "\(subject) has a \(Format.words(metric)) of \(shown), \(position) \(limit)."
        }
        let reference = run.parent.map { "its \($0.recipe) parent" } ?? "its parent"
        let amount = shown.drop { $0 == "+" || $0 == "\u{2212}" }
        let change =
            shown.hasPrefix("+")
            ? "is \(amount) worse than" : shown.hasPrefix("\u{2212}") ? "is \(amount) better than" : "equals"
        return "\(subject) \(change) \(reference) in perplexity, \(position) \(limit)."
    }

    /// Where the value lies; nil where the gate's own reason says it better.
    private static func position(of verdict: Verdict, in run: RunRecord) -> String? {
        switch verdict.status {
        case .pass: return "inside"
        case .fail: return "outside"
        case .inconclusive:
            guard let interval = run.measurement(under: verdict)?.interval, let threshold = verdict.threshold,
                interval.low <= threshold.limit, threshold.limit <= interval.high
            else { return nil }
            return "but its interval of \(Format.fixed(interval.low, 2)) to "
                + "\(Format.amount((interval.high * 100).rounded() / 100, unit: threshold.unit)) straddles"
        case .skipped, .infeasible: return nil
        }
    }

    private static func finished(_ text: String) -> String {
        text.hasSuffix(".") || text.hasSuffix("!") || text.hasSuffix("?") ? text : text + "."
    }
}
