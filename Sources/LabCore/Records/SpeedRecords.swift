/// A speed over several repetitions, in the unit that its place says; tokens per second where it says none.
public struct SpeedRecord: Hashable, Sendable, Codable {
    /// The median.
    public var median: Double
    /// The smallest of the repetitions.
    public var low: Double
    /// The largest of the repetitions.
    public var high: Double
    /// Repetitions after the warm-up.
    public var repetitions: Int

    /// Describes a speed.
    public init(median: Double, low: Double, high: Double, repetitions: Int) {
        self.median = median
        self.low = low
        self.high = high
        self.repetitions = repetitions
    }

    /// Sums up repetitions; nil without any, or with one that is not finite.
    public init?(_ repetitions: [Double]) {
        guard let ends = Quantile.of(repetitions, at: [0, 0.5, 1]) else { return nil }
        self.init(median: ends[1], low: ends[0], high: ends[2], repetitions: repetitions.count)
    }
}

/// What bounds a computation on a device.
public enum SpeedBound: String, Sendable, Codable {
    /// Reading weights, keys and values from memory.
    case memory
    /// Multiplying matrices.
    case matrices
}

/// How close a computation comes to what its device could do.
public struct RooflineRecord: Hashable, Sendable, Codable {
    /// What bounds it.
    public var bound: SpeedBound
    /// The speed at that bound, in tokens per second.
    public var limit: Double
    /// The median of the speed reached, in percent of it.
    public var percent: Double

    /// Describes a share.
    public init(bound: SpeedBound, limit: Double, percent: Double) {
        self.bound = bound
        self.limit = limit
        self.percent = percent
    }
}

/// How fast an artifact runs with so many tokens in its context, and so many sequences at a time.
public struct ThroughputRecord: Hashable, Sendable, Codable {
    /// The evaluation's name, with the point where there are several: "throughput@2048x4".
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The artifact's path.
    public var artifact: String
    /// Tokens in the context of each sequence before the first that is timed.
    public var depth: Int
    /// Tokens of context that each sequence has; nil in records of older labs.
    public var contextLength: Int?
    /// Sequences at a time; nil in records of older labs, which measured one.
    public var parallelSequences: Int?
    /// Reading a prompt, all sequences together; nil where it was not measured.
    public var prefill: SpeedRecord?
    /// Writing one token after the other, all sequences together; nil where it was not measured.
    public var decode: SpeedRecord?
    /// Milliseconds from the beginning of the prompts until each sequence has its first token; nil where it was not
    /// measured.
    public var firstTokenMilliseconds: SpeedRecord?
    /// Milliseconds between tokens of a sequence; nil where it was not measured.
    public var latency: Latency?
    /// How close prefill comes to its bound; nil where the device was not measured, and for several sequences.
    public var prefillRoofline: RooflineRecord?
    /// How close decoding comes to its bound; nil likewise.
    public var decodeRoofline: RooflineRecord?
    /// The most memory of the worker's process, resident, mapped files included; nil where the system does not tell.
    public var hostPeakBytes: Int64?
    /// Memory in use on the device beyond what was in use before the artifact was loaded; nil for a device that computes
    /// in the host's memory.
    public var deviceBytes: Int64?
    /// Why it was not run; nil where it was.
    public var notRun: String?
    /// Each metric's value in each repetition, by the metric's name, in its unit, in order; nil in records of older labs.
    public var repetitions: [String: [Double]]?

    /// Milliseconds between tokens, over all steps of all repetitions.
    public struct Latency: Hashable, Sendable, Codable {
        /// The median.
        public var p50: Double
        /// The 95th percentile.
        public var p95: Double
        /// The 99th percentile.
        public var p99: Double
        /// Steps.
        public var steps: Int

        /// Describes latencies.
        public init(p50: Double, p95: Double, p99: Double, steps: Int) {
            self.p50 = p50
            self.p95 = p95
            self.p99 = p99
            self.steps = steps
        }
    }

    enum CodingKeys: String, CodingKey {
        case evaluation, backend, artifact, depth, prefill, decode, latency, repetitions
        case contextLength = "context_length"
        case parallelSequences = "parallel_sequences"
        case firstTokenMilliseconds = "first_token_milliseconds"
        case prefillRoofline = "prefill_roofline"
        case decodeRoofline = "decode_roofline"
        case hostPeakBytes = "host_peak_bytes"
        case deviceBytes = "device_bytes"
        case notRun = "not_run"
    }

    /// Describes the speed at a depth.
    public init(
        evaluation: String, backend: String, artifact: String, depth: Int, prefill: SpeedRecord?, decode: SpeedRecord?
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.depth = depth
        self.prefill = prefill
        self.decode = decode
    }
}

/// What speeds were measured on, and how.
public struct SpeedSetupRecord: Hashable, Sendable, Codable {
    /// The evaluation's name in the suite.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The artifact's path.
    public var artifact: String
    /// Device, and on a CPU its features and the threads: speeds are compared within one class alone.
    public var deviceClass: String
    /// Tokens of a timed prompt.
    public var prefillTokens: Int
    /// Tokens written in a timed repetition.
    public var decodeTokens: Int
    /// Repetitions before those that count.
    public var warmUps: Int
    /// What the device can do; nil where it could not be measured.
    public var device: DeviceSpeed?
    /// What the model asks of it for each token.
    public var cost: ModelCost
    /// Seconds that loading the file took, from wherever the system had it.
    public var loadSeconds: Double?
    /// The most memory of the worker's process, resident; nil where the system does not tell.
    public var hostPeakBytes: Int64?
    /// The part of it that is mapped files, which the system can take back; nil where it does not tell.
    public var hostMappedBytes: Int64?
    /// The most memory in use on the device beyond what was in use before; nil for one that computes in the host's memory.
    public var devicePeakBytes: Int64?
    /// Whether the processor or the device ran slower than it can.
    public var throttling: ThrottlingRecord

    enum CodingKeys: String, CodingKey {
        case evaluation, backend, artifact, device, cost, throttling
        case deviceClass = "device_class"
        case prefillTokens = "prefill_tokens"
        case decodeTokens = "decode_tokens"
        case warmUps = "warm_ups"
        case loadSeconds = "load_seconds"
        case hostPeakBytes = "host_peak_bytes"
        case hostMappedBytes = "host_mapped_bytes"
        case devicePeakBytes = "device_peak_bytes"
    }

    /// Describes a setup.
    public init(
        evaluation: String, backend: String, artifact: String, deviceClass: String, prefillTokens: Int,
        decodeTokens: Int, warmUps: Int, device: DeviceSpeed?, cost: ModelCost, loadSeconds: Double? = nil,
        throttling: ThrottlingRecord
    ) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.deviceClass = deviceClass
        self.prefillTokens = prefillTokens
        self.decodeTokens = decodeTokens
        self.warmUps = warmUps
        self.device = device
        self.cost = cost
        self.loadSeconds = loadSeconds
        self.throttling = throttling
    }
}

/// What a device can do, measured by the engine on the device itself.
public struct DeviceSpeed: Hashable, Sendable, Codable {
    /// The device's product name.
    public var name: String
    /// Bytes read from memory in a second.
    public var bytesPerSecond: Double
    /// The size of what was read again and again: as much as the model reads for a token, so that a model that fits a
    /// cache is held against the cache.
    public var workingSetBytes: Int64
    /// Operations of a matrix product in a second; a multiplication and an addition are two.
    public var operationsPerSecond: Double
    /// The storage type of the matrix: "Q4_K".
    public var matrixType: String
    /// Where the matrix was kept, as the engine calls it: "CPU", "CPU_REPACK", "CUDA0".
    public var bufferType: String

    enum CodingKeys: String, CodingKey {
        case name
        case bytesPerSecond = "bytes_per_second"
        case workingSetBytes = "working_set_bytes"
        case operationsPerSecond = "operations_per_second"
        case matrixType = "matrix_type"
        case bufferType = "buffer_type"
    }

    /// Describes a device.
    public init(
        name: String, bytesPerSecond: Double, workingSetBytes: Int64, operationsPerSecond: Double, matrixType: String,
        bufferType: String
    ) {
        self.name = name
        self.bytesPerSecond = bytesPerSecond
        self.workingSetBytes = workingSetBytes
        self.operationsPerSecond = operationsPerSecond
        self.matrixType = matrixType
        self.bufferType = bufferType
    }
}

/// Whether the processor or the device ran slower than it can, as far as the platform tells.
public struct ThrottlingRecord: Hashable, Sendable, Codable {
    /// What was seen: "12 thermal throttle events", "power cap on NVIDIA GeForce RTX 4070"; empty where nothing was.
    public var seen: [String]
    /// What was looked at: "thermal throttle counters of 2 processors, clock 2.1 to 2.4 of 2.4 GHz"; empty where the
    /// platform tells nothing, and throttling is unknown.
    public var sources: [String]

    /// Describes what was seen.
    public init(seen: [String] = [], sources: [String] = []) {
        self.seen = seen
        self.sources = sources
    }
}
