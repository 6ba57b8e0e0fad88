import Evaluation
import Foundation
import History
import Inference
import LabCore

/// A backend on this machine, and the workers on it: one for each artifact, whatever the number of evaluations.
final class BackendSession {
    let backend: String
    let greeting: WorkerEvent.Greeting
    let history: History
    let options: RunOptions
    let runID: String
    private let contextLength: Int
    private let program: WorkerProgram
    /// This machine's CPU: what runs GGUF files where the backend runs MLX folders alone, and what backends are held
    /// against.
    private var companion: BackendSession?
    private var idle: Worker?
    private var hosts: [HostKey: ModelHost] = [:]
    private var windows: [CutText: [Digest]] = [:]
    private var rendered: [RenderedPrompts: [RenderedPrompt]] = [:]
    /// Keys of samples computed in this run that several evaluations may use.
    private var freshKeys = Set<Digest>()

    /// Starts a worker and makes sure that it has a device for the backend.
    ///
    /// - Parameters:
    ///   - contextLength: the longest window of all evaluations.
    ///   - onCPU: the run's session on the CPU, where it has one already.
    /// - Throws: ``InferenceError`` with code `backendMissing` when it has none.
    init(
        backend: String, contextLength: Int, options: RunOptions, history: History, runID: String,
        onCPU: BackendSession? = nil
    ) throws {
        self.backend = backend
        self.contextLength = contextLength
        self.history = history
        self.options = options
        self.runID = runID
        companion = onCPU
        program = try WorkerProgram(for: backend, options: options)
        let worker = try program.start()
        let request = WorkerRequest.ConnectParameters(backend: backend)
        guard case .greeted(let greeting) = try worker.perform(.connect(request)) else {
            throw InferenceError(.garbled, "the worker did not introduce itself")
        }
        self.greeting = greeting
        idle = worker
        if backend == "mlx" { _ = try reference() }
    }

    /// The run's session on the CPU, if there is one yet.
    var onCPU: BackendSession? { backend == Self.referenceBackend ? self : companion }

    /// The session that runs an artifact: this one, or its companion.
    private func runner(of artifact: ArtifactRecord) -> BackendSession {
        backend == "mlx" && artifact.format != "mlx" ? companion ?? self : self
    }

    /// The backend that computes an artifact: this one, or the CPU in its place.
    func backend(of artifact: ArtifactRecord) -> String { runner(of: artifact).backend }

    /// The session on this machine's CPU, which other backends are held against.
    func reference() throws -> BackendSession {
        if let onCPU { return onCPU }
        let made = try BackendSession(
            backend: Self.referenceBackend, contextLength: contextLength, options: options, history: history,
            runID: runID)
        companion = made
        return made
    }

    /// The backend that others are held against.
    static let referenceBackend = "cpu"

    /// How an artifact is computed a second time, to see what of a difference is only arithmetic.
    struct Variation: Hashable {
        /// Tokens computed at a time.
        var microBatch: Int
        /// Threads; nil for as many as the first time.
        var threads: Int?

        /// As it enters sample keys.
        var keyParameters: [String: String] {
            var parameters = ["micro_batch": "\(microBatch)"]
            parameters["threads"] = threads.map(String.init)
            return parameters
        }
    }

    /// Device class with the CPU's features, as it enters sample keys.
    var device: String {
        if backend == "cpu" { return greeting.cpuFeatures }
        let names = deviceNames.joined(separator: " + ")
        return backend == "mlx" ? "\(names), \(greeting.cpuFeatures)" : names
    }

    /// The product names of the backend's devices; the processor's for the CPU.
    var deviceNames: [String] {
        if backend == "cpu" { return [Machine.processor] }
        // A server's devices are described by its address.
        let isRemote = BackendNames.endpoint(of: backend) != nil
        return greeting.devices(of: backend).map { isRemote ? $0.name : $0.description }
    }

    /// A worker of the backend's, without an artifact.
    func startWorker() throws -> Worker {
        if BackendNames.takesTurns(backend) {
            idle = nil
            for host in hosts.values { host.park() }
        }
        return try program.start()
    }

    /// The worker for an artifact.
    ///
    /// - Parameters:
    ///   - variation: how it is computed where that is not the run's own way.
    ///   - parent: a parent to load beside it.
    func host(
        of artifact: ArtifactRecord, _ variation: Variation? = nil, besides parent: ArtifactRecord? = nil
    ) -> ModelHost {
        let runner = runner(of: artifact)
        if runner !== self { return runner.host(of: artifact, variation, besides: parent) }
        let key = HostKey(artifact: artifact.path, variation: variation, parent: parent?.path)
        if let host = hosts[key] { return host }
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        let setup = ModelHost.Setup(
            path: absolute(artifact.path), backend: backend, contextLength: contextLength, compute: options.compute,
            variation: variation, parentPath: parent.map { absolute($0.path) })
        let host = ModelHost(setup) { [unowned self] in
            // The worker that introduced itself serves the first artifact.
            if let worker = idle {
                idle = nil
                return worker
            }
            return try startWorker()
        }
        hosts[key] = host
        return host
    }

    private struct HostKey: Hashable {
        let artifact: String
        let variation: Variation?
        let parent: String?
    }

    private struct RenderedPrompts: Hashable {
        let artifact: String
        let prompts: [PromptSource]
    }

    /// Prompts as an artifact's tokenizer and chat template turn them into tokens; asked of its worker once.
    func rendered(_ prompts: [PromptSource], by artifact: ArtifactRecord) throws -> [RenderedPrompt] {
        let asked = RenderedPrompts(artifact: artifact.path, prompts: prompts)
        if let known = rendered[asked] { return known }
        let found = try host(of: artifact).render(prompts)
        rendered[asked] = found
        return found
    }

    private struct CutText: Hashable {
        let artifact: String
        let text: WindowText.ID
    }

    /// The digest of each of a text's windows, as an artifact's tokenizer cuts it.
    func windows(of text: WindowText, by artifact: ArtifactRecord) throws -> [Digest] {
        let cut = CutText(artifact: artifact.path, text: text.id)
        if let known = windows[cut] { return known }
        let found = try host(of: artifact).windows(of: text)
        windows[cut] = found
        return found
    }

    /// Ends the workers of an artifact, so that its memory is free; a new one starts when it is needed again.
    func release(_ artifact: ArtifactRecord) {
        hosts = hosts.filter { $0.key.artifact != artifact.path }
        companion?.release(artifact)
    }

    /// Ends all workers; what was asked of them stays known.
    func releaseAll() {
        hosts = [:]
        idle = nil
        companion?.releaseAll()
    }

    /// What identifies an artifact's samples here, beside the samples.
    ///
    /// - Parameters:
    ///   - variation: how it is computed where that is not the run's own way.
    ///   - seed: what the seeds of sampling come from; nil where nothing is drawn.
    func conditions(
        _ artifact: ArtifactRecord, _ solver: some Solver, _ variation: Variation? = nil, seed: Int? = nil
    ) -> SampleConditions {
        let runner = runner(of: artifact)
        if runner !== self { return runner.conditions(artifact, solver, variation, seed: seed) }
        return SampleConditions(
            artifact: artifact.sha256, evaluator: solver.id,
            parameters: solver.parameters.merging(options.compute.keyParameters) { $1 }
                .merging(variation?.keyParameters ?? [:]) { $1 },
            engine: greeting.engine.build(on: backend), backend: backend, device: device, seed: seed.map { UInt64($0) })
    }

    /// Keeps an artifact's likelihood of a window.
    func keep(_ score: ChunkScore, of artifact: ArtifactRecord, _ settings: WindowSettings, window: Digest) throws {
        let conditions = conditions(artifact, LikelihoodSolver(settings))
        try history.store(score, conditions: conditions, sample: window, runID: runID)
        freshKeys.insert(conditions.key(sample: window))
    }

    /// Keeps a text, or what a model makes of one.
    func keep(_ output: some Encodable, conditions: SampleConditions, sample: Digest) throws {
        try history.store(output: output, conditions: conditions, sample: sample, parent: nil, runID: runID)
        freshKeys.insert(conditions.key(sample: sample))
    }

    /// Whether a sample was computed in this run.
    func isFresh(_ key: Digest) -> Bool { freshKeys.contains(key) }
}

extension BackendNames {
    /// Whether one worker at a time may be connected: llama.cpp's RPC server serves one process, and has all others wait.
    static func takesTurns(_ backend: String) -> Bool { endpoint(of: backend) != nil }
}
