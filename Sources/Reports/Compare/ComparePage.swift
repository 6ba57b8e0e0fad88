import Foundation
public import LabCore

/// Two runs side by side as one self-contained page, without scripts or anything to load.
public enum ComparePage {
    /// Renders a comparison; the same text for the same runs.
    ///
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ comparison: RunComparison) throws -> String {
        try comparison.run.requireFinite()
        try comparison.reference.requireFinite()
        do {
            return try PageTemplates.render(Page(comparison), with: .compare)
        } catch {
            throw ReportError.rendering(run: comparison.run.id, report: "comparison", cause: "\(error)")
        }
    }

    /// What the template shows. Property names are its tags.
    private struct Page {
        let title: Markup
        let heading: Markup
        let summary: Markup
        let runs: [RunRow]
        let rows: [Row]
        let hasRows: Bool
        let charts: [ReportPage.Chart]
        let hasCharts: Bool
        let command: Markup

        init(_ comparison: RunComparison) {
            let text = CompareText(comparison)
            let (a, b) = (comparison.reference, comparison.run)
            let names = [a, b].map(CompareText.candidates(of:))
            title = Markup("\(names[1]) beside \(names[0])")
            heading = Markup(names[0] == names[1] ? "\(names[0]), then and now" : "\(names[1]) beside \(names[0])")
            summary = Markup(text.sentence)
            runs = [RunRow("A", a), RunRow("B", b)]
            rows = zip(comparison.changes, text.rows).map(Row.init)
            hasRows = !rows.isEmpty
            let differing = comparison.changes.filter { $0.chunks.contains { $0.change != 0 } }
            charts = differing.filter { $0.metric == MetricDefinition.perplexity.name }
                .enumerated().map { Page.chart($1, id: "change\($0)") }
            hasCharts = !charts.isEmpty
            command = Markup("./lab compare \(a.id) \(b.id)")
        }

        private static func chart(_ change: MetricChange, id: String) -> ReportPage.Chart {
            let bars = change.chunks.reversed().map {
                BarChart.Bar(chunk: $0.index, value: $0.change, kind: $0.change > 0 ? "worse" : "better")
            }
            let mean = bars.reduce(0) { $0 + $1.value } / Double(bars.count)
            let (worse, better) = (bars.count { $0.value > 0 }, bars.count { $0.value < 0 })
            let summary =
                "B predicts \(worse) of \(Format.count(bars.count, "chunk")) worse than A and \(better) better; the mean "
                + "difference is \(Format.signed(mean, 4)) nats per token."
            let chart = BarChart(
                heading: "\(change.artifact), \(change.evaluation) on \(change.backend)",
                description: "Bar chart of the difference in nats per token for each chunk, sorted. " + summary,
                bars: bars, band: nil,
                lines: [BarChart.Line(kind: "mean", value: mean, label: Format.signed(mean, 4))],
                ends: ("best chunk", "worst chunk"), write: { Format.signed($0, 4) }, writeTick: Format.signed)
            return ReportPage.Chart(chart, summary: summary, id: id)
        }
    }

    private struct RunRow {
        let letter: Markup
        let id: Markup
        let started: Markup
        let status: Markup
        let word: Markup
        let candidate: Markup
        let suite: Markup
        let digest: Markup
        let short: Markup
        let size: Markup
        let engine: Markup
        let device: Markup

        init(_ letter: String, _ run: RunRecord) {
            let candidates = run.artifacts.filter { $0.role == .candidate }
            self.letter = Markup(letter)
            id = Markup(run.id)
            started = Markup(Format.moment(run.startedAt))
            status = Markup(run.verdict.rawValue)
            word = Markup(Headline.word(run.verdict))
            candidate = Markup(CompareText.candidates(of: run))
            suite = Markup(run.suite.name)
            digest = Markup(candidates.map(\.sha256.hex).joined(separator: ", "))
            short = Markup(candidates.map(\.sha256.short).joined(separator: ", "))
            size = Markup(
                candidates.map { "\(Format.bytes($0.bytes)), \(Format.fixed($0.bitsPerWeight, 2)) bits/weight" }
                    .joined(separator: "; "))
            engine = Markup(run.engine.map(Format.engine) ?? "none ran")
            device = Markup(run.machine.device)
        }
    }

    private struct Row {
        let metric: Markup
        let place: Markup
        let unit: Markup
        let reference: Markup
        let value: Markup
        let change: Markup
        let interval: Markup
        let relation: Markup
        let status: Markup
        let basis: Markup
        let worst: Markup

        init(_ of: MetricChange, _ text: CompareText.Row) {
            metric = Markup(ReportPage.capitalized(text.metric))
            place = Markup(text.place)
            unit = Markup(text.unit)
            reference = Markup(text.reference)
            value = Markup(text.value)
            change = Markup(text.change)
            interval = Markup(text.interval)
            relation = Markup(text.relation.rawValue)
            basis = Markup(text.basis)
            let chunks = of.worst.map { String($0.index) }.joined(separator: ", ")
            worst = Markup(
                chunks.isEmpty || of.relation != .worse
                    ? "" : "most in \(of.part ?? "chunk")\(of.worst.count == 1 ? "" : "s") \(chunks)")
            status = Markup(Self.status(of.relation).rawValue)
        }

        private static func status(_ relation: MetricChange.Relation) -> VerdictStatus {
            switch relation {
            case .better: .pass
            case .worse: .fail
            case .same: .skipped
            case .unknown: .inconclusive
            }
        }
    }
}
