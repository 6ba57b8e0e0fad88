import Foundation
import Inference
import LabCore
import ModelFormats
import Quantization
import Serving
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A service with the real worker on the embedded model.
@Suite("A model's service", .serialized)
struct ModelServiceTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("lab-worker")

    /// One slot, so that a second request waits.
    private func service(in folder: TemporaryFolder) throws -> ModelService {
        let file = folder.url.appendingPathComponent("model.gguf")
        let checkpoint = try Checkpoint(directory: Self.root.appendingPathComponent("fixtures/pajama-tiny"))
        let target = Converter.Target(recipe: try Recipe.named("BF16"), url: file)
        _ = try Converter(checkpoint).convert(to: [target], threads: 2, engineBuild: "test")
        let path = file.path
        return try ModelService { onEnd in
            let worker = try Worker(executable: Self.executable)
            _ = try worker.perform(
                .load(
                    WorkerRequest.LoadParameters(
                        path: path, backend: "cpu", contextLength: 2048, parallelSequences: 1, threads: 2)))
            return try ServingConnection(worker, onEnd: onEnd)
        }
    }

    private let long = ServedPrompt(
        .text("The"), maximumTokens: 2000, sampling: ServedSampling(ignoresEnd: true))

    private func end(_ stream: ServedStream) async -> ServedEvent? {
        var last: ServedEvent?
        while let event = await stream.next().last { last = event }
        return last
    }

    @Test func answersWhatWaitsWhenItsWorkerDies() async throws {
        let folder = try TemporaryFolder()
        let service = try service(in: folder)
        defer { service.stop() }
        let running = try service.submit(long)
        let waiting = try service.submit(ServedPrompt(.text("The"), maximumTokens: 2))
        kill(try #require(service.processIdentifier), SIGKILL)
        guard case .failed(let failure)? = await end(running) else {
            Issue.record("the request whose worker died has an answer")
            return
        }
        #expect(failure.cause == .worker)
        guard case .finished(let finish)? = await end(waiting) else {
            Issue.record("the request that waited has no answer")
            return
        }
        #expect(finish.writtenTokens == 2)
        #expect(service.current.restarts == 1)
    }

    @Test func failsWhatWaitsWhenItStops() async throws {
        let folder = try TemporaryFolder()
        let service = try service(in: folder)
        // Held still, so that a busy machine does not end its request first.
        kill(try #require(service.processIdentifier), SIGSTOP)
        let running = try service.submit(long)
        let waiting = try service.submit(long)
        await service.drain(limit: .zero)
        for stream in [running, waiting] {
            guard case .failed(let failure)? = await end(stream) else {
                Issue.record("a request has an answer though the service has stopped")
                return
            }
            #expect(failure.cause == .worker)
        }
        #expect(throws: ServingError.self) { try service.submit(long) }
    }
}
