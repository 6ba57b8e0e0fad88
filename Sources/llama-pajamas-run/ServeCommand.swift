import ArgumentParser
import CommandSupport
import Foundation
import LabCore
import LabRunner
import Server
import Serving

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a model over HTTP with OpenAI's interface.",
        discussion: """
            Listens on this machine alone unless --host says otherwise; put a proxy with TLS before it to serve others.

            Examples:
              llama-pajamas-run serve --model ./models/qwen3-8b --port 8080
              llama-pajamas-run serve --model Qwen/Qwen3-8B-GGUF --port 8080
            """)

    /// Interfaces that are spoken.
    enum APIStyle: String, ExpressibleByArgument, CaseIterable { case openai }

    @OptionGroup var options: ModelOptions

    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port; 0 for a free one.") var port = 8080
    @Option(help: "The interface.") var apiStyle = APIStyle.openai
    @Option(help: "Requests answered at a time, each with a context of its own.") var slots = 4
    @Option(help: "Requests that may wait; one more is refused with 429.") var queue = 256
    @Option(help: "What the model is called. Default: the artifact's name.") var name: String?

    @Option(help: ArgumentHelp("A key that clients must have; may be repeated.", valueName: "key"))
    var apiKey: [String] = []

    @Option(help: ArgumentHelp("A file with such keys, one a line.", valueName: "file"))
    var apiKeyFile: String?

    @Option(help: ArgumentHelp("The most bytes of a request's body.", valueName: "bytes"))
    var maxBody = 8 << 20

    @Option(help: ArgumentHelp("Seconds that a request may take, waiting included.", valueName: "seconds"))
    var timeLimit = 600

    @Option(help: ArgumentHelp("Seconds for running requests to finish in when told to end.", valueName: "seconds"))
    var shutdownLimit = 30

    @Option(
        help: ArgumentHelp(
            "Let pages of this origin call, such as https://example.org or *. Default: none.", valueName: "origin"))
    var allowOrigin: String?

    func validate() throws {
        if !(0...65535).contains(port) { throw ValidationError("--port must be from 0 to 65535") }
        if !(1...256).contains(slots) { throw ValidationError("--slots must be from 1 to 256") }
        if queue < 0 { throw ValidationError("--queue must be at least 0") }
        if maxBody < 1 { throw ValidationError("--max-body must be at least 1") }
        if timeLimit < 1 || shutdownLimit < 0 { throw ValidationError("limits of time must be positive") }
        if apiKey.contains("") { throw ValidationError("--api-key must not be empty") }
    }

    func run() throws {
        let keys = try keys()
        let choice = try options.choose()
        let loader = try options.loader(choice, slots: slots, hasMachineAlone: true)
        let defaults = try GenerationDefaults(artifact: choice.artifact)
        var settings = ServerSettings(modelName: name ?? choice.name)
        settings.host = host
        settings.port = port
        settings.keys = keys
        settings.bodyBytes = maxBody
        settings.timeLimit = .seconds(timeLimit)
        settings.shutdownLimit = .seconds(shutdownLimit)
        settings.allowedOrigin = allowOrigin
        let service = try ModelService(limits: .init(waiting: queue), report: Notice.say, connect: loader.connect)
        Notice.say(
            "\(slots) slots with \(loader.parameters.contextLength) tokens each on \(loader.parameters.backend); "
                + "sampling: \(defaults.origin)")
        if settings.keys.isEmpty, !["127.0.0.1", "localhost", "::1"].contains(host) {
            Notice.warn("anyone who reaches \(host):\(port) can use the model; --api-key asks for keys")
        }
        let server = OpenAIServer(service, defaults: defaults, settings: settings)
        let address = host
        do {
            try waiting { try await server.run { port in Notice.say("listening on http://\(address):\(port)") } }
        } catch {
            service.stop()
            throw RunnerError(
                "cannot serve on \(host):\(port): \(error)", remedy: "name another --port, or end what listens there")
        }
    }

    private func keys() throws -> [String] {
        guard let apiKeyFile else { return apiKey }
        let text = try TextFile.read(
            URL(fileURLWithPath: apiKeyFile), as: "file of keys", remedy: "name a text file with --api-key-file")
        let keys = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        guard !keys.isEmpty else {
            throw RunnerError("\(apiKeyFile) has no keys", remedy: "write one a line", exitCode: .usage)
        }
        return apiKey + keys
    }
}
