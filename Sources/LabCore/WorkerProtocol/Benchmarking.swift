extension WorkerRequest {
    /// What to time.
    public struct BenchmarkParameters: Sendable, Hashable, Codable {
        /// Tokens in the context of each sequence before the first that is timed.
        public var depth: Int
        /// Tokens of each sequence's prompt, at least 1.
        public var prefillTokens: Int
        /// Tokens written to each sequence, at least 1.
        public var decodeTokens: Int
        /// Repetitions that are told, at least 1.
        public var repetitions: Int
        /// Repetitions before those. Default: 1.
        public var warmUps: Int
        /// Decides the tokens. Default: 1.
        public var seed: UInt64

        /// Creates parameters.
        public init(
            depth: Int, prefillTokens: Int, decodeTokens: Int, repetitions: Int, warmUps: Int = 1, seed: UInt64 = 1
        ) {
            self.depth = depth
            self.prefillTokens = prefillTokens
            self.decodeTokens = decodeTokens
            self.repetitions = repetitions
            self.warmUps = warmUps
            self.seed = seed
        }
    }

    /// Which device to measure, and for what.
    public struct ProbeParameters: Sendable, Hashable, Codable {
        /// "cpu", or a device of the engine's registry; the first of its devices is measured.
        public var backend: String
        /// Threads of computation on a CPU.
        public var threads: Int
        /// Bytes to read again and again for the bandwidth.
        public var workingSetBytes: Int64
        /// The storage type of the matrix to multiply: "Q4_K"; F16 takes the place of one that the device cannot multiply.
        public var matrixType: String

        /// Creates parameters.
        public init(backend: String, threads: Int, workingSetBytes: Int64, matrixType: String) {
            self.backend = backend
            self.threads = threads
            self.workingSetBytes = workingSetBytes
            self.matrixType = matrixType
        }
    }
}

extension WorkerEvent {
    /// One repetition of a benchmark; all times in seconds, by a clock that nobody sets.
    public struct TimedRepetition: Sendable, Hashable, Codable {
        /// From 0, warm-ups left out.
        public var index: Int
        /// For the prompts of all sequences.
        public var prefillSeconds: Double
        /// From the beginning of the prompts until each sequence has its first token.
        public var firstTokenSeconds: Double
        /// For each step, in which each sequence gets one token.
        public var stepSeconds: [Double]

        /// Creates a repetition.
        public init(index: Int, prefillSeconds: Double, firstTokenSeconds: Double, stepSeconds: [Double]) {
            self.index = index
            self.prefillSeconds = prefillSeconds
            self.firstTokenSeconds = firstTokenSeconds
            self.stepSeconds = stepSeconds
        }
    }

    /// What a benchmark took beside time.
    public struct BenchmarkSummary: Sendable, Hashable, Codable {
        /// Seconds that filling the contexts to their depth took.
        public var depthSeconds: Double
        /// The most memory of the worker's process, resident, since the benchmark began; since the process began where the
        /// system cannot count anew, nil where it does not count.
        public var hostPeakBytes: Int64?
        /// The part of its memory that is mapped files; nil where the system does not tell.
        public var hostMappedBytes: Int64?
        /// Memory in use on the device beyond what was in use before the artifact was loaded; nil for the host's own.
        public var deviceBytes: Int64?

        /// Creates a summary.
        public init(
            depthSeconds: Double, hostPeakBytes: Int64? = nil, hostMappedBytes: Int64? = nil, deviceBytes: Int64? = nil
        ) {
            self.depthSeconds = depthSeconds
            self.hostPeakBytes = hostPeakBytes
            self.hostMappedBytes = hostMappedBytes
            self.deviceBytes = deviceBytes
        }
    }
}
