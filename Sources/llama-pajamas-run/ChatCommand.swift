import ArgumentParser
import CommandSupport
import Foundation
import LabCore
import LabRunner
import Serving

struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model.",
        discussion: """
            On a terminal with line editing, history and commands (/help lists them); from a pipe each line is a \
            question. Ctrl-C stops an answer and not the program.

            Examples:
              llama-pajamas-run chat --model ./models/qwen3-8b
              llama-pajamas-run chat --model Qwen/Qwen3-8B-GGUF
            """)

    @OptionGroup var options: ModelOptions
    @Option(help: "What the model is told before all else.") var system: String?
    @Option(help: "thinking or plain. Default: the template's own.") var mode: Mode?
    @Option(help: ArgumentHelp("Most tokens of an answer. Default: as many as the context holds.", valueName: "tokens"))
    var maxTokens: Int?
    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @Option(help: ArgumentHelp("A conversation that /save wrote, to go on with.", valueName: "file"))
    var load: String?

    func validate() throws {
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1") }
    }

    func run() throws {
        var conversation = try load.map { try Conversation(contentsOf: URL(fileURLWithPath: $0)) } ?? Conversation()
        if let system { conversation.system = system }
        let choice = try options.choose()
        let defaults = try GenerationDefaults(artifact: choice.artifact)
        let loader = try options.loader(choice, slots: 1)
        let service = try ModelService(report: Notice.say, connect: loader.connect)
        defer { service.stop() }
        guard service.start.hasChatTemplate else {
            throw RunnerError(
                "\(choice.name) has no chat template", remedy: "use llama-pajamas-run generate --raw", exitCode: .usage)
        }
        var chat = ChatLoop(
            conversation, service: service, defaults: defaults, sampling: sampling, isThinking: mode?.isThinking,
            maximumTokens: maxTokens)
        try chat.run()
    }
}
