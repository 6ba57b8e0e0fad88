import Foundation
import Inference
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The real worker on the embedded model.
@Suite("The llama.cpp worker", .serialized)
struct EngineWorkerTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("lab-worker")

    private static let modelFolder = FileManager.default.temporaryDirectory
        .appendingPathComponent("worker-model-\(getpid())")

    struct Models: Sendable {
        let parent: URL
        let candidate: URL
    }

    /// The embedded model in BF16 and in Q4_K_M, converted once for all tests of this process.
    static let models = Result {
        let folder = modelFolder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: EngineWorkerTests.modelFolder) }
        let checkpoint = try Checkpoint(directory: root.appendingPathComponent("fixtures/pajama-tiny"))
        let files = ["BF16", "Q4_K_M"].map { folder.appendingPathComponent("pajama-tiny-\($0).gguf") }
        let targets = try zip(["BF16", "Q4_K_M"], files).map {
            Converter.Target(recipe: try Recipe.named($0), url: $1)
        }
        _ = try Converter(checkpoint).convert(to: targets, threads: 2, engineBuild: "test")
        return Models(parent: files[0], candidate: files[1])
    }

    static var model: Result<URL, any Error> { models.map(\.parent) }

    private func load(_ worker: Worker, contextLength: Int = 128) throws -> WorkerEvent {
        try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: try Self.model.get().path, backend: "cpu", contextLength: contextLength, threads: 2)))
    }

    private func chunks(_ worker: Worker) throws -> WorkerEvent.Chunks {
        let file = Self.root.appendingPathComponent("fixtures/pajama-tiny/heldout/text.txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        let request = WorkerRequest.chunk(WorkerRequest.ChunkParameters(text: text, contextLength: 128))
        guard case .chunked(let chunks) = try worker.perform(request) else { throw CancellationError() }
        return chunks
    }

    private func scores(_ worker: Worker, chunks: [Int]) throws -> [Int: ChunkScore] {
        var scores: [Int: ChunkScore] = [:]
        _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: chunks))) { event in
            if case .scored(let chunk) = event { scores[chunk.index] = chunk.score }
        }
        return scores
    }

    @Test("it introduces itself with the engine's libraries and a CPU device")
    func greeting() throws {
        let worker = try Worker(executable: Self.executable)
        guard case .greeted(let greeting) = try worker.perform(.hello) else { throw CancellationError() }
        #expect(greeting.devices.contains { $0.registry == "CPU" })
        #expect(greeting.engine.libraries.keys.contains { $0.hasPrefix("libllama.") })
        #expect(greeting.engine.build.contains("-"))
    }

    @Test("a chunk's score does not depend on what was scored before it")
    func independent() throws {
        let worker = try Worker(executable: Self.executable)
        _ = try load(worker)
        #expect(try chunks(worker).digests.count > 4)
        let forward = try scores(worker, chunks: [0, 1, 2])
        let backward = try scores(worker, chunks: [2, 1])
        #expect(forward[1] == backward[1])
        #expect(forward[2] == backward[2])
        // 128 tokens, of which the second half but the first of it is scored: 128 - 64 - 1.
        #expect(forward[0]?.tokenCount == 63)
        #expect(try #require(forward[0]).meanNats > 0)
    }

    @Test("the vocabulary alone chunks a text as the whole model does")
    func vocabularyOnly() throws {
        let worker = try Worker(executable: Self.executable)
        _ = try load(worker)
        let whole = try chunks(worker)
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: try Self.model.get().path, backend: "cpu", vocabularyOnly: true, threads: 1)))
        #expect(try chunks(worker) == whole)
    }

    @Test("a file that is no model is refused, and the worker lives on")
    func refused() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("no-model-\(UUID()).gguf")
        try Data("not a model".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let worker = try Worker(executable: Self.executable)
        let error = try #require(throws: InferenceError.self) {
            try worker.perform(
                .load(WorkerRequest.LoadParameters(path: file.path, backend: "cpu", threads: 1)))
        }
        #expect(error.code == .refused)
        #expect(error.message.contains(file.path))
        _ = try load(worker)
    }

    @Test("a backend the engine does not have is named")
    func missingBackend() throws {
        let worker = try Worker(executable: Self.executable)
        let error = try #require(throws: InferenceError.self) {
            try worker.perform(
                .load(WorkerRequest.LoadParameters(path: "/any", backend: "abacus", threads: 1)))
        }
        #expect(error.code == .backendMissing)
        #expect(error.message.contains("abacus"))
    }

    @Test(
        "a worker lost in the middle of scoring is an error, and what was scored before has arrived",
        arguments: [SIGKILL, SIGABRT])
    func lost(signal: Int32) throws {
        let worker = try Worker(executable: Self.executable)
        _ = try load(worker)
        let count = try chunks(worker).digests.count
        var arrived = 0
        let error = try #require(throws: InferenceError.self) {
            try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: Array(0..<count)))) { _ in
                arrived += 1
                if arrived == 2 { kill(worker.processIdentifier, signal) }
            }
        }
        #expect(error.code == .died)
        #expect(error.message.contains("score \(count) chunks"))
        #expect(arrived >= 2 && arrived < count)
    }

    @Test("a worker that stops in the middle of scoring is found out")
    func stopped() throws {
        let worker = try Worker(executable: Self.executable, silenceLimit: .seconds(2))
        _ = try load(worker)
        let count = try chunks(worker).digests.count
        var isFirst = true
        let error = try #require(throws: InferenceError.self) {
            try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: Array(0..<count)))) { _ in
                if isFirst { kill(worker.processIdentifier, SIGSTOP) }
                isFirst = false
            }
        }
        #expect(error.code == .hung)
    }

    // MARK: - Calibration

    private func calibrate(_ worker: Worker, chunks: [Int]) throws -> [CollectedSums] {
        var collected: [CollectedSums] = []
        _ = try worker.perform(.calibrate(WorkerRequest.CalibrateParameters(chunks: chunks))) { event in
            if case .collected(let sums) = event { collected.append(sums) }
        }
        return collected
    }

    private func calibrator() throws -> Worker {
        let worker = try Worker(executable: Self.executable)
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: try Self.model.get().path, backend: "cpu", contextLength: 128, threads: 2, calibrates: true)))
        _ = try chunks(worker)
        return worker
    }

    @Test("calibration sums up the inputs of every matrix in the blocks, and of no other")
    func calibration() throws {
        let sums = try calibrate(calibrator(), chunks: [0, 1, 2])
        // Four blocks of seven matrices.
        #expect(sums.count == 28)
        #expect(sums.allSatisfy { $0.name.hasPrefix("blk.") && $0.rowCount == 3 * 128 })
        let columns = Dictionary(uniqueKeysWithValues: sums.map { ($0.name, $0.squares.count) })
        #expect(columns["blk.3.ffn_down.weight"] == 768)
        #expect(columns["blk.0.attn_q.weight"] == 256)
        // What is multiplied with the query matrix is normalized: per row, mean square of x / weight is 1. Its sums are
        // those of the key and value matrices, which see the same.
        #expect(
            sums.first { $0.name == "blk.1.attn_q.weight" }?.squares
                == sums.first { $0.name == "blk.1.attn_k.weight" }?.squares)
        #expect(sums.allSatisfy { zip($0.squares, $0.values).allSatisfy { $0 * 384 >= $1 * $1 * 0.999 } })
    }

    @Test("a calibration continued in another worker gives the same sums")
    func continuedCalibration() throws {
        let whole = try calibrate(calibrator(), chunks: [0, 1, 2, 3])
        let first = try calibrate(calibrator(), chunks: [0, 1])
        #expect(first != whole)
        let second = try calibrator()
        for sums in first { _ = try second.perform(.restoreCalibration(sums)) }
        #expect(try calibrate(second, chunks: [2, 3]) == whole)
    }

    @Test("an artifact that was not loaded for it does not calibrate")
    func noCalibration() throws {
        let worker = try Worker(executable: Self.executable)
        _ = try load(worker)
        _ = try chunks(worker)
        #expect(throws: InferenceError.self) { try calibrate(worker, chunks: [0]) }
    }

    #if os(Linux)
        @Test("a worker that runs out of memory is an error with its last words")
        func outOfMemory() throws {
            let folder = try TemporaryFolder()
            // 600 MB of address space: enough to start, not for a context of a million tokens.
            let script = try folder.file(
                "small.sh", "#!/bin/sh\nulimit -v 600000\nexec '\(Self.executable.path)'\n".utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
            let worker = try Worker(executable: script)
            let error = try #require(throws: InferenceError.self) {
                try load(worker, contextLength: 1_048_576)
            }
            #expect(error.code == .refused || error.code == .died)
            #expect(!error.lastWords.isEmpty)
            #expect(error.exitCode == .unavailable)
        }
    #endif
}
