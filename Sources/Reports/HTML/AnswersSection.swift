import LabCore

/// Answers to prompts that have a right one, on the page, by evaluation and by the way the prompts were asked.
///
/// Property names are the template's tags.
struct AnswersSection {
    let sheets: [Sheet]
    let omitted: Markup

    struct Sheet {
        let heading: Markup
        let summary: Markup
        let answers: [Answer]
        let renderings: [Rendering]
        let isFolded: Bool
        let omitted: Markup
    }

    struct Answer {
        let status: Markup
        let word: Markup
        let prompt: Markup
        let note: Markup
        let expected: Markup
        let answer: Markup
        let reason: Markup
        /// In front of the first answer that is folded away: how many are.
        var fold = Markup("")
    }

    /// A conversation as two chat templates render it.
    struct Rendering {
        let name: Markup
        let word: Markup
        let prompt: Markup
        let parent: Markup
        let candidate: Markup
        /// In front of the first rendering that is folded away: how many are.
        var fold = Markup("")
    }

    private static let sheetLimit = 12
    /// Answers and renderings of a sheet that are not folded away.
    private static let (shownAnswers, shownRenderings) = (8, 2)

    /// Nil without answers.
    init?(_ records: [AnswersRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        let shown = records.prefix(Self.sheetLimit)
        var (allowed, used) = (0, 0)
        sheets = shown.map { record in
            // Each sheet has its share of the room, and what those before it left.
            allowed += TextPairSection.room / shown.count
            return Self.sheet(record, allowed: allowed, used: &used, in: run)
        }
        omitted = TextPairSection.omission(records.count - sheets.count)
    }

    private static func sheet(_ record: AnswersRecord, allowed: Int, used: inout Int, in run: RunRecord) -> Sheet {
        let text = AnswersText(record, in: run)
        var answers: [Answer] = []
        var renderings: [Rendering] = []
        for notable in AnswersText.sorted(record.notable) {
            let isFirst = answers.isEmpty && renderings.isEmpty
            if text.areRenderings {
                let rendering = rendering(notable)
                used += [rendering.prompt, rendering.parent, rendering.candidate].reduce(0) {
                    $0 + $1.renderText.utf8.count
                }
                guard used <= allowed || isFirst else { break }
                renderings.append(rendering)
            } else {
                let answer = answer(notable)
                used += [answer.prompt, answer.note, answer.expected, answer.answer, answer.reason]
                    .reduce(0) { $0 + $1.renderText.utf8.count }
                guard used <= allowed || isFirst else { break }
                answers.append(answer)
            }
        }
        let answerFold = Folding.label(of: answers.count, after: shownAnswers)
        if let answerFold { answers[shownAnswers].fold = answerFold }
        let renderingFold = Folding.label(of: renderings.count, after: shownRenderings)
        if let renderingFold { renderings[shownRenderings].fold = renderingFold }
        return Sheet(
            heading: Markup(text.heading, limit: 300), summary: Markup(text.sentences), answers: answers,
            renderings: renderings, isFolded: answerFold != nil || renderingFold != nil,
            omitted: TextPairSection.omission(record.notable.count - answers.count - renderings.count))
    }

    private static func answer(_ notable: AnswersRecord.Notable) -> Answer {
        let (status, word) = AnswersText.outcome(notable)
        let notes = [
            Format.excerpt(notable.id, limit: 60), notable.expected.map { "expected \(Format.excerpt($0, limit: 60))" },
            "answered \(Format.excerpt(notable.answer, limit: 60))",
        ]
        return Answer(
            status: Markup(status.rawValue), word: Markup(word),
            prompt: Markup(VisibleToken.context(notable.prompt), limit: 600),
            note: Markup(notes.compactMap { $0 }.joined(separator: "; "), limit: 400),
            expected: Markup(prose: notable.expected ?? "", limit: 600),
            answer: Markup(prose: notable.answer.isEmpty ? "\u{27E8}nothing\u{27E9}" : notable.answer, limit: 2000),
            reason: Markup(notable.reason ?? "", limit: 400))
    }

    private static func rendering(_ notable: AnswersRecord.Notable) -> Rendering {
        let expected = notable.expected ?? ""
        let texts = MarkedTexts(expected, notable.answer, reach: .difference)
        return Rendering(
            name: Markup(notable.id, limit: 100),
            word: Markup(expected == notable.answer ? "Same text, other tokens" : "Different"),
            prompt: Markup(prose: notable.prompt, limit: 400), parent: texts.first, candidate: texts.second)
    }
}
