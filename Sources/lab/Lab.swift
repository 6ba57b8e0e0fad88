import ArgumentParser
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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
            RunCommand.self, GateCommand.self, HistoryCommand.self, SuitesCommand.self, DoctorCommand.self,
            QuantizeCommand.self, PerplexityCommand.self,
        ])

    /// Parses, runs, and turns every outcome into an exit code of the design.
    static func main() {
        // A limit on file sizes is then an error of the write, like a full disk, and not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as any LabFailure {
            printError("error: \(failure.description)")
            if let remedy = failure.remedy { printError("  -> \(remedy)") }
            endProcess(with: failure.exitCode)
        } catch let code as LabCore.ExitCode.Ending {
            endProcess(with: code.exitCode)
        } catch {
            let isHelp = exitCode(for: error) == .success
            let message = fullMessage(for: error)
            if isHelp { print(message) } else { printError(message) }
            endProcess(with: isHelp ? .pass : .usage)
        }
    }
}
