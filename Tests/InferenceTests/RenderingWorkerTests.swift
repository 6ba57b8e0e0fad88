import Foundation
import Inference
import LabCore
import TestSupport
import Testing

@Suite("The worker renders prompts", .serialized)
struct RenderingWorkerTests {
    private let question = [ChatMessage(role: "user", content: "What is 2 + 2?")]

    /// What both the embedded model's template and Qwen3's make of a question, worked out by hand.
    private let asked = "<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\n"
    private let closedThought = "<think>\n\n</think>\n\n"

    @Test("a conversation becomes what the model's own template says, thinking on, off and not asked for")
    func ownTemplate() throws {
        let worker = try GenerationWorker(vocabularyOnly: true)
        let conversation = [
            ChatMessage(role: "system", content: "Be short."), ChatMessage(role: "user", content: "Grüße, 你好!"),
            ChatMessage(role: "assistant", content: "<think>\nsecret\n</think>\n\nHello."),
            ChatMessage(role: "user", content: "Go on"),
        ]
        let prompts = try worker.render([
            .chat(question, isThinking: true), .chat(question, isThinking: nil), .chat(question, isThinking: false),
            .chat(conversation, isThinking: true),
        ])
        #expect(prompts.prefix(3).map(\.text) == [asked, asked, asked + closedThought])
        #expect(
            prompts[3].text == """
                <|im_start|>system
                Be short.<|im_end|>
                <|im_start|>user
                Grüße, 你好!<|im_end|>
                <|im_start|>assistant
                Hello.<|im_end|>
                <|im_start|>user
                Go on<|im_end|>
                <|im_start|>assistant

                """)
        #expect(prompts.allSatisfy { $0.format != nil })
    }

    @Test("special tokens are recognised in a conversation, and in a text they are letters")
    func specialTokens() throws {
        let worker = try GenerationWorker(vocabularyOnly: true)
        // <|im_start|> is 2040 in the embedded model's tokenizer.json, <|im_end|> 2041.
        let prompts = try worker.render([
            .chat(question, isThinking: true), .text(asked), .text("Once upon a time"), .text(""),
        ])
        #expect(prompts[0].tokens.first == 2040)
        #expect(prompts[0].tokens.count { $0 == 2040 } == 2 && prompts[0].tokens.count { $0 == 2041 } == 1)
        #expect(!prompts[1].tokens.contains { $0 >= 2039 })
        #expect(prompts[1].text == asked && prompts[1].format == nil)
        #expect(!prompts[2].tokens.isEmpty && prompts[3].tokens.isEmpty)
    }

    @Test("the whole model renders as its vocabulary does")
    func wholeModel() throws {
        let prompts: [PromptSource] = [.chat(question, isThinking: true), .text("One day")]
        #expect(
            try GenerationWorker().render(prompts) == GenerationWorker(vocabularyOnly: true).render(prompts))
    }

    @Test("where the template does not ask for thinking, the switch is as if nobody set it")
    func unset() throws {
        let folder = try TemporaryFolder()
        // Off unless it is asked for, said in a way that takes null for set.
        let template = """
            {%- for message in messages %}{{ message.role + ':' + message.content + ';' }}{% endfor %}
            {%- if enable_thinking is not defined %}{{ 'unset ' }}{% elif enable_thinking %}{{ 'on ' }}{% else %}\
            {{ 'off ' }}{% endif %}
            """
        let file = try GenerationWorker.model(withTemplate: template, in: folder)
        let prompts = try GenerationWorker(file, vocabularyOnly: true).render(
            [true, false, nil].map { .chat(question, isThinking: $0) })
        #expect(prompts.map(\.text) == ["on", "off", "unset"].map { "user:What is 2 + 2?;\($0) " })
    }

    /// Qwen3's template, from the folder named by `LAB_DATA`.
    private static let qwen3Template = try? String(
        contentsOf: (ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) }
            ?? EngineWorkerTests.root.deletingLastPathComponent().appendingPathComponent("shared/data"))
            .appendingPathComponent("qwen3/chat_template.jinja"), encoding: .utf8)

    @Test(
        "Qwen3's own template renders with thinking on and off, and earlier thoughts are left out",
        .enabled(
            if: qwen3Template != nil,
            "needs qwen3/chat_template.jinja of Qwen/Qwen3-8B in the directory named by LAB_DATA, or in ../shared/data")
    )
    func qwen3() throws {
        let folder = try TemporaryFolder()
        let file = try GenerationWorker.model(withTemplate: try #require(Self.qwen3Template), in: folder)
        let worker = try GenerationWorker(file, sequences: 2)
        let earlier = [
            ChatMessage(role: "user", content: "Hi"),
            ChatMessage(role: "assistant", content: "<think>\nhm\n</think>\n\nHello!"),
        ]
        let prompts = try worker.render([
            .chat(question, isThinking: true), .chat(question, isThinking: false), .chat(question, isThinking: nil),
            .chat(earlier + question, isThinking: true),
        ])
        #expect(
            prompts.map(\.text) == [
                asked, asked + closedThought, asked,
                "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n" + asked,
            ])
        // The engine takes an answer apart by this template too.
        let text = try #require(try worker.generate(Array(prompts.prefix(1)))[0])
        #expect(text.isThoughtClosed && text.thought?.isEmpty == false && text.answer == "4")
    }

    @Test(
        "a template that is no Jinja, refuses the conversation or is not there is named with the reason",
        arguments: [
            ("{% if %}{{ messages }}", "chat template"),
            ("{{ raise_exception('only on Sundays') }}", "only on Sundays"),
            ("", "chat template"),
        ])
    func badTemplate(template: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let file = try GenerationWorker.model(withTemplate: template, in: folder)
        let worker = try GenerationWorker(file, vocabularyOnly: true)
        let error = try #require(throws: InferenceError.self) {
            try worker.render([.chat(question, isThinking: true)])
        }
        #expect(error.code == .refused)
        #expect(error.message.contains(file.path) && error.message.contains(reason), "\(error.message)")
        #expect(error.remedy != nil)
        // Texts need no template, and the worker lives on.
        #expect(try worker.render([.text("One day")]).count == 1)
    }
}
