import CommandSupport
import Foundation
import Inference
import LabCore
import LabRunner
import Serving

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Questions and answers until the input ends.
struct ChatLoop {
    private var conversation: Conversation
    private let service: ModelService
    private let defaults: GenerationDefaults
    private let sampling: SamplingOptions
    private var isThinking: Bool?
    private let maximumTokens: Int?
    private var showsThoughts = true
    private var lastThought = ""
    private var lastEnd: ServedFinish?
    private var turns = 0
    private let firstSeed: UInt64
    private let editor: LineEditor
    private let interruption = Interruption()

    init(
        _ conversation: Conversation, service: ModelService, defaults: GenerationDefaults, sampling: SamplingOptions,
        isThinking: Bool?, maximumTokens: Int?
    ) {
        self.conversation = conversation
        self.service = service
        self.defaults = defaults
        self.sampling = sampling
        self.isThinking = isThinking
        self.maximumTokens = maximumTokens
        firstSeed = sampling.seed ?? .random(in: 0...UInt64(UInt32.max))
        editor = LineEditor(historyFile: Locations.chatHistory)
    }

    mutating func run() throws {
        if editor.isInteractive { Notice.say("sampling: \(defaults.origin). /help lists the commands.") }
        while let line = editor.line(prompt: "> ") {
            let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
            if text.isEmpty { continue }
            if text.hasPrefix("/"), let command = ChatLineCommand(text) {
                guard perform(command) else { return }
            } else {
                try ask(line)
            }
        }
    }

    // MARK: - Commands

    /// Does what a line asks for; false where it ends the program.
    private mutating func perform(_ command: ChatLineCommand) -> Bool {
        do {
            switch command {
            case .help: Notice.say(ChatLineCommand.overview)
            case .quit: return false
            case .think: setThinking(true)
            case .noThink: setThinking(false)
            case .system(let text):
                conversation.system = text.isEmpty ? nil : text
                Notice.say(text.isEmpty ? "no system message" : "system message set")
            case .save(let path):
                try conversation.write(to: URL(fileURLWithPath: path))
                Notice.say("\(conversation.messages.count) messages saved to \(path)")
            case .load(let path):
                conversation = try Conversation(contentsOf: URL(fileURLWithPath: path))
                Notice.say("\(conversation.messages.count) messages loaded")
            case .clear:
                conversation.clear()
                Notice.say("the conversation begins anew")
            case .stats: Notice.say(statistics)
            case .thoughts:
                showsThoughts.toggle()
                Notice.say(showsThoughts ? "thoughts are shown" : "thoughts are folded")
                if showsThoughts, !lastThought.isEmpty { Notice.say(lastThought) }
            case .wrong(let problem): Notice.say(problem)
            }
        } catch {
            Notice.say("\(error)")
        }
        return true
    }

    private mutating func setThinking(_ isThinking: Bool) {
        self.isThinking = isThinking
        let chosen = sampling.sampling(defaults.sampling(isThinking: isThinking), seed: 0).sampling
        Notice.say(
            "thinking \(isThinking ? "on" : "off"): temperature \(chosen.temperature), top-p \(chosen.topP), "
                + "top-k \(chosen.topK)")
    }

    private var statistics: String {
        guard let end = lastEnd else { return "nothing has been answered yet" }
        let rate = end.writingSeconds > 0 ? Double(max(0, end.writtenTokens - 1)) / end.writingSeconds : 0
        let used = end.promptTokens + end.writtenTokens
        return """
            prompt: \(end.promptTokens) tokens, \(end.cachedTokens) of them from the answer before; \
            first token after \(String(format: "%.2f", end.firstTokenSeconds)) s
            answer: \(end.writtenTokens) tokens, \(String(format: "%.1f", rate)) tokens/s
            context: \(used) of \(service.start.contextLength) tokens used
            """
    }

    // MARK: - Answers

    private mutating func ask(_ text: String) throws {
        conversation.ask(text)
        turns += 1
        while true {
            var printer = AnswerPrinter(showsThoughts: showsThoughts)
            switch try answer(&printer) {
            case .whole(let end):
                printer.finish()
                lastEnd = end
                lastThought = printer.thought
                conversation.answer(printer.content, thought: printer.thought)
                if end.reason == .cancelled { Notice.say("(stopped)") }
                if end.reason == .length { Notice.say("(the limit of tokens was reached; /clear begins anew)") }
                return
            case .isTooLong:
                guard conversation.dropOldestTurn() else {
                    conversation.takeBackQuestion()
                    return Notice.say("the question does not fit the context of \(service.start.contextLength) tokens")
                }
                Notice.say("(the context is full: the oldest question and its answer were dropped)")
            case .failed(let failure):
                printer.finish()
                conversation.takeBackQuestion()
                Notice.say(failure.message)
                if !editor.isInteractive { throw RunnerError(failure) }
                return
            }
        }
    }

    private enum Outcome: Sendable {
        case whole(ServedFinish)
        case isTooLong
        case failed(ServedFailure)
    }

    /// Tokens that an answer should have room for, where older turns can make it.
    private var reserve: Int { min(maximumTokens ?? 1024, service.start.contextLength / 4) }

    private func answer(_ printer: inout AnswerPrinter) throws -> Outcome {
        let source = ServedPrompt.Source.conversation(
            .init(messages: try conversation.json, isThinking: isThinking))
        let request = ServedPrompt(
            source, maximumTokens: maximumTokens,
            sampling: sampling.sampling(
                defaults.sampling(isThinking: isThinking), seed: firstSeed &+ UInt64(turns)))
        let stream = try service.submit(request)
        interruption.begin(stream)
        defer { interruption.end() }
        let canDrop = conversation.messages.count { $0.role == "user" } > 1
        while true {
            let events = try waiting { await stream.next() }
            for event in events {
                switch event {
                case .started(let tokens):
                    if canDrop, tokens + reserve > service.start.contextLength {
                        stream.cancel()
                        while try !waiting({ await stream.next() }).isEmpty {}
                        return .isTooLong
                    }
                case .text(let text): printer.take(text)
                case .finished(let end): return .whole(end)
                case .failed(let failure): return failure.cause == .contextLength ? .isTooLong : .failed(failure)
                case .prompt, .call, .tokens: break
                }
            }
        }
    }
}

/// Ctrl-C, which stops the answer that is being written.
private final class Interruption: @unchecked Sendable {
    // `lock` protects `stream`.
    private let lock = NSLock()
    private var stream: ServedStream?
    private let source: any DispatchSourceSignal

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [weak self] in
            guard let self else { return }
            self.lock.withLock { self.stream }?.cancel()
        }
        source.resume()
    }

    func begin(_ stream: ServedStream) { lock.withLock { self.stream = stream } }

    func end() { lock.withLock { stream = nil } }
}
