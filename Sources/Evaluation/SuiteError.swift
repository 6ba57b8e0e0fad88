public import LabCore

/// A suite file that cannot be followed.
public struct SuiteError: LabFailure {
    /// The suite file.
    public let file: String
    /// Line, counted from 1; nil when the whole file is meant.
    public let line: Int?
    /// The key concerned, such as "evaluations[0].gates[0].below".
    public let key: String?
    /// What is wrong.
    public let message: String
    /// How to mend it.
    public let remedy: String?

    /// Creates an error.
    public init(file: String, line: Int? = nil, key: String? = nil, message: String, remedy: String? = nil) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.remedy = remedy
    }

    /// "FILE:LINE: KEY: message".
    public var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if let key, !key.isEmpty { place += ": \(key)" }
        return "\(place): \(message)"
    }

    /// A bad suite file is bad usage.
    public var exitCode: ExitCode { .usage }
}
