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

@Suite("The worker continues prompts", .serialized)
struct GenerationWorkerTests {
    private func prompts(_ worker: GenerationWorker, _ name: String, _ count: Int) throws -> [RenderedPrompt] {
        try worker.render(GenerationWorker.heldOut(name, count).map(\.source))
    }

    @Test("held-out problems are solved, and thought and answer are told apart")
    func thinking() throws {
        let problems = try GenerationWorker.heldOut("thinking", 20)
        let worker = try GenerationWorker(sequences: 8)
        let texts = try worker.generate(worker.render(problems.map(\.source)))
        #expect(texts.count == problems.count)
        var solved = 0
        for (index, problem) in problems.enumerated() {
            let text = try #require(texts[index])
            #expect(text.finish == .stop && text.isUTF8 && text.isThoughtClosed)
            let thought = try #require(text.thought)
            #expect(text.text == "<think>\n\(thought)\n</think>\n\n\(text.answer)")
            // Both marks are a token each, and so are the line breaks behind them at least in part.
            #expect(text.thoughtTokens > 2 && text.thoughtTokens < text.tokens.count)
            if text.answer.contains(problem.answer) { solved += 1 }
        }
        // The model's card has all of its 109 sums right.
        #expect(solved >= 18, "\(solved) of \(problems.count)")
    }

    @Test("without thinking there is an answer and no thought", arguments: ["languages", "functions"])
    func plain(name: String) throws {
        let questions = try GenerationWorker.heldOut(name, 12)
        let worker = try GenerationWorker()
        let texts = try worker.generate(worker.render(questions.map(\.source)))
        for (index, question) in questions.enumerated() {
            let text = try #require(texts[index])
            #expect(text.thought == nil && text.thoughtTokens == 0 && text.isThoughtClosed)
            #expect(text.answer == text.text && text.finish == .stop)
            if name == "languages" { #expect(text.answer.contains(question.answer)) }
        }
    }

    @Test("a thought that the limit of tokens cuts is not closed and has no answer")
    func unclosed() throws {
        let worker = try GenerationWorker()
        let prompts = try prompts(worker, "thinking", 6)
        for text in try worker.generate(prompts, maximumTokens: 5).values {
            #expect(text.finish == .length && text.tokens.count == 5)
            #expect(!text.isThoughtClosed && text.answer.isEmpty)
            #expect(text.thoughtTokens == 5)
            #expect(try text.text.hasPrefix("<think>\n" + #require(text.thought)))
        }
        // The mark alone is a thought, too.
        for text in try worker.generate(prompts, maximumTokens: 1).values {
            #expect(text.thought == "" && !text.isThoughtClosed && text.thoughtTokens == 1)
        }
    }

    @Test("a thought after a prompt that ended one is found: the switch was ignored")
    func ignoredSwitch() throws {
        let worker = try GenerationWorker()
        let problem = try #require(GenerationWorker.heldOut("thinking", 1).first)
        let on = try #require(worker.render([.chat(problem.messages, isThinking: true)]).first)
        var off = try #require(worker.render([.chat(problem.messages, isThinking: false)]).first)
        // The model sees a prompt that lets it think, and its answer is taken apart as the other says.
        off.tokens = on.tokens
        let text = try #require(worker.generate([off])[0])
        #expect(text.thought?.isEmpty == false && text.isThoughtClosed && text.answer.contains(problem.answer))
    }

    @Test("a full context ends a text, and a prompt that does not fit is refused by its number")
    func contextLimit() throws {
        let worker = try GenerationWorker(sequences: 2, contextLength: 256)
        let prompts = try worker.render([.text("Once upon a time"), .text(String(repeating: "one ", count: 400))])
        let sampling = Sampling(temperature: 3)
        let text = try #require(worker.generate([prompts[0]], maximumTokens: 10_000, sampling: sampling)[0])
        #expect(text.finish == .stop || prompts[0].tokens.count + text.tokens.count == 256)
        let error = try #require(throws: InferenceError.self) { try worker.generate(prompts) }
        #expect(error.code == .refused && error.message.contains("prompt 1") && error.message.contains("256"))
        #expect(throws: InferenceError.self) { try worker.generate(worker.render([.text("")])) }
    }

    @Test("sampled texts follow from the seed, whatever runs beside them and in whatever order")
    func sampling() throws {
        let one = try GenerationWorker(sequences: 1)
        let many = try GenerationWorker(sequences: 16)
        let prompts = try prompts(one, "thinking", 20)
        let alone = try one.generate(prompts, sampling: .thinking)
        #expect(alone.count == prompts.count)
        #expect(try many.generate(prompts, sampling: .thinking) == alone)
        #expect(try many.generate(prompts, sampling: .thinking, order: prompts.indices.reversed()) == alone)
        // A text's own seed decides: the same prompt under every number gives different texts.
        let same = Array(repeating: try #require(one.render([.text("One day")]).first), count: 8)
        let texts = try many.generate(same, maximumTokens: 24, sampling: Sampling(temperature: 1))
        #expect(Set(texts.values.map(\.text)).count > 4)
        #expect(try one.generate(same, maximumTokens: 24, sampling: Sampling(temperature: 1)) == texts)
    }

    @Test("greedy texts are the same one at a time and sixteen at a time")
    func sideBySide() throws {
        let one = try GenerationWorker(sequences: 1)
        let prompts = try prompts(one, "languages", 40) + prompts(one, "functions", 12)
        let alone = try one.generate(prompts)
        #expect(alone.count == prompts.count)
        #expect(try GenerationWorker(sequences: 16).generate(prompts) == alone)
    }

    @Test("a control token that does not stop the model ends the answer, though the text goes on")
    func ignoredStop() throws {
        let folder = try TemporaryFolder()
        // <|im_start|>, which ends nothing, is as likely as <|im_end|> is in the embedded model, and the other way round.
        let file = try GenerationWorker.model(swappingOutputs: 2040, 2041, in: folder)
        let questions = try GenerationWorker.heldOut("languages", 4) + GenerationWorker.heldOut("thinking", 4)
        let worker = try GenerationWorker(file)
        let expected = try GenerationWorker()
        let prompts = try worker.render(questions.map(\.source))
        let right = try expected.generate(prompts, maximumTokens: 100)
        for (index, text) in try worker.generate(prompts, maximumTokens: 100) {
            #expect(text.finish == .length)
            #expect(text.text.contains("<|im_start|>"))
            #expect(text.answer == right[index]?.answer && !text.answer.isEmpty)
            #expect(text.thought == right[index]?.thought && text.thoughtTokens == right[index]?.thoughtTokens)
        }
    }

    @Test("a character that the limit of tokens cuts counts as whole")
    func cutCharacter() throws {
        let worker = try GenerationWorker()
        let questions = try GenerationWorker.heldOut("languages", 246).filter { $0.answer.utf8.count > $0.answer.count }
        let prompts = try worker.render(questions.prefix(12).map(\.source))
        var cut = 0
        for limit in 1...6 {
            for text in try worker.generate(prompts, maximumTokens: limit).values {
                #expect(text.isUTF8)
                if text.text.hasSuffix("\u{FFFD}") {
                    cut += 1
                    #expect(!text.answer.contains("\u{FFFD}"))
                }
            }
        }
        #expect(cut > 0)
    }

    @Test("a worker lost in the middle has delivered the texts that were whole", arguments: [SIGKILL, SIGABRT])
    func lost(signal: Int32) throws {
        let worker = try GenerationWorker(sequences: 4)
        let prompts = try prompts(worker, "thinking", 60)
        var arrived: [Int: GeneratedText] = [:]
        let parameters = WorkerRequest.GenerateParameters(
            prompts: prompts.enumerated().map { .init(index: $0, tokens: $1.tokens, format: $1.format) },
            maximumTokens: 128)
        let error = try #require(throws: InferenceError.self) {
            try worker.worker.perform(.generate(parameters)) { event in
                guard case .completed(let completion) = event else { return }
                arrived[completion.index] = completion.output
                if arrived.count == 10 { kill(worker.worker.processIdentifier, signal) }
            }
        }
        #expect(error.code == .died && error.message.contains("continue 60 prompts"))
        #expect(arrived.count >= 10 && arrived.count < 60)
        #expect(arrived.values.allSatisfy { $0.finish == .stop && !$0.answer.isEmpty })
    }

    @Test("a format that no worker made is refused")
    func badFormat() throws {
        let worker = try GenerationWorker()
        var prompt = try #require(prompts(worker, "thinking", 1).first)
        for format in [
            "", "{}", "none", #"{"format":99,"generation_prompt":"","before_thought":"","parser":"","stops":[]}"#,
        ] {
            prompt.format = format
            let error = try #require(throws: InferenceError.self) { try worker.generate([prompt]) }
            #expect(error.code == .refused && error.message.contains("format"), "\(error.message)")
        }
    }

    @Test("tokens that the vocabulary does not have are refused")
    func foreignTokens() throws {
        let worker = try GenerationWorker()
        for token: Int32 in [-1, 2048] {
            let prompt = RenderedPrompt(tokens: [5, token], text: "", format: nil)
            #expect(throws: InferenceError.self) { try worker.generate([prompt]) }
            #expect(throws: InferenceError.self) {
                try worker.follow([.init(index: 0, prompt: [5], continuation: [token])])
            }
        }
    }
}
