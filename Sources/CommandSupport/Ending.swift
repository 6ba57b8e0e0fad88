public import ArgumentParser
import Foundation
public import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension LabCore.ExitCode {
    /// Ends a command with a code and nothing more to say.
    public struct Ending: Error {
        /// The code.
        public let exitCode: LabCore.ExitCode

        /// An ending with a code.
        public init(exitCode: LabCore.ExitCode) { self.exitCode = exitCode }
    }
}

extension ParsableCommand {
    /// Parses the command line, runs, and turns every outcome into an exit code of the design.
    public static func runToEnd() -> Never {
        // A limit on file sizes is then an error of the write, like a full disk, and not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            end(parsing: error)
        }
        do {
            try command.run()
        } catch let failure as any LabFailure {
            printError("error: \(failure.description)")
            if let remedy = failure.remedy { printError("  -> \(remedy)") }
            endProcess(with: failure.exitCode)
        } catch let code as LabCore.ExitCode.Ending {
            endProcess(with: code.exitCode)
        } catch  where [.success, .validationFailure].contains(exitCode(for: error)) {
            end(parsing: error)
        } catch {
            // Whatever the system refused; nothing that the user wrote was wrong.
            printError("error: \(message(for: error))")
            endProcess(with: .unavailable)
        }
        endProcess(with: .pass)
    }

    /// Ends with help that was asked for, or with what is wrong in the command line.
    private static func end(parsing error: any Error) -> Never {
        let isHelp = exitCode(for: error) == .success
        let message = fullMessage(for: error)
        if isHelp { print(message) } else { printError(message) }
        endProcess(with: isHelp ? .pass : .usage)
    }
}

/// Ends the process; a pass whose output was lost is none.
private func endProcess(with code: LabCore.ExitCode) -> Never {
    guard let failure = StandardOutput.failure() else { Foundation.exit(code.rawValue) }
    printError("error: standard output cannot be written: \(failure)")
    Foundation.exit((code == .pass ? .unavailable : code).rawValue)
}

/// Writes a line to standard error.
private func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
