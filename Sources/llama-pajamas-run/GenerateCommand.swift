import ArgumentParser
import CommandSupport
import Foundation
import Inference
import LabCore
import LabRunner
import Serving

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Answer a prompt.",
        discussion: """
            The prompt is a question to answer by the model's chat template; with --raw it is text to go on from. It is \
            read from standard input where neither --prompt nor --file names one.

            Examples:
              llama-pajamas-run generate --model ./models/qwen3-8b --prompt "Why is the sky blue?" --mode plain
              llama-pajamas-run generate --model Qwen/Qwen3-8B-GGUF --artifact q6_k --prompt "Why is the sky blue?"
            """)

    @OptionGroup var options: ModelOptions

    @Option(help: "The prompt.") var prompt: String?
    @Option(help: ArgumentHelp("A file with the prompt; - for standard input.", valueName: "file")) var file: String?
    @Option(help: "What the model is told before the prompt.") var system: String?
    @Flag(help: "Go on from the prompt as it is, without the chat template.") var raw = false
    @Option(help: "thinking or plain. Default: the template's own.") var mode: Mode?
    @Option(help: ArgumentHelp("Most tokens to write. Default: as many as the context holds.", valueName: "tokens"))
    var maxTokens: Int?
    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @Option(help: "A text that ends the answer; may be repeated.") var stop: [String] = []
    @Option(help: ArgumentHelp("A file with a grammar in GBNF that the answer follows.", valueName: "file"))
    var grammar: String?
    @Option(help: ArgumentHelp("A file with a JSON schema that the answer follows.", valueName: "file"))
    var jsonSchema: String?
    @Option(help: ArgumentHelp("Tell log-probabilities, with so many of the likeliest tokens.", valueName: "count"))
    var logprobs: Int?
    @Option(help: ArgumentHelp("Answers to write.", valueName: "count")) var n = 1
    @Flag(help: "Print JSON: texts, ends, tokens and times.") var json = false

    func validate() throws {
        if prompt != nil, file != nil { throw ValidationError("--prompt and --file exclude each other") }
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1") }
        if !(1...256).contains(n) { throw ValidationError("--n must be from 1 to 256") }
        if let logprobs, !(0...100).contains(logprobs) { throw ValidationError("--logprobs must be from 0 to 100") }
        if logprobs != nil, !json { throw ValidationError("--logprobs needs --json") }
        if grammar != nil, jsonSchema != nil { throw ValidationError("--grammar and --json-schema exclude each other") }
        if raw, mode != nil || system != nil { throw ValidationError("--raw goes with neither --mode nor --system") }
        if stop.contains("") { throw ValidationError("--stop must not be empty") }
    }

    func run() throws {
        // What is wrong in a small file is a fault to hear of before a model is fetched.
        var request = try request(try promptText())
        let choice = try options.choose()
        let defaults = try GenerationDefaults(artifact: choice.artifact)
        let seed = sampling.seed ?? .random(in: 0...UInt64(UInt32.max))
        let loader = try options.loader(choice, slots: min(n, 16))
        let service = try ModelService(report: Notice.say, connect: loader.connect)
        defer { service.stop() }
        if !raw, !service.start.hasChatTemplate {
            throw RunnerError("\(choice.name) has no chat template", remedy: "use --raw", exitCode: .usage)
        }
        let streams = try (0..<n).map { index in
            request.sampling = sampling.sampling(
                defaults.sampling(isThinking: raw ? false : mode?.isThinking), seed: seed &+ UInt64(index))
            return try service.submit(request)
        }
        let isStreaming = n == 1 && !json
        let answers = try streams.map { stream in try waiting { try await Self.read(stream, prints: isStreaming) } }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let document = Document(model: choice.name, seed: seed, answers: answers)
            print(String(decoding: try encoder.encode(document), as: UTF8.self))
        } else if !isStreaming {
            for (index, answer) in answers.enumerated() { print("--- \(index + 1)\n\(answer.text)") }
        }
    }

    private func promptText() throws -> String {
        if let prompt { return prompt }
        if let file, file != "-" {
            return try TextFile.read(
                URL(fileURLWithPath: file), as: "prompt", remedy: "name a text file with --file")
        }
        let data = FileHandle.standardInput.readDataToEndOfFile()
        guard let text = String(data: data, encoding: .utf8), !text.isEmpty else {
            throw RunnerError(
                "standard input has no prompt that is UTF-8", remedy: "name one with --prompt", exitCode: .usage)
        }
        // The line break that ends a file is no part of a question.
        return raw ? text : text.trimmingCharacters(in: .newlines)
    }

    private func request(_ text: String) throws -> ServedPrompt {
        func content(_ path: String?, _ what: String) throws -> String? {
            try path.map { path in
                try TextFile.read(URL(fileURLWithPath: path), as: what, remedy: "name a text file")
            }
        }
        var source = ServedPrompt.Source.text(text)
        if !raw {
            var conversation = Conversation()
            conversation.system = system
            conversation.ask(text)
            source = .conversation(.init(messages: try conversation.json, isThinking: mode?.isThinking))
        }
        return ServedPrompt(
            source, maximumTokens: maxTokens, stops: stop, grammar: try content(grammar, "grammar"),
            schema: try content(jsonSchema, "JSON schema"), alternatives: logprobs)
    }

    /// What `--json` prints.
    private struct Document: Encodable {
        var model: String
        var seed: UInt64
        var answers: [Answer]
    }

    private struct Answer: Encodable, Sendable {
        struct Token: Encodable, Sendable {
            struct Alternative: Encodable, Sendable {
                var id: Int32
                var text: String
                var logprob: Double
            }
            var id: Int32
            var text: String
            var logprob: Double?
            var top: [Alternative]
        }

        var text = ""
        var thought: String?
        var finish: String?
        var stop: String?
        var promptTokens = 0
        var writtenTokens = 0
        var firstTokenSeconds = 0.0
        var writingSeconds = 0.0
        var tokens: [Token]?

        enum CodingKeys: String, CodingKey {
            case text, thought, finish, stop, tokens
            case promptTokens = "prompt_tokens"
            case writtenTokens = "written_tokens"
            case firstTokenSeconds = "first_token_seconds"
            case writingSeconds = "writing_seconds"
        }

        mutating func take(_ end: ServedFinish) {
            finish = end.reason.rawValue
            stop = end.stop
            promptTokens = end.promptTokens
            writtenTokens = end.writtenTokens
            firstTokenSeconds = end.firstTokenSeconds
            writingSeconds = end.writingSeconds
        }

        mutating func take(_ more: [ServedToken]) {
            func text(_ bytes: Data) -> String { String(decoding: bytes, as: UTF8.self) }
            tokens =
                (tokens ?? [])
                + more.map { token in
                    Token(
                        id: token.token, text: text(token.bytes), logprob: token.logProbability,
                        top: token.alternatives.map {
                            .init(id: $0.token, text: text($0.bytes), logprob: $0.logProbability)
                        })
                }
        }
    }

    private static func read(_ stream: ServedStream, prints: Bool) async throws -> Answer {
        var answer = Answer()
        var printer = AnswerPrinter(showsThoughts: true)
        while true {
            let events = await stream.next()
            guard !events.isEmpty else { break }
            for event in events {
                switch event {
                case .text(let text):
                    if prints { printer.take(text) }
                    if text.part == .content {
                        answer.text += text.text
                    } else {
                        answer.thought = (answer.thought ?? "") + text.text
                    }
                case .tokens(let tokens): answer.take(tokens)
                case .finished(let end): answer.take(end)
                case .failed(let failure): throw RunnerError(failure)
                case .started, .prompt, .call: break
                }
            }
        }
        if prints { printer.finish() }
        return answer
    }
}

extension RunnerError {
    /// Why a worker did not answer.
    init(_ failure: ServedFailure) {
        switch failure.cause {
        case .request: self.init(failure.message, exitCode: .usage)
        case .contextLength: self.init(failure.message, remedy: "ask for a longer --context-length", exitCode: .usage)
        case .worker: self.init(failure.message, remedy: "run it again")
        }
    }
}
