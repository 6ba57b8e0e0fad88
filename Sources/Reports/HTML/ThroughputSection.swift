import LabCore

/// Speed against depth, on the page: a drawing for reading prompts and one for writing, tables, and what it was measured
/// on.
///
/// Property names are the template's tags.
struct ThroughputSection {
    let charts: [ReportPage.Chart]
    let rows: [Row]
    let hasLatency: Bool
    let rooflines: [Roofline]
    let hasRooflines: Bool
    let missing: [Missing]
    let hasMissing: Bool
    let setups: [Setup]

    struct Row {
        let name: Markup
        let place: Markup
        let prefill: Markup
        let prefillSpread: Markup
        let decode: Markup
        let decodeSpread: Markup
        let firstToken: Markup
        let firstTokenSpread: Markup
        let between: Markup
        let tails: Markup
        let memory: Markup
    }

    /// What the device could do at a point, and how much of it was reached.
    struct Roofline {
        let name: Markup
        let place: Markup
        let bound: Markup
        let limit: Markup
        let reached: Markup
        let share: Markup
    }

    /// A point that was not run.
    struct Missing {
        let name: Markup
        let place: Markup
        let reason: Markup
    }

    struct Setup {
        let heading: Markup
        let facts: [ReportPage.Fact]
    }

    private static let rowLimit = 200

    /// Nil without measurements.
    init?(_ run: RunRecord) {
        let records = run.orderedThroughput
        guard !records.isEmpty else { return nil }
        func name(_ record: ThroughputRecord) -> Markup {
            Markup("\(run.label(of: record.artifact)) on \(record.backend)", limit: 300)
        }
        charts = [
            SpeedChart("Reading a prompt", records, \.prefill, in: run),
            SpeedChart("Writing", records, \.decode, in: run),
        ].enumerated().compactMap { index, chart in chart.map { ReportPage.Chart($0, id: "speed\(index)") } }
        let measured = records.filter { $0.notRun == nil }.prefix(Self.rowLimit)
        hasLatency = measured.contains { $0.latency != nil || $0.firstTokenMilliseconds != nil }
        rows = measured.map { record in
            let text = SpeedText(record, in: run)
            return Row(
                name: name(record), place: Markup(text.place), prefill: Markup(SpeedText.median(record.prefill)),
                prefillSpread: Markup(SpeedText.spread(record.prefill)),
                decode: Markup(SpeedText.median(record.decode)),
                decodeSpread: Markup(SpeedText.spread(record.decode)),
                firstToken: Markup(SpeedText.median(record.firstTokenMilliseconds)),
                firstTokenSpread: Markup(SpeedText.range(record.firstTokenMilliseconds)),
                between: Markup(text.between), tails: Markup(text.tails), memory: Markup(text.memory))
        }
        rooflines = measured.flatMap { record -> [Roofline] in
            let text = SpeedText(record, in: run)
            func row(
                _ what: String, _ roofline: RooflineRecord?, _ speed: SpeedRecord?, _ bound: String?
            ) -> Roofline? {
                guard let roofline, let speed else { return nil }
                return Roofline(
                    name: Markup("\(what), \(run.label(of: record.artifact)) on \(record.backend)", limit: 300),
                    place: Markup(text.place), bound: Markup(bound ?? roofline.bound.rawValue),
                    limit: Markup(Format.significant(roofline.limit, 3)),
                    reached: Markup(Format.significant(speed.median, 3)), share: Markup(SpeedText.share(roofline)))
            }
            return [
                row("Reading a prompt", record.prefillRoofline, record.prefill, text.prefillBound),
                row("Writing", record.decodeRoofline, record.decode, text.decodeBound),
            ].compactMap { $0 }
        }
        hasRooflines = !rooflines.isEmpty
        missing = records.compactMap { record in
            record.notRun.map {
                Missing(name: name(record), place: Markup(SpeedText(record, in: run).place), reason: Markup($0))
            }
        }
        hasMissing = !missing.isEmpty
        setups = (run.speedSetups ?? []).map { setup in
            Setup(
                heading: Markup("\(run.label(of: setup.artifact)) on \(setup.backend)", limit: 300),
                facts: SpeedSetupText(setup).facts.map { .init(term: Markup($0.term), value: Markup($0.value)) })
        }
    }
}

/// Tokens per second at each depth, a line for each artifact, backend and number of sequences.
struct SpeedChart {
    struct Line {
        let name: String
        let points: [(depth: Int, speed: SpeedRecord)]
    }

    let heading: String
    let summary: String
    let lines: [Line]
    private let depths: [Int]
    /// More would not be told apart.
    private static let lineLimit = 4

    /// Nil where nothing was measured.
    init?(
        _ heading: String, _ records: [ThroughputRecord], _ speed: KeyPath<ThroughputRecord, SpeedRecord?>,
        in run: RunRecord
    ) {
        var lines: [Line] = []
        for record in records {
            guard let measured = record[keyPath: speed] else { continue }
            let text = SpeedText(record, in: run)
            let several = text.sequences > 1 ? ", \(text.sequences) sequences" : ""
            let name = "\(run.label(of: record.artifact)) on \(record.backend)\(several)"
            if let index = lines.firstIndex(where: { $0.name == name }) {
                lines[index] = Line(name: name, points: lines[index].points + [(text.length, measured)])
            } else {
                lines.append(Line(name: name, points: [(text.length, measured)]))
            }
        }
        guard !lines.isEmpty else { return nil }
        self.heading = heading
        self.lines = Array(lines.prefix(Self.lineLimit))
        depths = Array(Set(self.lines.flatMap { $0.points.map(\.depth) })).sorted()
        summary = self.lines.map { line in
            let ends = [line.points.first, line.points.count > 1 ? line.points.last : nil].compactMap { $0 }
            let listed = ends.map {
                "\(Format.significant($0.speed.median, 3)) tokens per second at depth \(Format.grouped($0.depth))"
            }
            return "\(line.name): \(listed.joined(separator: ", "))."
        }.joined(separator: " ")
    }

    func svg(width: Double, height: Double, id: String) -> String {
        let (left, right, top, bottom) = (54.0, width - 24, 28.0, height - 40)
        let highest = lines.flatMap { $0.points.map(\.speed.high) }.max() ?? 1
        let axis = Axis(low: 0, high: highest > 0 ? highest : 1, from: bottom, to: top)
        var parts = axis.ticks.map { tick in
            let y = axis.position(tick)
            return
                "<path class=\"\(tick == 0 ? "zero" : "grid")\" d=\"M\(Drawing.n(left)) \(Drawing.n(y))H\(Drawing.n(right))\"/>"
                + Drawing.text("axis end", left - 8, y + 4, tick == 0 ? "0" : Format.fixed(tick, axis.decimals))
        }
        parts.append(Drawing.text("axis", 0, 11, "tokens per second"))
        let slot = (right - left) / Double(depths.count)
        func x(_ depth: Int) -> Double { left + slot * (Double(depths.firstIndex(of: depth) ?? 0) + 0.5) }
        let every = max(1, Int((44 / slot).rounded(.up)))
        for (index, depth) in depths.enumerated() where index % every == 0 {
            parts.append(Drawing.text("axis middle", x(depth), bottom + 17, Format.grouped(depth)))
        }
        parts.append(Drawing.text("axis", left, bottom + 34, "tokens in the context"))
        for (index, line) in lines.enumerated() {
            let path = line.points.enumerated().map { place, point in
                "\(place == 0 ? "M" : "L")\(Drawing.n(x(point.depth))) \(Drawing.n(axis.position(point.speed.median)))"
            }.joined()
            parts.append("<path class=\"line line\(index)\" d=\"\(path)\"/>")
            for point in line.points {
                let (low, high) = (axis.position(point.speed.low), axis.position(point.speed.high))
                let middle = x(point.depth)
                parts.append(
                    "<path class=\"line line\(index)\" d=\"M\(Drawing.n(middle)) \(Drawing.n(low))V\(Drawing.n(high))\"/>"
                        + "<circle class=\"dot\(index)\" cx=\"\(Drawing.n(middle))\" "
                        + "cy=\"\(Drawing.n(axis.position(point.speed.median)))\" r=\"3.5\"/>")
            }
        }
        return Drawing.svg(
            width: width, height: height, id: id, heading: "\(heading), tokens per second at each depth",
            description: summary, parts)
    }
}
