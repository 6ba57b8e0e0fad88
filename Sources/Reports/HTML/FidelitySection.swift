import LabCore

/// How far one candidate's predictions are from its parent's, on the page.
///
/// Property names are the template's tags.
struct FidelitySection {
    let heading: Markup
    let positions: Markup
    let candidate: Markup
    let parent: Markup
    let hasFloor: Bool
    let figures: [Figure]
    let facts: [ReportPage.Fact]
    let charts: [ReportPage.Chart]
    let first = Markup("parent")
    let second = Markup("candidate")
    let tokens: [WorstRow]
    let hasWorst: Bool

    struct Figure {
        let metric: Markup
        let note: Markup
        let value: Markup
        let interval: Markup
        let floor: Markup
    }

    struct WorstRow {
        let place: Markup
        let context: Markup
        let token: Markup
        let parentChoice: Markup
        let candidateChoice: Markup
        let kl: Markup
        let parentChance: Markup
        let candidateChance: Markup
    }

    init(_ record: FidelityRecord, id: String, in run: RunRecord) {
        let text = FidelityText(record, in: run)
        heading = Markup(text.heading)
        let measured = run.measurements.filter { run.isMeasured($0, for: record) }
        let sizes = Set(measured.map(\.n))
        let chunks = sizes.count == 1 ? sizes.first.map { " of \(Format.count($0, "chunk"))" } ?? "" : ""
        positions = Markup("\(Format.grouped(record.positions)) positions\(chunks)")
        candidate = Markup(text.candidate)
        parent = Markup(text.parent)
        hasFloor = record.floor != nil
        figures = measured.map { Self.figure($0, record, isAlike: sizes.count == 1, in: run) }
        facts = Self.facts(record, text)
        charts =
            run.divergenceSeries(of: record).flatMap { DivergenceChart($0, record: record, in: run) }
            .map { [ReportPage.Chart($0.chart, summary: $0.summary, id: id)] } ?? []
        tokens = record.worst.map(Self.row)
        hasWorst = !tokens.isEmpty
    }

    private static func figure(
        _ measurement: LabCore.Measurement, _ record: FidelityRecord, isAlike: Bool, in run: RunRecord
    ) -> Figure {
        let floor: String? =
            switch measurement.metric {
            case MetricDefinition.klMean.name: record.floor.map { Format.significant($0.klMeanNats) }
            case MetricDefinition.klMax.name: record.floor.map { Format.significant($0.klMaxNats) }
            case MetricDefinition.topAgreement.name:
                record.floor.map { Format.fixed($0.topAgreementPercent, 2) + Format.percentSign }
            default: nil
            }
        let isNats = measurement.unit == MetricDefinition.klMean.unit
        let limit = run.verdict(on: measurement)?.threshold?.limit
        let value = Format.value(measurement.value, of: measurement.metric, unit: measurement.unit, limit: limit)
        let isWhole = isAlike && (measurement.unscored ?? 0) == 0
        let notes = [isWhole ? nil : Format.sample(measurement), measurement.cached ? "from history" : nil]
        return Figure(
            metric: Markup(ReportPage.capitalized(Format.words(measurement.metric))),
            note: Markup(notes.compactMap { $0 }.joined(separator: ", ")),
            value: Markup(isNats ? Format.significant(measurement.value) : value),
            interval: Markup(measurement.interval.map { Format.interval($0, unit: measurement.unit) } ?? ""),
            floor: Markup(floor ?? ""))
    }

    private static func facts(_ record: FidelityRecord, _ text: FidelityText) -> [ReportPage.Fact] {
        var facts: [(String, String)] = []
        if let origin = text.floorOrigin {
            facts.append(
                ("Noise floor", "\(origin): what the arithmetic alone changes. KL gates act on what lies above it."))
        } else {
            facts.append(("Noise floor", FidelityText.unknownFloor))
        }
        facts.append(("Flips", text.flips))
        facts.append(("Parent\u{2019}s predictions", text.source))
        return facts.map { ReportPage.Fact(term: Markup($0.0), value: Markup($0.1)) }
    }

    static func row(_ worst: FidelityRecord.WorstToken) -> WorstRow {
        let token = worst.token
        return WorstRow(
            place: Markup("chunk \(worst.chunk), token \(token.position)"),
            context: Markup(VisibleToken.context(token.context)),
            token: Markup(VisibleToken.token(token.token)),
            parentChoice: Markup(VisibleToken.token(token.parentChoice)),
            candidateChoice: Markup(VisibleToken.token(token.candidateChoice)),
            kl: Markup(Format.significant(token.klNats)),
            parentChance: Markup(Format.probability(nats: token.parentNats)),
            candidateChance: Markup(Format.probability(nats: token.candidateNats)))
    }
}
