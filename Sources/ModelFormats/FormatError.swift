public import LabCore

/// A model file that cannot be read, written, understood or supported.
public struct FormatError: LabFailure {
    /// What kind of failure it is, for code that reacts to it.
    public enum Code: Sendable, Equatable {
        /// The file is not there, or the system refused to read it.
        case cannotRead
        /// The system refused to write: a full disk, a quota, a missing permission.
        case cannotWrite
        /// The bytes contradict the format.
        case malformed
        /// A part that the model needs is absent.
        case missing
        /// The file is sound, but of a kind that is not supported yet.
        case unsupported
    }

    /// The kind of failure.
    public let code: Code
    /// The path of the file concerned.
    public let file: String
    /// The part of the file concerned, such as "tensor 'lm_head.weight'" or "key 'hidden_size'"; nil for all of it.
    public let subject: String?
    /// What is wrong, as a clause.
    public let problem: String
    /// How to mend it, as an instruction.
    public let remedy: String?

    /// Creates a failure.
    public init(_ code: Code, file: String, subject: String? = nil, _ problem: String, remedy: String? = nil) {
        self.code = code
        self.file = file
        self.subject = subject
        self.problem = problem
        self.remedy = remedy
    }

    /// File, part and problem in one line.
    public var description: String {
        [file, subject, problem].compactMap { $0 }.joined(separator: ": ")
    }
}

extension FormatError {
    static let downloadAgain = "The file is damaged or incomplete: download it again."

    static func malformed(_ file: String, _ subject: String? = nil, _ problem: String) -> FormatError {
        FormatError(.malformed, file: file, subject: subject, problem, remedy: downloadAgain)
    }
}
