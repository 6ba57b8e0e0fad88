import Foundation
import Inference
import LabCore
import TestSupport
import Testing

/// The worker with a device that is another process: what CUDA and other devices go through too.
@Suite("The llama.cpp worker on an RPC device", .serialized)
struct RemoteDeviceTests {
    private func start() throws -> Worker { try Worker(executable: EngineWorkerTests.executable) }

    private func load(
        _ worker: Worker, on backend: String, adjust: (inout WorkerRequest.LoadParameters) throws -> Void = { _ in }
    ) throws {
        var parameters = WorkerRequest.LoadParameters(
            path: try EngineWorkerTests.models.get().candidate.path, backend: backend, contextLength: 128, threads: 2)
        try adjust(&parameters)
        _ = try worker.perform(.load(parameters))
    }

    private func scores(_ worker: Worker, count: Int = 4) throws -> [ChunkScore] {
        let file = EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny/heldout/text.txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        _ = try worker.perform(.chunk(WorkerRequest.ChunkParameters(text: text, contextLength: 128)))
        var scores: [ChunkScore] = []
        _ = try worker.perform(.score(WorkerRequest.ScoreParameters(chunks: Array(0..<count)))) { event in
            if case .scored(let chunk) = event { scores.append(chunk.score) }
        }
        return scores
    }

    private func failure(_ body: () throws -> Void) -> InferenceError? {
        do {
            try body()
            return nil
        } catch {
            return error as? InferenceError
        }
    }

    @Test("it offers a device of its own, and gives the CPU's likelihoods to within rounding, wherever layers are")
    func agrees() throws {
        let server = try RPCServer()
        let backend = "rpc:\(server.endpoint)"
        let worker = try start()
        let request = WorkerRequest.ConnectParameters(backend: backend)
        guard case .greeted(let greeting) = try worker.perform(.connect(request)) else { throw CancellationError() }
        let device = try #require(greeting.devices.first { $0.description == server.endpoint })
        #expect(device.registry == "RPC" && device.memoryTotalBytes > 0)

        try load(worker, on: "cpu")
        let expected = try scores(worker).map(\.nllSumNats)
        for layers in [nil, 0, 2] as [Int?] {
            try load(worker, on: backend) { $0.deviceLayers = layers }
            let found = try scores(worker).map(\.nllSumNats)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 0.01 * $1 }, "\(layers ?? -1) layers")
        }
    }

    @Test("a server that is killed in the middle ends the worker, with words about it")
    func lost() throws {
        let server = try RPCServer()
        let worker = try start()
        try load(worker, on: "rpc:\(server.endpoint)")
        #expect(try scores(worker, count: 1).count == 1)
        server.kill()
        let error = try #require(failure { _ = try scores(worker) })
        #expect(error.code == .died)
        #expect(error.lastWords.joined().contains("RPC"), "\(error.lastWords)")
    }

    @Test("a model that it has no memory for is an error that names the layers that would fit, and those fit")
    func noRoom() throws {
        // It takes 9 MB itself; the model has 8.
        var found: (layers: Int, backend: String, server: RPCServer)?
        for kilobytes in stride(from: 10_000, through: 40_000, by: 1000) {
            guard let server = try? RPCServer(memoryKilobytes: kilobytes) else {
                continue
            }
            let backend = "rpc:\(server.endpoint)"
            guard
                let error = try failure({
                    try load(start(), on: backend) { $0.path = try EngineWorkerTests.models.get().parent.path }
                })
            else { break }
            guard let advice = error.remedy?.firstMatch(of: /--gpu-layers (\d+)/), let layers = Int(advice.1) else {
                continue
            }
            #expect(error.code == .refused)
            #expect(error.message.contains("\(backend) has no memory for"))
            found = (layers, backend, server)
            if layers > 1 { break }
        }
        let (layers, backend, server) = try #require(found)
        #expect(layers > 0)
        let worker = try start()
        try load(worker, on: backend) {
            $0.path = try EngineWorkerTests.models.get().parent.path
            $0.deviceLayers = layers
            // What is computed with is larger than this model, where 512 tokens are computed at a time; the server that
            // has no room for it ends.
            $0.microBatch = 8
        }
        withExtendedLifetime(server) {}
    }

    @Test("an address where nobody answers, and a driver that is not there, are backends that are missing")
    func missing() throws {
        let port = try RPCServer.freePort()
        let worker = try start()
        let nobody = try #require(failure { try load(worker, on: "rpc:127.0.0.1:\(port)") })
        #expect(nobody.code == .backendMissing)
        #expect(nobody.message == "no rpc device: nothing answers at 127.0.0.1:\(port)")
        // The worker lives on.
        try load(worker, on: "cpu")
        let split = try #require(
            failure {
                let server = try RPCServer()
                try load(worker, on: "rpc:\(server.endpoint)") { $0.tensorSplit = [1, 1] }
            })
        #expect(split.message.contains("--tensor-split has 2 shares, and there are 1 devices"))
    }
}
