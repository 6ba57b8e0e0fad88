import LabCore

/// Speed against depth, on the page: a drawing for reading prompts and one for writing, and a table.
///
/// Property names are the template's tags.
struct ThroughputSection {
    let charts: [ReportPage.Chart]
    let rows: [Row]

    struct Row {
        let name: Markup
        let depth: Markup
        let prefill: Markup
        let prefillSpread: Markup
        let decode: Markup
        let decodeSpread: Markup
    }

    private static let rowLimit = 200

    /// Nil without measurements.
    init?(_ records: [ThroughputRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        charts = [
            SpeedChart("Reading a prompt", records, \.prefill, in: run),
            SpeedChart("Writing", records, \.decode, in: run),
        ].enumerated().compactMap { index, chart in chart.map { ReportPage.Chart($0, id: "speed\(index)") } }
        rows = records.sorted { ($0.artifact, $0.backend, $0.depth) < ($1.artifact, $1.backend, $1.depth) }
            .prefix(Self.rowLimit).map { record in
                Row(
                    name: Markup("\(run.label(of: record.artifact)) on \(record.backend)", limit: 300),
                    depth: Markup(Format.grouped(record.depth)), prefill: Markup(Self.median(record.prefill)),
                    prefillSpread: Markup(Self.spread(record.prefill)), decode: Markup(Self.median(record.decode)),
                    decodeSpread: Markup(Self.spread(record.decode)))
            }
    }

    static func median(_ speed: SpeedRecord?) -> String { speed.map { Format.significant($0.median, 3) } ?? "" }

    static func spread(_ speed: SpeedRecord?) -> String {
        speed.map {
            "\(Format.significant($0.low, 3)) to \(Format.significant($0.high, 3)), \($0.repetitions) repetitions"
        } ?? ""
    }
}

/// Tokens per second at each depth, a line for each artifact and backend.
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
        for record in records.sorted(by: { $0.depth < $1.depth }) {
            guard let measured = record[keyPath: speed] else { continue }
            let name = "\(run.label(of: record.artifact)) on \(record.backend)"
            if let index = lines.firstIndex(where: { $0.name == name }) {
                lines[index] = Line(name: name, points: lines[index].points + [(record.depth, measured)])
            } else {
                lines.append(Line(name: name, points: [(record.depth, measured)]))
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
        let (left, right, top, bottom) = (46.0, width - 24, 28.0, height - 40)
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
