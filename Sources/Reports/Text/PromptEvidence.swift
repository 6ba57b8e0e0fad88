import LabCore

/// The prompts that a gate of an evaluation on prompts did not pass for: a few of them, each in a line.
struct PromptEvidence {
    /// Sentences without a full stop; empty for gates of other evaluations.
    let lines: [String]

    /// How many prompts are shown.
    private static let count = 3

    init(_ verdict: Verdict, in run: RunRecord) {
        guard verdict.status == .fail || verdict.status == .inconclusive, let metric = verdict.metric else {
            lines = []
            return
        }
        let source = Source(verdict: verdict, run: run)
        lines =
            switch metric {
            case "accuracy", "accuracy_change":
                source.answers { $0 != "no thinking" }
            case MetricDefinition.plainAccuracy.name, MetricDefinition.plainAccuracyChange.name:
                source.answers { $0 == "no thinking" }
            case MetricDefinition.languagesRight.name, MetricDefinition.worstLanguageChange.name,
                MetricDefinition.languageAsked.name:
                source.languages() + source.answers { _ in true }
            case MetricDefinition.languageDegradation.name: source.losses()
            case MetricDefinition.followedAgreement.name, MetricDefinition.exactMatch.name,
                MetricDefinition.sharedPrefix.name, MetricDefinition.textSimilarity.name:
                source.texts()
            case MetricDefinition.incoherentTexts.name, MetricDefinition.coherenceChange.name: source.problems()
            case MetricDefinition.unclosedThoughts.name: source.unclosed()
            case MetricDefinition.promptsRenderedDifferently.name, MetricDefinition.switchIgnored.name:
                source.renderings()
            default: []
            }
    }

    /// The records under a gate.
    private struct Source {
        let verdict: Verdict
        let run: RunRecord

        private func isMine(_ evaluation: String, _ backend: String, _ artifact: String) -> Bool {
            evaluation == verdict.evaluation && backend == verdict.backend && artifact == verdict.artifact
        }

        private var sheets: [AnswersRecord] {
            (run.answers ?? []).filter { isMine($0.evaluation, $0.backend, $0.artifact) }
        }

        private var languageRecords: [LanguageRecord] {
            (run.languages ?? []).filter { isMine($0.evaluation, $0.backend, $0.artifact) }
        }

        func answers(in isMode: (String?) -> Bool) -> [String] {
            let wrong = sheets.filter { isMode($0.mode) }.flatMap { AnswersText.sorted($0.notable) }
                .filter { $0.isRight == false }
            return wrong.prefix(PromptEvidence.count).map { answer in
                var text = "\(Format.excerpt(answer.id, limit: 40)), \(Format.excerpt(answer.prompt, limit: 120)): "
                if let expected = answer.expected { text += "expected \(Format.excerpt(expected, limit: 60)), " }
                text += "answered \(Format.excerpt(answer.answer, limit: 60))"
                if let reason = answer.reason { text += ", \(Format.excerpt(reason, limit: 120))" }
                return text + (answer.isParentRight == true ? "; the parent is right" : "")
            }
        }

        func languages() -> [String] {
            languageRecords.isEmpty ? [] : ["Right: \(LanguageText.list(Array(languageRecords.prefix(20))))"]
        }

        func losses() -> [String] {
            let known = languageRecords.filter { $0.excessNats != nil }
                .sorted { ($0.excessNats ?? 0) > ($1.excessNats ?? 0) }
            return known.prefix(PromptEvidence.count).map { record in
                let text = LanguageText(record)
                return
                    "\(Format.excerpt(record.language, limit: 20)): \(text.excess ?? "") nats per token more than English"
                    + (text.interval.map { " (\($0))" } ?? "")
            }
        }

        func texts() -> [String] {
            let texts = (run.texts ?? []).filter { isMine($0.evaluation, $0.backend, $0.artifact) && !$0.isMatch }
            return texts.sorted { ($0.agreement ?? 1) < ($1.agreement ?? 1) }.prefix(PromptEvidence.count).map {
                "\(Format.excerpt($0.prompt, limit: 120)): \(TextPairSection.note($0))"
            }
        }

        func problems() -> [String] {
            let texts = (run.texts ?? []).filter { isMine($0.evaluation, $0.backend, $0.artifact) }
                .compactMap { text in text.problem.map { (text.prompt, $0, text.candidate) } }
            let thoughts = (run.thoughts ?? []).filter { isMine($0.evaluation, $0.backend, $0.artifact) }
                .compactMap { thought in thought.problem.map { (thought.task, $0, thought.text) } }
            return (texts + thoughts).prefix(PromptEvidence.count).map { prompt, problem, text in
                "\(Format.excerpt(prompt, limit: 120)): \(Format.start(of: problem, limit: 120)); it wrote \(Format.quote(text, limit: 100))"
            }
        }

        func unclosed() -> [String] {
            let thoughts = (run.thoughts ?? []).filter {
                isMine($0.evaluation, $0.backend, $0.artifact) && $0.isClosed == false
            }
            return thoughts.prefix(PromptEvidence.count).map {
                "\(Format.excerpt($0.task, limit: 120)): no end after \(Format.count($0.thinkingTokens, "thinking token"))"
            }
        }

        func renderings() -> [String] {
            sheets.flatMap { sheet in
                sheet.notable.prefix(1).map { answer in
                    let mode = sheet.mode.map { ", \($0)" } ?? ""
                    let (own, theirs) = Self.difference(answer.answer, answer.expected ?? "")
                    return "\(Format.excerpt(answer.id, limit: 40))\(mode): \(Format.quote(own, limit: 80)) where the "
                        + "parent\u{2019}s template has \(Format.quote(theirs, limit: 80))"
                }
            }
        }

        /// What two texts do not share between their common start and their common end.
        private static func difference(_ first: String, _ second: String) -> (String, String) {
            let (a, b) = (first.unicodeScalars, second.unicodeScalars)
            let start = zip(a, b).prefix { $0 == $1 }.count
            let room = min(a.count, b.count) - start
            let end = zip(a.reversed(), b.reversed()).prefix(room).prefix { $0 == $1 }.count
            return (String(a.dropFirst(start).dropLast(end)), String(b.dropFirst(start).dropLast(end)))
        }
    }
}
