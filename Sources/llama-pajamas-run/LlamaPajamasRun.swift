import ArgumentParser
import CommandSupport

@main
struct LlamaPajamasRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "llama-pajamas-run",
        abstract: "Runs quantized language models with the settings that they were validated with.",
        discussion: """
            A model is a GGUF file, an MLX folder, or a folder with a manifest.json or a hub's repository, of which the \
            best artifact for the machine is taken. What is here goes before a repository of the same name.

            Exit codes: 0 done, 2 bad usage, 4 the work could not be done.
            """,
        subcommands: [ChatCommand.self, GenerateCommand.self, ServeCommand.self, BenchmarkCommand.self])

    static func main() { runToEnd() }
}
