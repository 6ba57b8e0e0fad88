/// What a command tells the shell. CI jobs act on these numbers, so they never change meaning.
public enum ExitCode: Int32, Sendable, Codable {
    /// Every gate passed.
    case pass = 0
    /// A gate failed, or a demanded target is infeasible.
    case gateFailed = 1
    /// Bad usage or a bad suite file.
    case usage = 2
    /// The evidence does not suffice for a verdict.
    case inconclusive = 3
    /// The lab could not do its work: a missing file, device, disk, network or worker.
    case unavailable = 4
}
