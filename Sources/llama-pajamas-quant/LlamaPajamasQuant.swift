import ArgumentParser
import CommandSupport

@main
struct LlamaPajamasQuant: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "llama-pajamas-quant",
        abstract: "Quantizes language models.",
        discussion: """
            Exit codes: 0 done, 1 a demanded target is infeasible, 2 bad usage, 4 the work could not be done.
            """,
        subcommands: [ConvertCommand.self, CalibrateCommand.self])

    static func main() { runToEnd() }
}
