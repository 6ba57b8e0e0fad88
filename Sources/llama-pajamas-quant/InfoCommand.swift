import ArgumentParser
import CommandSupport
import Foundation
import LabRunner

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Describe a model: network, context, tokenizer, and what each recipe would make of it.",
        discussion: """
            Of a repository's weights only the headers are fetched. Each fact says which file it comes from.

            Examples:
              llama-pajamas-quant info Qwen/Qwen3-8B
              llama-pajamas-quant info Qwen/Qwen3-8B@main --json
              llama-pajamas-quant info ./models/qwen3-8b/gguf/qwen3-8b-q4_k_m.gguf
            """)

    @Argument(
        help: "The model: a repository such as Qwen/Qwen3-8B or ID@REVISION, a checkpoint's folder, or a GGUF file.",
        completion: .file())
    var model: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let progress = StepProgress()
        switch try ModelSource(model) {
        case .file(let url): try show(GGUFDescription(url)) { $0.text }
        case .folder, .repository:
            let outline = try ModelSource.outline(model, progress: progress.show, notice: progress.say)
            // Its folder goes with it.
            defer { withExtendedLifetime(outline) {} }
            var description = try ModelDescription(outline.folder)
            if let cached = outline.cached {
                description.place = cached.folder.path
                description.shardsInPlace = cached.weights
            }
            try show(description) { $0.text }
        }
    }

    private func show<Description: Encodable>(_ description: Description, text: (Description) -> String) throws {
        guard json else { return print(text(description)) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(description), as: UTF8.self))
    }
}
