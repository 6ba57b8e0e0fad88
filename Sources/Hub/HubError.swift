public import LabCore

/// Why something could not be had from a model hub.
public struct HubError: LabFailure {
    /// What went wrong.
    public enum Code: Sendable, Equatable {
        /// The name of a repository, revision or data set cannot be one.
        case badName
        /// There is no such repository, revision or file.
        case missing
        /// The repository is not for everyone: a licence is to be accepted, or a token to be given.
        case refused
        /// Nothing is to be fetched, and the cache has not all that is needed.
        case offline
        /// The hub cannot be reached, or keeps failing.
        case unreachable
        /// The bytes that came are not those that the hub states.
        case corrupt
        /// The hub answers what no hub should.
        case malformed
        /// The disk lacks room or does not let itself be written.
        case disk
    }

    /// What went wrong.
    public let code: Code
    /// What happened, naming repository and file. A token is never part of it.
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

    /// Bad usage for a name that cannot be one; else the lab could not do its work.
    public var exitCode: ExitCode { code == .badName ? .usage : .unavailable }
}
