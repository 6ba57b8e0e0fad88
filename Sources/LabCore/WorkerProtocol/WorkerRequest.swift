public import Foundation

/// What the lab asks of a worker. On the wire: `{"id": 1, "method": "load", "parameters": {...}}`.
public enum WorkerRequest: Sendable, Hashable {
    /// Who are you: engine build, devices.
    case hello
    /// Make the devices of a backend ready: "cuda", "rpc:HOST:PORT"; answered as `hello` is, with those devices in it.
    case connect(ConnectParameters)
    /// Load an artifact, replacing the one loaded before.
    case load(LoadParameters)
    /// Tokenize a text and cut it into chunks; the worker keeps them for `score`.
    case chunk(ChunkParameters)
    /// Score chunks of the text chunked last; one `scored` event per chunk.
    case score(ScoreParameters)
    /// Score chunks of the text chunked last and describe the model's predictions for a pack; one `predicted` event per
    /// chunk.
    case predict(PredictParameters)
    /// Compare the model's predictions on chunks of the text chunked last with its parent's; one `diverged` event per
    /// chunk.
    case diverge(DivergeParameters)
    /// Turn prompts into tokens, conversations by the model's own chat template; needs the vocabulary alone.
    case render(RenderParameters)
    /// Continue prompts, many at a time; one `completed` event per prompt, as soon as its text is whole.
    case generate(GenerateParameters)
    /// Send texts through the model, each token given those before it; one `followed` event per text.
    case follow(FollowParameters)
    /// Measure how fast the loaded artifact reads prompts and writes, all of its sequences at a time; one `timed` event
    /// per repetition, then `benchmarked`.
    case benchmark(BenchmarkParameters)
    /// Measure what a device can do; needs no artifact.
    case probe(ProbeParameters)
    /// Continue a calibration from sums collected before; one request per matrix.
    case restoreCalibration(CollectedSums)
    /// Send chunks of the text chunked last through the model; one `calibrated` event per chunk, then one `collected`
    /// event per matrix with its sums since the artifact was loaded.
    case calibrate(CalibrateParameters)
    /// Serve from here on: requests come and go while others are answered, as ``ServingFrame`` says.
    case serve(ServeParameters)

    /// A backend to make ready.
    public struct ConnectParameters: Sendable, Hashable, Codable {
        /// Its name, as ``BackendNames`` has it.
        public var backend: String

        /// Creates parameters.
        public init(backend: String) {
            self.backend = backend
        }
    }

    /// How an artifact is loaded.
    public struct LoadParameters: Sendable, Hashable, Codable {
        /// Absolute path of the file.
        public var path: String
        /// "cpu", a registry of the engine's devices, or "rpc:HOST:PORT".
        public var backend: String
        /// Load the vocabulary alone: enough to tokenize.
        public var vocabularyOnly: Bool
        /// Tokens of context per sequence.
        public var contextLength: Int
        /// Sequences decoded at a time. Default 1.
        public var parallelSequences: Int
        /// Threads of computation.
        public var threads: Int
        /// Whether all sequences share one key-value cache, which suits texts of uneven length that are read and not
        /// written; nil for one of its own for each.
        public var sharesCache: Bool?
        /// Type of the key-value cache: "f16", "f32", "bf16", "q8_0".
        public var kvType: String
        /// "auto", "on" or "off".
        public var flashAttention: String
        /// Tokens computed at a time. Default: ``usualMicroBatch``.
        public var microBatch: Int
        /// Tokens given to the engine at a time; nil for the context's length, at least 512.
        public var batch: Int?
        /// Layers computed on the backend's devices, the output counted as one; nil for all.
        public var deviceLayers: Int?
        /// The share of the layers that each device of the backend gets, in their order; nil for shares by free memory.
        public var tensorSplit: [Float]?
        /// Whether the weights are kept in memory, never swapped out; nil for no.
        public var locksMemory: Bool?
        /// Whether the context collects sums for an importance matrix. Default: no.
        public var calibrates: Bool
        /// Absolute path of a parent to load beside the artifact, for comparisons in lockstep; nil for none.
        public var parentPath: String?
        /// Tokens of the parent computed at a time; nil for as many as of the artifact. With another number the same file
        /// against itself shows how far the engine's rounding reaches.
        public var parentMicroBatch: Int?

        /// Tokens that the lab has computed at a time where nothing else is asked for: llama.cpp's own number.
        public static let usualMicroBatch = 512

        /// Creates parameters.
        public init(
            path: String, backend: String, vocabularyOnly: Bool = false, contextLength: Int = 512,
            parallelSequences: Int = 1, sharesCache: Bool? = nil, threads: Int, kvType: String = "f16",
            flashAttention: String = "auto", microBatch: Int = usualMicroBatch, batch: Int? = nil,
            calibrates: Bool = false, parentPath: String? = nil,
            parentMicroBatch: Int? = nil
        ) {
            self.path = path
            self.backend = backend
            self.vocabularyOnly = vocabularyOnly
            self.contextLength = contextLength
            self.parallelSequences = parallelSequences
            self.sharesCache = sharesCache
            self.threads = threads
            self.kvType = kvType
            self.flashAttention = flashAttention
            self.microBatch = microBatch
            self.batch = batch
            self.calibrates = calibrates
            self.parentPath = parentPath
            self.parentMicroBatch = parentMicroBatch
        }
    }

    /// A text to cut into chunks of `contextLength` tokens.
    public struct ChunkParameters: Sendable, Hashable, Codable {
        /// The text, UTF-8.
        public var text: String
        /// Tokens per chunk; a rest shorter than that is left out, as llama-perplexity does.
        public var contextLength: Int

        /// Creates parameters.
        public init(text: String, contextLength: Int) {
            self.text = text
            self.contextLength = contextLength
        }
    }

    /// Which chunks to score.
    public struct ScoreParameters: Sendable, Hashable, Codable {
        /// Indices into the chunks of the last `chunk` request, in the order to score them.
        public var chunks: [Int]

        /// Creates parameters.
        public init(chunks: [Int]) {
            self.chunks = chunks
        }
    }

    /// Which chunks to describe, and how.
    public struct PredictParameters: Sendable, Hashable, Codable {
        /// Indices into the chunks of the last `chunk` request, in order.
        public var chunks: [Int]
        /// What is kept of each prediction.
        public var settings: PredictionSettings

        /// Creates parameters.
        public init(chunks: [Int], settings: PredictionSettings) {
            self.chunks = chunks
            self.settings = settings
        }
    }

    /// Which chunks to compare, and with what.
    public struct DivergeParameters: Sendable, Hashable, Codable {
        /// One chunk and its parent's predictions.
        public struct Chunk: Sendable, Hashable, Codable {
            /// Index into the chunks of the last `chunk` request.
            public var index: Int
            /// The parent's predictions, as `predicted` described them; nil to compute the parent, loaded beside the
            /// artifact, in lockstep.
            public var predictions: Data?

            /// Creates a chunk.
            public init(index: Int, predictions: Data?) {
                self.index = index
                self.predictions = predictions
            }
        }

        /// The chunks, in order.
        public var chunks: [Chunk]

        /// Creates parameters.
        public init(chunks: [Chunk]) {
            self.chunks = chunks
        }
    }

    /// Prompts to turn into tokens.
    public struct RenderParameters: Sendable, Hashable, Codable {
        /// The prompts.
        public var prompts: [PromptSource]

        /// Creates parameters.
        public init(prompts: [PromptSource]) {
            self.prompts = prompts
        }
    }

    /// Prompts to continue.
    public struct GenerateParameters: Sendable, Hashable, Codable {
        /// One prompt.
        public struct Prompt: Sendable, Hashable, Codable {
            /// The number that its `completed` event carries.
            public var index: Int
            /// Its tokens.
            public var tokens: [Int32]
            /// How the answer is taken apart: the format of its ``RenderedPrompt``.
            public var format: String?
            /// Seed of sampling.
            public var seed: UInt64

            /// Creates a prompt.
            public init(index: Int, tokens: [Int32], format: String? = nil, seed: UInt64 = 0) {
                self.index = index
                self.tokens = tokens
                self.format = format
                self.seed = seed
            }
        }

        /// The prompts, in the order in which they are taken up.
        public var prompts: [Prompt]
        /// Most tokens to generate for each.
        public var maximumTokens: Int
        /// How tokens are chosen.
        public var sampling: Sampling

        /// Creates parameters.
        public init(prompts: [Prompt], maximumTokens: Int, sampling: Sampling = .greedy) {
            self.prompts = prompts
            self.maximumTokens = maximumTokens
            self.sampling = sampling
        }
    }

    /// Texts to follow.
    public struct FollowParameters: Sendable, Hashable, Codable {
        /// A prompt and what was written after it.
        public struct Text: Sendable, Hashable, Codable {
            /// The number that its `followed` event carries.
            public var index: Int
            /// Tokens of the prompt, at least one.
            public var prompt: [Int32]
            /// Tokens to follow.
            public var continuation: [Int32]

            /// Creates a text.
            public init(index: Int, prompt: [Int32], continuation: [Int32]) {
                self.index = index
                self.prompt = prompt
                self.continuation = continuation
            }
        }

        /// The texts, in the order in which they are taken up.
        public var texts: [Text]

        /// Creates parameters.
        public init(texts: [Text]) {
            self.texts = texts
        }
    }

    /// Which chunks to calibrate on.
    public struct CalibrateParameters: Sendable, Hashable, Codable {
        /// Indices into the chunks of the last `chunk` request, in order.
        public var chunks: [Int]

        /// Creates parameters.
        public init(chunks: [Int]) {
            self.chunks = chunks
        }
    }

    /// A request with the number that its answers carry.
    public struct Envelope: Sendable, Hashable {
        /// Counts requests of one worker.
        public var id: Int
        /// The request.
        public var request: WorkerRequest

        /// Numbers a request.
        public init(id: Int, request: WorkerRequest) {
            self.id = id
            self.request = request
        }
    }
}

extension WorkerRequest.Envelope: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, method, parameters
    }

    private enum Method: String, Codable {
        case hello, connect, load, chunk, score, predict, diverge, render, generate, follow, benchmark, probe,
            calibrate, serve
        case restoreCalibration = "restore_calibration"
    }

    /// Decodes the wire form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(Int.self, forKey: .id)
        func parameters<T: Decodable>(_ type: T.Type) throws -> T {
            try container.decode(type, forKey: .parameters)
        }
        switch try container.decode(Method.self, forKey: .method) {
        case .hello: request = .hello
        case .connect: request = .connect(try parameters(WorkerRequest.ConnectParameters.self))
        case .load: request = .load(try parameters(WorkerRequest.LoadParameters.self))
        case .chunk: request = .chunk(try parameters(WorkerRequest.ChunkParameters.self))
        case .score: request = .score(try parameters(WorkerRequest.ScoreParameters.self))
        case .predict: request = .predict(try parameters(WorkerRequest.PredictParameters.self))
        case .diverge: request = .diverge(try parameters(WorkerRequest.DivergeParameters.self))
        case .render: request = .render(try parameters(WorkerRequest.RenderParameters.self))
        case .generate: request = .generate(try parameters(WorkerRequest.GenerateParameters.self))
        case .follow: request = .follow(try parameters(WorkerRequest.FollowParameters.self))
        case .benchmark: request = .benchmark(try parameters(WorkerRequest.BenchmarkParameters.self))
        case .probe: request = .probe(try parameters(WorkerRequest.ProbeParameters.self))
        case .restoreCalibration: request = .restoreCalibration(try parameters(CollectedSums.self))
        case .calibrate: request = .calibrate(try parameters(WorkerRequest.CalibrateParameters.self))
        case .serve: request = .serve(try parameters(WorkerRequest.ServeParameters.self))
        }
    }

    /// Encodes the wire form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        func encode(_ method: Method, _ parameters: (some Encodable)?) throws {
            try container.encode(method, forKey: .method)
            try container.encodeIfPresent(parameters, forKey: .parameters)
        }
        switch request {
        case .hello: try encode(.hello, Int?.none)
        case .connect(let parameters): try encode(.connect, parameters)
        case .load(let parameters): try encode(.load, parameters)
        case .chunk(let parameters): try encode(.chunk, parameters)
        case .score(let parameters): try encode(.score, parameters)
        case .predict(let parameters): try encode(.predict, parameters)
        case .diverge(let parameters): try encode(.diverge, parameters)
        case .render(let parameters): try encode(.render, parameters)
        case .generate(let parameters): try encode(.generate, parameters)
        case .follow(let parameters): try encode(.follow, parameters)
        case .benchmark(let parameters): try encode(.benchmark, parameters)
        case .probe(let parameters): try encode(.probe, parameters)
        case .restoreCalibration(let sums): try encode(.restoreCalibration, sums)
        case .calibrate(let parameters): try encode(.calibrate, parameters)
        case .serve(let parameters): try encode(.serve, parameters)
        }
    }
}
