import Foundation
import LabCore
import Testing

@Suite("Worker protocol")
struct WireTests {
    @Test("frames survive a pipe that delivers one byte at a time")
    func oneByteAtATime() throws {
        var stream = Frame.encode(Data("hello".utf8)) + Frame.encode(Data())
        func read(_ count: Int) -> Data {
            let piece = stream.prefix(min(1, count))
            stream = Data(stream.dropFirst(piece.count))
            return Data(piece)
        }
        #expect(try Frame.next(read: read) == Data("hello".utf8))
        #expect(try Frame.next(read: read) == Data())
        #expect(try Frame.next(read: read) == nil)
    }

    @Test("a stream that ends inside a frame, and a length nobody would send, are refused")
    func broken() {
        var truncated = Frame.encode(Data("hello".utf8)).dropLast()
        #expect(throws: Frame.Problem.truncated) {
            try Frame.next { count in
                defer { truncated = truncated.dropFirst(min(count, truncated.count)) }
                return Data(truncated.prefix(count))
            }
        }
        // "warn" as a length: what a stray print to the pipe would look like.
        #expect(throws: Frame.Problem.tooLong(0x6E72_6177)) { try Frame.next { Data("warning".utf8).prefix($0) } }
    }

    @Test(
        "requests and events come back as they went",
        arguments: [
            WorkerRequest.hello,
            .connect(WorkerRequest.ConnectParameters(backend: "rpc:[::1]:50052")),
            .load(WorkerRequest.LoadParameters(path: "/a.gguf", backend: "cpu", threads: 2)),
            .chunk(WorkerRequest.ChunkParameters(text: "café\n", contextLength: 512)),
            .score(WorkerRequest.ScoreParameters(chunks: [0, 7])),
            .render(
                WorkerRequest.RenderParameters(prompts: [
                    .text("café"), .chat([ChatMessage(role: "user", content: "Hi")], isThinking: false),
                ])),
            .generate(
                WorkerRequest.GenerateParameters(
                    prompts: [.init(index: 4, tokens: [1, 2], format: "{}", seed: .max)], maximumTokens: 3,
                    sampling: .thinking)),
            .follow(
                WorkerRequest.FollowParameters(texts: [.init(index: 0, prompt: [1], continuation: [2, 3])])),
            .benchmark(
                WorkerRequest.BenchmarkParameters(
                    depth: 1536, prefillTokens: 512, decodeTokens: 128, repetitions: 8, seed: .max)),
            .probe(
                WorkerRequest.ProbeParameters(backend: "cpu", threads: 2, workingSetBytes: 1, matrixType: "Q4_K")),
        ])
    func requests(request: WorkerRequest) throws {
        let envelope = WorkerRequest.Envelope(id: 3, request: request)
        let data = try JSONEncoder().encode(envelope)
        #expect(try JSONDecoder().decode(WorkerRequest.Envelope.self, from: data) == envelope)
    }

    @Test("a score travels as documented")
    func wireForm() throws {
        let json = #"{"id":4,"event":"scored","payload":{"index":2,"score":{"nllSumNats":1.5,"tokenCount":3}}}"#
        let envelope = try JSONDecoder().decode(WorkerEvent.Envelope.self, from: Data(json.utf8))
        let score = WorkerEvent.ScoredChunk(index: 2, score: ChunkScore(nllSumNats: 1.5, tokenCount: 3))
        #expect(envelope == WorkerEvent.Envelope(id: 4, event: .scored(score)))
    }
}
