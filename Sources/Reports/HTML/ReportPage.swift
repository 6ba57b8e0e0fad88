import Foundation
import LabCore

/// What the template shows.
///
/// Property names are the template's tags.
struct ReportPage {
    let home: Markup
    let title: Markup
    let status: Markup
    let word: Markup
    let sentence: Markup
    let suite: Markup
    let started: Markup
    let startedISO: Markup
    let gauge: Markup
    let regression: [RegressionSection]
    let failures: [FailureBlock]
    let hasFailures: Bool
    let gates: [GateRow]
    let hasGates: Bool
    let rows: [MeasurementRow]
    let hasRows: Bool
    let charts: [Chart]
    let hasCharts: Bool
    let fidelity: [FidelitySection]
    let hasFidelity: Bool
    let trends: [TrendSection]
    let hasTrends: Bool
    let answers: [AnswersSection]
    let texts: [TextPairSection]
    let languages: [LanguageSection]
    let thoughts: [ThoughtSection]
    let throughput: [ThroughputSection]
    let consistency: [ConsistencySection]
    let artifacts: [ArtifactRow]
    let hasArtifacts: Bool
    let maps: [TensorMapSection]
    let hasMaps: Bool
    let datasets: [DatasetRow]
    let hasDatasets: Bool
    let facts: [Fact]
    let suiteDigest: DigestRow
    let libraries: [DigestRow]
    let hasLibraries: Bool
    let command: Markup
    let runID: Markup

    struct MeasurementRow {
        let metric: Markup
        let place: Markup
        let artifact: Markup
        let value: Markup
        let interval: Markup
        let limit: Markup
        let status: Markup
        let word: Markup
        let reason: Markup
        let isCached: Bool
    }

    struct FailureBlock {
        let name: Markup
        let status: Markup
        let word: Markup
        let sentence: Markup
        let strip: Markup
        let evidence: [Evidence]

        struct Evidence {
            let line: Markup
        }

        init(_ text: FailureText, in run: RunRecord) {
            name = Markup(text.name, limit: 300)
            status = Markup(text.verdict.status.rawValue)
            word = Markup(Headline.word(text.verdict.status))
            sentence = Markup(text.sentence)
            strip = Markup(html: Gauge(text.verdict, in: run, interval: text.interval)?.strip ?? "")
            evidence = text.evidence.map { Evidence(line: Markup($0)) }
        }
    }

    struct Chart {
        let heading: Markup
        let summary: Markup
        let wide: Markup
        let narrow: Markup
        /// What the colours of lines mean.
        let lines: [Line]

        init(_ chart: BarChart, summary: String, id: String) {
            heading = Markup(chart.heading)
            self.summary = Markup(summary)
            wide = Markup(html: chart.svg(width: 720, height: 300, id: "\(id)w", hasTooltips: true))
            narrow = Markup(html: chart.svg(width: 340, height: 260, id: "\(id)n", hasTooltips: false))
            lines = []
        }

        init(_ chart: SpeedChart, id: String) {
            heading = Markup(chart.heading)
            summary = Markup(chart.summary)
            wide = Markup(html: chart.svg(width: 720, height: 280, id: "\(id)w"))
            narrow = Markup(html: chart.svg(width: 340, height: 250, id: "\(id)n"))
            lines = chart.lines.enumerated().map {
                Line(swatch: Markup(html: "swatch\($0)"), name: Markup($1.name, limit: 200))
            }
        }

        struct Line {
            let swatch: Markup
            let name: Markup
        }
    }

    struct ArtifactRow {
        let name: Markup
        let role: Markup
        let model: Markup
        let size: Markup
        let share: Markup
        let bitsPerWeight: Markup
        let path: Markup
        let digest: DigestRow
        let source: [DigestRow]
        let calibration: Markup
        let matrix: [DigestRow]
    }

    struct DatasetRow {
        let name: Markup
        let chunks: Markup
        let digest: DigestRow
    }

    struct DigestRow {
        let name: Markup
        let short: Markup
        let full: Markup

        init(_ digest: Digest, name: String = "") {
            self.name = Markup(name)
            short = Markup(digest.short)
            full = Markup(digest.hex)
        }
    }

    struct Fact {
        let term: Markup
        let value: Markup
    }

    init(_ run: RunRecord, trends: [Trend], home: String?) {
        self.home = Markup(home ?? "")
        let headline = Headline(run)
        title = Markup("\(headline.word): \(run.suite.name), \(Format.moment(run.startedAt))")
        status = Markup(run.verdict.rawValue)
        word = Markup(headline.word)
        sentence = Markup(headline.sentence)
        suite = Markup(run.suite.name)
        started = Markup(Format.moment(run.startedAt))
        startedISO = Markup(run.startedAt.formatted(.iso8601))
        gauge = Markup(html: Gauge(headline.verdict, in: run)?.html ?? "")
        regression = run.regression.map { [RegressionSection($0, in: run)] } ?? []
        hasGates = run.hasEvidence
        gates = hasGates ? run.verdictsByWeight.map { GateRow($0, in: run) } : []
        failures = FailureText.all(run).map { FailureBlock($0, in: run) }
        hasFailures = !failures.isEmpty
        let records = run.fidelity ?? []
        let measured = run.measurements.filter { value in
            !records.contains { run.isMeasured(value, for: $0) } && !run.isSpeed(value)
        }
        let unmeasured = hasGates ? [] : run.unmeasuredVerdicts
        rows = measured.map { Self.row($0, in: run) } + unmeasured.map { Self.row($0, in: run) }
        hasRows = !rows.isEmpty
        charts = run.differenceSeries.enumerated().compactMap { index, series in
            PairedChart(series, in: run).map { Chart($0.chart, summary: $0.summary, id: "chart\(index)") }
        }
        hasCharts = !charts.isEmpty
        fidelity = records.enumerated().map { FidelitySection($1, id: "kl\($0)", in: run) }
        hasFidelity = !fidelity.isEmpty
        self.trends = TrendSection.all(trends)
        hasTrends = !self.trends.isEmpty
        answers = [AnswersSection(run.answers ?? [], in: run)].compactMap { $0 }
        texts = [TextPairSection(run.texts ?? [], in: run)].compactMap { $0 }
        languages = [LanguageSection(run.languages ?? [], in: run)].compactMap { $0 }
        thoughts = [ThoughtSection(run.thoughts ?? [], in: run)].compactMap { $0 }
        throughput = [ThroughputSection(run)].compactMap { $0 }
        consistency = [ConsistencySection(run)].compactMap { $0 }
        maps = run.artifacts.enumerated().compactMap { TensorMapSection($1, id: "map\($0)", in: run) }
        hasMaps = !maps.isEmpty
        artifacts = run.artifacts.map { Self.row($0, in: run) }
        hasArtifacts = !artifacts.isEmpty
        datasets = run.datasets.map { dataset in
            DatasetRow(
                name: Markup(dataset.name),
                chunks: Markup(
                    dataset.chunks == dataset.chunksAvailable
                        ? "all \(Format.count(dataset.chunks, dataset.part ?? "chunk"))"
                        : "\(dataset.chunks) of \(Format.count(dataset.chunksAvailable, dataset.part ?? "chunk"))"),
                digest: DigestRow(dataset.sha256))
        }
        hasDatasets = !datasets.isEmpty
        facts = Self.facts(run)
        suiteDigest = DigestRow(run.suite.sha256)
        libraries = (run.engine?.libraries ?? [:]).sorted { $0.key < $1.key }.map { DigestRow($0.value, name: $0.key) }
        hasLibraries = !libraries.isEmpty
        command = Markup(run.command, limit: VisibleText.usualLimit)
        runID = Markup(run.id)
    }

    private static func row(_ measurement: LabCore.Measurement, in run: RunRecord) -> MeasurementRow {
        let verdict = run.verdict(on: measurement)
        return MeasurementRow(
            metric: Markup(capitalized(Format.words(measurement.metric))),
            place: Markup("\(measurement.evaluation) on \(measurement.backend), \(Format.sample(measurement))"),
            artifact: Markup(run.label(of: measurement.artifact)),
            value: Markup(
                Format.value(
                    measurement.value, of: measurement.metric, unit: measurement.unit,
                    limit: verdict?.threshold?.limit)),
            interval: Markup(measurement.interval.map { Format.interval($0, unit: measurement.unit) } ?? ""),
            limit: Markup(verdict?.threshold.map(Format.limit) ?? ""),
            status: Markup(verdict?.status.rawValue ?? ""),
            word: Markup(verdict.map { Headline.word($0.status) } ?? ""),
            reason: Markup(verdict.map { $0.status == .pass ? "" : $0.reason } ?? ""),
            isCached: measurement.cached)
    }

    private static func row(_ verdict: Verdict, in run: RunRecord) -> MeasurementRow {
        MeasurementRow(
            metric: Markup(capitalized(Format.words(verdict.metric ?? verdict.evaluation))),
            place: Markup("\(verdict.evaluation) on \(verdict.backend)"),
            artifact: Markup(verdict.artifact.map { run.label(of: $0) } ?? ""),
            value: Markup(Format.value(of: verdict) ?? ""),
            interval: Markup(""),
            limit: Markup(verdict.threshold.map(Format.limit) ?? ""),
            status: Markup(verdict.status.rawValue),
            word: Markup(Headline.word(verdict.status)),
            reason: Markup(verdict.reason),
            isCached: false)
    }

    private static func row(_ artifact: ArtifactRecord, in run: RunRecord) -> ArtifactRow {
        var share = ""
        if artifact.role == .candidate, let parent = run.parent, parent.bytes > 0 {
            let percent = 100 * Double(artifact.bytes) / Double(parent.bytes)
            share = "\(Format.fixed(percent, 0))\(Format.percentSign) of its parent"
        }
        return ArtifactRow(
            name: Markup(run.label(of: artifact.path)),
            role: Markup(artifact.role.rawValue),
            model: Markup("\(artifact.model), \(artifact.format.uppercased())"),
            size: Markup(Format.bytes(artifact.bytes)),
            share: Markup(share),
            bitsPerWeight: Markup(Format.fixed(artifact.bitsPerWeight, 2)),
            path: Markup(artifact.path),
            digest: DigestRow(artifact.sha256),
            source: artifact.source.map { [DigestRow($0)] } ?? [],
            calibration: Markup(artifact.calibration.map(Format.calibration) ?? ""),
            matrix: artifact.calibration.map { [DigestRow($0.sha256)] } ?? [])
    }

    private static func facts(_ run: RunRecord) -> [Fact] {
        let machine = run.machine
        var facts: [(String, String)] = [
            ("Took", Format.duration(seconds: run.durationSeconds)),
            ("From history", Format.reuse(run.reuse)),
            ("Not reused", (run.reuse.changes ?? []).joined(separator: "; ")),
            ("Lab", run.lab ?? ""),
            (
                "Commit",
                [run.origin?.commit, run.origin?.branch.map { "on \($0)" }].compactMap { $0 }.joined(separator: " ")
            ),
            ("Engine", run.engine.map(Format.engine) ?? "none ran"),
            ("Processor", "\(machine.processor), \(Format.count(machine.threads, "thread"))"),
            ("Device class", machine.device),
            ("Memory", Format.bytes(machine.memoryBytes)),
            ("System", machine.system),
        ]
        facts = facts.filter { !$0.1.isEmpty }
        return facts.map { Fact(term: Markup($0.0), value: Markup($0.1)) }
    }

    static func capitalized(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}
