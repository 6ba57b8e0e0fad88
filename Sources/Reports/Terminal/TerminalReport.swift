import Foundation
public import LabCore

/// A compact table for the terminal: the verdict, what was measured and judged, the artifacts, what was reused.
public enum TerminalReport {
    /// Renders a run, without a line break at the end.
    ///
    /// - Parameter width: columns of the terminal; sentences are wrapped to it, tables lose their optional columns.
    /// - Parameter color: whether to colour the verdicts with ANSI sequences.
    public static func render(_ run: RunRecord, width: Int = 80, color: Bool = false) -> String {
        let terminal = TerminalText(width: max(width, 40), hasColor: color)
        let headline = Headline(run)
        let word = headline.word.uppercased()
        var lines = terminal.wrap("\(word)  \(VisibleText(headline.sentence).text)", indent: 2)
        lines[0] = terminal.paint(word, run.verdict) + lines[0].dropFirst(word.count)
        lines += regression(run, terminal)
        lines += measurements(run, terminal)
        lines += TerminalSpeed.lines(run, terminal)
        for flaw in ConsistencyText.flaws(in: run) {
            lines += [""] + terminal.wrap(VisibleText(flaw).text, indent: 2)
        }
        lines += gates(run, terminal, headline)
        if !run.artifacts.isEmpty {
            lines.append("")
            lines += artifactTable(run, width: terminal.width)
            for artifact in run.artifacts {
                guard let calibration = artifact.calibration else { continue }
                let text = "  \(run.label(of: artifact.path)): \(Format.calibration(calibration)), "
                lines += terminal.wrap(VisibleText(text + calibration.sha256.short).text, indent: 4)
            }
        }
        lines.append("")
        let took = Format.duration(seconds: run.durationSeconds)
        lines += terminal.wrap("\(Format.reuse(run.reuse)); took \(took)", indent: 2)
        for change in run.reuse.changes ?? [] {
            lines += terminal.wrap("not reused: \(VisibleText(change).text)", indent: 2)
        }
        lines.append("run \(VisibleText(run.id).text)")
        return lines.joined(separator: "\n").replacingOccurrences(of: "\u{A0}", with: " ")
    }

    /// How the run compared with its reference.
    private static func regression(_ run: RunRecord, _ terminal: TerminalText) -> [String] {
        guard let regression = run.regression else { return [] }
        let text = RegressionText(regression)
        return ["", VisibleText(text.place).text]
            + text.lines.flatMap { terminal.judged($0.status, "\($0.subject): \($0.finding)") }
            + (regression.changes.isEmpty ? ["  nothing that both runs measured is judged"] : [])
    }

    /// A table for each evaluation and backend, under its name where there are several; then what is known of fidelity.
    private static func measurements(_ run: RunRecord, _ terminal: TerminalText) -> [String] {
        var places: [String] = []
        var groups: [String: [LabCore.Measurement]] = [:]
        for measurement in run.measurements where !run.isSpeed(measurement) {
            let place = "\(measurement.evaluation) on \(measurement.backend)"
            if groups[place] == nil { places.append(place) }
            groups[place, default: []].append(measurement)
        }
        var lines: [String] = []
        for place in places {
            let group = groups[place] ?? []
            lines.append("")
            if places.count > 1 { lines.append(VisibleText(place).text) }
            lines += table(group, in: run, terminal)
            lines += unscored(group, in: run, terminal)
            for record in run.fidelity ?? [] where group.contains(where: { run.isMeasured($0, for: record) }) {
                lines += TerminalFidelity.lines(record, in: run, terminal)
            }
            lines += TerminalAnswers.lines(of: group, in: run, terminal)
        }
        return lines
    }

    /// Units too long to stand behind a number in a table, and what stands in a column of its own for them.
    private static let longUnits = [" nats per token": "nats/token", " percentage points": "points"]

    private static func table(
        _ measurements: [LabCore.Measurement], in run: RunRecord, _ terminal: TerminalText
    ) -> [String] {
        var rows: [[String]] = []
        var statuses: [VerdictStatus?] = []
        for measurement in measurements {
            let verdict = run.verdict(on: measurement)
            // A gate that says what it rests on has a sentence of its own, with its limit.
            let judged = verdict?.evidence == nil ? verdict : nil
            let shown = Format.value(
                measurement.value, of: measurement.metric, unit: measurement.unit, limit: verdict?.threshold?.limit)
            let unit = longUnits.first { shown.hasSuffix($0.key) }
            rows.append([
                run.label(of: measurement.artifact), Format.words(measurement.metric),
                unit.map { String(shown.dropLast($0.key.count)) } ?? shown, unit?.value ?? "",
                measurement.interval.map { Format.interval($0, unit: measurement.unit) } ?? "n = \(measurement.n)",
                judged?.threshold.map(Format.limit) ?? "", judged?.status.rawValue ?? "",
            ])
            statuses.append(judged?.status)
        }
        var table = TerminalTable(rows: rows, alignment: [.left, .left, .right, .left, .left, .left, .left])
        // The interval goes first, then the limit, then the unit.
        for column in [4, 4, 3] where table.width > terminal.width { table = table.dropping(column: column) }
        return zip(table.lines, statuses).map { line, status in
            guard let status, line.hasSuffix(status.rawValue) else { return line }
            return String(line.dropLast(status.rawValue.count)) + terminal.paint(status.rawValue, status)
        }
    }

    /// Where samples have no score: a line for each artifact.
    private static func unscored(
        _ measurements: [LabCore.Measurement], in run: RunRecord, _ terminal: TerminalText
    ) -> [String] {
        var most: [String: Int] = [:]
        for measurement in measurements {
            most[measurement.artifact] = max(most[measurement.artifact] ?? 0, measurement.unscored ?? 0)
        }
        return most.filter { $0.value > 0 }.sorted { $0.key < $1.key }.flatMap { artifact, count in
            let text = "  \(run.label(of: artifact)): \(Format.count(count, "sample")) without a score"
            return terminal.wrap(VisibleText(text).text, indent: 4)
        }
    }

    /// A sentence for each gate that says what it rests on, and for each that no measured value stands beside.
    private static func gates(_ run: RunRecord, _ terminal: TerminalText, _ headline: Headline) -> [String] {
        guard run.hasEvidence else {
            return run.unmeasuredVerdicts.filter { $0 != headline.verdict || run.verdicts.count > 1 }.flatMap {
                verdict in
                [""] + terminal.judged(verdict.status, "\(verdict.evaluation) on \(verdict.backend): \(verdict.reason)")
            }
        }
        return [""]
            + run.verdicts.flatMap { verdict in
                guard let text = GateText(verdict), let value = Format.value(of: verdict),
                    let limit = verdict.threshold.map(Format.limitBesideValue)
                else { return terminal.judged(verdict.status, "\(run.name(of: verdict)): \(verdict.reason)") }
                return terminal.judged(
                    verdict.status, "\(run.name(of: verdict)): \(value) (\(limit)), \(text.sentence)")
            }
    }

    private static func artifactTable(_ run: RunRecord, width: Int) -> [String] {
        let rows = run.artifacts.map { artifact in
            [
                run.label(of: artifact.path), Format.bytes(artifact.bytes),
                "\(Format.fixed(artifact.bitsPerWeight, 2)) bits/weight", artifact.sha256.short,
            ]
        }
        var table = TerminalTable(rows: rows, alignment: [.left, .right, .right, .left])
        for column in [3, 2] where table.width > width { table = table.dropping(column: column) }
        return table.lines
    }
}
