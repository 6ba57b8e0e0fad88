import LabCore

/// Texts that models wrote, on the page: as many as there is room for.
///
/// Property names are the template's tags.
struct TextPairSection {
    let summary: Markup
    let pairs: [Pair]
    let omitted: Markup

    struct Pair {
        let place: Markup
        let word: Markup
        let status: Markup
        let prompt: Markup
        let parent: Markup
        let candidate: Markup
    }

    /// Bytes of markup that the texts of one section may take.
    static let room = 150_000

    /// Nil without texts.
    init?(_ records: [TextPairRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        let different = records.filter { !$0.isMatch }
        let same = records.count - different.count
        summary = Markup(
            "\(same) of \(Format.count(records.count, "text")) \(same == 1 ? "is" : "are") the same as the parent\u{2019}s."
                + (different.isEmpty ? "" : " Those that differ come first, marked from where they part."))
        var pairs: [Pair] = []
        var used = 0
        for record in different + records.filter(\.isMatch) {
            let pair = Self.pair(record, in: run)
            used += [pair.prompt, pair.parent, pair.candidate].reduce(0) { $0 + $1.renderText.utf8.count }
            guard used <= Self.room || pairs.isEmpty else { break }
            pairs.append(pair)
        }
        self.pairs = pairs
        omitted = Markup(omission(records.count - pairs.count))
    }

    private static func pair(_ record: TextPairRecord, in run: RunRecord) -> Pair {
        // By code points: a megabyte of characters would take a second.
        let common = zip(record.parent.unicodeScalars, record.candidate.unicodeScalars).prefix { $0 == $1 }.count
        func marked(_ text: String) -> Markup {
            guard !record.isMatch else { return Markup(prose: text, limit: 2000) }
            // Of a long common beginning its end is enough to see where the texts part.
            let scalars = text.unicodeScalars
            let beginning = scalars.prefix(common)
            let shown = common > 600 ? "\u{2026}" + String(beginning.suffix(300)) : String(beginning)
            let rest = Markup(prose: String(scalars.dropFirst(common)), limit: 1500).renderText
            return Markup(
                html: Markup.lines(VisibleText(VisibleToken.context(shown)).escaped)
                    + "<mark>\(rest.isEmpty ? "\u{27E8}ends here\u{27E9}" : rest)</mark>")
        }
        return Pair(
            place: Markup("\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)", limit: 300),
            word: Markup(record.isMatch ? "Same" : "Different"),
            status: Markup(record.isMatch ? "pass" : "inconclusive"),
            prompt: Markup(prose: record.prompt, limit: 800), parent: marked(record.parent),
            candidate: marked(record.candidate))
    }
}

/// Tasks to think about, on the page.
struct ThoughtSection {
    let summary: Markup
    let tasks: [Task]
    let omitted: Markup

    struct Task {
        let place: Markup
        let word: Markup
        let status: Markup
        let task: Markup
        let tokens: Markup
        let text: Markup
    }

    /// Nil without tasks.
    init?(_ records: [ThoughtRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        let unsolved = records.filter { !$0.isSolved }
        summary = Markup(
            "\(records.count - unsolved.count) of \(Format.count(records.count, "task")) solved."
                + (unsolved.isEmpty ? "" : " Those that are not come first."))
        var tasks: [Task] = []
        var used = 0
        for record in unsolved + records.filter(\.isSolved) {
            let task = Task(
                place: Markup(
                    "\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)", limit: 300),
                word: Markup(record.isSolved ? "Solved" : "Not solved"),
                status: Markup(record.isSolved ? "pass" : "fail"),
                task: Markup(VisibleToken.context(record.task), limit: 600),
                tokens: Markup("\(Format.grouped(record.thinkingTokens)) thinking tokens"),
                text: Markup(prose: record.text, limit: 6000))
            used += task.task.renderText.utf8.count + task.text.renderText.utf8.count
            guard used <= TextPairSection.room || tasks.isEmpty else { break }
            tasks.append(task)
        }
        self.tasks = tasks
        omitted = Markup(omission(records.count - tasks.count))
    }
}

/// Right and wrong answers by language, on the page.
struct LanguageSection {
    let rows: [Row]
    let omitted: Markup

    struct Row {
        let language: Markup
        let place: Markup
        let right: Markup
        let wrong: Markup
        let unscored: Markup
        let share: Markup
        let bar: Markup
    }

    private static let rowLimit = 200

    /// Nil without languages.
    init?(_ records: [LanguageRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        rows = records.prefix(Self.rowLimit).map { record in
            let share = record.prompts > 0 ? 100 * Double(record.right) / Double(record.prompts) : 0
            let width = Format.fixed(min(100, max(0, share)), 1)
            let rest = record.prompts - record.right - record.wrong
            return Row(
                language: Markup(record.language, limit: 60),
                place: Markup(
                    "\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)", limit: 300),
                right: Markup("\(record.right) of \(record.prompts)"), wrong: Markup("\(record.wrong)"),
                unscored: Markup(rest > 0 ? "\(rest) without a score" : ""),
                share: Markup(record.prompts > 0 ? Format.fixed(share, 1) + Format.percentSign : ""),
                bar: Markup(
                    html: record.prompts > 0 ? "<i class=\"spent\"><i style=\"width:\(width)%\"></i></i>" : ""))
        }
        omitted = Markup(omission(records.count - rows.count))
    }
}

/// "12 more are in report.json."; empty where nothing was left out.
private func omission(_ count: Int) -> String {
    count > 0 ? "\(Format.grouped(count)) more \(count == 1 ? "is" : "are") in report.json." : ""
}
