import Foundation
import HTTPTypes
import Hummingbird
import LabCore
import Logging
import NIOCore
public import Serving

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How a server is reached, and what it grants.
public struct ServerSettings: Sendable {
    /// The address that it listens on. Default: this machine alone.
    public var host = "127.0.0.1"
    /// The port; 0 for a free one.
    public var port = 8080
    /// What the model is called.
    public var modelName: String
    /// Keys of which a client must have one; empty for none.
    public var keys: [String] = []
    /// The most bytes that a request's body may have. Default: 8 MiB.
    public var bodyBytes = 8 << 20
    /// How long a request may take, waiting included. Default: 10 minutes.
    public var timeLimit: Duration = .seconds(600)
    /// How long a client may take to send a request, and a connection may lie idle. Default: 30 seconds.
    public var idleLimit: Duration = .seconds(30)
    /// How long running requests may take to finish when the server shuts down. Default: 30 seconds.
    public var shutdownLimit: Duration = .seconds(30)
    /// The origin that pages in browsers may call from, such as "https://example.org" or "*"; nil for none.
    public var allowedOrigin: String?

    /// Creates settings.
    public init(modelName: String) { self.modelName = modelName }
}

/// OpenAI's interface over HTTP for one model.
public struct OpenAIServer: Sendable {
    private let state: ServerState

    /// A server that answers with a service's model, sampled by `defaults` where a request says nothing.
    public init(_ service: ModelService, defaults: GenerationDefaults, settings: ServerSettings) {
        state = ServerState(service: service, defaults: defaults, settings: settings)
    }

    /// Serves until the process is told to end (SIGTERM or SIGINT), finishes what runs, and ends the worker.
    ///
    /// - Parameter onListening: called with the port once connections are taken.
    public func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        let settings = state.settings
        var logger = Logger(label: "server")
        logger.logLevel = .critical
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionWatch()],
                    idleTimeout: .nanoseconds(Int64(settings.idleLimit / .nanoseconds(1))))),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), backlog: 1024),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? settings.port) },
            logger: logger)
        // Hummingbird waits for open requests once it is told to end, however long; here they get a limit, and new ones
        // are refused.
        let service = state.service
        let sources = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { Task { await service.drain(limit: settings.shutdownLimit) } }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        try await application.runService()
        service.stop()
    }

    private var router: Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        let state = state
        if let origin = state.settings.allowedOrigin {
            router.add(
                middleware: CORSMiddleware(
                    allowOrigin: origin == "*" ? .all : .custom(origin), allowHeaders: [.contentType, .authorization],
                    allowMethods: [.get, .post, .options]))
        }
        router.add(middleware: ErrorMiddleware())
        router.get("health") { _, _ in
            state.service.isReady
                ? Response.json("{\"status\":\"ok\"}")
                : Response.json("{\"status\":\"no worker\"}", status: .serviceUnavailable)
        }
        let guarded = router.group().add(middleware: KeyMiddleware(keys: state.settings.keys))
        guarded.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: MetricsText.of(state.service.current))))
        }
        guarded.get("v1/models") { _, _ in
            Response.json("{\"object\":\"list\",\"data\":[\(state.modelDocument)]}")
        }
        guarded.get("v1/models/**") { request, _ in
            let name = String(request.uri.path.dropFirst("/v1/models/".count))
            guard (name.removingPercentEncoding ?? name) == state.settings.modelName else {
                throw state.unknownModel(name)
            }
            return Response.json(state.modelDocument)
        }
        guarded.post("v1/chat/completions") { request, context in
            try await ChatEndpoint.respond(to: request, context: context, server: state)
        }
        guarded.post("v1/completions") { request, context in
            try await CompletionEndpoint.respond(to: request, context: context, server: state)
        }
        return router
    }
}

/// A request's context, which knows its connection.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// What all routes share.
struct ServerState: Sendable {
    let service: ModelService
    let defaults: GenerationDefaults
    let settings: ServerSettings
    private let created = Int(Date().timeIntervalSince1970)

    init(service: ModelService, defaults: GenerationDefaults, settings: ServerSettings) {
        self.service = service
        self.defaults = defaults
        self.settings = settings
    }

    var modelDocument: String {
        JSONText.object([
            "id": JSONText.quoted(settings.modelName), "object": "\"model\"", "created": "\(created)",
            "owned_by": "\"llama-pajamas\"", "max_model_len": "\(service.start.contextLength)",
        ])
    }

    func unknownModel(_ name: String) -> APIError {
        APIError(
            .notFound, "the model '\(name)' is not served here; '\(settings.modelName)' is", code: "model_not_found",
            parameter: "model")
    }

    /// Refuses a request for another model.
    func requireModel(_ fields: RequestFields) throws {
        if let name = try fields.string("model"), name != settings.modelName { throw unknownModel(name) }
    }

    /// A request's whole body.
    func body(of request: Request) async throws -> [UInt8] {
        let tooLarge = APIError(
            .contentTooLarge, "the body is larger than \(settings.bodyBytes) bytes", code: "body_too_large")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > settings.bodyBytes {
            throw tooLarge
        }
        var body: [UInt8] = []
        for try await part in request.body {
            guard body.count + part.readableBytes <= settings.bodyBytes else { throw tooLarge }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
    }

    /// Whose turn a request takes: that of its key, or of its address.
    func client(of request: Request, _ context: ServerContext) -> String {
        if !settings.keys.isEmpty, let key = request.headers[.authorization] { return key }
        return context.channel.remoteAddress?.ipAddress ?? ""
    }

    /// Seconds until it is worth trying again, by what requests took so far.
    var retryAfter: Int {
        let now = service.current
        let count = now.whole.counts.reduce(0, +)
        let mean = count > 0 ? now.whole.sum / Double(count) : 1
        return min(60, max(1, Int((mean * Double(now.waiting) / Double(max(1, now.slots))).rounded(.up))))
    }
}

/// Turns what is thrown into responses in OpenAI's shape.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return error.response
        } catch let error as HTTPError {
            let message =
                error.status == .notFound
                ? "there is nothing at \(request.method) \(request.uri.path)" : error.body ?? error.status.reasonPhrase
            return APIError(error.status, message).response
        }
    }
}

/// Lets nobody in without a key, where there are keys.
struct KeyMiddleware: RouterMiddleware {
    let keys: [String]

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard keys.isEmpty || isKnown(request.headers[.authorization]) else {
            throw APIError(.unauthorized, "the API key is missing or wrong", code: "invalid_api_key")
        }
        return try await next(request, context)
    }

    /// Compares with all keys, in a time that does not tell how much of one was right.
    private func isKnown(_ header: String?) -> Bool {
        guard let header, header.hasPrefix("Bearer ") else { return false }
        let given = Array(header.dropFirst("Bearer ".count).utf8)
        var isKnown = false
        for key in keys {
            let own = Array(key.utf8)
            var difference = own.count ^ given.count
            for index in own.indices { difference |= Int(own[index] ^ (index < given.count ? given[index] : 0)) }
            if difference == 0 { isKnown = true }
        }
        return isKnown
    }
}
