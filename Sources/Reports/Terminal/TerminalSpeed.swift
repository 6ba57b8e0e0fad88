import LabCore

/// What the terminal says of speed: a table for each setup, what bounds it, and what was not run.
enum TerminalSpeed {
    static func lines(_ run: RunRecord, _ terminal: TerminalText) -> [String] {
        (run.speedSetups ?? []).flatMap { lines($0, in: run, terminal) }
    }

    private static func lines(_ setup: SpeedSetupRecord, in run: RunRecord, _ terminal: TerminalText) -> [String] {
        let records = run.orderedThroughput.filter { run.speedSetup(of: $0) == setup }
        let measured = records.filter { $0.notRun == nil }
        let place = "\(setup.evaluation) of \(run.label(of: setup.artifact)) on \(setup.backend)"
        var lines = ["", VisibleText(place).text]
        if !measured.isEmpty { lines += table(measured, in: run, width: terminal.width) }
        for record in records {
            guard let reason = record.notRun else { continue }
            lines += terminal.wrap(
                "  not run  \(VisibleText("\(SpeedText(record, in: run).place): \(reason)").text)", indent: 4)
        }
        for (term, value) in SpeedSetupText(setup).facts where term != "Device class" {
            lines += terminal.wrap("  \(VisibleText("\(term.lowercased()): \(value)").text)", indent: 4)
        }
        return lines
    }

    private static func table(_ records: [ThroughputRecord], in run: RunRecord, width: Int) -> [String] {
        let titles = ["context", "seq", "prefill t/s", "", "decode t/s", "", "first ms", "token ms", "p99", "roofline"]
        let rows = records.map { record in
            let text = SpeedText(record, in: run)
            return [
                Format.grouped(text.length), String(text.sequences), SpeedText.median(record.prefill),
                SpeedText.share(record.prefillRoofline), SpeedText.median(record.decode),
                SpeedText.range(record.decode), SpeedText.median(record.firstTokenMilliseconds), text.between,
                record.latency.map { Format.significant($0.p99, 3) } ?? "", SpeedText.share(record.decodeRoofline),
            ]
        }
        var table = TerminalTable(
            rows: [titles] + rows, alignment: titles.map { $0.isEmpty ? .left : .right })
        // The spread goes first, then the share of prefill, then latencies from the tail on, then the share of decoding.
        for column in [5, 3, 6, 5, 4, 4] where table.width > width { table = table.dropping(column: column) }
        return table.lines
    }
}
