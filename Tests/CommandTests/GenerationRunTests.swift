import Foundation
import Testing

/// The evaluations on prompts, by a user's command, on the embedded model.
@Suite("runs that ask prompts", .serialized)
struct GenerationRunTests {
    private static let evaluations = ["chat_template", "samples", "languages", "thinking", "code"]
    private static let asking = ["--evaluations", evaluations.joined(separator: ",")]

    @Test("all of them pass on the embedded model, and a second run computes nothing")
    func whole() throws {
        let lab = try LabCommand()
        let first = try lab.run("suites/balanced", Self.asking)
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        let report = try lab.report()
        #expect(Set(report.verdicts.map(\.evaluation)) == Set(Self.evaluations))
        // Each gate that could be judged passes; without a sandbox the functions are skipped, and say why.
        for verdict in report.verdicts where verdict.backend == "cpu" && verdict.status != "pass" {
            #expect(
                verdict.evaluation == "code" && verdict.status == "skipped" && verdict.reason.contains("sandbox"),
                "\(verdict)")
        }
        let values = report.measurements.map(\.value)
        let second = try lab.run("suites/balanced", Self.asking)
        #expect(second.status == 0, "\(second.errors)")
        let again = try lab.report()
        #expect(again.reuse.samplesComputed == 0 && again.reuse.samplesReused > 1000)
        #expect(again.measurements.map(\.value) == values)
        #expect(again.measurements.allSatisfy { $0.cached || $0.evaluation == "chat_template" })
    }

    @Test("one changed prompt computes that prompt, and no other")
    func changed() throws {
        let lab = try LabCommand()
        let suite = try PromptSuite(lab, evaluator: "multilingual", prompts: "languages", lines: 6)
        #expect(try suite.run().status != 4)
        let first = try lab.report().reuse.samplesComputed
        // A text and a likelihood, of parent and candidate.
        #expect(first == 6 * 4)
        try suite.edit { lines in lines[2] = lines[2].replacingOccurrences(of: "Italy", with: "Norway") }
        #expect(try suite.run().status != 4)
        #expect(try lab.report().reuse.samplesComputed == 4)
    }

    @Test("a run killed while it writes loses no more than the texts in flight")
    func killed() throws {
        let lab = try LabCommand()
        let arguments = ["--evaluations", "samples"]
        let running = try lab.start(run: "suites/balanced", arguments)
        let deadline = Date(timeIntervalSinceNow: 120)
        while try kept(by: lab) < 20, running.isRunning, Date() < deadline { usleep(5_000) }
        running.kill()
        #expect(try running.wait().status == 9)
        let texts = try kept(by: lab)
        let second = try lab.run("suites/balanced", arguments)
        #expect(second.status == 0, "\(second.output)\(second.errors)")
        let reuse = try lab.report().reuse
        #expect(reuse.samplesReused == texts)
        #expect(reuse.samplesComputed == 4 * 50 - texts)
    }

    @Test("a prompt set that is broken, or does not fit, is exit 2 and names what is wrong")
    func unfitting() throws {
        let lab = try LabCommand()
        let suite = try PromptSuite(lab, evaluator: "multilingual", prompts: "languages", lines: 6)
        try suite.edit { lines in lines[3] = lines[3].replacingOccurrences(of: "\"answer\"", with: "\"anser\"") }
        let broken = try suite.run()
        #expect(broken.status == 2)
        #expect(
            broken.errors.contains("prompts.jsonl") && broken.errors.contains("4") && broken.errors.contains("anser"))

        let other = try PromptSuite(lab, evaluator: "code", prompts: "languages", lines: 6)
        let unfitting = try other.run()
        #expect(unfitting.status == 2)
        #expect(unfitting.errors.contains("en-00") && unfitting.errors.contains("function"))

        let several = try lab.run(
            "suites/balanced", ["--dataset", "mine", "--dataset-path", other.prompts.path])
        #expect(several.status == 2)
        #expect(several.errors.contains("--evaluations"))
    }

    @Test("a key that does nothing in an evaluation is refused with its line")
    func unknownKey() throws {
        let lab = try LabCommand()
        let suite = try PromptSuite(
            lab, evaluator: "multilingual", prompts: "languages", lines: 6, options: "    context_length: 512\n")
        let result = try suite.run()
        #expect(result.status == 2)
        #expect(result.errors.contains("context_length") && result.errors.contains("suite.yaml"))
    }

    @Test("without the parent, from its pack, texts are judged by themselves and comparisons are skipped")
    func pack() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/balanced", ["--evaluations", "fidelity", "--full"]).status == 0)
        let packs = try FileManager.default.contentsOfDirectory(atPath: lab.store.appendingPathComponent("packs").path)
        let pack = try #require(packs.first { !$0.hasPrefix(".") })
        let artifact = try #require(lab.report().artifacts.last?.path)
        let result = try lab.run(
            "suites/balanced",
            ["--artifact", artifact, "--pack", pack, "--evaluations", "chat_template,samples,languages"])
        #expect(result.status != 4, "\(result.errors)")
        let verdicts = try lab.report().verdicts.filter { $0.backend == "cpu" }
        for name in ["chat_template", "samples"] {
            let of = verdicts.filter { $0.evaluation == name }
            #expect(of.map(\.status) == ["skipped"] && of[0].reason.contains("pack"))
        }
        #expect(verdicts.first { $0.metric == "languages_right" }?.status == "pass")
        #expect(verdicts.first { $0.metric == "worst_language_change" }?.status == "inconclusive")
    }

    @Test(
        "GSM8K and MGSM are asked by name",
        .enabled(if: LabData.folder != nil, "set LAB_DATA to a folder with gsm8k/test.jsonl and mgsm/mgsm_de.tsv"),
        arguments: [("gsm8k", "gsm8k/test.jsonl", "thinking"), ("mgsm_de", "mgsm/mgsm_de.tsv", "languages")])
    func gradeSchool(name: String, file: String, evaluation: String) throws {
        let lab = try LabCommand()
        let path = try #require(LabData.folder).appendingPathComponent(file).path
        let result = try lab.run(
            "suites/balanced",
            ["--evaluations", evaluation, "--dataset", name, "--dataset-path", path, "--limit", "2"])
        // The embedded model cannot solve them, and two say nothing for certain.
        #expect([1, 3].contains(result.status), "\(result.output)\(result.errors)")
        #expect(try lab.report().verdicts.allSatisfy { $0.evaluation == evaluation })
    }

    /// Texts and likelihoods in a history; 0 where there is none yet.
    private func kept(by lab: LabCommand) throws -> Int {
        let result = try LabCommand.command([
            LabCommand.executable.path, "history", "check", "--history", lab.history.path,
        ])
        let samples = result.output.firstMatch(of: /([0-9 ,]*[0-9]) samples?/)
        return samples.flatMap { Int($0.1.filter(\.isNumber)) } ?? 0
    }
}

/// Data that is not in the repository.
enum LabData {
    /// The folder; nil where it is not there.
    static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) }
        let folder = named ?? LabCommand.root.appendingPathComponent("../shared/data")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()
}

/// A suite with one evaluation on the first lines of a prompt set.
struct PromptSuite {
    let lab: LabCommand
    let folder: URL
    var prompts: URL { folder.appendingPathComponent("prompts.jsonl") }

    init(_ lab: LabCommand, evaluator: String, prompts set: String, lines: Int, options: String = "") throws {
        self.lab = lab
        folder = lab.folder.appendingPathComponent("suite-\(evaluator)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let whole = try String(
            contentsOf: LabCommand.root.appendingPathComponent("suites/prompts/\(set).jsonl"), encoding: .utf8)
        try (whole.split(separator: "\n").prefix(lines).joined(separator: "\n") + "\n")
            .write(to: prompts, atomically: true, encoding: .utf8)
        try """
        version: 1
        name: mine
        summary: A suite of a test.
        model: \(LabCommand.model.path)
        recipe: Q4_K_M
        backends:
          - name: cpu
        evaluations:
          - name: mine
            evaluator: \(evaluator)
            prompts:
              name: mine
              path: prompts.jsonl
            maximum_tokens: 32
        \(options)
        """.write(to: folder.appendingPathComponent("suite.yaml"), atomically: true, encoding: .utf8)
    }

    func edit(_ change: (inout [String]) -> Void) throws {
        var lines = try String(contentsOf: prompts, encoding: .utf8).split(separator: "\n").map(String.init)
        change(&lines)
        try (lines.joined(separator: "\n") + "\n").write(to: prompts, atomically: true, encoding: .utf8)
    }

    func run() throws -> LabCommand.Result { try lab.run(folder.path) }
}
