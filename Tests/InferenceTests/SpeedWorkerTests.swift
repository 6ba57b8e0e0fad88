import Foundation
import Inference
import LabCore
import Testing

/// What the real worker times, on the embedded model: that it is all there, never how fast it is.
@Suite("Benchmarks by the worker", .serialized)
struct SpeedWorkerTests {
    private func loaded(
        contextLength: Int = 96, sequences: Int = 1
    ) throws -> (worker: Worker, model: WorkerEvent.LoadedModel) {
        let worker = try Worker(executable: EngineWorkerTests.executable)
        let parameters = WorkerRequest.LoadParameters(
            path: try EngineWorkerTests.models.get().candidate.path, backend: "cpu", contextLength: contextLength,
            parallelSequences: sequences, threads: 2, batch: 2048)
        guard case .loaded(let model) = try worker.perform(.load(parameters)) else { throw CancellationError() }
        return (worker, model)
    }

    private func benchmark(
        _ worker: Worker, _ parameters: WorkerRequest.BenchmarkParameters
    ) throws -> (repetitions: [WorkerEvent.TimedRepetition], summary: WorkerEvent.BenchmarkSummary) {
        var repetitions: [WorkerEvent.TimedRepetition] = []
        let closing = try worker.perform(.benchmark(parameters)) { event in
            if case .timed(let repetition) = event { repetitions.append(repetition) }
        }
        guard case .benchmarked(let summary) = closing else { throw CancellationError() }
        return (repetitions, summary)
    }

    @Test("every repetition has its times, at any depth and number of sequences", arguments: [0, 64], [1, 4])
    func repetitions(depth: Int, sequences: Int) throws {
        let (worker, model) = try loaded(sequences: sequences)
        #expect(try #require(model.loadSeconds) > 0)
        let (repetitions, summary) = try benchmark(
            worker,
            WorkerRequest.BenchmarkParameters(depth: depth, prefillTokens: 32, decodeTokens: 8, repetitions: 3))
        #expect(repetitions.map(\.index) == [0, 1, 2])
        for repetition in repetitions {
            #expect(repetition.prefillSeconds > 0)
            #expect(repetition.firstTokenSeconds >= repetition.prefillSeconds)
            #expect(repetition.stepSeconds.count == 8 && repetition.stepSeconds.allSatisfy { $0 > 0 })
        }
        #expect(summary.depthSeconds >= 0)
        #expect(summary.deviceBytes == nil)
        #if os(Linux)
            // The weights alone are more than 2 MB.
            #expect(try #require(summary.hostPeakBytes) > 2_000_000)
            #expect(try #require(summary.hostMappedBytes) > 0)
        #endif
    }

    @Test("values in eight bits are refused without flash attention, which alone can read them")
    func quantizedValues() throws {
        let worker = try Worker(executable: EngineWorkerTests.executable)
        var parameters = WorkerRequest.LoadParameters(
            path: try EngineWorkerTests.models.get().candidate.path, backend: "cpu", contextLength: 96,
            parallelSequences: 1, threads: 2)
        parameters.kvType = "q8_0"
        parameters.flashAttention = "off"
        let error = try #require(throws: InferenceError.self) { try worker.perform(.load(parameters)) }
        #expect(error.code == .refused)
        #expect(error.message.contains("flash attention"))
    }

    @Test("another context over the same file is not loaded again")
    func kept() throws {
        let (worker, _) = try loaded()
        let again = WorkerRequest.LoadParameters(
            path: try EngineWorkerTests.models.get().candidate.path, backend: "cpu", contextLength: 96,
            parallelSequences: 2, threads: 2, batch: 2048)
        guard case .loaded(let model) = try worker.perform(.load(again)) else { throw CancellationError() }
        #expect(model.loadSeconds == nil)
    }

    /// The worker goes on after a benchmark as if there had been none: what it adds is taken away again.
    @Test("a benchmark leaves nothing behind that a text could see")
    func clean() throws {
        func text(_ worker: Worker) throws -> [Int32] {
            var tokens: [Int32] = []
            _ = try worker.perform(
                .generate(.init(prompts: [.init(index: 0, tokens: [5, 6, 7, 8])], maximumTokens: 16))
            ) { event in
                if case .completed(let completion) = event { tokens = completion.output.tokens }
            }
            return tokens
        }
        let fresh = try text(try loaded().worker)
        let (worker, _) = try loaded()
        _ = try benchmark(
            worker, WorkerRequest.BenchmarkParameters(depth: 32, prefillTokens: 16, decodeTokens: 4, repetitions: 1))
        #expect(try text(worker) == fresh)
    }

    @Test("what does not fit the context is refused, and the worker lives on")
    func refused() throws {
        let (worker, _) = try loaded()
        for (depth, repetitions) in [(80, 1), (0, 0), (-1, 1)] {
            let error = try #require(throws: InferenceError.self) {
                try benchmark(
                    worker,
                    WorkerRequest.BenchmarkParameters(
                        depth: depth, prefillTokens: 32, decodeTokens: 8, repetitions: repetitions))
            }
            #expect(error.code == .refused)
        }
        let (repetitions, _) = try benchmark(
            worker, WorkerRequest.BenchmarkParameters(depth: 64, prefillTokens: 32, decodeTokens: 8, repetitions: 1))
        #expect(repetitions.count == 1)
    }

    @Test("the device is measured in the artifact's storage type, and in F16 where it cannot multiply one")
    func probe() throws {
        let worker = try Worker(executable: EngineWorkerTests.executable)
        for (asked, expected) in [("Q4_K", "Q4_K"), ("no such type", "F16")] {
            let parameters = WorkerRequest.ProbeParameters(
                backend: "cpu", threads: 2, workingSetBytes: 4_000_000, matrixType: asked)
            guard case .probed(let device) = try worker.perform(.probe(parameters)) else { throw CancellationError() }
            #expect(device.matrixType == expected)
            #expect(device.bytesPerSecond > 0 && device.operationsPerSecond > 0)
            // Whole rows of 4096 floats: 245 of them.
            #expect(device.workingSetBytes == 245 * 16_384)
            #expect(!device.name.isEmpty && !device.bufferType.isEmpty)
        }
        let error = try #require(throws: InferenceError.self) {
            try worker.perform(
                .probe(.init(backend: "vulkan", threads: 1, workingSetBytes: 1, matrixType: "F16")))
        }
        #expect(error.code == .backendMissing)
    }
}
