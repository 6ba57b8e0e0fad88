import CCaseLimits

/// What one case may take before it counts as a failure.
public enum CaseLimits {
    /// Processor time, in milliseconds.
    static let processorMilliseconds: UInt32 = 2000

    /// Memory for each byte of the case's files.
    ///
    /// A parsed document is larger than its text: where arrays are nested, the two bytes of `[]` become an allocation
    /// of 56. All else takes less.
    private static let memoryPerByte = 32

    /// Memory beyond that: windows, messages, paths.
    private static let memoryBytes = 128 << 10

    /// The most memory that reading these files may take.
    static func memory(for files: FuzzCase) -> Int { memoryBytes + memoryPerByte * files.sizeBytes }

    /// Whether this system can limit memory.
    public static var countMemory: Bool { case_limits_count_memory() }
}
