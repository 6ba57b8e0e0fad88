import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import Reports

/// Times the queries of trends and gates on a history of a million measurements: what `./lab benchmark history` runs.
struct HistoryBenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history-benchmark", abstract: "Times the queries of a large history.", shouldDisplay: false)

    @Option(help: "A folder for the histories.")
    var work: String

    @Option(help: "Runs of each of 100 models and recipes, with 20 measurements each.")
    var runs: Int = 500

    @Option(help: "How often each query is timed.")
    var repetitions: Int = 20

    /// The most that a query may take, milliseconds.
    private static let queryLimit = 50.0
    /// The most that the import of 100,000 measurements may take, seconds.
    private static let importLimit = 5.0

    func run() throws {
        let folder = URL(fileURLWithPath: work)
        let file = folder.appendingPathComponent("history.sqlite")
        let history = try History(at: file)
        let made = try timed { try Self.fill(history, runs: 0..<runs, branch: "main") }
        Self.say("\(made.result) measurements recorded in \(Format.duration(seconds: made.seconds))")
        let subject = try history.resolve("last")
        let old = try history.resolve(SyntheticRun.id(configuration: 40, number: 0))
        try history.accept(old.id, note: "the first", at: .now)
        try history.tag(old.id, ["v1"])

        var lines: [[String]] = []
        var isMissed = false
        for (name, query) in Self.queries(history, subject) {
            let count = try query()
            let times = try (0..<repetitions).map { _ in try timed { _ = try query() }.seconds * 1000 }.sorted()
            let worst = times[times.count - 1]
            isMissed = isMissed || worst >= Self.queryLimit
            lines.append([
                name, Format.grouped(count), Self.milliseconds(times[times.count / 2]), Self.milliseconds(worst),
                "50 ms",
                worst < Self.queryLimit ? "inside" : "missed",
            ])
        }

        let part = folder.appendingPathComponent("part.sqlite")
        let brought = try Self.fill(History(at: part), runs: runs..<runs + 50, branch: "other")
        let size = try Self.bytes(of: file)
        let imported = try timed { try history.importHistory(from: part) }
        isMissed = isMissed || imported.seconds >= Self.importLimit
        lines.append([
            "import of another history", Format.grouped(imported.result.measurements), "",
            "\(Format.fixed(imported.seconds, 2)) s", "5 s", imported.seconds < Self.importLimit ? "inside" : "missed",
        ])
        precondition(brought == imported.result.measurements, "an import takes over every measurement")

        let titles = ["query", "points or rows", "median", "slowest", "bar", ""]
        Self.printTable([titles] + lines)
        let records = try history.query("SELECT sum(length(CAST(record AS BLOB))) FROM runs WHERE branch = 'main'")
        var share = ""
        if case .integer(let bytes)? = records.rows.first?.first {
            share = ", \(Format.bytes(bytes)) of it the records of runs"
        }
        print("\nfile before the import: \(Format.bytes(size))\(share)")
        if isMissed { throw LabCore.ExitCode.Ending(exitCode: .gateFailed) }
    }

    /// Queries by what they are; each tells how many points or rows it gave.
    private static func queries(_ history: History, _ subject: RunRecord) -> [(String, () throws -> Int)] {
        func trend(_ change: @escaping (inout TrendFilter) -> Void) -> () throws -> Int {
            return {
                var filter = TrendFilter()
                change(&filter)
                return try history.trends(metric: "metric_07", filter).trends.reduce(0) { $0 + $1.points.count }
            }
        }
        return [
            (
                "trend, one series, all its runs",
                trend {
                    $0.model = "model-4"; $0.recipe = "recipe-0"; $0.pointLimit = 1000
                }
            ),
            ("trend of a model, 10 series", trend { $0.model = "model-4" }),
            ("trend of a metric, default limits", trend { _ in }),
            (
                "trend of a metric since a day",
                trend {
                    $0.since = subject.startedAt - 86_400; $0.seriesLimit = 100
                }
            ),
            ("trends of a report, 20 series", { try history.trends(upTo: subject).reduce(0) { $0 + $1.points.count } }),
            (
                "gate: the accepted run",
                { try history.acceptedRun(like: SyntheticRun.make(40, 9999, "x")) == nil ? 0 : 1 }
            ),
            ("gate: nothing accepted", { try history.acceptedRun(like: subject) == nil ? 0 : 1 }),
            (
                "gate: the newest run of a branch",
                { try history.latestRun(branch: "main", like: subject) == nil ? 0 : 1 }
            ),
            ("gate: a branch without runs", { try history.latestRun(branch: "none", like: subject) == nil ? 0 : 1 }),
            ("gate: the newest run", { try history.resolve("last").measurements.count }),
            ("list, 20 runs", { try history.runs(limit: 20).count }),
            (
                "list of a tag",
                {
                    var filter = RunFilter()
                    filter.tag = "v1"
                    return try history.runs(filter).count
                }
            ),
        ]
    }

    /// Records runs of every model and recipe; tells how many measurements.
    private static func fill(_ history: History, runs: Range<Int>, branch: String) throws -> Int {
        var count = 0
        for number in runs {
            let batch = (0..<SyntheticRun.configurations).map { SyntheticRun.make($0, number, branch) }
            try history.record(batch)
            count += batch.reduce(0) { $0 + $1.measurements.count }
            if number % 50 == 49 { say("\(Format.grouped(count)) measurements") }
        }
        return count
    }

    private static func bytes(of file: URL) throws -> Int64 {
        try ["", "-wal"].reduce(0) { total, suffix in
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path + suffix)
            return total + ((attributes[.size] as? NSNumber)?.int64Value ?? 0)
        }
    }

    private static func milliseconds(_ value: Double) -> String { "\(Format.fixed(value, value < 10 ? 2 : 1)) ms" }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("benchmark: \(text)\n".utf8))
    }

    private static func printTable(_ rows: [[String]]) {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for (index, row) in rows.enumerated() {
            let cells = zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }
            print("| \(cells.joined(separator: " | ")) |")
            if index == 0 {
                print(
                    "|"
                        + widths.enumerated().map { String(repeating: "-", count: $1 + 1) + ($0 == 0 ? "-" : ":") }
                        .joined(separator: "|") + "|")
            }
        }
    }
}

/// Runs with the shape of real ones: a parent and a candidate, twenty measurements with intervals, paired windows.
private enum SyntheticRun {
    /// Models times recipes.
    static let configurations = 100

    static func id(configuration: Int, number: Int) -> String {
        "run-\(String(number + 100_000).dropFirst())-\(String(configuration + 1000).dropFirst())"
    }

    /// A run of one model and recipe; the level of its values shifts every 120 runs.
    static func make(_ configuration: Int, _ number: Int, _ branch: String) -> RunRecord {
        let model = "model-\(configuration / 10)"
        let recipe = "recipe-\(configuration % 10)"
        func artifact(_ role: ArtifactRecord.Role, _ recipe: String) -> ArtifactRecord {
            ArtifactRecord(
                path: "/home/somebody/.cache/llama-pajamas/store/\(model)-\(recipe)/\(model)-\(recipe).gguf",
                format: "gguf",
                recipe: recipe, role: role, bytes: 5_000_000_000, bitsPerWeight: 4.91,
                sha256: Digest(of: "\(model) \(recipe) \(number / 120)"), model: model, source: Digest(of: model))
        }
        let candidate = artifact(.candidate, recipe)
        let measurements = (0..<20).map { metric in
            // Any noise that is the same everywhere will do.
            let noise = Double((number &* 7919 &+ metric &* 104_729 &+ configuration &* 31) % 1000) / 1000
            let value = Double(metric + 1) + Double(number / 120) / 2 + noise / 10
            let name = "metric_\(String(metric + 100).dropFirst())"
            return LabCore.Measurement(
                artifact: candidate.path, backend: "cpu", evaluation: "fidelity",
                metric: MetricDefinition(name: name, unit: "nats_per_token", polarity: .lowerIsBetter), value: value,
                n: 592,
                interval: Interval(low: value - 0.1, high: value + 0.1, level: 0.95), cached: false,
                samples: Digest(of: "\(number) \(configuration)"), dataset: "wikitext2")
        }
        let points = (0..<10).map {
            PairedSeries.Point(index: $0, sample: Digest(of: "chunk \($0)"), parent: 2.5, candidate: 2.5625)
        }
        let start = 1_700_000_000 + 3600 * Double(number) + 30 * Double(configuration)
        return RunRecord(
            id: id(configuration: configuration, number: number), startedAt: Date(timeIntervalSince1970: start),
            durationSeconds: 60, command: "./lab run suites/balanced --model ./\(model) --recipe \(recipe)",
            suite: SuiteReference(name: "balanced", sha256: Digest(of: "suite")), verdict: .pass,
            artifacts: [artifact(.parent, "BF16"), candidate], measurements: measurements,
            verdicts: [
                Verdict(
                    evaluation: "fidelity", backend: "cpu", artifact: candidate.path, metric: "metric_00",
                    status: .pass,
                    value: measurements[0].value, threshold: nil, reason: "inside the limit on all 592 chunks")
            ],
            pairedSeries: [
                PairedSeries(evaluation: "fidelity", backend: "cpu", artifact: candidate.path, points: points)
            ],
            datasets: [DatasetRecord(name: "wikitext2", sha256: Digest(of: "text"), chunks: 592, chunksAvailable: 592)],
            engine: EngineRecord(build: "b11434-0123456789ab", libraries: [:]),
            machine: MachineRecord(
                system: "Linux", processor: "a processor", device: "x86_64 SSE3 SSSE3 AVX AVX2 F16C FMA BMI2",
                threads: 2,
                memoryBytes: 8 << 30),
            reuse: ReuseRecord(samplesComputed: 0, samplesReused: 1184, artifactsBuilt: 0, artifactsReused: 2),
            origin: OriginRecord(branch: branch, commit: Digest(of: "\(number)").hex))
    }
}
