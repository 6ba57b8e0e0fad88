import Foundation
import HTTPTypes
import Hummingbird
import LabCore
import Serving

/// What both kinds of completion have in common: the way from a request's body to one JSON document, or to a stream of
/// events.
protocol Endpoint: Sendable {
    /// What the request asks for.
    associatedtype Asked: Sendable

    /// What the identifiers of answers begin with.
    static var prefix: String { get }
    /// Reads the body.
    static func read(_ fields: RequestFields, defaults: GenerationDefaults) throws -> Asked
    static func shared(_ asked: Asked) -> SharedFields
    static func prompts(_ asked: Asked) -> [ServedPrompt]
    /// The document's kind, for one answer and for a piece of one.
    static var kind: (whole: String, piece: String) { get }
    /// A whole answer.
    static func choice(_ record: AnswerRecord, index: Int, asked: Asked) -> String
    /// What a stream's answer needs to remember.
    associatedtype Pieces
    static func pieces(index: Int, asked: Asked) -> Pieces
    /// The choices of a stream's next documents.
    static func take(_ events: [ServedEvent], into pieces: inout Pieces) throws -> [String]
}

extension Endpoint {
    static func respond(
        to request: Request, context: ServerContext, server: ServerState
    ) async throws -> Response {
        let fields = try RequestFields(body: await server.body(of: request))
        try server.requireModel(fields)
        let asked = try read(fields, defaults: server.defaults)
        let choices = await ServedChoices(
            prompts(asked), service: server.service, client: server.client(of: request, context),
            channel: context.channel, limit: server.settings.timeLimit)
        let head = AnswerHead(prefix: prefix, model: server.settings.modelName)
        do {
            try choices.begin()
            return shared(asked).isStreaming
                ? try await stream(choices, head: head, asked: asked, server: server)
                : try await gather(choices, head: head, asked: asked)
        } catch let error as ServingError {
            choices.giveUp()
            choices.close()
            throw APIError(error, retryAfter: server.retryAfter)
        } catch {
            choices.giveUp()
            choices.close()
            throw error
        }
    }

    /// Waits for all answers.
    private static func gather(_ choices: ServedChoices, head: AnswerHead, asked: Asked) async throws -> Response {
        var records = prompts(asked).map { _ in AnswerRecord() }
        while let (index, events) = try await choices.next() { try records[index].take(events) }
        choices.close()
        if choices.isLate { throw APIError.timeLimit }
        var usage = Usage(answersPerPrompt: shared(asked).count)
        for (index, record) in records.enumerated() {
            if let end = record.end { usage.count(end, index: index) }
        }
        let documents = records.enumerated().map { choice($1, index: $0, asked: asked) }
        return .json(
            head.document(kind.whole, choices: JSONText.array(documents), more: ",\"usage\":\(usage.json)"))
    }

    /// Sends the answers as they are written.
    private static func stream(
        _ choices: ServedChoices, head: AnswerHead, asked: Asked, server: ServerState
    ) async throws -> Response {
        // Until the first events are there the request can still be refused with a status.
        let first = try await choices.next()
        if choices.isLate { throw APIError.timeLimit }
        for case .failed(let failure)? in first?.events ?? [] { throw APIError(failure) }
        var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache"]
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        let body = ResponseBody { writer in
            defer { choices.close() }
            var answers = StreamedAnswers<Self>(head: head, asked: asked)
            do {
                var next = first
                while let (index, events) = next {
                    // Before the end that comes of it is told as an answer's own.
                    if choices.isLate { throw APIError.timeLimit }
                    try answers.take(events, index: index)
                    if let buffer = answers.takeBuffer() { try await writer.write(buffer) }
                    next = try await choices.next()
                }
                answers.finish()
            } catch let error as APIError {
                choices.giveUp()
                answers.fail(error)
            } catch let error as ServingError {
                choices.giveUp()
                answers.fail(APIError(error, retryAfter: server.retryAfter))
            } catch {
                choices.giveUp()
                throw error
            }
            if let buffer = answers.takeBuffer() { try await writer.write(buffer) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}
