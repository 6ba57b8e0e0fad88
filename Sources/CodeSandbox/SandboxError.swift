public import LabCore

/// What went wrong with the sandbox itself or with what it was asked; never what a program did in it.
public struct SandboxError: LabFailure {
    /// The kind of failure.
    public enum Code: Sendable, Hashable {
        /// A sandbox could not be started, or ended without the program's doing.
        case broken
        /// The cases of a function are not what they must be.
        case badCases
    }

    /// The kind of failure.
    public let code: Code
    /// What happened.
    public let message: String
    /// How to mend it.
    public let remedy: String?

    /// Creates an error.
    public init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// The message.
    public var description: String { message }
    /// Bad cases are a mistake in a suite's files.
    public var exitCode: ExitCode { code == .badCases ? .usage : .unavailable }
}
