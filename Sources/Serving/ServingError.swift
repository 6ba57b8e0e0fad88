public import LabCore

/// Why a model cannot be served, or a request not be taken.
public struct ServingError: LabFailure {
    /// The kind of failure.
    public enum Code: Sendable, Hashable {
        /// The queue is full; try again later.
        case queueFull
        /// No worker can be started, or the service is shutting down.
        case unavailable
        /// A file that says how the model is used is damaged.
        case badFile
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
}
