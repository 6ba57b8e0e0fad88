import Foundation
import LabCore

extension LabCore.ExitCode {
    /// Ends a command with a code and nothing more to say.
    struct Ending: Error {
        let exitCode: LabCore.ExitCode
    }
}

/// Ends the process.
func endProcess(with code: LabCore.ExitCode) -> Never {
    Foundation.exit(code.rawValue)
}

/// Writes a line to standard error.
func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
