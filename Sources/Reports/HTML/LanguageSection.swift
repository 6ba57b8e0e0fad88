import LabCore

/// Right and wrong answers by language, on the page.
///
/// Property names are the template's tags.
struct LanguageSection {
    let summary: Markup
    let rows: [Row]
    let hasParent: Bool
    let hasTold: Bool
    let hasLoss: Bool
    let omitted: Markup

    struct Row {
        let language: Markup
        /// What was measured on which backend; empty where it is the same for all rows.
        let place: Markup
        let right: Markup
        let rightNote: Markup
        let bar: Markup
        let parent: Markup
        /// Answers in the language asked, of those whose language can be told.
        let told: Markup
        let toldNote: Markup
        let loss: Markup
        let excess: Markup
        let interval: Markup
        let strip: Markup
    }

    private static let rowLimit = 200

    /// Nil without languages.
    init?(_ records: [LanguageRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        let shown = Array(records.prefix(Self.rowLimit))
        hasParent = shown.contains { $0.parentRight != nil }
        hasTold = shown.contains { $0.inLanguage != nil }
        hasLoss = shown.contains { $0.lossNats != nil || $0.excessNats != nil }
        let places = Set(shown.map { Self.place(of: $0, in: run) })
        let isOnePlace = places.count == 1
        let meaning =
            "The loss is what the right answers lost in likelihood against the parent, in nats per token; the excess is "
            + "how much more that is than in English."
        let sentences = [isOnePlace ? places.first.map { "\($0)." } : nil, hasLoss ? meaning : nil]
        summary = Markup(sentences.compactMap { $0 }.joined(separator: " "))
        let scale = ExcessScale(shown, limit: Self.limit(in: run))
        rows = shown.map { Self.row($0, place: isOnePlace ? "" : Self.place(of: $0, in: run), scale: scale, in: run) }
        omitted = TextPairSection.omission(records.count - rows.count)
    }

    /// The limit that gates set to the excess; nil without one, or where they differ.
    private static func limit(in run: RunRecord) -> Double? {
        let limits = Set(
            run.verdicts.filter { $0.metric == MetricDefinition.languageDegradation.name }.compactMap(
                \.threshold?.limit))
        return limits.count == 1 ? limits.first : nil
    }

    private static func place(of record: LanguageRecord, in run: RunRecord) -> String {
        "\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)"
    }

    private static func row(
        _ record: LanguageRecord, place: String, scale: ExcessScale?, in run: RunRecord
    ) -> Row {
        let share = record.prompts > 0 ? 100 * Double(record.right) / Double(record.prompts) : 0
        let width = Format.fixed(min(100, max(0, share)), 1)
        let unscored = record.prompts - record.right - record.wrong
        let notes = [
            record.prompts > 0 ? Format.fixed(share, 1) + Format.percentSign : nil,
            record.wrong > 0 ? "\(record.wrong) wrong" : nil, unscored > 0 ? "\(unscored) without a score" : nil,
        ]
        let text = LanguageText(record)
        return Row(
            language: Markup(record.language, limit: 60),
            place: Markup(place, limit: 300),
            right: Markup("\(record.right) of \(record.prompts)"),
            rightNote: Markup(notes.compactMap { $0 }.joined(separator: ", ")),
            bar: Markup(html: record.prompts > 0 ? "<i class=\"spent\"><i style=\"width:\(width)%\"></i></i>" : ""),
            parent: Markup(record.parentRight.map { "\($0) of \(record.prompts)" } ?? ""),
            told: Markup(text.told ?? ""), toldNote: Markup(text.toldNote),
            loss: Markup(text.loss ?? ""), excess: Markup(text.excess ?? ""), interval: Markup(text.interval ?? ""),
            strip: Markup(html: scale?.strip(record) ?? ""))
    }
}

/// The line that the languages' excess losses are drawn on, the same for all.
private struct ExcessScale {
    private let low: Double
    private let high: Double
    private let limit: Double?

    /// Nil where there is nothing to draw, or no room between the marks.
    init?(_ records: [LanguageRecord], limit: Double?) {
        let marks = records.flatMap { record in
            [record.excessNats, record.excessInterval?.low, record.excessInterval?.high].compactMap { $0 }
        }
        let reach = marks.reduce(0) { max($0, abs($1)) }
        // A limit far outside the data would flatten it.
        self.limit = limit.flatMap { abs($0) <= 4 * reach ? $0 : nil }
        let all = marks + [0] + [self.limit].compactMap { $0 }
        guard !marks.isEmpty, let smallest = all.min(), let largest = all.max(), largest > smallest else { return nil }
        let margin = 0.06 * (largest - smallest)
        (low, high) = (smallest - margin, largest + margin)
    }

    /// Empty for a language without an excess, such as English itself.
    func strip(_ record: LanguageRecord) -> String {
        guard let excess = record.excessNats else { return "" }
        let status = limit.map { excess < $0 ? "pass" : "fail" } ?? "skipped"
        var parts: [String] = []
        if let limit { parts.append(span("zone", from: low, to: limit)) }
        if let interval = record.excessInterval { parts.append(span("band", from: interval.low, to: interval.high)) }
        parts.append(mark("zero", at: 0))
        if let limit { parts.append(mark("limit", at: limit)) }
        parts.append(mark("value", at: excess))
        let text = LanguageText(record)
        let label = [text.excess, text.interval, limit.map { "limit \(Format.plain($0))" }].compactMap { $0 }
        return """
            <div class="strip \(status)" role="img" aria-label="\(VisibleText(label.joined(separator: ", ")).escaped)">\
            \(parts.joined())</div>
            """
    }

    private func span(_ name: String, from start: Double, to end: Double) -> String {
        let left = max(0, percent(start))
        return #"<i class="\#(name)" style="left:\#(text(left))%;width:\#(text(max(0, percent(end) - left)))%"></i>"#
    }

    private func mark(_ name: String, at position: Double) -> String {
        #"<i class="\#(name)" style="left:\#(text(percent(position)))%"></i>"#
    }

    private func percent(_ position: Double) -> Double { min(100, max(0, 100 * (position - low) / (high - low))) }

    private func text(_ percent: Double) -> String { Format.fixed(percent, 2) }
}
