import Evaluation
import Foundation
import History
import Inference
import LabCore

/// A worker on one backend, and the samples it is asked for: from history where they are known, computed where not.
final class BackendSession {
    /// Scores of an artifact's chunks, and how they came about.
    struct Scores {
        /// Scores of the first chunks, as many as were asked for.
        let scores: [ChunkScore]
        let computed: Int

        var reused: Int { scores.count - computed }
    }

    let backend: String
    let greeting: WorkerEvent.Greeting
    private let worker: Worker
    private let history: History
    private let options: RunOptions
    private let runID: String
    private let progress: ProgressHandler

    /// Starts a worker and makes sure that it has a device for the backend.
    ///
    /// - Throws: ``InferenceError`` with code `backendMissing` when it has none.
    init(
        backend: String, options: RunOptions, history: History, runID: String, progress: @escaping ProgressHandler
    ) throws {
        self.backend = backend
        self.history = history
        self.options = options
        self.runID = runID
        self.progress = progress
        worker = try Worker(executable: options.worker, silenceLimit: options.workerSilenceLimit)
        guard case .greeted(let greeting) = try worker.perform(.hello) else {
            throw InferenceError(.garbled, "the worker did not introduce itself")
        }
        self.greeting = greeting
        let registries = Set(greeting.devices.map { $0.registry.lowercased() })
        guard registries.contains(backend) else {
            throw InferenceError(
                .backendMissing,
                "no \(backend) device: the engine here offers \(registries.sorted().joined(separator: ", "))",
                remedy: "./lab doctor tells what is missing")
        }
    }

    /// Device class with the CPU's features, as it enters sample keys.
    var device: String {
        let names = greeting.devices.filter { $0.registry.lowercased() == backend }.map(\.description)
        return backend == "cpu" ? greeting.cpuFeatures : names.joined(separator: " + ")
    }

    /// Scores an artifact on the text chunked last, whose chunks have these digests.
    func scores(of artifact: ArtifactRecord, plan: Suite.EvaluationPlan, digests: [Digest]) throws -> Scores {
        let wanted = plan.chunkLimit.map { min($0, digests.count) } ?? digests.count
        let conditions = SampleConditions(
            artifact: artifact.sha256, evaluator: "perplexity/1",
            parameters: ["n_ctx": "\(plan.contextLength)", "kv": Self.kvType, "flash_attention": Self.flashAttention],
            engine: greeting.engine.build, backend: backend, device: device)
        let keys = digests.prefix(wanted).map { conditions.key(sample: $0) }
        let known = try history.samples(for: keys)
        // A text may hold the same chunk twice; one computation serves both.
        var seen = Set<Digest>()
        let missing = keys.indices.filter { known[keys[$0]] == nil && seen.insert(keys[$0]).inserted }

        var results = known
        if !missing.isEmpty {
            try load(artifact, plan: plan, vocabularyOnly: false)
            let stage = "perplexity \(artifact.model) \(artifact.recipe) on \(backend)"
            var done = wanted - missing.count
            progress(ProgressUpdate(stage: stage, completed: done, total: wanted, unit: "chunks"))
            _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: missing))) { event in
                guard case .scored(let chunk) = event else { return }
                guard keys.indices.contains(chunk.index) else {
                    throw InferenceError(.garbled, "the worker scored chunk \(chunk.index), which nobody asked for")
                }
                try history.store(chunk.score, conditions: conditions, sample: digests[chunk.index], runID: runID)
                results[keys[chunk.index]] = chunk.score
                done += 1
                let running = Perplexity.estimate(Array(results.values))
                progress(
                    ProgressUpdate(
                        stage: stage, completed: done, total: wanted, unit: "chunks",
                        note: running.map { String(format: "perplexity %.4f", $0.value) }))
            }
        }
        let scores = try keys.map { key in
            guard let score = results[key] else {
                throw InferenceError(.garbled, "the worker left out a chunk of \(artifact.path)")
            }
            return score
        }
        return Scores(scores: scores, computed: missing.count)
    }

    private static let kvType = "f16"
    private static let flashAttention = "auto"

    /// Digest of each chunk of a text as an artifact's tokenizer cuts it, in order; the worker keeps the chunks.
    func chunk(_ text: String, artifact: ArtifactRecord, plan: Suite.EvaluationPlan) throws -> [Digest] {
        try load(artifact, plan: plan, vocabularyOnly: true)
        let request = WorkerRequest.chunk(
            WorkerRequest.ChunkParameters(text: text, contextLength: plan.contextLength))
        guard case .chunked(let chunks) = try worker.perform(request) else {
            throw InferenceError(.garbled, "the worker did not chunk the text")
        }
        guard !chunks.digests.isEmpty else {
            throw RunnerError(
                """
                \(plan.dataset.file.path) has \(chunks.tokenCount) tokens, fewer than one window of \
                \(plan.contextLength)
                """, remedy: "name a longer text with --dataset-path")
        }
        return chunks.digests
    }

    private func load(_ artifact: ArtifactRecord, plan: Suite.EvaluationPlan, vocabularyOnly: Bool) throws {
        let path = URL(fileURLWithPath: artifact.path).standardizedFileURL.path
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: path, backend: backend, vocabularyOnly: vocabularyOnly, contextLength: plan.contextLength,
                    threads: options.threads, kvType: Self.kvType, flashAttention: Self.flashAttention)))
    }
}
