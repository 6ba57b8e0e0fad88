import Foundation
import History
import LabCore
import Testing

/// `lab run` of a suite of speed with tiny settings: what is there, never how fast it is.
@Suite("Runs of suites of speed")
struct ThroughputRunTests {
    /// A suite in a folder of its own.
    private static func suite(_ lab: LabCommand, gates: String = "", budget: Int = 600) throws -> String {
        let folder = lab.folder.appendingPathComponent("suite-\(UUID())", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let text = """
            version: 1
            name: tiny-throughput
            summary: Speed, quickly.
            model: \(LabCommand.model.path)
            recipe: Q4_K_M
            backends:
              - name: cpu
            evaluations:
              - name: throughput
                evaluator: throughput
                context_lengths: [32, 64, 4096]
                parallel: [1, 2]
                repetitions: 5
                prefill_tokens: 16
                decode_tokens: 4
                time_budget_seconds: \(budget)
            \(gates)
            """
        try Data(text.utf8).write(to: folder.appendingPathComponent("suite.yaml"))
        return folder.path
    }

    private static func gate(_ lines: String...) -> String {
        "    gates:\n"
            + lines.map { "      - \($0.replacingOccurrences(of: "; ", with: "\n        "))" }
            .joined(separator: "\n")
    }

    private static func record(_ lab: LabCommand) throws -> RunRecord {
        try #require(try History(at: lab.history, for: .reading).latestRun())
    }

    @Test("each point is measured or says why not, and a second run measures all of it anew")
    func points() throws {
        let lab = try LabCommand()
        let suite = try Self.suite(lab, gates: Self.gate("metric: peak_host_memory; below: 100000; unit: megabytes"))
        let first = try lab.run(suite)
        #expect(first.status == 0, "\(first.errors)\(first.output)")
        let run = try Self.record(lab)
        let points = try #require(run.throughput)
        #expect(
            points.map(\.evaluation) == [
                "throughput@32x1", "throughput@32x2", "throughput@64x1", "throughput@64x2", "throughput@4096x1",
                "throughput@4096x2",
            ])
        for point in points.prefix(4) {
            #expect(point.notRun == nil)
            // A prompt of 16 tokens ends the context.
            #expect(point.depth == (point.contextLength ?? 0) - 16)
            for metric in ["prefill_rate", "decode_rate", "time_to_first_token"] {
                let values = try #require(point.repetitions?[metric])
                #expect(values.count == 5 && values.allSatisfy { $0 > 0 })
                let measured = try #require(
                    run.measurements.first { $0.evaluation == point.evaluation && $0.metric == metric })
                #expect(measured.value == values.sorted()[2] && measured.n == 5 && !measured.cached)
                #expect(measured.interval == Interval(low: values.min() ?? 0, high: values.max() ?? 0, level: 0.9375))
            }
            #expect(point.latency?.steps == 5 * 4)
            #expect((point.decodeRoofline == nil) == (point.parallelSequences != 1))
        }
        for point in points.suffix(2) {
            #expect(point.notRun == "the model has 2048 positions")
            #expect(point.repetitions == nil && point.decode == nil)
        }
        let setup = try #require(run.speedSetups?.first)
        #expect(setup.cost.mainType == "Q4_K" && setup.device?.matrixType == "Q4_K")
        // Of the embedded model: 4 blocks, 2 heads of keys and values of 32 each, twice 2 bytes.
        #expect(setup.cost.cacheBytesPerPosition == 4 * 2 * (32 + 32) * 2)
        #expect(setup.cost.attentionOperationsPerPosition == 2 * 4 * 8 * (32 + 32))
        #expect(setup.cost.outputWeights == 2048 * 256)
        #expect(try #require(setup.loadSeconds) > 0)
        #expect(run.reuse.samplesComputed == 4 * 5 && run.reuse.samplesReused == 0)
        #expect(first.output.contains("not run  4,096 tokens, 1 sequence: the model has 2048 positions"))

        _ = try lab.run(suite)
        let again = try Self.record(lab)
        #expect(again.id != run.id && again.reuse.samplesComputed == 4 * 5 && again.reuse.samplesReused == 0)
        #expect(again.measurements.allSatisfy { !$0.cached })
        #expect(try #require(again.throughput?.first?.repetitions) != run.throughput?.first?.repetitions)
        let trend = try LabCommand.command([
            LabCommand.executable.path, "history", "trend", "decode_rate", "--evaluation", "throughput@32x1",
            "--format", "csv", "--history", lab.history.path,
        ])
        #expect(trend.status == 0)
        #expect(trend.output.contains(run.id) && trend.output.contains(again.id))
    }

    @Test("targets of another device or model are shown as skipped and leave the exit code alone; limits are judged")
    func gates() throws {
        let lab = try LabCommand()
        let elsewhere = [
            "metric: decode_rate; above: 1000000000; unit: tokens_per_second; only_on_device: RTX 4070",
            "metric: decode_rate; above: 1000000000; unit: tokens_per_second; only_for_model: Qwen3-8B",
        ]
        let easy = "metric: decode_rate; above: 0.000001; unit: tokens_per_second; only_for_model: PAJAMA Tiny"
        let passing = try lab.run(try Self.suite(lab, gates: Self.gate(elsewhere[0], elsewhere[1], easy)))
        #expect(passing.status == 0, "\(passing.output)")
        let verdicts = try Self.record(lab).verdicts
        let reasons = verdicts.filter { $0.status == .skipped }.map(\.reason)
        #expect(reasons.allSatisfy { $0.contains("alone; this is") })
        #expect(reasons.count == 2)
        // The easy one holds at each of the four points that were run.
        #expect(verdicts.count { $0.status == .pass } == 4)

        let device = try #require(reasons.first { $0.contains("RTX") }?.components(separatedBy: "; this is ").last)
        let except = "metric: decode_rate; above: 1000000000; unit: tokens_per_second; except_on_device: \(device)"
        let only = try lab.run(try Self.suite(lab, gates: Self.gate(elsewhere[0], except)))
        #expect(only.status == 3)  // A skip is never a pass.
        #expect(try Self.record(lab).verdicts.contains { $0.reason.contains("a limit of other devices") })
        let named = "metric: decode_rate; above: 1; unit: tokens_per_second; context_length: 4096"
        #expect(try lab.run(try Self.suite(lab, gates: Self.gate(named))).status == 3)
        #expect(try Self.record(lab).verdicts.first?.reason == "not run: the model has 2048 positions")
        let hard = "metric: decode_roofline; above: 100000; unit: percent"
        #expect(try lab.run(try Self.suite(lab, gates: Self.gate(hard))).status == 1)
    }

    @Test("a run is gated against the accepted one by its repetitions, on the same class of device")
    func regression() throws {
        let lab = try LabCommand()
        let suite = try Self.suite(lab)
        _ = try lab.run(suite)
        let first = try Self.record(lab)
        let accepted = try LabCommand.command([
            LabCommand.executable.path, "history", "accept", first.id, "--history", lab.history.path,
        ])
        #expect(accepted.status == 0, "\(accepted.errors)")
        // So much slower is allowed that no load of the machine matters.
        let loose = ["--gate", "--tolerance", "decode_rate=99.9%", "--tolerance", "prefill_rate=99.9%"]
        let gated = try lab.run(suite, loose)
        #expect(gated.status == 0, "\(gated.output)\(gated.errors)")
        let regression = try #require(try Self.record(lab).regression)
        #expect(regression.reference == first.id && regression.changes.count == 8)
        #expect(regression.changes.allSatisfy { $0.basis == .repetitions && $0.status == .pass })
        #expect(regression.changes.allSatisfy { $0.repetitions?.reference == 5 && $0.pValue != nil })
        // Another number of threads is another class of device: nothing that is accepted is comparable.
        let other = try lab.run(suite, loose + ["--threads", first.machine.threads == 1 ? "2" : "1"])
        #expect(other.output.contains("no run of the same suite, model, recipe and backend is accepted"))
        #expect(try Self.record(lab).regression == nil)
    }

    @Test("a point that would take longer than the time that is left is not run")
    func budget() throws {
        let lab = try LabCommand()
        let folder = try Self.suite(lab, budget: 1)
        let file = URL(fileURLWithPath: folder).appendingPathComponent("suite.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
            .replacingOccurrences(of: "[32, 64, 4096]", with: "[32, 2048]")
            .replacingOccurrences(of: "repetitions: 5", with: "repetitions: 200")
        try Data(text.utf8).write(to: file)
        _ = try lab.run(folder)
        let points = try #require(try Self.record(lab).throughput)
        #expect(points[0].notRun == nil)
        // 200 repetitions at a depth of 2032, twice at a time: no processor does that in a second.
        #expect(try #require(points[3].notRun).contains("of the budget of 1 s"))
    }
}
