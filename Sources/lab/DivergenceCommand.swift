import ArgumentParser
import Foundation
import Inference
import LabCore
import LabRunner

/// Compares one GGUF file with its parent without history or gates: what comparisons with other tools are made from.
struct DivergenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "divergence", abstract: "The KL divergence of one GGUF file from its parent, as JSON.",
        shouldDisplay: false)

    @Option(help: "The GGUF file.")
    var artifact: String

    @Option(help: "The parent's GGUF file.")
    var parent: String

    @Option(help: "The text file.")
    var text: String

    @Option(help: "Tokens per window.")
    var context: Int = 512

    @Option(help: "Compare at most so many windows.")
    var limit: Int?

    @Option(help: "Threads of computation.")
    var threads: Int = Machine.defaultThreads

    @Option(help: "Tokens computed at a time.")
    var microBatch: Int = 128

    @Option(help: "Tokens of the parent computed at a time; default: as many.")
    var parentMicroBatch: Int?

    @Option(parsing: .upToNextOption, help: "Compare by packs with these seeds, in place of lockstep.")
    var seeds: [UInt64] = []

    private struct Run: Encodable {
        var seed: UInt64?
        var chunks: [ChunkDivergence] = []
        /// Bytes of all predictions.
        var bytes = 0
        /// Time in the parent's worker and in the candidate's, seconds.
        var predictSeconds = 0.0
        var divergeSeconds = 0.0
    }

    private struct Answer: Encodable {
        var vocabulary: Int
        var runs: [Run]
        /// The candidate's scores by themselves, and the time that they took; nil in lockstep.
        var scores: [ChunkScore]?
        var scoreSeconds: Double?
        var parentScores: [ChunkScore]?
        var parentScoreSeconds: Double?
    }

    func run() throws {
        let answer = try seeds.isEmpty ? lockstep() : packs()
        print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
    }

    private func lockstep() throws -> Answer {
        let candidate = try Loaded(self, path: artifact, parent: parent)
        var run = Run()
        (run.chunks, run.divergeSeconds) = try candidate.diverge { _ in nil }
        return Answer(vocabulary: candidate.vocabulary, runs: [run])
    }

    private func packs() throws -> Answer {
        var predictions: [[Int: Data]] = []
        var answer: Answer
        do {
            let parent = try Loaded(self, path: parent)
            answer = Answer(vocabulary: parent.vocabulary, runs: [])
            let (scores, seconds) = try parent.score()
            (answer.parentScores, answer.parentScoreSeconds) = (scores, seconds)
            for seed in seeds {
                var run = Run(seed: seed)
                let (records, seconds) = try parent.predict(seed: seed)
                run.predictSeconds = seconds
                run.bytes = records.values.reduce(0) { $0 + $1.count }
                predictions.append(records)
                answer.runs.append(run)
            }
        }
        let candidate = try Loaded(self, path: artifact)
        let (scores, seconds) = try candidate.score()
        (answer.scores, answer.scoreSeconds) = (scores, seconds)
        for index in seeds.indices {
            let (chunks, seconds) = try candidate.diverge { predictions[index][$0] }
            answer.runs[index].chunks = chunks
            answer.runs[index].divergeSeconds = seconds
        }
        return answer
    }

    /// A worker with a file and the text in it.
    private struct Loaded {
        let worker: Worker
        let vocabulary: Int
        let chunks: [Int]

        init(_ command: DivergenceCommand, path: String, parent: String? = nil) throws {
            worker = try Worker(executable: Locations.worker)
            let load = WorkerRequest.LoadParameters(
                path: URL(fileURLWithPath: path).path, backend: "cpu", contextLength: command.context,
                threads: command.threads, microBatch: command.microBatch,
                parentPath: parent.map { URL(fileURLWithPath: $0).path }, parentMicroBatch: command.parentMicroBatch)
            guard case .loaded(let model) = try worker.perform(.load(load)) else {
                throw InferenceError(.garbled, "the worker did not load \(path)")
            }
            vocabulary = model.vocabulary
            let content = try String(contentsOf: URL(fileURLWithPath: command.text), encoding: .utf8)
            guard
                case .chunked(let chunked) = try worker.perform(
                    .chunk(WorkerRequest.ChunkParameters(text: content, contextLength: command.context)))
            else { throw InferenceError(.garbled, "the worker did not chunk the text") }
            chunks = Array(0..<min(command.limit ?? chunked.digests.count, chunked.digests.count))
        }

        func score() throws -> (scores: [ChunkScore], seconds: Double) {
            var scores: [ChunkScore] = []
            let seconds = try time(.score(WorkerRequest.ScoreParameters(chunks: chunks))) { event in
                if case .scored(let chunk) = event { scores.append(chunk.score) }
            }
            return (scores, seconds)
        }

        func predict(seed: UInt64) throws -> (records: [Int: Data], seconds: Double) {
            var records: [Int: Data] = [:]
            let parameters = WorkerRequest.PredictParameters(
                chunks: chunks, settings: PredictionSettings(seed: seed))
            let seconds = try time(.predict(parameters)) { event in
                if case .predicted(let chunk) = event { records[chunk.index] = chunk.predictions }
            }
            return (records, seconds)
        }

        func diverge(_ predictions: (Int) -> Data?) throws -> (chunks: [ChunkDivergence], seconds: Double) {
            var results: [ChunkDivergence] = []
            let parameters = WorkerRequest.DivergeParameters(
                chunks: chunks.map { .init(index: $0, predictions: predictions($0)) })
            let seconds = try time(.diverge(parameters)) { event in
                if case .diverged(let chunk) = event { results.append(chunk.divergence) }
            }
            return (results, seconds)
        }

        private func time(_ request: WorkerRequest, _ onEvent: (WorkerEvent) -> Void) throws -> Double {
            let clock = ContinuousClock.now
            _ = try worker.perform(request, onEvent: onEvent)
            return (ContinuousClock.now - clock) / .seconds(1)
        }
    }
}
