import Foundation
import Inference
import LabCore
import Testing

/// The embedded model has a context for each thread, and must say the same with two as with one.
@Suite("Contexts side by side", .serialized)
struct ContextPoolTests {
    private func worker(
        threads: Int, sequences: Int = 1, parent: Bool = false
    ) throws -> (Worker, WorkerEvent.LoadedModel) {
        let worker = try Worker(executable: EngineWorkerTests.executable)
        let models = try EngineWorkerTests.models.get()
        let request = WorkerRequest.load(
            WorkerRequest.LoadParameters(
                path: models.candidate.path, backend: "cpu", contextLength: 128, parallelSequences: sequences,
                threads: threads, parentPath: parent ? models.parent.path : nil))
        guard case .loaded(let loaded) = try worker.perform(request) else { throw CancellationError() }
        let file = EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny/heldout/text.txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        _ = try worker.perform(.chunk(WorkerRequest.ChunkParameters(text: text, contextLength: 128)))
        return (worker, loaded)
    }

    @Test("windows come in the order in which they were asked for, with the scores that one thread gives")
    func windows() throws {
        let chunks = [7, 0, 3, 12, 5, 1, 9]
        var found: [[Int]: [ChunkScore]] = [:]
        for threads in [1, 2, 3] {
            let (worker, loaded) = try worker(threads: threads)
            #expect(loaded.windowsAtOnce == (threads == 1 ? nil : 4 * threads))
            var (order, scores) = ([Int](), [ChunkScore]())
            _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: chunks))) { event in
                guard case .scored(let chunk) = event else { return }
                order.append(chunk.index)
                scores.append(chunk.score)
            }
            #expect(order == chunks)
            #expect(found.updateValue(scores, forKey: order) ?? scores == scores)
        }
    }

    @Test("comparisons in lockstep have a parent for each")
    func lockstep() throws {
        let chunks = (0..<5).map { WorkerRequest.DivergeParameters.Chunk(index: $0, predictions: nil) }
        var found: [ChunkDivergence] = []
        for threads in [1, 2] {
            let (worker, _) = try worker(threads: threads, parent: true)
            var divergences: [ChunkDivergence] = []
            _ = try worker.perform(.diverge(WorkerRequest.DivergeParameters(chunks: chunks))) { event in
                if case .diverged(let chunk) = event { divergences.append(chunk.divergence) }
            }
            #expect(divergences.count == chunks.count)
            #expect(found.isEmpty || found == divergences)
            found = divergences
        }
    }

    @Test("one that cannot go on ends the request, what was whole before is told, and the worker goes on")
    func failure() throws {
        let (worker, _) = try worker(threads: 2)
        var told: [Int] = []
        #expect(throws: InferenceError.self) {
            _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: [0, 1, 1_000_000, 2, 3]))) { event in
                if case .scored(let chunk) = event { told.append(chunk.index) }
            }
        }
        #expect(told == [0, 1])
        _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: [4]))) { event in
            if case .scored(let chunk) = event { told.append(chunk.index) }
        }
        #expect(told == [0, 1, 4])
    }

    @Test("texts are dealt out in one way, whatever number of sequences there is")
    func texts() throws {
        let prompts = try GenerationWorker.heldOut("languages", 9).map(\.source)
        var texts: [Int: GeneratedText] = [:]
        for sequences in [1, 2, 3, 16] {
            let worker = try GenerationWorker(sequences: sequences)
            let found = try worker.generate(worker.render(prompts))
            #expect(found.count == prompts.count)
            #expect(texts.isEmpty || found.mapValues(\.text) == texts.mapValues(\.text))
            texts = found
        }
    }

    @Test("a prompt that cannot be continued is told before any text is written")
    func check() throws {
        let worker = try GenerationWorker(sequences: 2)
        var prompts = try worker.render(GenerationWorker.heldOut("languages", 4).map(\.source))
        prompts[3].tokens = [1 << 20]
        let parameters = WorkerRequest.GenerateParameters(
            prompts: prompts.enumerated().map { .init(index: $0, tokens: $1.tokens, format: $1.format, seed: 0) },
            maximumTokens: 16, sampling: .greedy)
        var written = 0
        #expect(throws: InferenceError.self) {
            _ = try worker.worker.perform(.generate(parameters)) { _ in written += 1 }
        }
        #expect(written == 0)
    }

    @Test("a benchmark has all threads in one context, and windows are scored as before when it is over")
    func whole() throws {
        let (worker, _) = try worker(threads: 2)
        func score() throws -> [ChunkScore] {
            var scores: [ChunkScore] = []
            _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: [0, 1]))) { event in
                if case .scored(let chunk) = event { scores.append(chunk.score) }
            }
            return scores
        }
        let before = try score()
        let request = WorkerRequest.BenchmarkParameters(
            depth: 0, prefillTokens: 64, decodeTokens: 8, repetitions: 1, warmUps: 0, seed: 1)
        guard case .benchmarked = try worker.perform(.benchmark(request)) else { throw CancellationError() }
        #expect(try score() == before)
    }
}
