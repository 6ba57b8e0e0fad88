import ArgumentParser
import CommandSupport
import Foundation
import Inference
import LabCore
import LabRunner

/// What commands that look at one text ask for.
struct TextOptions: ParsableArguments {
    @Option(help: "The text file.")
    var text: String

    @Option(help: "Tokens per window.")
    var context: Int = 512

    @Option(help: "Look at no more than so many windows.")
    var limit: Int?

    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    var threads: Int { threadOptions.threads ?? Machine.defaultThreads }
}

/// A worker with a GGUF file loaded and a text cut, without history or gates.
struct ArtifactWorker {
    let vocabulary: Int
    /// Indices of the windows asked for.
    let windows: [Int]
    private let worker: Worker

    /// Loads a file on the CPU; `adjust` may change how.
    init(_ path: String, on options: TextOptions, adjust: (inout WorkerRequest.LoadParameters) -> Void = { _ in })
        throws
    {
        worker = try Worker(executable: Locations.worker)
        var parameters = WorkerRequest.LoadParameters(
            path: URL(fileURLWithPath: path).path, backend: "cpu", contextLength: options.context,
            threads: options.threads)
        adjust(&parameters)
        guard case .loaded(let model) = try worker.perform(.load(parameters)) else {
            throw InferenceError(.garbled, "the worker did not load \(path)")
        }
        vocabulary = model.vocabulary
        let text = try TextFile.read(
            URL(fileURLWithPath: options.text), as: "text", remedy: "name a text file with --text")
        guard
            case .chunked(let chunked) = try worker.perform(
                .chunk(WorkerRequest.ChunkParameters(text: text, contextLength: options.context)))
        else { throw InferenceError(.garbled, "the worker did not chunk the text") }
        guard !chunked.digests.isEmpty else {
            throw RunnerError(
                "\(options.text) has \(chunked.tokenCount) tokens, fewer than one window of \(options.context)",
                remedy: "name a longer text with --text, or fewer tokens with --context")
        }
        windows = Array(chunked.digests.indices.prefix(options.limit ?? chunked.digests.count))
    }

    /// The likelihood of each window.
    func score() throws -> [ChunkScore] {
        var scores: [ChunkScore] = []
        _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: windows))) { event in
            if case .scored(let chunk) = event { scores.append(chunk.score) }
        }
        return scores
    }

    /// The predictions on each window, as a pack keeps them.
    func predict(_ settings: PredictionSettings) throws -> [Int: Data] {
        var records: [Int: Data] = [:]
        let parameters = WorkerRequest.PredictParameters(chunks: windows, settings: settings)
        _ = try worker.perform(.predict(parameters)) { event in
            if case .predicted(let chunk) = event { records[chunk.index] = chunk.predictions }
        }
        return records
    }

    /// The divergence on each window from a parent's predictions; where there are none, from the parent loaded beside.
    func diverge(_ predictions: (Int) -> Data?) throws -> [ChunkDivergence] {
        var results: [ChunkDivergence] = []
        let parameters = WorkerRequest.DivergeParameters(
            chunks: windows.map { .init(index: $0, predictions: predictions($0)) })
        _ = try worker.perform(.diverge(parameters)) { event in
            if case .diverged(let chunk) = event { results.append(chunk.divergence) }
        }
        return results
    }
}

/// What a call returns, and the seconds that it took.
func timed<Result>(_ body: () throws -> Result) rethrows -> (result: Result, seconds: Double) {
    let clock = ContinuousClock.now
    let result = try body()
    return (result, (ContinuousClock.now - clock) / .seconds(1))
}
