import Foundation
import Inference
import LabCore
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The real worker on the embedded model, serving.
@Suite("A serving worker", .serialized)
struct ServingWorkerTests {
    @Test func writesWhatGenerateWrites() async throws {
        let held = try GenerationWorker.heldOut("thinking", 6) + GenerationWorker.heldOut("languages", 6)
        let generating = try GenerationWorker()
        let rendered = try generating.render(held.map(\.source))
        let expected = try generating.generate(rendered)
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let streams = held.map { prompt in
            let source = ServingWorker.question(prompt.messages[0].content, isThinking: prompt.thinking)
            return serving.begin(ServedPrompt(source, maximumTokens: 128))
        }
        for (index, stream) in streams.enumerated() {
            let answer = await ServingWorker.answer(stream)
            let text = try #require(expected[index])
            #expect(answer.content.trimmingCharacters(in: .newlines) == text.answer.trimmingCharacters(in: .newlines))
            #expect(
                answer.thought.trimmingCharacters(in: .newlines)
                    == (text.thought ?? "").trimmingCharacters(in: .newlines))
            #expect(answer.end?.writtenTokens == text.tokens.count)
            #expect(answer.end?.reason.rawValue == text.finish.rawValue)
        }
    }

    /// The template's own setting is that which is told where nobody sets the switch, and not the engine's.
    @Test func leavesThinkingToTheTemplate() async throws {
        let folder = try TemporaryFolder()
        let template = """
            {%- for message in messages %}{{ message.role + ':' + message.content + ';' }}{% endfor %}
            {%- if enable_thinking is not defined or not enable_thinking %}{{ 'off' }}{% else %}{{ 'on' }}{% endif %}
            """
        let serving = try ServingWorker(GenerationWorker.model(withTemplate: template, in: folder))
        defer { serving.connection.stop() }
        var prompts: [Bool?: String] = [:]
        for isThinking in [nil, false, true] as [Bool?] {
            let prompt = ServedPrompt(
                ServingWorker.question("Hi", isThinking: isThinking), maximumTokens: 0, promptAlternatives: 0)
            let answer = await serving.answer(prompt)
            #expect(answer.failure == nil, "\(answer)")
            prompts[isThinking] = String(decoding: answer.promptTokens.flatMap { Array($0.bytes) }, as: UTF8.self)
        }
        #expect(prompts == [nil: "user:Hi;off", false: "user:Hi;off", true: "user:Hi;on"])
    }

    @Test func sendsTextTokenByToken() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let answer = await serving.answer(
            ServedPrompt(ServingWorker.question("Calculate 21 - 13.", isThinking: true), maximumTokens: 100))
        #expect(answer.pieces > 8)
        #expect(!answer.thought.isEmpty)
        #expect(answer.content == "8")
        #expect(answer.end?.reason == .stop)
    }

    @Test func usesWhatASlotHolds() async throws {
        let serving = try ServingWorker(slots: 2)
        defer { serving.connection.stop() }
        let text = String(repeating: "The river is wide and the boat is small. ", count: 12)
        let first = await serving.answer(ServedPrompt(.text(text), maximumTokens: 4))
        let second = await serving.answer(ServedPrompt(.text(text), maximumTokens: 4))
        #expect(first.end?.cachedTokens == 0)
        let end = try #require(second.end)
        #expect(end.cachedTokens == end.promptTokens - 1)
        #expect(first.content == second.content)
        // A prompt that begins alike takes the beginning from the other slot.
        let third = serving.begin(ServedPrompt(.text(text + "It"), maximumTokens: 60))
        _ = await third.next()
        let fourth = await serving.answer(ServedPrompt(.text(text + "But"), maximumTokens: 4))
        #expect((fourth.end?.cachedTokens ?? 0) > end.promptTokens / 2)
        #expect(await ServingWorker.answer(third).end?.reason == .length)
    }

    @Test func copiesOfAPrefixChangeNothing() async throws {
        let serving = try ServingWorker(slots: 3)
        defer { serving.connection.stop() }
        let text = String(repeating: "A bird sings in the old tree. ", count: 14)
        let alone = await serving.answer(ServedPrompt(.text(text + "The"), maximumTokens: 12))
        let streams = (0..<6).map { _ in serving.begin(ServedPrompt(.text(text + "The"), maximumTokens: 12)) }
        for stream in streams { #expect(await ServingWorker.answer(stream).content == alone.content) }
    }

    @Test func endsAtAStopText() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let free = await serving.answer(ServedPrompt(.text("The cat"), maximumTokens: 30))
        let middle = free.content.index(free.content.startIndex, offsetBy: 12)
        let stop = String(free.content[middle...].prefix(4))
        let stopped = await serving.answer(ServedPrompt(.text("The cat"), maximumTokens: 30, stops: ["zzz", stop]))
        let place = try #require(free.content.range(of: stop))
        #expect(stopped.content == String(free.content[..<place.lowerBound]))
        #expect(stopped.end?.stop == stop)
        #expect(stopped.end?.reason == .stop)
    }

    @Test func stopsWhenItIsGivenUp() async throws {
        // Long enough not to end by itself before a busy machine comes to give it up.
        let serving = try ServingWorker(slots: 1, contextLength: 2048)
        defer { serving.connection.stop() }
        let sampling = ServedSampling(ignoresEnd: true)
        let running = serving.begin(ServedPrompt(.text("The"), maximumTokens: 2000, sampling: sampling))
        let waiting = serving.begin(ServedPrompt(.text("The"), maximumTokens: 2000, sampling: sampling))
        _ = await running.next()
        waiting.cancel()
        running.cancel()
        #expect(await ServingWorker.answer(running).end?.reason == .cancelled)
        #expect(await ServingWorker.answer(waiting).end?.reason == .cancelled)
        #expect(await serving.answer(ServedPrompt(.text("The"), maximumTokens: 2)).end?.reason == .length)
    }

    @Test func theSameSeedDrawsTheSameText() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        func text(_ seed: UInt64) async -> String {
            let sampling = ServedSampling(Sampling(temperature: 1), seed: seed)
            return await serving.answer(ServedPrompt(.text("Once"), maximumTokens: 24, sampling: sampling)).content
        }
        let first = await text(1)
        #expect(await text(1) == first)
        #expect(await text(2) != first)
    }

    @Test func tellsLogProbabilitiesThatFollowingTells() async throws {
        let worker = try GenerationWorker()
        let prompt = try worker.render([.text("The cat sat on the mat.")])[0].tokens
        let followed = try #require(
            try worker.follow([.init(index: 0, prompt: [prompt[0]], continuation: Array(prompt.dropFirst()))])[0])
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let answer = await serving.answer(
            ServedPrompt(.tokens(prompt), maximumTokens: 2, alternatives: 3, promptAlternatives: 2))
        #expect(answer.promptTokens.map(\.token) == prompt)
        #expect(answer.promptTokens[0].logProbability == nil)
        for (token, nats) in zip(answer.promptTokens.dropFirst(), followed.nats) {
            #expect(abs((token.logProbability ?? 0) + Double(nats)) < 1e-3)
            #expect(token.alternatives.count == 2)
        }
        #expect(answer.promptTokens.dropFirst().map { $0.alternatives[0].token } == followed.choices)
        #expect(answer.tokens.count == 2)
        #expect(answer.tokens.allSatisfy { $0.alternatives.count == 3 && $0.alternatives[0].token == $0.token })
    }

    @Test func readsAPromptAlone() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let answer = await serving.answer(ServedPrompt(.text("The cat"), maximumTokens: 0, promptAlternatives: 0))
        #expect(answer.end?.writtenTokens == 0)
        #expect(answer.promptTokens.count == answer.end?.promptTokens)
        #expect(answer.content.isEmpty)
    }

    @Test func followsAGrammar() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let sampling = ServedSampling(Sampling(temperature: 1), seed: 3)
        let answer = await serving.answer(
            ServedPrompt(
                .text("The number is"), maximumTokens: 40, sampling: sampling,
                grammar: #"root ::= " " [0-9] [0-9] [0-9] "!""#))
        #expect(answer.content.wholeMatch(of: /\ [0-9]{3}!/) != nil)
        #expect(answer.end?.reason == .stop)
    }

    @Test(arguments: [nil, false] as [Bool?])
    func followsAJSONSchema(_ isThinking: Bool?) async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let schema = """
            {"type":"object","properties":{"colour":{"enum":["red","blue"]},"count":{"type":"integer","minimum":0,\
            "maximum":9}},"required":["colour","count"],"additionalProperties":false}
            """
        let answer = await serving.answer(
            ServedPrompt(
                ServingWorker.question("Name a colour.", isThinking: isThinking), maximumTokens: 300, schema: schema))
        struct Colour: Decodable {
            var colour: String
            var count: Int
        }
        let colour = try JSONDecoder().decode(Colour.self, from: Data(answer.content.utf8))
        #expect(["red", "blue"].contains(colour.colour))
        #expect((0...9).contains(colour.count))
    }

    /// The engine's grammar lets a model put JSON between fences; one that is pushed to backticks does.
    @Test func fencesAroundJSONAreNoPartOfIt() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        struct Tokenizer: Decodable {
            struct Model: Decodable { var vocab: [String: Int32] }
            var model: Model
        }
        let file = EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny/tokenizer.json")
        let backtick = try #require(
            JSONDecoder().decode(Tokenizer.self, from: Data(contentsOf: file)).model.vocab["`"])
        // No place in it where a backtick could stand.
        let schema = #"{"type":"object","properties":{"a":{"const":1}},"required":["a"],"additionalProperties":false}"#
        let answer = await serving.answer(
            ServedPrompt(
                ServingWorker.question("Name a number."), maximumTokens: 300,
                sampling: ServedSampling(bias: [backtick: 100]), schema: schema, alternatives: 0))
        let text = answer.tokens.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
        #expect(text.hasPrefix("```json") && text.hasSuffix("```"), "\(text)")
        struct Number: Decodable { var a: Int }
        #expect(try JSONDecoder().decode(Number.self, from: Data(answer.content.utf8)).a == 1, "\(answer.content)")
    }

    @Test func biasAndPenaltiesChangeWhatIsWritten() async throws {
        let serving = try ServingWorker()
        defer { serving.connection.stop() }
        let free = await serving.answer(ServedPrompt(.text("The"), maximumTokens: 1, alternatives: 0))
        let likeliest = try #require(free.tokens.first?.token)
        let banned = await serving.answer(
            ServedPrompt(
                .text("The"), maximumTokens: 1, sampling: ServedSampling(bias: [likeliest: -100]), alternatives: 0))
        #expect(banned.tokens.first?.token != likeliest)
        let forced = await serving.answer(
            ServedPrompt(.text("The"), maximumTokens: 6, sampling: ServedSampling(bias: [100: 100]), alternatives: 0))
        #expect(forced.tokens.allSatisfy { $0.token == 100 })
        let penalized = await serving.answer(
            ServedPrompt(
                .text("The"), maximumTokens: 6, sampling: ServedSampling(presencePenalty: 150, bias: [100: 100]),
                alternatives: 0))
        #expect(penalized.tokens.count { $0.token == 100 } == 1)
    }

    @Test func refusesWhatCannotBe() async throws {
        let serving = try ServingWorker(contextLength: 64)
        defer { serving.connection.stop() }
        let long = String(repeating: "word ", count: 200)
        let deepGrammar = "root ::= " + String(repeating: "(", count: 20_000) + "\"a\""
        let cases: [(ServedPrompt, ServedFailure.Cause, String)] = [
            (ServedPrompt(.text(long)), .contextLength, "the context holds 64"),
            (ServedPrompt(.text("")), .request, "empty"),
            (ServedPrompt(.tokens([1, 99_999])), .request, "none of the vocabulary"),
            (ServedPrompt(.text("a"), sampling: ServedSampling(bias: [99_999: 1])), .request, "logit_bias"),
            (ServedPrompt(.text("a"), grammar: "root ::= ((("), .request, "grammar"),
            (ServedPrompt(.text("a"), grammar: deepGrammar), .request, "more than 1024 groups"),
            (ServedPrompt(.text("a"), schema: "{\"type\":\"nothing\"}"), .request, "grammar"),
            (ServedPrompt(.conversation(.init(messages: "[]"))), .request, "no messages"),
            (ServedPrompt(.conversation(.init(messages: "[{\"role\":5}]"))), .request, "parse messages"),
            (
                ServedPrompt(
                    .conversation(
                        .init(
                            messages: "[{\"role\":\"user\",\"content\":\"a\"}]",
                            tools: "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]"))),
                .request, "knows no tools"
            ),
        ]
        for (prompt, cause, words) in cases {
            let failure = try #require(await serving.answer(prompt).failure)
            #expect(failure.cause == cause)
            #expect(failure.message.contains(words))
        }
        #expect(await serving.answer(ServedPrompt(.text("a"), maximumTokens: 2)).end?.reason == .length)
    }

    @Test func fillsTheContextAndNoMore() async throws {
        let serving = try ServingWorker(contextLength: 64)
        defer { serving.connection.stop() }
        let answer = await serving.answer(
            ServedPrompt(.text("The"), sampling: ServedSampling(ignoresEnd: true)))
        let end = try #require(answer.end)
        #expect(end.reason == .length)
        #expect(end.promptTokens + end.writtenTokens == 64)
    }

    @Test func whoeverWaitsIsToldWhenItDies() async throws {
        let (endings, source) = AsyncStream<InferenceError>.makeStream()
        let serving = try ServingWorker { source.yield($0) }
        let stream = serving.begin(
            ServedPrompt(.text("The"), maximumTokens: 400, sampling: ServedSampling(ignoresEnd: true)))
        _ = await stream.next()
        kill(serving.connection.processIdentifier, SIGKILL)
        let failure = try #require(await ServingWorker.answer(stream).failure)
        #expect(failure.cause == .worker)
        #expect(failure.message.contains("was killed (signal 9"))
        var iterator = endings.makeAsyncIterator()
        #expect(await iterator.next()?.code == .died)
        #expect(await serving.answer(ServedPrompt(.text("The"))).failure?.cause == .worker)
    }
}
