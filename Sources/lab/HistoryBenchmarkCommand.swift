import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import Reports

#if canImport(Glibc)
    import Glibc
#endif

/// Times the queries of trends and gates on histories of a million measurements: what `./lab benchmark history` runs.
///
/// One has many series, 2,000 of 500 runs; the other few long ones, 20 of 50,000.
struct HistoryBenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history-benchmark", abstract: "Times the queries of a large history.", shouldDisplay: false)

    @Option(help: "A folder for the histories.")
    var work: String

    @Option(help: "Runs of each of 100 models and recipes, with 20 measurements each.")
    var runs: Int = 500

    @Option(help: "Runs of a model in 20 recipes, with a measurement of each.")
    var longRuns: Int = 50_000

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

        var table = Table(repetitions: repetitions)
        try table.addFirst("trend of a metric, default limits", of: file)
        for (name, query) in Self.queries(history, subject) { try table.add(name, query) }
        try importPart(into: history, at: folder, &table)
        try addLongSeries(at: folder, &table)

        Self.printTable([["query", "points or rows", "median", "slowest", "bar", ""]] + table.lines)
        for note in table.notes { print("\n\(note)") }
        if table.isMissed { throw LabCore.ExitCode.Ending(exitCode: .gateFailed) }
    }

    /// Times the import of another history's measurements, 100,000 of them.
    private func importPart(into history: History, at folder: URL, _ table: inout Table) throws {
        let part = folder.appendingPathComponent("part.sqlite")
        let brought = try Self.fill(History(at: part), runs: runs..<runs + 50, branch: "other")
        let size = try Self.bytes(of: history.url)
        let records = try history.query("SELECT sum(length(CAST(record AS BLOB))) FROM runs")
        var share = ""
        if case .integer(let bytes)? = records.rows.first?.first {
            share = ", \(Format.bytes(bytes)) of it the records of runs"
        }
        table.notes.append("file before the import: \(Format.bytes(size))\(share)")
        let imported = try timed { try history.importHistory(from: part) }
        precondition(brought == imported.result.measurements, "an import takes over every measurement")
        let isInside = imported.seconds < Self.importLimit
        table.isMissed = table.isMissed || !isInside
        table.lines.append([
            "import of another history", Format.grouped(imported.result.measurements), "",
            "\(Format.fixed(imported.seconds, 2)) s", "5 s", isInside ? "inside" : "missed",
        ])
    }

    /// Times the queries of few long series.
    private func addLongSeries(at folder: URL, _ table: inout Table) throws {
        let file = folder.appendingPathComponent("long.sqlite")
        let history = try History(at: file)
        let made = try timed {
            for start in stride(from: 0, to: longRuns, by: 1000) {
                try history.record((start..<min(longRuns, start + 1000)).map(SyntheticRun.makeOfMany))
                if start % 10_000 == 0 { Self.say("\(Format.grouped(20 * start)) measurements of long series") }
            }
        }
        Self.say("\(Format.grouped(20 * longRuns)) recorded in \(Format.duration(seconds: made.seconds))")
        table.notes.append("file of the long series: \(Format.bytes(try Self.bytes(of: file)))")
        let last = try history.resolve("last")
        let middle = try history.resolve(SyntheticRun.makeOfMany(longRuns / 2).id)
        func points(_ change: (inout TrendFilter) -> Void) throws -> Int {
            var filter = TrendFilter()
            change(&filter)
            return try history.trends(metric: "metric_07", filter).trends.reduce(0) { $0 + $1.points.count }
        }
        func report(_ run: RunRecord) throws -> Int {
            try history.trends(upTo: run, limit: 30).reduce(0) { $0 + $1.points.count }
        }
        try table.addFirst("long: trend of a metric, default limits", of: file)
        try table.add("long: trend of a metric, default limits") { try points { _ in } }
        try table.add("long: trend of one series") { try points { $0.recipe = "recipe-3" } }
        try table.add("long: trend of a metric since a day") { try points { $0.since = last.startedAt - 86_400 } }
        try table.add("long: trends of the newest report") { try report(last) }
        try table.add("long: trends of a report in the middle") { try report(middle) }
        try table.add("long: gate, the newest run of a branch") {
            try history.latestRun(branch: "main", like: last) == nil ? 0 : 1
        }
        try table.add("long: one series, all its runs", hasLimit: false) {
            try points {
                $0.recipe = "recipe-3"; $0.pointLimit = 1_000_000
            }
        }
    }

    /// What was timed.
    private struct Table {
        let repetitions: Int
        var lines: [[String]] = []
        /// What is told below the table.
        var notes: [String] = []
        var isMissed = false

        /// Times a query.
        ///
        /// - Parameter query: tells how many points or rows it gave.
        /// - Parameter hasLimit: whether it must stay inside the limit.
        mutating func add(_ name: String, hasLimit: Bool = true, _ query: () throws -> Int) throws {
            let count = try query()
            let times = try (0..<repetitions).map { _ in try timed { _ = try query() }.seconds * 1000 }
            add(name, count, times.sorted(), hasLimit: hasLimit)
        }

        /// Times the first query of a process, and that of one that starts when the system has nothing of the file in memory
        /// either, which is a matter of the disk.
        mutating func addFirst(_ name: String, of file: URL) throws {
            for isForgotten in [false, true] {
                var count = 0
                let times = try (0..<repetitions).map { _ in
                    // A connection of its own, for it has its own memory of pages.
                    let history = try History(at: file, for: .reading)
                    if isForgotten { try HistoryBenchmarkCommand.forget(file) }
                    return try timed {
                        count = try history.trends(metric: "metric_07").trends.reduce(0) { $0 + $1.points.count }
                    }.seconds * 1000
                }
                add(
                    "\(name), first\(isForgotten ? ", from the disk" : "")", count, times.sorted(),
                    hasLimit: !isForgotten)
            }
        }

        private mutating func add(_ name: String, _ count: Int, _ times: [Double], hasLimit: Bool = true) {
            let worst = times[times.count - 1]
            let isInside = worst < HistoryBenchmarkCommand.queryLimit
            if hasLimit { isMissed = isMissed || !isInside }
            lines.append([
                name, Format.grouped(count), HistoryBenchmarkCommand.milliseconds(times[times.count / 2]),
                HistoryBenchmarkCommand.milliseconds(worst), hasLimit ? "50 ms" : "",
                hasLimit ? isInside ? "inside" : "missed" : "",
            ])
        }
    }

    /// Has the system forget what it has of a file in memory, where it can be asked to.
    private static func forget(_ file: URL) throws {
        #if canImport(Glibc)
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            // Only pages that are on the disk can be forgotten.
            fsync(handle.fileDescriptor)
            posix_fadvise(handle.fileDescriptor, 0, 0, POSIX_FADV_DONTNEED)
        #endif
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
