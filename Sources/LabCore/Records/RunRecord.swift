public import Foundation

/// Everything a run found out: what reports are made from, and nothing else.
public struct RunRecord: Hashable, Sendable, Codable {
    /// Identifier, sortable by time: "20261122-223500-3f9c1a".
    public var id: String
    /// When it started.
    public var startedAt: Date
    /// Wall time, in seconds.
    public var durationSeconds: Double
    /// The command line that reproduces it.
    public var command: String
    /// The suite.
    public var suite: SuiteReference
    /// The worst of all gates, and of the comparison with its reference where it was gated against one.
    public var verdict: VerdictStatus
    /// Parent and candidates.
    public var artifacts: [ArtifactRecord]
    /// What was measured.
    public var measurements: [Measurement]
    /// What the gates said.
    public var verdicts: [Verdict]
    /// Paired per-chunk results, for charts and for later paired comparison.
    public var pairedSeries: [PairedSeries]
    /// How far predictions are from the parent's; nil in records of older labs.
    public var fidelity: [FidelityRecord]?
    /// Texts of parent and candidate, side by side; nil where no evaluation made any.
    public var texts: [TextPairRecord]?
    /// Right and wrong answers by language; nil where no evaluation asked.
    public var languages: [LanguageRecord]?
    /// Tasks that a model was to think about; nil where no evaluation set any.
    public var thoughts: [ThoughtRecord]?
    /// How prompts with a right answer were answered; nil where no evaluation asked any.
    public var answers: [AnswersRecord]?
    /// Results by prompt, for later paired comparison; nil where no evaluation asked any.
    public var promptSeries: [PromptSeries]?
    /// Speed against depth; nil where no evaluation measured it.
    public var throughput: [ThroughputRecord]?
    /// What speeds were measured on, and how; nil where no evaluation measured any, and in records of older labs.
    public var speedSetups: [SpeedSetupRecord]?
    /// What backends compute beside each other; nil where no evaluation compared any.
    public var consistency: [ConsistencyRecord]?
    /// How much worse than in an accepted run metrics may be; nil in records of older labs.
    public var tolerances: [RegressionTolerance]?
    /// The data it was measured on.
    public var datasets: [DatasetRecord]
    /// The engine that ran the models; nil when none ran.
    public var engine: EngineRecord?
    /// Version of the lab; nil in records of older labs.
    public var lab: String?
    /// The machine.
    public var machine: MachineRecord
    /// Samples computed in this run and samples found in history.
    public var reuse: ReuseRecord
    /// Branch and commit it was made from; nil outside of version control and in records of older labs.
    public var origin: OriginRecord?
    /// How it compared with the run it was gated against; nil where it was not gated, or there was none.
    public var regression: RegressionRecord?

    /// Creates a record.
    public init(
        id: String, startedAt: Date, durationSeconds: Double, command: String, suite: SuiteReference,
        verdict: VerdictStatus, artifacts: [ArtifactRecord], measurements: [Measurement], verdicts: [Verdict],
        pairedSeries: [PairedSeries], fidelity: [FidelityRecord] = [], tolerances: [RegressionTolerance]? = nil,
        datasets: [DatasetRecord], engine: EngineRecord?, machine: MachineRecord, reuse: ReuseRecord,
        origin: OriginRecord? = nil
    ) {
        self.id = id
        self.startedAt = startedAt
        self.durationSeconds = durationSeconds
        self.command = command
        self.suite = suite
        self.verdict = verdict
        self.artifacts = artifacts
        self.measurements = measurements
        self.verdicts = verdicts
        self.pairedSeries = pairedSeries
        self.fidelity = fidelity
        self.tolerances = tolerances
        self.datasets = datasets
        self.engine = engine
        self.machine = machine
        self.reuse = reuse
        self.origin = origin
    }
}

extension RunRecord {
    /// The artifact listed under a path.
    public func artifact(at path: String?) -> ArtifactRecord? {
        path.flatMap { path in artifacts.first { $0.path == path } }
    }

    /// The artifact that the candidates are compared with; nil where there is none.
    public var parent: ArtifactRecord? { artifacts.first { $0.role == .parent } }

    /// The candidate that stands for another run's: of the same model and recipe, or the only one there is.
    ///
    /// - Parameter amongOthers: whether the other run has further candidates.
    func counterpart(of candidate: ArtifactRecord, amongOthers: Bool) -> ArtifactRecord? {
        let candidates = artifacts.filter { $0.role == .candidate }
        let alike = candidates.first { $0.model == candidate.model && $0.recipe == candidate.recipe }
        return alike ?? (candidates.count == 1 && !amongOthers ? candidates[0] : nil)
    }
}

/// Which suite a run followed.
public struct SuiteReference: Hashable, Sendable, Codable {
    /// Name in the suite file.
    public var name: String
    /// Digest of the suite file's bytes.
    public var sha256: Digest

    /// Creates a reference.
    public init(name: String, sha256: Digest) {
        self.name = name
        self.sha256 = sha256
    }
}

/// A model file that took part in a run.
public struct ArtifactRecord: Hashable, Sendable, Codable {
    /// Its part in the comparison.
    public enum Role: String, Sendable, Codable {
        /// The full-precision reference.
        case parent
        /// The artifact under test.
        case candidate
    }

    /// Path as the lab used it; unique in the run.
    public var path: String
    /// File format: "gguf".
    public var format: String
    /// Recipe: "BF16", "Q4_K_M".
    public var recipe: String
    /// Parent or candidate.
    public var role: Role
    /// File size.
    public var bytes: Int64
    /// Tensor data bits per weight of the model.
    public var bitsPerWeight: Double
    /// SHA-256 of the file.
    public var sha256: Digest
    /// Name of the model it was made from.
    public var model: String
    /// Digest of the checkpoint it was made from; nil for a file given as it is.
    public var source: Digest?
    /// The importance matrix it was quantized with; nil for none.
    public var calibration: CalibrationRecord?
    /// Its tensors' types and sizes; nil where they were not looked at, and in records of older labs.
    public var tensors: [TensorGroup]?

    enum CodingKeys: String, CodingKey {
        case path, format, recipe, role, bytes, sha256, model, source, calibration, tensors
        case bitsPerWeight = "bits_per_weight"
    }

    /// Creates a record.
    public init(
        path: String, format: String, recipe: String, role: Role, bytes: Int64, bitsPerWeight: Double,
        sha256: Digest, model: String, source: Digest?, calibration: CalibrationRecord? = nil,
        tensors: [TensorGroup]? = nil
    ) {
        self.path = path
        self.format = format
        self.recipe = recipe
        self.role = role
        self.bytes = bytes
        self.bitsPerWeight = bitsPerWeight
        self.sha256 = sha256
        self.model = model
        self.source = source
        self.calibration = calibration
        self.tensors = tensors
    }
}

/// An importance matrix, and the text that it was computed from.
public struct CalibrationRecord: Hashable, Sendable, Codable {
    /// The texts, as the matrix names them.
    public var datasets: [String]
    /// Windows of text.
    public var windows: Int
    /// SHA-256 of the matrix's file.
    public var sha256: Digest

    /// Creates a record.
    public init(datasets: [String], windows: Int, sha256: Digest) {
        self.datasets = datasets
        self.windows = windows
        self.sha256 = sha256
    }
}

/// Per-chunk results of parent and candidate, paired by the chunk's digest.
public struct PairedSeries: Hashable, Sendable, Codable {
    /// One chunk, scored by both models.
    public struct Point: Hashable, Sendable, Codable {
        /// Position of the chunk in the dataset, from 0.
        public var index: Int
        /// Digest of the chunk's tokens.
        public var sample: Digest
        /// Mean NLL of the parent over the chunk's scored tokens, nats per token.
        public var parent: Double
        /// Mean NLL of the candidate over the same tokens, nats per token.
        public var candidate: Double
        /// Mean KL(parent || candidate), nats per token; nil where it was not measured.
        public var klMean: Double?
        /// Share of positions with the same likeliest token, in 0...1; nil where it was not measured.
        public var topAgreement: Double?

        enum CodingKeys: String, CodingKey {
            case index, sample, parent, candidate
            case klMean = "kl_mean"
            case topAgreement = "top1_agreement"
        }

        /// Creates a point.
        public init(
            index: Int, sample: Digest, parent: Double, candidate: Double, klMean: Double? = nil,
            topAgreement: Double? = nil
        ) {
            self.index = index
            self.sample = sample
            self.parent = parent
            self.candidate = candidate
            self.klMean = klMean
            self.topAgreement = topAgreement
        }
    }

    /// The evaluation's name.
    public var evaluation: String
    /// The backend.
    public var backend: String
    /// The candidate's path.
    public var artifact: String
    /// Chunks in dataset order.
    public var points: [Point]

    /// Creates a series.
    public init(evaluation: String, backend: String, artifact: String, points: [Point]) {
        self.evaluation = evaluation
        self.backend = backend
        self.artifact = artifact
        self.points = points
    }
}

/// The data an evaluation was made on.
public struct DatasetRecord: Hashable, Sendable, Codable {
    /// Name in the suite or on the command line.
    public var name: String
    /// Digest of its bytes.
    public var sha256: Digest
    /// Chunks scored.
    public var chunks: Int
    /// Chunks it holds in all.
    public var chunksAvailable: Int
    /// What its parts are, in the singular: "prompt"; nil for chunks of a text.
    public var part: String?

    /// Creates a record.
    public init(name: String, sha256: Digest, chunks: Int, chunksAvailable: Int, part: String? = nil) {
        self.name = name
        self.sha256 = sha256
        self.chunks = chunks
        self.chunksAvailable = chunksAvailable
        self.part = part
    }
}

/// The engine that ran the models.
public struct EngineRecord: Hashable, Sendable, Codable {
    /// Build with a digest of its libraries: "b11434-1a2b3c4d5e6f".
    public var build: String
    /// Digests of the loaded libraries, by file name.
    public var libraries: [String: Digest]

    /// Creates a record.
    public init(build: String, libraries: [String: Digest]) {
        self.build = build
        self.libraries = libraries
    }

    /// The build as it enters sample keys: on other devices than the CPU, with the digest of their module.
    public func build(on backend: String) -> String {
        let name = "libggml-\(backend.prefix { $0 != ":" })."
        guard backend != "cpu", let module = libraries.first(where: { $0.key.hasPrefix(name) }) else { return build }
        return "\(build)-\(module.value.short)"
    }
}

/// The machine a run was made on.
public struct MachineRecord: Hashable, Sendable, Codable {
    /// Operating system and version.
    public var system: String
    /// Processor name.
    public var processor: String
    /// Device class with the CPU's features, part of every sample key.
    public var device: String
    /// Threads used.
    public var threads: Int
    /// Physical memory, bytes.
    public var memoryBytes: Int64

    /// Creates a record.
    public init(system: String, processor: String, device: String, threads: Int, memoryBytes: Int64) {
        self.system = system
        self.processor = processor
        self.device = device
        self.threads = threads
        self.memoryBytes = memoryBytes
    }
}

/// What was computed and what was found.
public struct ReuseRecord: Hashable, Sendable, Codable {
    /// Samples computed in this run.
    public var samplesComputed: Int
    /// Samples read from history.
    public var samplesReused: Int
    /// Artifacts converted in this run.
    public var artifactsBuilt: Int
    /// Artifacts found in the store.
    public var artifactsReused: Int
    /// Why nothing of an artifact's samples could be reused though history has some of it: "the engine build changed
    /// from A to B"; empty where that did not happen, nil in records of older labs.
    public var changes: [String]?

    /// Creates a record.
    public init(
        samplesComputed: Int, samplesReused: Int, artifactsBuilt: Int, artifactsReused: Int, changes: [String] = []
    ) {
        self.samplesComputed = samplesComputed
        self.samplesReused = samplesReused
        self.artifactsBuilt = artifactsBuilt
        self.artifactsReused = artifactsReused
        self.changes = changes
    }
}
