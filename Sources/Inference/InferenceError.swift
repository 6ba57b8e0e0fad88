import Foundation
public import LabCore

/// What went wrong between the lab and a worker.
public struct InferenceError: LabFailure {
    /// The kind of failure.
    public enum Code: Sendable, Hashable {
        /// The worker's executable cannot be started.
        case notStarted
        /// The worker ended while it was needed.
        case died
        /// The worker said nothing for longer than the limit and was killed.
        case hung
        /// The worker sent something that is not an event of the protocol.
        case garbled
        /// The worker lives, but could not do the request.
        case refused
        /// The backend asked for is absent.
        case backendMissing
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, naming the worker and what it was doing.
    public let message: String
    /// How to mend it.
    public let remedy: String?
    /// The last lines the worker wrote to standard error.
    public let lastWords: [String]

    /// Whether a device had no memory for what was computed on it, which the engine does not survive.
    ///
    /// Known from the engine's last words: "CUDA error: out of memory".
    public var isOutOfMemory: Bool {
        code == .died && lastWords.contains { $0.lowercased().contains("out of memory") }
    }

    /// Creates an error.
    public init(_ code: Code, _ message: String, remedy: String? = nil, lastWords: [String] = []) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.lastWords = lastWords
    }

    /// The message, with the worker's last words below it.
    public var description: String {
        guard !lastWords.isEmpty else { return message }
        return ([message, "its last words:"] + lastWords.map { "  | " + $0 }).joined(separator: "\n")
    }
}
