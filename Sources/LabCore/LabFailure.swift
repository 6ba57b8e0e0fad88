/// An error that a user of the lab will read.
///
/// Each module has one conforming error type. Its `description` names the file, tensor, key or line concerned;
/// `remedy` says how to mend it; `exitCode` is what a command returns when the error ends it.
public protocol LabFailure: Error, CustomStringConvertible, Sendable {
    /// How to mend it, as an instruction; nil when the description already says it.
    var remedy: String? { get }
    /// The exit code of a command that this error ends. Default: ``ExitCode/unavailable``.
    var exitCode: ExitCode { get }
}

extension LabFailure {
    /// Nothing beyond the description.
    public var remedy: String? { nil }
    /// The lab could not do its work.
    public var exitCode: ExitCode { .unavailable }
}
