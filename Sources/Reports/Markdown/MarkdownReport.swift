import Foundation
public import LabCore

/// A summary in GitHub's Markdown, for a pull request or the summary of a CI job.
public enum MarkdownReport {
    /// Characters at most: what GitHub takes as a comment.
    public static let limit = 65_536

    /// Renders a run; the same text for the same run, shorter than ``limit``.
    ///
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ run: RunRecord) throws -> String {
        try run.requireFinite()
        let headline = Headline(run)
        var page = MarkdownPage(limit: limit)
        page.add("### \(mark(run.verdict)) \(headline.word): \(MarkdownText(run.suite.name).text)")
        page.add("")
        page.add(MarkdownText(headline.sentence, limit: 1200, startsLine: true).text)
        if let regression = run.regression {
            page.add("")
            for line in GateMarkdown.table(RegressionText(regression)).dropLast() { page.add(line) }
        }
        for flaw in ConsistencyText.flaws(in: run) {
            page.add("")
            page.add(MarkdownText(flaw, limit: 600, startsLine: true).text)
        }
        gates(run, &page)
        failures(run, &page)
        page.add("")
        page.add("<details><summary>Measurements, artifacts and how it was made</summary>")
        page.closing = ["", "</details>"]
        measurements(run, &page)
        speeds(run, &page)
        answers(run, &page)
        languages(run, &page)
        worstTokens(run, &page)
        artifacts(run, &page)
        provenance(run, &page)
        return page.text
    }

    static func mark(_ status: VerdictStatus) -> String {
        switch status {
        case .pass: "\u{2705}"
        case .fail, .infeasible: "\u{274C}"
        case .inconclusive: "\u{2754}"
        case .skipped: "\u{23ED}\u{FE0F}"
        }
    }

    private static func gates(_ run: RunRecord, _ page: inout MarkdownPage) {
        let rows = run.verdictsByWeight.map { verdict in
            let label = verdict.artifact.map { run.label(of: $0) } ?? ""
            return [
                MarkdownText(
                    ReportPage.capitalized(
                        Format.words(verdict.metric ?? verdict.evaluation) + Format.place(in: verdict.evaluation))
                ).text,
                MarkdownText([label, verdict.backend].filter { !$0.isEmpty }.joined(separator: " on ")).text,
                "\(mark(verdict.status)) \(Headline.word(verdict.status).lowercased())",
                MarkdownText(Format.value(of: verdict) ?? "").text,
                MarkdownText(verdict.threshold.map(Format.limit) ?? "").text,
                MarkdownText(GateText(verdict)?.sentence ?? verdict.reason).text,
            ]
        }
        page.table(["Gate", "Of", "Verdict", "Value", "Limit", "Rests on"], right: [3, 4], rows, noun: "gate")
    }

    /// What each failing gate rests on, with the chunks that went wrong most.
    private static func failures(_ run: RunRecord, _ page: inout MarkdownPage) {
        let failures = FailureText.all(run)
        guard !failures.isEmpty else { return }
        page.add("")
        page.add("**What failed**")
        page.add("")
        for failure in failures {
            page.add("- **\(MarkdownText(failure.name).text)**: \(MarkdownText(failure.sentence, limit: 800).text)")
            for evidence in failure.evidence { page.add("  - \(MarkdownText(evidence, limit: 600).text)") }
        }
    }

    private static func measurements(_ run: RunRecord, _ page: inout MarkdownPage) {
        let rows = run.measurements.filter { !run.isSpeed($0) }.map { measurement in
            [
                MarkdownText(Format.words(measurement.metric)).text,
                MarkdownText(run.label(of: measurement.artifact)).text,
                MarkdownText("\(measurement.evaluation) on \(measurement.backend)").text,
                MarkdownText(
                    Format.value(
                        measurement.value, of: measurement.metric, unit: measurement.unit,
                        limit: run.verdict(on: measurement)?.threshold?.limit)
                ).text,
                MarkdownText(measurement.interval.map { Format.interval($0, unit: measurement.unit) } ?? "").text,
                MarkdownText(Format.sample(measurement)).text,
            ]
        }
        page.table(["Metric", "Of", "Evaluation", "Value", "Interval", "On"], right: [3], rows, noun: "measurement")
    }

    /// Speed at each point, what was not run among them, and what it was measured on.
    private static func speeds(_ run: RunRecord, _ page: inout MarkdownPage) {
        let rows = run.orderedThroughput.map { record in
            let text = SpeedText(record, in: run)
            let label = "\(run.label(of: record.artifact)) on \(record.backend), \(text.place)"
            if let reason = record.notRun {
                return [MarkdownText(label).text, "", "", "", "", "", MarkdownText("not run: \(reason)").text]
            }
            return [
                MarkdownText(label).text, MarkdownText(SpeedText.median(record.prefill)).text,
                MarkdownText(SpeedText.median(record.decode)).text,
                MarkdownText(SpeedText.median(record.firstTokenMilliseconds)).text,
                MarkdownText(record.latency.map { Format.significant($0.p50, 3) } ?? "").text,
                MarkdownText(record.latency.map { Format.significant($0.p99, 3) } ?? "").text,
                MarkdownText(SpeedText.share(record.decodeRoofline)).text,
            ]
        }
        page.table(
            [
                "Speed", "Prefill, tokens/s", "Decode, tokens/s", "First token, ms", "Between tokens, ms", "p99, ms",
                "Decode, of the roofline",
            ], right: [1, 2, 3, 4, 5], rows, noun: "point")
        for setup in run.speedSetups ?? [] {
            page.add("")
            for (term, value) in SpeedSetupText(setup).facts {
                page.add("- \(term): \(MarkdownText(value, limit: 600).text)")
            }
        }
    }

    /// How prompts with a right answer were answered, by evaluation and mode.
    private static func answers(_ run: RunRecord, _ page: inout MarkdownPage) {
        let sheets = (run.answers ?? []).filter { !AnswersText($0, in: run).areRenderings }
        page.table(
            ["Answers", "Right", "Parent right", "Only the parent", "Only the candidate", "McNemar"],
            right: [1, 2, 3, 4], sheets.map { row($0, in: run) }, noun: "row")
    }

    private static func row(_ record: AnswersRecord, in run: RunRecord) -> [String] {
        func count(_ count: Int?) -> String { count.map(String.init) ?? "" }
        return [
            MarkdownText(AnswersText(record, in: run).heading).text, "\(record.right) of \(record.prompts)",
            count(record.parentRight), count(record.flips?.onlyParentRight), count(record.flips?.onlyCandidateRight),
            MarkdownText(record.flips?.mcNemarText ?? "").text,
        ]
    }

    private static func languages(_ run: RunRecord, _ page: inout MarkdownPage) {
        page.table(
            ["Language", "Of", "Right", "Parent right", "In the language asked", "Loss, nats", "Excess over English"],
            right: [2, 3, 4, 5], (run.languages ?? []).map { row($0, in: run) }, noun: "language")
    }

    private static func row(_ record: LanguageRecord, in run: RunRecord) -> [String] {
        let text = LanguageText(record)
        let interval = text.interval.map { " (\($0))" } ?? ""
        return [
            MarkdownText(record.language, limit: 60).text,
            MarkdownText("\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)").text,
            "\(record.right) of \(record.prompts)", record.parentRight.map(String.init) ?? "",
            MarkdownText(text.told ?? "").text, MarkdownText(text.loss ?? "").text,
            MarkdownText((text.excess ?? "") + interval).text,
        ]
    }

    private static func worstTokens(_ run: RunRecord, _ page: inout MarkdownPage) {
        for record in run.fidelity ?? [] where !record.worst.isEmpty {
            let text = FidelityText(record, in: run)
            let rows = record.worst.prefix(5).map { worst in
                let token = worst.token
                return [
                    "\u{2026}" + MarkdownText(VisibleToken.context(token.context)).text
                        + " **\(MarkdownText(VisibleToken.token(token.token), limit: 60).text)**",
                    MarkdownText(VisibleToken.token(token.parentChoice), limit: 60).text,
                    MarkdownText(VisibleToken.token(token.candidateChoice), limit: 60).text,
                    MarkdownText(Format.significant(token.klNats)).text,
                ]
            }
            page.table(
                [
                    "Where they differ most", "\(MarkdownText(text.parent, limit: 60).text) expects",
                    "\(MarkdownText(text.candidate, limit: 60).text) expects", "KL, nats",
                ], right: [3], rows, noun: "token")
        }
    }

    private static func artifacts(_ run: RunRecord, _ page: inout MarkdownPage) {
        let rows = run.artifacts.map { artifact in
            [
                MarkdownText("\(artifact.model) \(run.label(of: artifact.path))").text, artifact.role.rawValue,
                MarkdownText(Format.bytes(artifact.bytes)).text, Format.fixed(artifact.bitsPerWeight, 2),
                MarkdownText.code(artifact.sha256.hex),
            ]
        }
        page.table(["Artifact", "Role", "Size", "Bits per weight", "SHA-256"], right: [2, 3], rows, noun: "artifact")
    }

    private static func provenance(_ run: RunRecord, _ page: inout MarkdownPage) {
        page.add("")
        for dataset in run.datasets.prefix(20) {
            page.add("- Data: \(MarkdownText(dataset.name).text), \(MarkdownText.code(dataset.sha256.hex))")
        }
        if let engine = run.engine { page.add("- Engine: \(MarkdownText(Format.engine(engine)).text)") }
        let machine = run.machine
        page.add(
            "- Machine: \(MarkdownText("\(machine.processor), \(Format.count(machine.threads, "thread"))").text), "
                + MarkdownText(machine.system).text)
        page.add(
            "- Took \(Format.duration(seconds: run.durationSeconds)); \(MarkdownText(Format.reuse(run.reuse)).text)")
        page.add("- Run \(MarkdownText.code(run.id)), \(Format.moment(run.startedAt))")
        page.add("")
        page.add(MarkdownText.block(run.command))
    }
}

/// Lines of Markdown, as many as there is room for.
struct MarkdownPage {
    private var lines: [String] = []
    private var used = 0
    private var isFull = false
    private let limit: Int
    /// What ends the page, whatever is left out before.
    var closing: [String] = []
    private static let note = "_The rest is in report.json._"

    init(limit: Int) {
        // Room for what ends the page. Characters are counted as UTF-16 does, the most that anyone could mean.
        self.limit = limit - 1000
    }

    /// Adds a line where there is room; after the first without room, none.
    mutating func add(_ line: String) {
        let size = line.utf16.count + 1
        guard !isFull, used + size <= limit else {
            isFull = true
            return
        }
        lines.append(line)
        used += size
    }

    /// Adds a table of cells that are Markdown already; rows without room are counted.
    mutating func table(_ header: [String], right: Set<Int>, _ rows: [[String]], noun: String) {
        guard !rows.isEmpty else { return }
        add("")
        add("| " + header.joined(separator: " | ") + " |")
        add("|" + header.indices.map { right.contains($0) ? "--:" : "---" }.joined(separator: "|") + "|")
        // No table takes more than a third of the page, so that none is crowded out.
        let share = used + limit / 3
        var shown = 0
        for row in rows {
            let line = "| " + row.joined(separator: " | ") + " |"
            guard used + line.utf16.count < share else { break }
            add(line)
            shown += 1
        }
        guard shown < rows.count else { return }
        add("")
        add("_\(Format.count(rows.count - shown, noun)) more in report.json._")
    }

    var text: String {
        (lines + (isFull ? ["", Self.note] : []) + closing).joined(separator: "\n") + "\n"
    }
}
