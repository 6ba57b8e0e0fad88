import LabCore

/// A gate in the page's table of gates.
///
/// Property names are the template's tags.
struct GateRow {
    let gate: Markup
    let place: Markup
    let status: Markup
    let word: Markup
    let value: Markup
    let unit: Markup
    let limit: Markup
    /// Value, interval and limit on a line.
    let strip: Markup
    let chunks: Markup
    let saved: Markup
    /// The share of the chunks that was measured, as a bar.
    let bar: Markup
    let basis: Markup
    let notes: [Note]

    struct Note {
        let note: Markup
    }

    init(_ verdict: Verdict, in run: RunRecord) {
        let label = verdict.artifact.map { ", \(run.label(of: $0))" } ?? ""
        gate = Markup(
            ReportPage.capitalized(
                Format.words(verdict.metric ?? verdict.evaluation) + Format.place(in: verdict.evaluation)))
        place = Markup("\(verdict.evaluation) on \(verdict.backend)\(label)")
        status = Markup(verdict.status.rawValue)
        word = Markup(Headline.word(verdict.status))
        // "nats per token" is too long to stand behind its number in a table.
        let shown = Format.value(of: verdict) ?? ""
        let unit = verdict.threshold.map { Format.suffix($0.unit) } ?? ""
        let isApart = unit.hasPrefix(" ") && unit.count > 12 && shown.hasSuffix(unit)
        value = Markup(isApart ? String(shown.dropLast(unit.count)) : shown)
        limit = Markup(verdict.threshold.map(Format.limitBesideValue) ?? "")
        self.unit = Markup(isApart ? String(unit.dropFirst()) : "")
        strip = Markup(html: Gauge(verdict, in: run)?.strip ?? "")
        guard let text = GateText(verdict), let evidence = verdict.evidence else {
            (chunks, saved, bar, notes) = (Markup(""), Markup(""), Markup(""), [])
            basis = Markup(verdict.reason)
            return
        }
        chunks = Markup(text.chunks)
        saved = Markup(text.saved.map { "stopped early, \($0)" } ?? "")
        let share = evidence.chunksAvailable > 0 ? Double(evidence.chunksUsed) / Double(evidence.chunksAvailable) : 0
        let width = Format.fixed(min(100, max(0, 100 * share)), 1)
        bar = Markup(
            html: evidence.basis == .exact ? "" : "<i class=\"spent\"><i style=\"width:\(width)%\"></i></i>")
        basis = Markup(ReportPage.capitalized(text.needed ?? text.interval ?? "the corpus\u{2019}s own value"))
        let rest = [text.needed == nil ? nil : text.interval, text.clip, text.effect]
        notes = rest.compactMap { $0 }.map { Note(note: Markup(ReportPage.capitalized($0))) }
    }
}
