public import LabCore

/// Why the lab could not carry out a command.
public struct RunnerError: LabFailure {
    /// What happened, naming the file, backend or option.
    public let message: String
    /// How to mend it.
    public let remedy: String?
    /// What the command returns.
    public let exitCode: ExitCode

    /// Creates an error.
    public init(_ message: String, remedy: String? = nil, exitCode: ExitCode = .unavailable) {
        self.message = message
        self.remedy = remedy
        self.exitCode = exitCode
    }

    /// The message.
    public var description: String { message }
}
