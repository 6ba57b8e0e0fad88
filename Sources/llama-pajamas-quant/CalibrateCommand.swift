import ArgumentParser
import CommandSupport
import Foundation
import LabCore
import LabRunner

struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Compute an importance matrix, or add several up, for later conversions.",
        discussion: """
            Sends text through the model in BF16 and writes what its matrices are multiplied with, in llama.cpp's \
            format. A calibration that is interrupted is continued by the same command.

            Example:
              llama-pajamas-quant calibrate --model ./Qwen3-8B --output ./qwen3-8b-imatrix.gguf \\
                --calibration-data wiki.valid.raw --calibration-samples 100
            """)

    @OptionGroup var source: ModelOption

    @Option(help: "The file to write.")
    var output: String

    @OptionGroup(title: "Importance matrix") var importance: ImportanceOptions

    @Option(
        help: ArgumentHelp(
            "llama.cpp's name for the way the tokenizer cuts text, where tokenizer.json does not tell.",
            valueName: "name"))
    var preTokenizer: String?

    @OptionGroup var threading: ThreadOptions

    func run() throws {
        let steps = StepProgress(source.isRepository ? "download" : nil, "calibrate")
        let model = try source.checkpoint(steps)
        steps.begin("calibrate")
        var options = ConversionOptions(
            model: model, output: URL(fileURLWithPath: output).deletingLastPathComponent(),
            recipes: [])
        options.threads = threading.threads ?? options.threads
        options.importanceMatrices = importance.imatrix
        options.calibration = try importance.calibration(for: options.model, progress: steps)
        if options.calibration == nil, options.importanceMatrices.isEmpty {
            options.calibration = try importance.text(for: options.model, progress: steps)
        }
        options.preTokenizer = preTokenizer
        let written = try CalibrationRun(options: options, progress: steps.show)
            .write(to: URL(fileURLWithPath: output))
        print("\(output): \(written.tensors) tensors, \(written.windows) windows")
    }
}
