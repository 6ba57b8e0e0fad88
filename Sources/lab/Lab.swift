import ArgumentParser
import CommandSupport

@main
struct Lab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "A quality lab for quantized language models.",
        discussion: """
            Exit codes: 0 pass, 1 a gate failed, 2 bad usage or suite file, 3 inconclusive, 4 the lab could not do its \
            work.
            """,
        subcommands: [
            RunCommand.self, GateCommand.self, CompareCommand.self, ReportCommand.self, HistoryCommand.self,
            PackCommand.self, SuitesCommand.self, DoctorCommand.self, PerplexityCommand.self, DivergenceCommand.self,
            HistoryBenchmarkCommand.self,
        ])

    static func main() { runToEnd() }
}
