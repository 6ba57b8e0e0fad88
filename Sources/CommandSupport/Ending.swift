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
        endProcess(with: .pass)
    }
}

/// Ends the process.
private func endProcess(with code: LabCore.ExitCode) -> Never {
    Foundation.exit(code.rawValue)
}

/// Writes a line to standard error.
private func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
