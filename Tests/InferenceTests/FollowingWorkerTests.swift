import Foundation
import Inference
import LabCore
import TestSupport
import Testing

@Suite("The worker follows texts", .serialized)
struct FollowingWorkerTests {
    @Test("along its own greedy texts a model chooses every token")
    func ownTexts() throws {
        let worker = try GenerationWorker(sequences: 8)
        let prompts = try worker.render(GenerationWorker.heldOut("thinking", 12).map(\.source))
        let texts = try worker.generate(prompts)
        let followed = try worker.follow(
            prompts.indices.map { .init(index: $0, prompt: prompts[$0].tokens, continuation: texts[$0]?.tokens ?? []) })
        #expect(followed.count == prompts.count)
        for (index, text) in texts {
            #expect(followed[index]?.choices == text.tokens)
            #expect(try #require(followed[index]).nats.allSatisfy { $0 >= 0 && $0 <= Float(log(2048.0)) })
        }
    }

    @Test("the -ln p are those of the chunks of a text, whatever runs beside them")
    func likeScores() throws {
        let text = try String(
            contentsOf: EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny/heldout/text.txt"),
            encoding: .utf8)
        let scorer = try GenerationWorker(sequences: 1, contextLength: 128)
        guard case .chunked = try scorer.worker.perform(.chunk(.init(text: text, contextLength: 128))) else {
            throw CancellationError()
        }
        var scores: [Int: ChunkScore] = [:]
        _ = try scorer.worker.perform(.score(.init(chunks: Array(0..<20)))) { event in
            if case .scored(let chunk) = event { scores[chunk.index] = chunk.score }
        }
        let tokens = try #require(scorer.render([.text(text)]).first).tokens
        let texts = (0..<20).map { index in
            WorkerRequest.FollowParameters.Text(
                index: index, prompt: Array(tokens[(index * 128)..<(index * 128 + 65)]),
                continuation: Array(tokens[(index * 128 + 65)..<(index * 128 + 128)]))
        }
        for sequences in [1, 7] {
            let followed = try GenerationWorker(sequences: sequences, contextLength: 128).follow(texts)
            for (index, score) in scores {
                let output = try #require(followed[index])
                #expect(output.nats.count == score.tokenCount)
                // Steps of other sizes round otherwise.
                let sum = output.nats.reduce(0) { $0 + Double($1) }
                #expect(abs(sum - score.nllSumNats) < 2e-3 * score.nllSumNats)
            }
        }
    }

    @Test("long and short texts share batches, and one without tokens to follow has no predictions")
    func mixed() throws {
        let worker = try GenerationWorker(sequences: 3, contextLength: 512)
        let tokens = (0..<512).map { Int32($0 % 500) }
        let lengths = [(1, 1), (300, 212), (5, 0), (1, 511), (40, 9), (512, 0), (2, 100)]
        let texts = lengths.enumerated().map { index, length in
            WorkerRequest.FollowParameters.Text(
                index: index, prompt: Array(tokens.prefix(length.0)),
                continuation: Array(tokens[length.0..<(length.0 + length.1)]))
        }
        let together = try worker.follow(texts)
        #expect(together.count == texts.count)
        for text in texts {
            let alone = try #require(worker.follow([text])[text.index])
            let output = try #require(together[text.index])
            #expect(output.nats.count == text.continuation.count && output.choices.count == text.continuation.count)
            #expect(zip(alone.nats, output.nats).allSatisfy { abs($0 - $1) < 0.02 })
        }
    }

    @Test("a text without a prompt, or longer than the context, is refused by its number")
    func refused() throws {
        let worker = try GenerationWorker(sequences: 2, contextLength: 256)
        for (prompt, continuation) in [(0, 5), (200, 58)] {
            let error = try #require(throws: InferenceError.self) {
                try worker.follow([
                    .init(
                        index: 17, prompt: Array(repeating: 5, count: prompt),
                        continuation: Array(repeating: 6, count: continuation))
                ])
            }
            #expect(error.code == .refused && error.message.contains("text 17"))
        }
    }
}
