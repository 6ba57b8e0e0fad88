import CCaseLimits

/// What one case may take before it counts as a failure.
public struct CaseLimits: Sendable {
    /// Processor time, in milliseconds. Default: 2,000.
    public var processorMilliseconds: UInt32 = 2000
    /// Wall time without a word from the worker. Default: a minute, since a busy machine is no failure.
    public var silence: Duration = .seconds(60)
    /// Memory for each byte of the case's files. Default: 16.
    ///
    /// A parsed document is larger than its text: the two bytes of `1,` become a value of 16, in an array that is
    /// copied as it grows.
    public var memoryPerByte = 16
    /// Memory beyond that: windows, messages, paths. Default: 128 KiB.
    public var memoryBytes = 128 << 10

    /// The defaults.
    public init() {}

    /// The most memory that reading these files may take.
    func memory(for files: FuzzCase) -> Int { memoryBytes + memoryPerByte * files.sizeBytes }

    /// Whether this system can limit memory.
    public static var countMemory: Bool { case_limits_count_memory() }
}
