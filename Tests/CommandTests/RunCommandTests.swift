import Foundation
import Testing

/// Each test is a user's command line and the exit code that a CI job would see.
@Suite("lab run", .serialized)
struct RunCommandTests {
    @Test("a good recipe passes with exit 0, leaves its reports, and is not measured twice")
    func passesAndReuses() throws {
        let lab = try LabCommand()
        let first = try lab.run("suites/smoke")
        #expect(first.status == 0, "\(first.errors)")
        let report = try lab.report()
        #expect(report.verdict == "pass")
        #expect(report.reuse.samplesReused == 0)
        #expect(report.reuse.artifactsBuilt == 2)
        #expect(
            report.measurements.map(\.metric) == [
                "perplexity", "perplexity", "perplexity_increase", "log_ratio", "kl_mean", "kl_mean_excess",
                "kl_median", "kl_p90", "kl_p99", "kl_max", "top1_agreement", "prompts_rendered_differently",
                "thinking_switch_ignored",
            ])
        #expect(!report.measurements.contains { $0.cached || $0.samplesSha256?.count != 64 })
        for name in ["report.html", "junit.xml"] {
            let file = lab.reports.appendingPathComponent("latest/\(name)")
            #expect(try !Data(contentsOf: file).isEmpty)
        }

        let second = try lab.run("suites/smoke")
        #expect(second.status == 0)
        let again = try lab.report()
        #expect(again.reuse.samplesComputed == 0)
        #expect(again.reuse.artifactsBuilt == 0)
        // Templates are held against each other anew: nothing is computed for it.
        #expect(again.measurements.allSatisfy { $0.cached || $0.evaluation == "chat_template" })
        #expect(again.measurements.map(\.value) == report.measurements.map(\.value))
        #expect(again.measurements.map(\.samplesSha256) == report.measurements.map(\.samplesSha256))
        #expect(second.output.contains("reused"))
        #expect(lab.partialFiles().isEmpty)
    }

    @Test("a recipe too coarse for the model fails with exit 1, and the gate against the better run fails too")
    func coarseRecipe() throws {
        let lab = try LabCommand()
        let onText = ["--evaluations", "perplexity,fidelity"]
        #expect(try lab.run("suites/balanced", ["--limit", "24"] + onText).status != 4)
        let coarse = try lab.run("suites/balanced", ["--recipe", "Q2_K"] + onText)
        #expect(coarse.status == 1, "\(coarse.output)\(coarse.errors)")
        #expect(try lab.report().verdict == "fail")

        let runs = try LabCommand.command([
            LabCommand.executable.path, "history", "list", "--history", lab.history.path,
        ])
        let ids = runs.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        try #require(ids.count == 2)
        let junit = lab.folder.appendingPathComponent("gate.xml")
        let gate = try LabCommand.command([
            LabCommand.executable.path, "gate", ids[0], "--against", ids[1], "--history", lab.history.path, "--junit",
            junit.path,
        ])
        #expect(gate.status == 1, "\(gate.output)\(gate.errors)")
        #expect(try String(contentsOf: junit, encoding: .utf8).contains("<failure"))
        let same = try LabCommand.command([
            LabCommand.executable.path, "gate", ids[1], "--against", ids[1], "--history", lab.history.path,
        ])
        #expect(same.status == 2, "\(same.output)\(same.errors)")
    }

    @Test("one chunk cannot decide: exit 3")
    func inconclusive() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke", ["--limit", "1"]).status == 3)
        #expect(try lab.report().verdict == "inconclusive")
    }

    @Test("a suite with an unknown key is exit 2 and names file, line and key")
    func badSuite() throws {
        let lab = try LabCommand()
        let file = lab.folder.appendingPathComponent("suite.yaml")
        let text = try String(
            contentsOf: LabCommand.root.appendingPathComponent("suites/smoke/suite.yaml"), encoding: .utf8)
        try Data(text.replacingOccurrences(of: "recipe:", with: "receipt:").utf8).write(to: file)
        let result = try lab.run(file.path)
        #expect(result.status == 2)
        #expect(result.errors.contains("suite.yaml:5: receipt: unknown key"))
    }

    @Test(
        "bad usage is exit 2",
        arguments: [
            [], ["--limit", "0"], ["--limit", "many"], ["--no-such-option"], ["--dataset", "x"],
            ["--evaluations", "beauty"],
        ])
    func badUsage(arguments: [String]) throws {
        let lab = try LabCommand()
        let result =
            try arguments.isEmpty
            ? LabCommand.command([LabCommand.executable.path, "run"]) : lab.run("suites/smoke", arguments)
        #expect(result.status == 2)
        #expect(!result.errors.isEmpty)
    }

    @Test("a missing model, dataset and suite are named", arguments: [("--model", 4), ("--dataset-path", 4)])
    func missing(option: String, status: Int) throws {
        let lab = try LabCommand()
        let extra = option == "--dataset-path" ? ["--dataset", "x"] : []
        let result = try lab.run("suites/smoke", [option, "/nonexistent/thing"] + extra)
        #expect(result.status == Int32(status))
        #expect(result.errors.contains("/nonexistent/thing"))
        #expect(try lab.run("suites/nonexistent").status == 2)
    }

    @Test("a required backend that is absent is exit 4; an optional one is skipped and says so")
    func backends() throws {
        let lab = try LabCommand()
        let demanded = try lab.run("suites/smoke", ["--backend", "cuda", "--limit", "2"])
        #expect(demanded.status == 4)
        #expect(demanded.errors.contains("no CUDA device: driver not found"))
        _ = try lab.run("suites/balanced", ["--limit", "4", "--evaluations", "perplexity,fidelity"])
        let skipped = try lab.report().verdicts.filter { $0.backend == "cuda" }
        #expect(skipped.map(\.status) == ["skipped", "skipped"])
        #expect(skipped.first?.reason.contains("no CUDA device: driver not found") == true)
    }

    @Test("a truncated checkpoint is exit 4, named, and leaves nothing in the store")
    func truncated() throws {
        let lab = try LabCommand()
        let model = lab.folder.appendingPathComponent("model")
        try FileManager.default.copyItem(
            at: LabCommand.root.appendingPathComponent("fixtures/pajama-tiny"), to: model)
        let weights = try FileHandle(forWritingTo: model.appendingPathComponent("model.safetensors"))
        try weights.truncate(atOffset: 100_000)
        let result = try lab.run("suites/smoke", ["--model", model.path])
        #expect(result.status == 4)
        #expect(result.errors.contains("model.safetensors"))
        #expect(storedArtifacts(lab).isEmpty)
    }

    @Test("an artifact whose manifest an older lab wrote is made anew")
    func olderManifest() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke", ["--limit", "2"]).status != 4)
        let files = FileManager.default.enumerator(atPath: lab.store.path)?.compactMap { $0 as? String } ?? []
        let names = files.filter { $0.hasSuffix("/manifest.json") }
        #expect(names.count == 2)
        for name in names {
            try Data(#"{"version": 1, "artifact": {}}"#.utf8).write(to: lab.store.appendingPathComponent(name))
        }
        let again = try lab.run("suites/smoke", ["--limit", "2"])
        #expect(again.status != 4, "\(again.errors)")
        #expect(try lab.report().reuse.artifactsBuilt == 2)
    }

    @Test("an artifact with another tokenizer is refused before anything is scored")
    func otherTokenizer() throws {
        let lab = try LabCommand()
        let model = lab.folder.appendingPathComponent("model")
        try FileManager.default.copyItem(
            at: LabCommand.root.appendingPathComponent("fixtures/pajama-tiny"), to: model)
        let file = model.appendingPathComponent("tokenizer.json")
        var tokenizer = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        var bytePairs = try #require(tokenizer["model"] as? [String: Any])
        bytePairs["merges"] = Array(try #require(bytePairs["merges"] as? [Any]).dropFirst(50))
        tokenizer["model"] = bytePairs
        try JSONSerialization.data(withJSONObject: tokenizer).write(to: file)
        let made = try lab.convert(model: model, to: lab.folder)
        #expect(made.status == 0, "\(made.errors)")
        let artifact = lab.folder.appendingPathComponent("gguf/model-q4_k_m.gguf")

        let result = try lab.run("suites/smoke", ["--artifact", artifact.path])
        #expect(result.status == 4)
        #expect(result.errors.contains("different tokens"))
        #expect(!result.errors.contains("chunks"))
    }

    @Test(
        "an output that cannot be written is exit 4 before any work", arguments: ["--output", "--history", "--store"])
    func unwritable(option: String) throws {
        let lab = try LabCommand()
        let result = try lab.run("suites/smoke", [option, "/dev/null/place"])
        #expect(result.status == 4)
        #expect(result.errors.contains("/dev/null/place"))
        #expect(storedArtifacts(lab).isEmpty)
    }

    private func storedArtifacts(_ lab: LabCommand) -> [String] {
        let walker = FileManager.default.enumerator(atPath: lab.store.path)
        return (walker?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".gguf") || $0.contains("partial") }
    }
}
