import LabCore

/// Texts that models wrote, on the page: as many as there is room for.
///
/// Property names are the template's tags.
struct TextPairSection {
    let summary: Markup
    let pairs: [Pair]
    let isFolded: Bool
    let omitted: Markup

    struct Pair {
        let place: Markup
        let word: Markup
        let status: Markup
        let note: Markup
        let problem: Markup
        let prompt: Markup
        let parent: Markup
        let candidate: Markup
        /// In front of the first pair that is folded away: how many are.
        var fold = Markup("")
    }

    /// Bytes of markup that the texts of one section may take.
    static let room = 150_000
    /// Pairs that are not folded away.
    private static let shown = 6

    /// Nil without texts.
    init?(_ records: [TextPairRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        let same = records.count { $0.isMatch }
        let incoherent = records.count { $0.problem != nil }
        var text =
            "\(same) of \(Format.count(records.count, "text")) \(same == 1 ? "is" : "are") the same as the parent\u{2019}s."
        if same < records.count { text += " Those that differ come first, marked from where they part." }
        if incoherent > 0 {
            text +=
                " \(incoherent) \(incoherent == 1 ? "is" : "are") not coherent and \(incoherent == 1 ? "stands" : "stand") "
            text += "before all others."
        }
        summary = Markup(text)
        var pairs: [Pair] = []
        var used = 0
        for record in Self.sorted(records) {
            let pair = Self.pair(record, in: run)
            used += [pair.prompt, pair.parent, pair.candidate, pair.problem].reduce(0) { $0 + $1.renderText.utf8.count }
            guard used <= Self.room || pairs.isEmpty else { break }
            pairs.append(pair)
        }
        let fold = Folding.label(of: pairs.count, after: Self.shown)
        if let fold { pairs[Self.shown].fold = fold }
        isFolded = fold != nil
        self.pairs = pairs
        omitted = Self.omission(records.count - pairs.count)
    }

    /// Texts that are not coherent first, then those that follow the parent least, then those that are its own.
    static func sorted(_ records: [TextPairRecord]) -> [TextPairRecord] {
        func rank(_ record: TextPairRecord) -> (Int, Double) {
            (record.problem != nil ? 0 : record.isMatch ? 2 : 1, record.agreement ?? 1)
        }
        return records.enumerated().sorted { first, second in
            let (a, b) = (rank(first.element), rank(second.element))
            return a == b ? first.offset < second.offset : a < b
        }.map(\.element)
    }

    private static func pair(_ record: TextPairRecord, in run: RunRecord) -> Pair {
        let texts = MarkedTexts(record.parent, record.candidate, reach: .end)
        return Pair(
            place: Markup("\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)", limit: 300),
            word: Markup(record.isMatch ? "Same" : "Different"),
            status: Markup(record.isMatch ? "pass" : "inconclusive"), note: Markup(note(record)),
            problem: Markup(record.problem ?? "", limit: 300), prompt: Markup(prose: record.prompt, limit: 800),
            parent: texts.first, candidate: texts.second)
    }

    /// "The same for 34 tokens; 82.1 % similar; the parent's choice at 97.1 % of its tokens".
    static func note(_ record: TextPairRecord) -> String {
        var notes: [String] = []
        if !record.isMatch {
            if record.parent == record.candidate { notes.append("the same text in other tokens") }
            if let token = record.firstDivergence {
                notes.append(token == 0 ? "parts at the first token" : "the same for \(Format.count(token, "token"))")
            }
            if let similarity = record.similarity { notes.append("\(Format.share(similarity)) similar") }
        }
        if let agreement = record.agreement {
            notes.append("the parent\u{2019}s choice at \(Format.share(agreement)) of the parent\u{2019}s tokens")
        }
        return ReportPage.capitalized(notes.joined(separator: "; "))
    }

    /// "12 more are in report.json."; empty where nothing was left out.
    static func omission(_ count: Int) -> Markup {
        Markup(count > 0 ? "\(Format.grouped(count)) more \(count == 1 ? "is" : "are") in report.json." : "")
    }
}
