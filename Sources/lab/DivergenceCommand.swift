import ArgumentParser
import Foundation
import LabCore

/// Compares one GGUF file with its parent without history or gates: what comparisons with other tools are made from.
struct DivergenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "divergence", abstract: "The KL divergence of one GGUF file from its parent, as JSON.",
        shouldDisplay: false)

    @Option(help: "The GGUF file.")
    var artifact: String

    @Option(help: "The parent's GGUF file.")
    var parent: String

    @OptionGroup var options: TextOptions

    @Option(help: "Tokens computed at a time.")
    var microBatch: Int = WorkerRequest.LoadParameters.usualMicroBatch

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

    private func worker(_ path: String, besides parent: String? = nil) throws -> ArtifactWorker {
        try ArtifactWorker(path, on: options) { parameters in
            parameters.microBatch = microBatch
            parameters.parentPath = parent.map { URL(fileURLWithPath: $0).path }
            parameters.parentMicroBatch = parentMicroBatch
        }
    }

    private func lockstep() throws -> Answer {
        let candidate = try worker(artifact, besides: parent)
        let (chunks, seconds) = try timed { try candidate.diverge { _ in nil } }
        return Answer(vocabulary: candidate.vocabulary, runs: [Run(chunks: chunks, divergeSeconds: seconds)])
    }

    private func packs() throws -> Answer {
        var predictions: [[Int: Data]] = []
        var answer: Answer
        do {
            let parent = try worker(parent)
            answer = Answer(vocabulary: parent.vocabulary, runs: [])
            let (scores, seconds) = try timed { try parent.score() }
            (answer.parentScores, answer.parentScoreSeconds) = (scores, seconds)
            for seed in seeds {
                let (records, seconds) = try timed { try parent.predict(PredictionSettings(seed: seed)) }
                predictions.append(records)
                let bytes = records.values.reduce(0) { $0 + $1.count }
                answer.runs.append(Run(seed: seed, bytes: bytes, predictSeconds: seconds))
            }
        }
        let candidate = try worker(artifact)
        let (scores, seconds) = try timed { try candidate.score() }
        (answer.scores, answer.scoreSeconds) = (scores, seconds)
        for index in seeds.indices {
            let (chunks, seconds) = try timed { try candidate.diverge { predictions[index][$0] } }
            answer.runs[index].chunks = chunks
            answer.runs[index].divergeSeconds = seconds
        }
        return answer
    }
}
