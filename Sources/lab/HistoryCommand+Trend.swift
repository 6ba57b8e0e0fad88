import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import ModelFormats
import Reports

struct HistoryTrend: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trend", abstract: "A metric over time: every series, where it shifted, by how much, in which run."
    )

    enum Style: String, ExpressibleByArgument, CaseIterable {
        case table, json, csv, svg
    }

    @Argument(help: "The metric, such as perplexity_increase or kl_mean.")
    var metric: String

    @Option(help: "Series of this suite.")
    var suite: String?

    @Option(help: "Series of this evaluation.")
    var evaluation: String?

    @Option(help: "Series of this model.")
    var model: String?

    @Option(help: "Series of this recipe.")
    var recipe: String?

    @Option(help: "Series of this backend.")
    var backend: String?

    @Option(help: "Series of devices whose name contains this text.")
    var device: String?

    @Option(help: "Runs since a date (2026-11-01) or for so many days (30d).")
    var since: Moment?

    @Option(help: "The newest so many runs of each series.")
    var limit: Int = 100

    @Option(help: "The newest so many series.")
    var series: Int = 20

    @Option(help: "How to show them: table, json, csv or svg.")
    var format: Style = .table

    @Option(help: "Write to this file.")
    var output: String?

    @OptionGroup var places: PlaceOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
        if series < 1 { throw ValidationError("--series must be at least 1") }
    }

    func run() throws {
        var filter = TrendFilter()
        filter.suite = suite
        filter.evaluation = evaluation
        filter.model = model
        filter.recipe = recipe
        filter.backend = backend
        filter.device = device
        filter.since = since?.date
        filter.pointLimit = limit
        filter.seriesLimit = series
        let history = try History(at: places.historyFile, for: .reading)
        let metric = metric.replacingOccurrences(of: "-", with: "_")
        let (trends, more) = try history.trends(metric: metric, filter)
        if trends.isEmpty { try refuseUnknown(metric, in: history) }
        let text: String
        switch format {
        case .table: text = table(trends, more: more)
        case .json: text = try Output.json(trends.map(TrendDocument.init))
        case .csv: text = Self.csv(trends)
        case .svg: text = TrendSVG.document(trends)
        }
        guard let output else { return print(text) }
        try AtomicFile.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8), to: URL(fileURLWithPath: output))
    }

    /// Nothing was found: a metric that the history does not have is a mistake, a filter that admits nothing an answer.
    private func refuseUnknown(_ metric: String, in history: History) throws {
        let known = try history.metrics()
        guard !known.contains(metric) else { return }
        throw RunnerFailure(
            "history \(places.historyFile.path) has no metric '\(metric)'",
            remedy: known.isEmpty
                ? "it has no runs yet; 'lab run' makes one" : "it has: \(known.joined(separator: ", "))")
    }

    private func table(_ trends: [Trend], more: Int) -> String {
        guard !trends.isEmpty else { return "no series of \(metric) fits the options" }
        // A chart of each is for a few; many are for comparing.
        let hasChart = trends.count <= 4
        let parts = TrendTerminal.render(
            trends, width: Terminal.width, color: Terminal.hasColor, hasChart: hasChart)
        let rest =
            more > 0 ? ["\(Format.count(more, "more series")); --series shows them, --model and others choose"] : []
        return (parts + rest).joined(separator: "\n\n")
    }

    private static func csv(_ trends: [Trend]) -> String {
        let columns = [
            "suite", "evaluation", "metric", "unit", "dataset", "model", "recipe", "role", "backend", "device",
            "run_id", "started_at", "value", "n", "interval_low", "interval_high", "interval_level", "artifact_sha256",
            "engine",
            "shift",
        ]
        let rows = trends.flatMap { trend in
            let key = trend.key
            let first = [
                key.suite, key.evaluation, key.metric, key.unit, key.dataset, key.model, key.recipe, key.role.rawValue,
                key.backend, key.device,
            ]
            return trend.points.enumerated().map { index, point in
                let shift = trend.shifts.first { $0.index == index }
                let time = point.startedAt.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
                return first + [
                    point.runID, time, "\(point.value)", "\(point.n)", point.interval.map { "\($0.low)" } ?? "",
                    point.interval.map { "\($0.high)" } ?? "", point.interval.map { "\($0.level)" } ?? "",
                    point.artifact.hex, point.engine ?? "", shift.map { "\($0.after - $0.before)" } ?? "",
                ]
            }
        }
        return Output.csv(columns, rows)
    }
}

/// A trend as JSON has it; docs/history.md describes its fields.
private struct TrendDocument: Encodable {
    let key: SeriesKey
    let points: [Trend.Point]
    let shifts: [Shift]

    /// A shift with the first run of the new level.
    struct Shift: Encodable {
        let runID: String
        let startedAt: Date
        let index: Int
        let before: Double
        let after: Double
        let noise: Double
    }

    init(_ trend: Trend) {
        key = trend.key
        points = trend.points
        shifts = trend.shifts.map { shift in
            let point = trend.points[shift.index]
            return Shift(
                runID: point.runID, startedAt: point.startedAt, index: shift.index, before: shift.before,
                after: shift.after, noise: shift.noise)
        }
    }
}

/// A mistake in the words of a command.
private struct RunnerFailure: LabFailure {
    let description: String
    let remedy: String?
    let exitCode = LabCore.ExitCode.usage

    init(_ description: String, remedy: String) {
        self.description = description
        self.remedy = remedy
    }
}
