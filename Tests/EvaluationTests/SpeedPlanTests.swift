import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Evaluations of speed in suite files")
struct SpeedPlanTests {
    private static let valid = """
        version: 1
        name: example
        summary: An example.
        model: ../model
        recipe: Q4_K_M
        backends:
          - name: cpu
        evaluations:
          - name: fast
            evaluator: throughput
            context_lengths: [1024, 4096]
            parallel: [1, 8]
            repetitions: 6
            prefill_tokens: 256
            decode_tokens: 64
            time_budget_seconds: 90
            gates:
              - metric: decode_rate
                above: 75
                unit: tokens_per_second
                context_length: 4096
                parallel: 1
                only_on_device: RTX 4070
                only_for_model: Qwen3
                except_on_device: Laptop
              - metric: peak_host_memory
                below: 900
                unit: megabytes
            regressions:
              - metric: decode_rate
                relative_percent: 3
        """

    @Test("it is read as it is written")
    func valid() throws {
        let plan = try #require(try readSuite(Self.valid).evaluations.first)
        let speed = try #require(plan.speed)
        #expect(plan.dataset == nil && plan.generation == nil)
        let points = speed.points.map { [$0.contextLength, $0.parallelSequences] }
        #expect(points == [[1024, 1], [1024, 8], [4096, 1], [4096, 8]])
        #expect(speed.repetitions == 6 && speed.warmUps == 2 && speed.timeBudgetSeconds == 90)
        // A prompt of 256 tokens ends the context.
        #expect(speed.points.map(speed.depth) == [768, 768, 3840, 3840])
        let gate = try #require(speed.gates.first)
        #expect(gate.threshold == Threshold(metric: .decodeRate, limit: 75))
        #expect(gate.onlyOnDevice == "RTX 4070" && gate.onlyForModel == "Qwen3" && !gate.isOfWhole)
        #expect(gate.exceptOnDevice == "Laptop")
        #expect(speed.points.filter(gate.holds).map(\.contextLength) == [4096])
        #expect(speed.gates[1].isOfWhole)
        #expect(plan.gates == speed.gates.map(\.threshold))
        #expect(plan.tolerances.first?.evaluation == "fast")
    }

    @Test("what is left out has its usual value")
    func usual() throws {
        let lines = Self.valid.split(separator: "\n")
        let short = (lines.prefix { !$0.contains("context_lengths") }).joined(separator: "\n")
        let speed = try #require(try readSuite(short).evaluations.first?.speed)
        #expect(speed == Suite.SpeedPlan())
        #expect(speed.contextLengths == [2048, 8192, 32_768] && speed.parallelSequences == [1, 4, 16])
        #expect(speed.repetitions >= 5 && speed.prefillTokens == 512 && speed.decodeTokens == 128)
    }

    @Test(
        "what is wrong is named by line and key",
        arguments: [
            ("repetitions: 6", "repetitions: 4", 13, "evaluations[0].repetitions", "from 5 to"),
            ("[1, 8]", "[8, 1]", 12, "evaluations[0].parallel", "ascending"),
            ("[1, 8]", "[1, 1]", 12, "evaluations[0].parallel", "ascending"),
            ("[1, 8]", "1", 12, "evaluations[0].parallel", "list"),
            ("[1024, 4096]", "[128, 4096]", 11, "evaluations[0].context_lengths", "does not hold the 256"),
            ("prefill_tokens: 256", "dataset: x", 14, "evaluations[0].dataset", "unknown key"),
            ("prefill_tokens: 256", "draws: 2", 14, "evaluations[0].draws", "unknown key"),
            ("length: 4096", "length: 2048", 21, "evaluations[0].gates[0].context_length", "not measured"),
            ("    parallel: 1\n", "    parallel: 3\n", 22, "evaluations[0].gates[0].parallel", "not measured"),
            ("above: 75", "below: 75", 19, "evaluations[0].gates[0].below", "limited with 'above'"),
            ("except_on", "not_on", 25, "evaluations[0].gates[0].not_on_device", "unknown key"),
            ("w: 900", "w: 900\n        parallel: 1", 28, "evaluations[0].gates[1].parallel", "measured once"),
            ("metric: peak_host_memory", "metric: memory_bandwidth", 26, "evaluations[0].gates[1].metric", "no gate"),
            (
                "- metric: decode_rate\n        relative", "- metric: load_time\n        relative", 30,
                "evaluations[0].regressions[0].metric", "no repetition has"
            ),
        ])
    func invalid(original: String, replacement: String, line: Int, key: String, message: String) throws {
        let text = Self.valid.replacingOccurrences(of: original, with: replacement)
        #expect(text != Self.valid)
        let error = try #require(throws: SuiteError.self) { try readSuite(text) }
        #expect(error.line == line)
        #expect(error.key == key)
        #expect(error.message.contains(message), "\(error.message)")
    }

    @Test("keys of speed mean nothing to other evaluations")
    func others() throws {
        let text = Self.valid.replacingOccurrences(of: "evaluator: throughput", with: "evaluator: perplexity")
        #expect(try #require(throws: SuiteError.self) { try readSuite(text) }.message.contains("unknown key"))
    }
}
