public import Foundation

/// What a worker answers. On the wire: `{"id": 1, "event": "scored", "payload": {...}}`.
///
/// Every request ends with exactly one of its closing events: `greeted`, `loaded`, `chunked`, `rendered`,
/// `benchmarked`, `probed`, `serving`, `done`, or `failed`.
public enum WorkerEvent: Sendable, Hashable {
    /// Answer to `hello` and `connect`; closes it.
    case greeted(Greeting)
    /// Answer to `load`; closes it.
    case loaded(LoadedModel)
    /// Answer to `chunk`; closes it.
    case chunked(Chunks)
    /// One chunk's score.
    case scored(ScoredChunk)
    /// One chunk's score and predictions.
    case predicted(PredictedChunk)
    /// One chunk's divergence from the parent.
    case diverged(DivergedChunk)
    /// Answer to `render`, in the order of its prompts; closes it.
    case rendered([RenderedPrompt])
    /// One prompt's continuation.
    case completed(Completion)
    /// One text followed.
    case followed(Followed)
    /// One repetition of a benchmark.
    case timed(TimedRepetition)
    /// Closes `benchmark`.
    case benchmarked(BenchmarkSummary)
    /// Answer to `probe`; closes it.
    case probed(DeviceSpeed)
    /// Tokens that `generate`, `follow` or `benchmark` has computed so far; sent every second or so, so that long texts
    /// are no silence.
    case advanced(Int)
    /// One chunk has gone through the model, by its index.
    case calibrated(Int)
    /// One matrix's sums.
    case collected(CollectedSums)
    /// Answer to `serve`; closes it, and what follows are ``ServingFrame``s.
    case serving(ServingStart)
    /// Closes `score`, `predict`, `diverge`, `generate`, `follow`, `restoreCalibration` and `calibrate`.
    case done
    /// The request could not be done; closes it. The worker lives on.
    case failed(Failure)

    /// Who the worker is.
    public struct Greeting: Sendable, Hashable, Codable {
        /// The engine.
        public var engine: EngineRecord
        /// Devices of the engine's registry.
        public var devices: [Device]
        /// Architecture and CPU features as the engine's CPU backend was compiled to use them.
        public var cpuFeatures: String

        /// Creates a greeting.
        public init(engine: EngineRecord, devices: [Device], cpuFeatures: String) {
            self.engine = engine
            self.devices = devices
            self.cpuFeatures = cpuFeatures
        }

        /// The devices that a backend stands for.
        public func devices(of backend: String) -> [Device] {
            devices.filter { BackendNames.covers(backend, registry: $0.registry, description: $0.description) }
        }
    }

    /// A device of the engine's registry.
    public struct Device: Sendable, Hashable, Codable {
        /// Name in the registry: "CPU", "CUDA0".
        public var name: String
        /// The registry that offers it: "CPU", "CUDA".
        public var registry: String
        /// Product name.
        public var description: String
        /// Free memory, bytes.
        public var memoryFreeBytes: Int64
        /// Memory in all, bytes.
        public var memoryTotalBytes: Int64

        /// Creates a device.
        public init(
            name: String, registry: String, description: String, memoryFreeBytes: Int64, memoryTotalBytes: Int64
        ) {
            self.name = name
            self.registry = registry
            self.description = description
            self.memoryFreeBytes = memoryFreeBytes
            self.memoryTotalBytes = memoryTotalBytes
        }
    }

    /// A model after loading.
    public struct LoadedModel: Sendable, Hashable, Codable {
        /// The engine's one-line description: "qwen3 8B Q4_K - Medium".
        public var description: String
        /// Parameters; 0 when only the vocabulary was loaded.
        public var parameters: Int64
        /// Tensor data, bytes.
        public var sizeBytes: Int64
        /// Vocabulary size.
        public var vocabulary: Int
        /// Seconds that reading the file took; nil where it was there already, for another context.
        public var loadSeconds: Double?
        /// Windows that are best asked for together, since that many are computed side by side; nil for one.
        public var windowsAtOnce: Int?

        /// Creates a description.
        public init(
            description: String, parameters: Int64, sizeBytes: Int64, vocabulary: Int, loadSeconds: Double? = nil,
            windowsAtOnce: Int? = nil
        ) {
            self.description = description
            self.parameters = parameters
            self.sizeBytes = sizeBytes
            self.vocabulary = vocabulary
            self.loadSeconds = loadSeconds
            self.windowsAtOnce = windowsAtOnce
        }
    }

    /// A text's chunks, by the digests of their tokens.
    public struct Chunks: Sendable, Hashable, Codable {
        /// Tokens of the whole text.
        public var tokenCount: Int
        /// Digest of each chunk's tokens as they are evaluated.
        public var digests: [Digest]

        /// Creates a list.
        public init(tokenCount: Int, digests: [Digest]) {
            self.tokenCount = tokenCount
            self.digests = digests
        }
    }

    /// One chunk's score.
    public struct ScoredChunk: Sendable, Hashable, Codable {
        /// Index of the chunk in its text.
        public var index: Int
        /// The score.
        public var score: ChunkScore

        /// Creates a score.
        public init(index: Int, score: ChunkScore) {
            self.index = index
            self.score = score
        }
    }

    /// One chunk's score, and a description of the model's predictions on it.
    public struct PredictedChunk: Sendable, Hashable, Codable {
        /// Index of the chunk in its text.
        public var index: Int
        /// The score.
        public var score: ChunkScore
        /// The predictions, in the form of ``ChunkPredictions``.
        public var predictions: Data

        /// Creates a description.
        public init(index: Int, score: ChunkScore, predictions: Data) {
            self.index = index
            self.score = score
            self.predictions = predictions
        }
    }

    /// One chunk's divergence from the parent.
    public struct DivergedChunk: Sendable, Hashable, Codable {
        /// Index of the chunk in its text.
        public var index: Int
        /// What the comparison found.
        public var divergence: ChunkDivergence

        /// Creates a result.
        public init(index: Int, divergence: ChunkDivergence) {
            self.index = index
            self.divergence = divergence
        }
    }

    /// One prompt's continuation.
    public struct Completion: Sendable, Hashable, Codable {
        /// The prompt's number.
        public var index: Int
        /// What was written.
        public var output: GeneratedText

        /// Creates a continuation.
        public init(index: Int, output: GeneratedText) {
            self.index = index
            self.output = output
        }
    }

    /// One text followed.
    public struct Followed: Sendable, Hashable, Codable {
        /// The text's number.
        public var index: Int
        /// What the model makes of it.
        public var output: FollowedText

        /// Creates a result.
        public init(index: Int, output: FollowedText) {
            self.index = index
            self.output = output
        }
    }

    /// Why a request could not be done.
    public struct Failure: Sendable, Hashable, Codable {
        /// What went wrong, naming the file or parameter.
        public var message: String
        /// How to mend it.
        public var remedy: String?
        /// Whether the backend asked for is absent.
        public var isBackendMissing: Bool

        /// Creates a failure.
        public init(message: String, remedy: String? = nil, isBackendMissing: Bool = false) {
            self.message = message
            self.remedy = remedy
            self.isBackendMissing = isBackendMissing
        }
    }

    /// An event with the number of the request it answers.
    public struct Envelope: Sendable, Hashable {
        /// The request's number.
        public var id: Int
        /// The event.
        public var event: WorkerEvent

        /// Numbers an event.
        public init(id: Int, event: WorkerEvent) {
            self.id = id
            self.event = event
        }
    }
}

extension WorkerEvent.Envelope: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, event, payload
    }

    private enum Kind: String, Codable {
        case greeted, loaded, chunked, scored, predicted, diverged, rendered, completed, followed, timed, benchmarked
        case probed, advanced, calibrated, collected, serving, done, failed
    }

    /// Decodes the wire form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(Int.self, forKey: .id)
        func payload<T: Decodable>(_ type: T.Type) throws -> T {
            try container.decode(type, forKey: .payload)
        }
        switch try container.decode(Kind.self, forKey: .event) {
        case .greeted: event = .greeted(try payload(WorkerEvent.Greeting.self))
        case .loaded: event = .loaded(try payload(WorkerEvent.LoadedModel.self))
        case .chunked: event = .chunked(try payload(WorkerEvent.Chunks.self))
        case .scored: event = .scored(try payload(WorkerEvent.ScoredChunk.self))
        case .predicted: event = .predicted(try payload(WorkerEvent.PredictedChunk.self))
        case .diverged: event = .diverged(try payload(WorkerEvent.DivergedChunk.self))
        case .rendered: event = .rendered(try payload([RenderedPrompt].self))
        case .completed: event = .completed(try payload(WorkerEvent.Completion.self))
        case .followed: event = .followed(try payload(WorkerEvent.Followed.self))
        case .timed: event = .timed(try payload(WorkerEvent.TimedRepetition.self))
        case .benchmarked: event = .benchmarked(try payload(WorkerEvent.BenchmarkSummary.self))
        case .probed: event = .probed(try payload(DeviceSpeed.self))
        case .advanced: event = .advanced(try payload(Int.self))
        case .calibrated: event = .calibrated(try payload(Int.self))
        case .collected: event = .collected(try payload(CollectedSums.self))
        case .serving: event = .serving(try payload(WorkerEvent.ServingStart.self))
        case .done: event = .done
        case .failed: event = .failed(try payload(WorkerEvent.Failure.self))
        }
    }

    /// Encodes the wire form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        func encode(_ kind: Kind, _ payload: (some Encodable)?) throws {
            try container.encode(kind, forKey: .event)
            try container.encodeIfPresent(payload, forKey: .payload)
        }
        switch event {
        case .greeted(let payload): try encode(.greeted, payload)
        case .loaded(let payload): try encode(.loaded, payload)
        case .chunked(let payload): try encode(.chunked, payload)
        case .scored(let payload): try encode(.scored, payload)
        case .predicted(let payload): try encode(.predicted, payload)
        case .diverged(let payload): try encode(.diverged, payload)
        case .rendered(let payload): try encode(.rendered, payload)
        case .completed(let payload): try encode(.completed, payload)
        case .followed(let payload): try encode(.followed, payload)
        case .timed(let payload): try encode(.timed, payload)
        case .benchmarked(let payload): try encode(.benchmarked, payload)
        case .probed(let payload): try encode(.probed, payload)
        case .advanced(let tokens): try encode(.advanced, tokens)
        case .calibrated(let index): try encode(.calibrated, index)
        case .collected(let sums): try encode(.collected, sums)
        case .serving(let payload): try encode(.serving, payload)
        case .done: try encode(.done, Int?.none)
        case .failed(let payload): try encode(.failed, payload)
        }
    }
}
