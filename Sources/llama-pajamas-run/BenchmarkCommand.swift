import ArgumentParser
import CommandSupport
import Evaluation
import Foundation
import LabCore
import LabRunner

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure how fast a model reads and writes at several lengths of context.",
        discussion: """
            Measures as the throughput suite does: random tokens, medians over repetitions after a warm-up.

            Example:
              llama-pajamas-run benchmark --model ./models/qwen3-8b --context-lengths 2048,8192,32768
            """)

    @OptionGroup var options: ModelOptions
    @Option(help: ArgumentHelp("Tokens to write in each repetition.", valueName: "tokens")) var numTokens = 128
    @Option(help: ArgumentHelp("Tokens of the prompt that is timed.", valueName: "tokens")) var promptTokens = 512
    @Option(help: ArgumentHelp("Lengths of context, ascending.", valueName: "a,b,...")) var contextLengths = "2048"
    @Option(help: "Repetitions after the warm-up, at least 5.") var repetitions = 5
    @Option(help: ArgumentHelp("Seconds that it may take.", valueName: "seconds")) var timeBudget = 3600
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Record the run into the history.") var record = false
    @Option(help: "The history file. Default: $LAB_HISTORY or the per-user one.") var history: String?

    private var lengths: [Int] {
        contextLengths.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    }

    func validate() throws {
        let lengths = lengths
        guard lengths.allSatisfy({ $0 > 1 }), zip(lengths, lengths.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw ValidationError("--context-lengths must be ascending numbers of tokens, such as 2048,8192")
        }
        guard numTokens > 0, promptTokens > 0, lengths[0] >= max(numTokens, promptTokens) else {
            throw ValidationError("the shortest context must hold --prompt-tokens and --num-tokens")
        }
        if repetitions < 5 { throw ValidationError("--repetitions must be at least 5") }
        if timeBudget < 1 { throw ValidationError("--time-budget must be at least 1") }
    }

    func run() throws {
        let choice = try options.choose()
        guard !choice.isMLX else {
            throw RunnerError(
                "the speed of MLX folders is not measured here", remedy: "use mlx_lm.benchmark", exitCode: .usage)
        }
        guard !choice.isSplit else {
            throw RunnerError(
                "the speed of a GGUF in several files is not measured",
                remedy: "join them with llama-gguf-split --merge, or choose another with --artifact", exitCode: .usage)
        }
        let work = FileManager.default.temporaryDirectory.appendingPathComponent("lab-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let suite = work.appendingPathComponent("suite.yaml")
        let backend = try options.backend?.lowercased() ?? ModelLoader.fastestBackend()
        try Data(plan(backend: backend, model: choice).utf8).write(to: suite)
        var run = RunOptions(
            suite: try Suite(at: work), output: record ? URL(fileURLWithPath: "reports") : work,
            command: CommandLine.text(as: "./llama-pajamas-run"))
        run.artifact = choice.artifact
        run.backends = [backend]
        run.compute = options.compute.settings(defaultThreads: Machine.defaultThreads)
        run.history =
            record
            ? history.map { URL(fileURLWithPath: $0) } ?? Locations.history
            : work.appendingPathComponent("history.sqlite")
        let outcome = try SuiteRun(options: run, progress: TerminalProgress().show).run()
        let rows = (outcome.record.throughput ?? []).map { BenchmarkRow($0) }
        if rows.isEmpty, let skipped = outcome.record.verdicts.first(where: { $0.status == .skipped }) {
            throw RunnerError("nothing was measured: \(skipped.reason)")
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let document = BenchmarkDocument(
                model: choice.artifact.path, backend: backend, threads: run.compute.threads,
                promptTokens: promptTokens, writtenTokens: numTokens, repetitions: repetitions, rows: rows)
            print(String(decoding: try encoder.encode(document), as: UTF8.self))
        } else {
            print(BenchmarkRow.table(rows))
            if record { Notice.say("report: \(outcome.folder.appendingPathComponent("report.html").relativePath)") }
        }
    }

    private func plan(backend: String, model: ModelChoice) -> String {
        """
        version: 1
        name: benchmark
        summary: Speed of one artifact against depth.
        model: \(model.artifact.deletingLastPathComponent().path)
        recipe: Q4_K_M
        backends:
          - name: \(backend)
        evaluations:
          - name: benchmark
            evaluator: throughput
            context_lengths: [\(lengths.map(String.init).joined(separator: ", "))]
            parallel: [1]
            repetitions: \(repetitions)
            prefill_tokens: \(promptTokens)
            decode_tokens: \(numTokens)
            time_budget_seconds: \(timeBudget)
        """
    }
}

/// What `--json` prints.
private struct BenchmarkDocument: Encodable {
    var model: String
    var backend: String
    var threads: Int
    var promptTokens: Int
    var writtenTokens: Int
    var repetitions: Int
    var rows: [BenchmarkRow]

    enum CodingKeys: String, CodingKey {
        case model, backend, threads, repetitions, rows
        case promptTokens = "prompt_tokens"
        case writtenTokens = "written_tokens"
    }
}

/// The speed at one length of context.
struct BenchmarkRow: Encodable {
    private let contextLength: Int?
    private let prefill: Double?
    private let decode: Double?
    private let memoryBytes: Int64?
    private let rooflinePercent: Double?
    private let notRun: String?

    enum CodingKeys: String, CodingKey {
        case contextLength = "context_length"
        case prefill = "prefill_tokens_per_second"
        case decode = "decode_tokens_per_second"
        case memoryBytes = "memory_bytes"
        case rooflinePercent = "decode_roofline_percent"
        case notRun = "not_run"
    }

    init(_ record: ThroughputRecord) {
        contextLength = record.contextLength
        prefill = record.prefill?.median
        decode = record.decode?.median
        memoryBytes = record.deviceBytes ?? record.hostPeakBytes
        rooflinePercent = record.decodeRoofline?.percent
        notRun = record.notRun
    }

    static func table(_ rows: [BenchmarkRow]) -> String {
        func number(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "-" }
        var table = TextTable(
            ["context", "prefill t/s", "decode t/s", "memory", "of roofline"].map { ($0, .right) })
        for row in rows {
            table.append([
                row.contextLength.map(String.init) ?? "-", number(row.prefill, "%.1f"), number(row.decode, "%.1f"),
                row.memoryBytes.map { "\(ByteSize($0))" } ?? "-", number(row.rooflinePercent, "%.0f %%"),
            ])
        }
        let notes = rows.compactMap { row in
            row.notRun.map { "\(row.contextLength.map(String.init) ?? "") tokens not run: \($0)" }
        }
        return (table.lines + notes).joined(separator: "\n")
    }
}
