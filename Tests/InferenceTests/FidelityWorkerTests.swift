import Foundation
import Inference
import LabCore
import Testing

/// Predictions and divergences by the real worker on the embedded model, BF16 and Q4_K_M.
@Suite("The worker compares an artifact with its parent", .serialized)
struct FidelityWorkerTests {
    private static let text = Result {
        try String(
            contentsOf: EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny/heldout/text.txt"),
            encoding: .utf8)
    }

    private static let chunks = Array(0..<12)

    /// A worker with an artifact and the text, and the chunks' digests.
    private func worker(
        _ artifact: KeyPath<EngineWorkerTests.Models, URL>, parent: Bool = false, microBatch: Int = 128,
        parentMicroBatch: Int? = nil
    ) throws -> (worker: Worker, digests: [Digest]) {
        let files = try EngineWorkerTests.models.get()
        let worker = try Worker(executable: EngineWorkerTests.executable)
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: files[keyPath: artifact].path, backend: "cpu", contextLength: 128, threads: 2,
                    microBatch: microBatch, parentPath: parent ? files.parent.path : nil,
                    parentMicroBatch: parentMicroBatch)))
        guard
            case .chunked(let chunked) = try worker.perform(
                .chunk(WorkerRequest.ChunkParameters(text: try Self.text.get(), contextLength: 128)))
        else { throw CancellationError() }
        return (worker, chunked.digests)
    }

    private func predict(
        _ worker: Worker, _ settings: PredictionSettings = PredictionSettings(), chunks: [Int] = chunks
    ) throws -> [Int: WorkerEvent.PredictedChunk] {
        var predicted: [Int: WorkerEvent.PredictedChunk] = [:]
        let parameters = WorkerRequest.PredictParameters(chunks: chunks, settings: settings)
        _ = try worker.perform(.predict(parameters)) { event in
            if case .predicted(let chunk) = event { predicted[chunk.index] = chunk }
        }
        return predicted
    }

    private func diverge(
        _ worker: Worker, chunks: [Int] = chunks, _ predictions: (Int) -> Data? = { _ in nil }
    ) throws -> [ChunkDivergence] {
        var results: [ChunkDivergence] = []
        let parameters = WorkerRequest.DivergeParameters(
            chunks: chunks.map { .init(index: $0, predictions: predictions($0)) })
        _ = try worker.perform(.diverge(parameters)) { event in
            if case .diverged(let chunk) = event { results.append(chunk.divergence) }
        }
        return results
    }

    private func scores(_ worker: Worker) throws -> [ChunkScore] {
        var scores: [ChunkScore] = []
        _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: Self.chunks))) { event in
            if case .scored(let chunk) = event { scores.append(chunk.score) }
        }
        return scores
    }

    @Test("predictions carry the score to the last bit, belong to their chunk, and are the same each time")
    func predictions() throws {
        let (worker, digests) = try worker(\.parent)
        let predicted = try predict(worker)
        #expect(try Self.chunks.map { try #require(predicted[$0]).score } == scores(worker))
        for index in Self.chunks {
            let chunk = try #require(predicted[index])
            let record = try ChunkPredictions(decoding: chunk.predictions)
            #expect(record.score == chunk.score && record.tokens == digests[index])
            #expect(record.positions.count == 63)
        }
        #expect(try predict(worker) == predicted)
        #expect(try predict(worker, PredictionSettings(seed: 2)) != predicted)
    }

    @Test("from a pack the scores and choices are those of lockstep, and the divergence is within its standard error")
    func packAndLockstep() throws {
        let predicted = try predict(worker(\.parent).worker)
        let candidate = try worker(\.candidate).worker
        let packed = try diverge(candidate) { predicted[$0]?.predictions }
        let exact = try diverge(worker(\.candidate, parent: true).worker)
        #expect(packed.count == Self.chunks.count && exact.count == packed.count)
        #expect(try packed.map(\.candidate) == scores(candidate))
        #expect(packed.map(\.candidate) == exact.map(\.candidate))
        #expect(packed.map(\.parent) == exact.map(\.parent))
        #expect(packed.map(\.agreements) == exact.map(\.agreements))
        #expect(packed.map(\.onlyParentRight) == exact.map(\.onlyParentRight))
        #expect(packed.map(\.onlyCandidateRight) == exact.map(\.onlyCandidateRight))
        #expect(exact.allSatisfy { $0.klSumVariance == 0 && $0.klNats.allSatisfy { $0 >= 0 } })

        func total(_ divergences: [ChunkDivergence]) -> Double {
            divergences.reduce(0) { $0 + $1.klNats.reduce(0) { $0 + Double($1) } }
        }
        let error = total(packed) - total(exact)
        let standardError = packed.reduce(0) { $0 + $1.klSumVariance }.squareRoot()
        #expect(total(exact) > 1)
        #expect(abs(error) < 4 * standardError + 1e-4)
        #expect(standardError < 0.01 * total(exact))
    }

    @Test("the worst tokens come with the text around them")
    func worst() throws {
        let text = try Self.text.get()
        for divergence in try diverge(worker(\.candidate, parent: true).worker) {
            #expect(divergence.worst.count == ChunkDivergence.worstCount)
            #expect(divergence.worst.first.map { Float($0.klNats) } == divergence.klNats.max())
            for (token, next) in zip(divergence.worst, divergence.worst.dropFirst()) {
                #expect(token.klNats >= next.klNats)
            }
            for token in divergence.worst {
                #expect((64..<128).contains(token.position))
                #expect(!token.context.isEmpty && !token.parentChoice.isEmpty && !token.candidateChoice.isEmpty)
                // Where the first token of the context is a part of a character it is replaced.
                let quote = (token.context + token.token).drop { $0 == "\u{FFFD}" }
                #expect(quote.contains("\u{FFFD}") || text.contains(quote))
            }
        }
    }

    @Test("the parent does not diverge from itself, and next to nothing in steps of another size")
    func floor() throws {
        for divergence in try diverge(worker(\.parent, parent: true).worker) {
            #expect(divergence.klNats.allSatisfy { $0 == 0 })
            #expect(divergence.agreements == 63 && divergence.candidate == divergence.parent)
        }
        let other = try diverge(worker(\.parent, parent: true, parentMicroBatch: 48).worker)
        let mean = other.flatMap(\.klNats).reduce(0, +) / Float(63 * other.count)
        #expect(mean > 0 && mean < 1e-4)
    }

    @Test("predictions that are damaged, or of another chunk or vocabulary, are refused by the chunk's number")
    func refused() throws {
        let candidate = try worker(\.candidate).worker
        let good = try #require(try predict(candidate, chunks: [3])[3]).predictions
        var damaged = good
        damaged[200] ^= 1
        var large = try ChunkPredictions(decoding: good)
        large.vocabulary += 1
        var short = try ChunkPredictions(decoding: good)
        short.positions.removeLast()
        short.score.nllSumNats = short.positions.reduce(0) { $0 + Double($1.nats) }
        for (data, message) in [
            (damaged, "checksum"), (Data(), "too few"), (large.encoded(), "vocabulary"),
            (short.encoded(), "62 tokens"),
        ] {
            let error = try #require(throws: InferenceError.self) { try diverge(candidate, chunks: [3]) { _ in data } }
            #expect(error.code == .refused)
            #expect(error.message.contains("chunk 3") && error.message.contains(message), "\(error.message)")
        }
        let error = try #require(throws: InferenceError.self) { try diverge(candidate, chunks: [4]) { _ in good } }
        #expect(error.message.contains("chunk 4") && error.message.contains("another text"))
        #expect(try diverge(candidate, chunks: [3]) { _ in good }.count == 1)
    }

    @Test("without predictions and without a parent nothing is compared")
    func noParent() throws {
        let candidate = try worker(\.candidate).worker
        let error = try #require(throws: InferenceError.self) { try diverge(candidate) }
        #expect(error.code == .refused)
        #expect(error.message.contains("no parent is loaded"))
    }

    @Test("settings from which no standard error follows are refused")
    func settings() throws {
        let parent = try worker(\.parent).worker
        let error = try #require(throws: InferenceError.self) {
            try predict(parent, PredictionSettings(topCount: 128, tailCount: 1))
        }
        #expect(error.message.contains("1 samples"))
    }

    @Test("a parent that cannot be loaded is named, and the worker lives on")
    func missingParent() throws {
        let files = try EngineWorkerTests.models.get()
        let worker = try Worker(executable: EngineWorkerTests.executable)
        let path = files.parent.path + ".none"
        let error = try #require(throws: InferenceError.self) {
            try worker.perform(
                .load(
                    WorkerRequest.LoadParameters(
                        path: files.candidate.path, backend: "cpu", contextLength: 128, threads: 2, parentPath: path)))
        }
        #expect(error.message.contains(path))
        #expect(throws: InferenceError.self) { try diverge(worker) }
    }
}
