import ArgumentParser
import Foundation
import Inference
import LabCore
import LabRunner

/// Scores one file without history or gates: what comparisons with other tools are made from.
struct PerplexityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity", abstract: "The perplexity of one GGUF file on a text, as JSON.", shouldDisplay: false
    )

    @Option(help: "The GGUF file.")
    var artifact: String

    @Option(help: "The text file.")
    var text: String

    @Option(help: "Tokens per window.")
    var context: Int = 512

    @Option(help: "Score at most so many windows.")
    var limit: Int?

    @Option(help: "Threads of computation.")
    var threads: Int = Machine.defaultThreads

    private struct Answer: Encodable {
        let perplexity: Double
        let chunks: Int
        /// Mean negative log-likelihood of each chunk's scored tokens.
        let meanNats: [Double]
        let seconds: Double
    }

    func run() throws {
        let clock = ContinuousClock.now
        let worker = try Worker(executable: Locations.worker)
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: URL(fileURLWithPath: artifact).path, backend: "cpu", contextLength: context,
                    threads: threads)))
        let content = try String(contentsOf: URL(fileURLWithPath: text), encoding: .utf8)
        guard
            case .chunked(let chunks) = try worker.perform(
                .chunk(WorkerRequest.ChunkParameters(text: content, contextLength: context)))
        else { throw InferenceError(.garbled, "the worker did not chunk the text") }
        var scores: [ChunkScore] = []
        let wanted = Array(0..<min(limit ?? chunks.digests.count, chunks.digests.count))
        _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: wanted))) { event in
            if case .scored(let chunk) = event { scores.append(chunk.score) }
        }
        guard let estimate = Perplexity.estimate(scores) else {
            throw RunnerError("\(text) is too short for one window of \(context) tokens")
        }
        let answer = Answer(
            perplexity: estimate.value, chunks: scores.count, meanNats: scores.map(\.meanNats),
            seconds: (ContinuousClock.now - clock) / .seconds(1))
        print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
    }
}
