import ArgumentParser
import CommandSupport
import Foundation
import Inference
import LabCore
import LabRunner
import ModelFormats
import Serving

/// Which model a command runs, and on what.
struct ModelOptions: ParsableArguments {
    @Option(
        help: """
            A GGUF file, an MLX folder, a folder with a manifest.json, or a repository with GGUF files or MLX's weights, \
            such as Qwen/Qwen3-8B-GGUF or ID@REVISION.
            """,
        completion: .file())
    var model: String

    @Option(help: ArgumentHelp("A repository's branch, tag or commit, as ID@REVISION has it.", valueName: "name"))
    var revision: String?

    @Option(
        help: ArgumentHelp(
            "The artifact to take of several: its name or a part of it, such as q6_k. Default: the best for the machine.",
            valueName: "name"))
    var artifact: String?

    @Option(help: "What it runs on: cpu, cuda, mlx, ... Default: the fastest that is here.")
    var backend: String?

    @Option(
        help: ArgumentHelp(
            "Tokens that a prompt and its answer may have together. Default: the model's own, at most 8192.",
            valueName: "tokens"))
    var contextLength: Int?

    @Flag(help: "Do not hold the file against the digest in its manifest, which takes seconds with a large one.")
    var skipDigest = false

    @OptionGroup(title: "Computing") var compute: ComputeOptions

    func validate() throws {
        if revision != nil {
            if model.contains("@") { throw ValidationError("--revision and ID@REVISION exclude each other") }
            guard ModelSource.isRepository(model) else {
                throw ValidationError(
                    "--revision is for repositories such as Qwen/Qwen3-8B-GGUF, and \(model) is none, or is here")
            }
        }
        if artifact == "" { throw ValidationError("--artifact must not be empty") }
        if let contextLength, !(16...16_777_216).contains(contextLength) {
            throw ValidationError("--context-length must be from 16 to 16777216")
        }
        if let backend, !BackendNames.isKnown(backend.lowercased()) {
            throw ValidationError(
                "there is no backend '\(backend)'; known: \(BackendNames.choices.joined(separator: ", "))")
        }
    }

    /// The artifact, fetched where it is a hub's; says on standard error which it is and what its manifest says of it.
    func choose() throws -> ModelChoice {
        let terminal = TerminalProgress()
        let choice = try ModelChoice.find(
            model + (revision.map { "@\($0)" } ?? ""), backend: backend?.lowercased(), artifact: artifact,
            checksDigest: !skipDigest, progress: terminal.show, notice: { terminal.say("note: \($0)") })
        Notice.say("\(choice.name)\(choice.why.map { " (\($0))" } ?? ""): " + choice.remarks.joined(separator: "; "))
        for warning in choice.warnings { Notice.warn(warning) }
        return choice
    }

    /// How workers are started that serve a model.
    ///
    /// - Parameter hasMachineAlone: whether nothing else is expected to want the cores.
    func loader(_ choice: ModelChoice, slots: Int, hasMachineAlone: Bool = false) throws -> ModelLoader {
        let backend = try self.backend?.lowercased() ?? (choice.isMLX ? "mlx" : ModelLoader.fastestBackend())
        guard (backend == "mlx") == choice.isMLX else {
            throw RunnerError(
                "\(choice.artifact.path) does not run on \(backend)",
                remedy: choice.isMLX ? "leave out --backend, or use mlx" : "mlx runs folders; use cpu or a device",
                exitCode: .usage)
        }
        let settings = compute.settings(defaultThreads: Machine.defaultThreads)
        let trained = try ModelLoader.trainedPositions(choice)
        var parameters = WorkerRequest.LoadParameters(
            path: choice.artifact.path, backend: backend,
            contextLength: contextLength ?? min(trained ?? 8192, 8192), parallelSequences: slots,
            threads: settings.threads)
        settings.apply(to: &parameters)
        parameters.batch = settings.batch ?? max(2048, slots)
        if let trained, let contextLength, contextLength > trained {
            Notice.warn("the model was trained for \(trained) tokens, fewer than --context-length asks for")
        }
        return ModelLoader(
            program: try WorkerProgram(for: backend, hasMachineAlone: hasMachineAlone), parameters: parameters)
    }
}

/// Starts workers with a model loaded, which serve.
struct ModelLoader: Sendable {
    let program: WorkerProgram
    let parameters: WorkerRequest.LoadParameters

    /// Starts one.
    func connect(onEnd: @escaping @Sendable (InferenceError) -> Void) throws -> ServingConnection {
        let worker = try program.start()
        do {
            _ = try worker.perform(.load(parameters))
            return try ServingConnection(worker, onEnd: onEnd)
        } catch {
            worker.stop()
            throw error
        }
    }

    /// The first of the devices here that are faster than a CPU; "cpu" where there is none.
    static func fastestBackend() throws -> String {
        let worker = try WorkerProgram(for: "cpu").start()
        defer { worker.stop() }
        guard case .greeted(let greeting) = try worker.perform(.hello) else { return "cpu" }
        return ["cuda", "mtl", "rocm", "vulkan", "sycl"].first { !greeting.devices(of: $0).isEmpty } ?? "cpu"
    }

    /// Positions that a model was trained for; nil where it does not say.
    static func trainedPositions(_ choice: ModelChoice) throws -> Int? {
        guard choice.isMLX else { return try GGUFReader(choice.artifact).contextLength }
        let file = try RandomAccessFile(choice.artifact.appendingPathComponent("config.json"))
        return try JSONObject(contentsOf: file).integer("max_position_embeddings")
    }
}

/// Lines for people, on standard error.
enum Notice {
    static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    static func warn(_ line: String) { say("warning: \(line)") }
}

/// Runs asynchronous work to its end on a thread that has nothing else to do.
func waiting<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    let done = DispatchSemaphore(value: 0)
    // Written before the semaphore is signalled and read after.
    nonisolated(unsafe) var outcome: Swift.Result<Result, any Error>?
    Task {
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        done.signal()
    }
    done.wait()
    guard let outcome else { throw CancellationError() }
    return try outcome.get()
}
