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
    /// What runs GGUF files where the backend runs MLX folders alone: the parent of what is measured there.
    private let companion: BackendSession?
    private var idle: Worker?
    private var hosts: [[String]: ModelHost] = [:]
    private var windows: [CutText: [Digest]] = [:]
    private var rendered: [RenderedPrompts: [RenderedPrompt]] = [:]
    /// Keys of samples computed in this run that several evaluations may use.
    private var freshKeys = Set<Digest>()

    /// Starts a worker and makes sure that it has a device for the backend.
    ///
    /// - Parameter contextLength: the longest window of all evaluations.
    /// - Throws: ``InferenceError`` with code `backendMissing` when it has none.
    init(backend: String, contextLength: Int, options: RunOptions, history: History, runID: String) throws {
        self.backend = backend
        self.contextLength = contextLength
        self.history = history
        self.options = options
        self.runID = runID
        program = try WorkerProgram(for: backend, options: options)
        let worker = try program.start()
        let request = WorkerRequest.ConnectParameters(backend: backend)
        guard case .greeted(let greeting) = try worker.perform(.connect(request)) else {
            throw InferenceError(.garbled, "the worker did not introduce itself")
        }
        self.greeting = greeting
        idle = worker
        companion =
            backend != "mlx"
            ? nil
            : try BackendSession(
                backend: "cpu", contextLength: contextLength, options: options, history: history, runID: runID)
    }

    /// The session that runs an artifact: this one, or its companion.
    private func runner(of artifact: ArtifactRecord) -> BackendSession {
        artifact.format == "mlx" ? self : companion ?? self
    }

    /// Why a backend cannot run an artifact; nil where the artifact is of its format.
    static func obstacle(to artifact: ArtifactRecord, on backend: String) -> RunnerError? {
        switch (backend == "mlx", artifact.format == "mlx") {
        case (true, false):
            RunnerError(
                "mlx runs MLX folders, and \(artifact.path) is none",
                remedy: "make one with llama-pajamas-quant convert --formats mlx, and name it with --artifact",
                exitCode: .usage)
        case (false, true):
            RunnerError(
                "\(backend) runs GGUF files, and \(artifact.path) is an MLX folder", remedy: "name --backend mlx",
                exitCode: .usage)
        case (true, true), (false, false): nil
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
    func startWorker() throws -> Worker { try program.start() }

    /// The worker for an artifact.
    ///
    /// - Parameters:
    ///   - microBatch: tokens computed at a time, where that is not the lab's own number.
    ///   - parent: a parent to load beside it.
    func host(of artifact: ArtifactRecord, microBatch: Int? = nil, besides parent: ArtifactRecord? = nil) -> ModelHost {
        let runner = runner(of: artifact)
        if runner !== self { return runner.host(of: artifact, microBatch: microBatch, besides: parent) }
        let key = [artifact.path, microBatch.map(String.init) ?? "", parent?.path ?? ""]
        if let host = hosts[key] { return host }
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        let setup = ModelHost.Setup(
            path: absolute(artifact.path), backend: backend, contextLength: contextLength, compute: options.compute,
            microBatch: microBatch, parentPath: parent.map { absolute($0.path) })
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
        hosts = hosts.filter { $0.key.first != artifact.path }
        companion?.release(artifact)
    }

    /// What identifies an artifact's samples here, beside the samples.
    ///
    /// - Parameter seed: what the seeds of sampling come from; nil where nothing is drawn.
    func conditions(_ artifact: ArtifactRecord, _ solver: some Solver, seed: Int? = nil) -> SampleConditions {
        let runner = runner(of: artifact)
        if runner !== self { return runner.conditions(artifact, solver, seed: seed) }
        return SampleConditions(
            artifact: artifact.sha256, evaluator: solver.id,
            parameters: solver.parameters.merging(options.compute.keyParameters) { $1 },
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
