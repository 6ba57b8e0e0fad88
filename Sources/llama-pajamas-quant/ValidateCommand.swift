import ArgumentParser
import CommandSupport
import Evaluation
import Foundation
import LabCore
import LabRunner

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Measure an artifact against the model it was made from, and judge it.",
        discussion: """
            The limits are those of the suite that the artifact's recipe belongs to. The results go to the terminal, \
            into a report with comparisons of texts, and into the manifest beside the artifact.

            Examples:
              llama-pajamas-quant validate --original Qwen/Qwen3-8B \\
                --quantized ./models/qwen3-8b/gguf/qwen3-8b-q4_k_m.gguf --metrics perplexity
              llama-pajamas-quant validate --original ./Qwen3-8B --quantized ./models/qwen3-8b/mlx/qwen3-8b-4bit \\
                --metrics perplexity,samples --json validation.json
            """)

    @Option(
        help: "The model it was made from: a checkpoint's folder, or a repository such as Qwen/Qwen3-8B.",
        completion: .directory)
    var original: String

    @Option(help: "The artifact: a GGUF file or an MLX folder.", completion: .file(extensions: ["gguf"]))
    var quantized: String

    @Option(
        help: "What to measure, separated by commas: perplexity, fidelity, samples, languages, thinking, code, ...")
    var metrics: String = "perplexity,samples"

    @Option(
        help: "The suite that sets the limits: \(ValidationRun.suites.joined(separator: ", ")), or a suite's folder.",
        completion: .list(ValidationRun.suites))
    var suite: String?

    @Option(help: "The backend: cpu, cuda, mlx, ... Default: cpu, and mlx for MLX folders.")
    var backend: String?

    @Option(help: "A text in place of the suite's: wikitext2, which is fetched; or any name, with --dataset-path.")
    var dataset: String?

    @Option(help: "The file of the text.", completion: .file())
    var datasetPath: String?

    @Option(help: "Measure at most so many windows and prompts.")
    var limit: Int?

    @Option(help: "Write the report as JSON to this file too.", completion: .file())
    var json: String?

    @Option(help: "Folder for the reports.", completion: .directory)
    var output: String = "reports"

    @Option(help: "The history file. Default: $LAB_HISTORY or the per-user one.")
    var history: String?

    @Option(help: "The artifact store. Default: $LAB_STORE or the per-user one.")
    var store: String?

    @OptionGroup(title: "How the engine computes") var compute: ComputeOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        if let backend, !BackendNames.isKnown(backend.lowercased()) {
            throw ValidationError(
                "there is no backend '\(backend)'; known: \(BackendNames.choices.joined(separator: ", "))")
        }
        if let problem = NamedDatasets.problem(dataset, path: datasetPath) { throw ValidationError(problem) }
    }

    func run() throws {
        if let json { try Folders.requireWritable(URL(fileURLWithPath: json)) }
        let names = metrics.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let steps = StepProgress(ModelSource.isRepository(original) ? "download" : nil, "validate")
        steps.begin("download")
        var options = ValidationRun.Options(
            original: { [original] in
                defer { steps.begin("validate") }
                return try ModelSource.checkpoint(original, progress: steps.show, notice: steps.say)
            }, quantized: URL(fileURLWithPath: quantized), output: URL(fileURLWithPath: output),
            command: CommandLine.text(as: "./llama-pajamas-quant"))
        options.metrics = names
        options.suite = suite
        options.backend = backend?.lowercased()
        options.limit = limit
        options.compute = compute.settings(defaultThreads: Machine.defaultThreads)
        if let dataset {
            options.dataset = try NamedDatasets(progress: steps.show, notice: steps.say)
                .resolve(dataset, at: datasetPath)
        }
        if let history { options.history = URL(fileURLWithPath: history) }
        if let store { options.store = URL(fileURLWithPath: store) }
        let outcome = try ValidationRun(options: options, progress: steps.show).run()
        print(ValidationReport.render(outcome.record, quantized: quantized, original: original))
        print("report: \(outcome.folder.appendingPathComponent("report.html").relativePath)")
        if let manifest = outcome.manifest { print("manifest: \(manifest.relativePath)") }
        if let json { try Folders.copy(outcome.folder.appendingPathComponent("report.json"), to: json) }
        throw LabCore.ExitCode.Ending(exitCode: outcome.record.verdict.exitCode)
    }
}
