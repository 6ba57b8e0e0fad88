import ArgumentParser
import CommandSupport
import Foundation
import LabCore
import LabRunner

struct DownloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Fetch models and data sets; what was interrupted goes on where it stopped.",
        discussion: """
            Of a model come the safetensors and what describes them, each weight once; a file gets its name when its \
            size and digest are those that the hub states. Prints the folder of each model and the file of each data set.

            Data sets: \(NamedDatasets.names.joined(separator: ", ")).

            Examples:
              llama-pajamas-quant download Qwen/Qwen3-8B
              llama-pajamas-quant download Qwen/Qwen3-0.6B@main wikitext2 gsm8k
            """)

    @Argument(help: "Repositories such as Qwen/Qwen3-8B or ID@REVISION, and names of data sets.")
    var names: [String]

    func validate() throws {
        for name in names where !NamedDatasets.names.contains(name.lowercased()) && !name.contains("/") {
            let hint = Spelling.hint(name, among: NamedDatasets.names)
            throw ValidationError(
                "'\(name)' is no repository, which has an owner and a name, and no data set: \(hint)there are "
                    + NamedDatasets.names.joined(separator: ", "))
        }
    }

    func run() throws {
        let progress = StepProgress()
        for name in names {
            if NamedDatasets.names.contains(name.lowercased()) {
                let data = try NamedDatasets(progress: progress.show, notice: progress.say).resolve(name)
                print(data.file.path)
            } else {
                print(try ModelSource.checkpoint(name, progress: progress.show, notice: progress.say).path)
            }
        }
    }
}
