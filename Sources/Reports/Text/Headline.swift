package import LabCore

/// The verdict of a run in a word, and in one sentence why.
package struct Headline {
    package let word: String
    package let sentence: String
    /// The gate that the sentence is about.
    package let verdict: Verdict?

    package init(_ run: RunRecord) {
        word = Self.word(run.verdict)
        if let regression = run.decidingRegression {
            let text = RegressionText(regression)
            verdict = text.deciding.map { regression.verdict(of: $0, in: run) }
            sentence = text.sentence + (Self.ownLimits(of: run).map { " " + $0 } ?? "")
            return
        }
        let deciding = Self.deciding(run)
        verdict = deciding
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
        sentence = text + (run.regression.map { " " + RegressionText($0).aside } ?? "")
    }

    /// What the suite's own gates say of a run that its reference decides; nil where they judged nothing.
    private static func ownLimits(of run: RunRecord) -> String? {
        guard run.verdicts.contains(where: { $0.status != .skipped }) else { return nil }
        return switch run.suiteVerdict {
        case .pass: "The suite\u{2019}s own limits are kept."
        case .fail, .infeasible: "The suite\u{2019}s own limits are not kept either."
        case .inconclusive, .skipped: "Whether the suite\u{2019}s own limits are kept is not decided."
        }
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
            guard let value = verdict.value, let threshold = verdict.threshold else { return 0 }
            return Self.use(of: threshold, by: value)
        }
        let gates = run.verdicts.filter { $0.status == run.verdict }
        return gates.max { use($0) < use($1) } ?? run.verdicts.first
    }

    /// How much of what a limit leaves is used: 0 where nothing is lost, 1 at the limit, more beyond it.
    package static func use(of threshold: Threshold, by value: Double) -> Double {
        // Of a share that must be high, the rest is what is used: 96 % where 95 % are asked for is 4 of 5 points.
        let isShare = threshold.polarity == .higherIsBetter && threshold.unit == "percent" && threshold.limit < 100
        let isHigher = threshold.polarity == .higherIsBetter && !isShare
        let used = isShare ? 100 - value : isHigher ? threshold.limit : value
        let allowed = isShare ? 100 - threshold.limit : isHigher ? value : threshold.limit
        if allowed > 0 { return used / allowed }
        if used >= 0 { return .infinity }
        return allowed < 0 ? allowed / used : 0
    }

    static func sentence(_ verdict: Verdict, in run: RunRecord) -> String {
        guard let value = verdict.value, let threshold = verdict.threshold, let metric = verdict.metric,
            let position = position(of: verdict, in: run)
        else {
            return finished("\(verdict.evaluation) on \(verdict.backend): \(verdict.reason)")
        }
        let comparison = run.comparison(of: verdict)
        let label =
            comparison.map { ConsistencyText.name(of: $0.side, in: run) } ?? run.label(of: verdict.artifact)
        let subject = [run.artifact(at: verdict.artifact)?.model, label].compactMap { $0 }.joined(separator: " ")
        let parent =
            comparison.map { ConsistencyText.counterpart(of: $0, in: run) }
            ?? run.parent.map { "its \($0.recipe) parent" } ?? "its parent"
        let shown = Format.value(value, of: metric, unit: threshold.unit, limit: threshold.limit)
        let finding = Finding(value, of: metric, shown: shown, parent: parent, task: run.task(of: verdict)).predicate
        let gate = GateText(verdict)
        let spent = gate.flatMap { $0.isEarly ? ", after \($0.chunks) (\($0.saved ?? "stopped early"))" : nil } ?? ""
        let needed = gate?.needed.map { "; \($0)" } ?? ""
        let place = Format.place(in: verdict.evaluation)
        return "\(subject) \(finding)\(place), \(position)\(spent)\(needed)."
    }

    /// Where the value lies; nil where the gate's own reason says it better.
    private static func position(of verdict: Verdict, in run: RunRecord) -> String? {
        guard let threshold = verdict.threshold else { return nil }
        let amount = Format.plain(threshold.limit) + Format.sign(threshold.unit)
        switch (verdict.status, threshold.polarity) {
        case (.pass, .lowerIsBetter): return "inside the limit of \(amount)"
        case (.fail, .lowerIsBetter): return "outside the limit of \(amount)"
        case (.pass, .higherIsBetter): return "above the limit of \(amount)"
        case (.fail, .higherIsBetter): return "not above the limit of \(amount)"
        case (.inconclusive, _):
            guard let interval = verdict.evidence?.interval ?? run.measurement(under: verdict)?.interval,
                interval.low <= threshold.limit, threshold.limit <= interval.high
            else { return nil }
            let range = Format.range(interval, unit: threshold.unit) + Format.sign(threshold.unit)
            return "but its interval of \(range) straddles the limit of \(amount)"
        case (.skipped, _), (.infeasible, _): return nil
        }
    }

    private static func finished(_ text: String) -> String {
        text.hasSuffix(".") || text.hasSuffix("!") || text.hasSuffix("?") ? text : text + "."
    }
}
