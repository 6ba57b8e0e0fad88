import LabCore

/// How the run compared with its reference, on the page.
///
/// Property names are the template's tags.
struct RegressionSection {
    let heading: Markup
    let rows: [Row]
    let hasRows: Bool
    let look: Markup

    struct Row {
        let metric: Markup
        let place: Markup
        let unit: Markup
        let status: Markup
        let word: Markup
        let reference: Markup
        let value: Markup
        let change: Markup
        /// The change, its interval and what is allowed, on a line.
        let strip: Markup
        let reason: Markup
        let worst: Markup
    }

    init(_ regression: RegressionRecord, in run: RunRecord) {
        let text = RegressionText(regression)
        heading = Markup(ReportPage.capitalized(text.place))
        // Those first that decide against the run.
        let changes = [VerdictStatus.fail, .inconclusive, .pass, .skipped].flatMap { status in
            regression.changes.filter { ($0.status ?? .skipped) == status }
        }
        rows = changes.map { Self.row($0, regression, in: run) } + regression.missing.map(Self.row)
        hasRows = !rows.isEmpty
        look = Markup(text.look(at: run.id))
    }

    private static func row(_ change: MetricChange, _ regression: RegressionRecord, in run: RunRecord) -> Row {
        let status = change.status ?? .skipped
        let text = CompareText.Row(change, withArtifact: true)
        let gauge = Gauge(regression.verdict(of: change, in: run), in: run, interval: change.interval)
        return Row(
            metric: Markup(ReportPage.capitalized(text.metric)), place: Markup(text.place), unit: Markup(text.unit),
            status: Markup(status.rawValue), word: Markup(Headline.word(status)), reference: Markup(text.reference),
            value: Markup(text.value), change: Markup(text.change), strip: Markup(html: gauge?.strip ?? ""),
            reason: Markup(ReportPage.capitalized(change.reason)),
            worst: Markup(status == .fail ? RegressionText.worst(change).map(ReportPage.capitalized) ?? "" : ""))
    }

    private static func row(_ missing: MissingMetric) -> Row {
        let none = Markup("")
        return Row(
            metric: Markup(ReportPage.capitalized(Format.words(missing.metric))),
            place: Markup("\(missing.artifact), \(missing.evaluation) on \(missing.backend)"), unit: none,
            status: Markup(VerdictStatus.skipped.rawValue), word: Markup(Headline.word(.skipped)), reference: none,
            value: none, change: none, strip: none, reason: Markup(ReportPage.capitalized(missing.reason)), worst: none)
    }
}
