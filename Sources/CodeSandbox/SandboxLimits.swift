/// What one program may take.
///
/// The defaults leave a function of a few lines a hundred times what it needs.
public struct SandboxLimits: Hashable, Sendable {
    /// Processor time, whole seconds. Default: 2.
    public var processorSeconds: Int
    /// Time on the clock, the start of the sandbox included. Default: 20 s, for machines that are busy.
    public var wallTime: Duration
    /// Address space, and so memory, in bytes. Default: 512 MiB.
    public var memoryBytes: Int
    /// One file that it writes, in bytes. Default: 8 MiB.
    public var fileBytes: Int
    /// All files in its temporary directory, which is in memory, in bytes. Default: 16 MiB.
    public var directoryBytes: Int
    /// What it hands back, in bytes. What it prints is thrown away. Default: 1 MiB.
    public var outputBytes: Int
    /// Processes and threads beside its first. Default: 0.
    ///
    /// Binds where the lab runs as another user than root; the filter of system calls allows none anywhere.
    package var processes = 0

    /// Creates limits.
    public init(
        processorSeconds: Int = 2, wallTime: Duration = .seconds(20), memoryBytes: Int = 512 << 20,
        fileBytes: Int = 8 << 20, directoryBytes: Int = 16 << 20, outputBytes: Int = 1 << 20
    ) {
        self.processorSeconds = processorSeconds
        self.wallTime = wallTime
        self.memoryBytes = memoryBytes
        self.fileBytes = fileBytes
        self.directoryBytes = directoryBytes
        self.outputBytes = outputBytes
    }

    /// Soft and hard limits by their names in Python's `resource`, which the sandbox's driver sets.
    var resources: [String: [Int]] {
        [
            // The first sends SIGXCPU, by which the end is known; the second cannot be caught.
            "RLIMIT_CPU": [processorSeconds, processorSeconds + 1],
            "RLIMIT_AS": [memoryBytes, memoryBytes],
            "RLIMIT_FSIZE": [fileBytes, fileBytes],
            "RLIMIT_NPROC": [processes, processes],
            "RLIMIT_NOFILE": [64, 64],
            "RLIMIT_MEMLOCK": [0, 0],
            "RLIMIT_MSGQUEUE": [0, 0],
            "RLIMIT_SIGPENDING": [64, 64],
            // With 0 the kernel would still start a host's crash handler; 1 is its sign not to.
            "RLIMIT_CORE": [1, 1],
        ]
    }
}
