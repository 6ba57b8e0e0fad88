import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Registry and shipped suites")
struct RegistryTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("suites")

    @Test("every id that a suite uses is known, and every file it names is there")
    func resolves() throws {
        let suites = try Suite.folders(in: Self.folder).map { try Suite(at: $0) }
        #expect(Set(suites.map(\.name)).isSuperset(of: ["smoke", "balanced", "ultra", "hq", "throughput"]))
        for suite in suites {
            #expect(FileManager.default.fileExists(atPath: suite.model.appendingPathComponent("config.json").path))
            #expect(RecipeNames.resolve(suite.recipe) != nil)
            #expect(suite.backends.allSatisfy { BackendNames.all.contains($0.name) })
            for plan in suite.evaluations {
                let entry = try #require(Registry.entry(plan.evaluator.rawValue))
                #expect(plan.gates.allSatisfy { gate in entry.gates.contains { $0.name == gate.metric } })
                #expect(plan.tolerances.allSatisfy { one in entry.metrics.contains { $0.name == one.metric } })
                #expect(
                    (plan.gates.map(\.metric) + plan.tolerances.map(\.metric)).allSatisfy {
                        MetricDefinition.named($0) != nil
                    })
                #expect((plan.dataset == nil) == (plan.evaluator == .throughput))
                if let dataset = plan.dataset {
                    #expect(FileManager.default.fileExists(atPath: dataset.file.path))
                }
            }
        }
    }

    @Test("the plan's limits are in the suites", arguments: [("balanced", 5.0), ("ultra", 12), ("hq", 2)])
    func limits(name: String, limit: Double) throws {
        let suite = try Suite(at: Self.folder.appendingPathComponent(name))
        let gates = suite.evaluations.filter { $0.evaluator == .perplexity }.flatMap(\.gates)
        #expect(gates == [Threshold(metric: .perplexityIncrease, limit: limit)])
    }

    @Test("the plan's speeds are targets on its devices alone, at its depths")
    func speeds() throws {
        let suite = try Suite(at: Self.folder.appendingPathComponent("throughput"))
        let speed = try #require(suite.evaluations.first?.speed)
        let targets = speed.gates.filter { $0.threshold.metric == "decode_rate" }
        for (device, speeds) in [("RTX 4070", [75.0, 68, 45]), ("M3 Max", [85, 78, 52])] {
            let own = targets.filter { $0.onlyOnDevice == device }
            #expect(own.map(\.contextLength) == [2048, 8192, 32_768])
            #expect(own.map(\.threshold.limit) == speeds)
            #expect(own.allSatisfy { $0.onlyForModel == "Qwen3-8B" && $0.parallelSequences == 1 })
        }
        #expect(targets.count == 6)
    }

    @Test("ids are unique, and a gate may limit only what is measured")
    func entries() {
        let ids = Registry.entries.map(\.evaluator)
        #expect(Set(ids).count == ids.count)
        for entry in Registry.entries {
            let measured = entry.metrics.map(\.name)
            #expect(Set(measured).count == measured.count)
            #expect(entry.gates.allSatisfy { measured.contains($0.name) })
        }
    }
}
