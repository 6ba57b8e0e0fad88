import ArgumentParser
import Foundation
import LabCore
import LabRunner
import ModelFormats
import Quantization

struct QuantizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize", abstract: "Convert a checkpoint to one GGUF file, with its manifest beside it.")

    @Option(help: "The checkpoint folder.")
    var model: String

    @Option(help: "The recipe, such as Q4_K_M or BF16.")
    var recipe: String

    @Option(help: "The file to write.")
    var output: String

    @Option(help: "Threads of computation. Default: the machine's physical cores.")
    var threads: Int?

    func run() throws {
        let checkpoint = try Checkpoint(directory: URL(fileURLWithPath: model))
        let manifests = try Converter(checkpoint).convert(
            to: [(try Recipe.named(recipe), URL(fileURLWithPath: output))], threads: threads ?? Machine.defaultThreads,
            engineBuild: EngineBuild.name, progress: TerminalProgress().show)
        for manifest in manifests {
            print("\(output): \(manifest.recipe), \(manifest.artifact.bytes) bytes, sha256 \(manifest.artifact.sha256)")
        }
    }
}
