import HTTPTypes
import Hummingbird
import LabCore
import Serving

/// An error in OpenAI's shape.
struct APIError: Error {
    let status: HTTPResponse.Status
    let type: String
    let code: String?
    let parameter: String?
    let message: String
    /// Seconds after which it may be tried again.
    var retryAfter: Int?

    init(
        _ status: HTTPResponse.Status, _ message: String, type: String = "invalid_request_error",
        code: String? = nil, parameter: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.parameter = parameter
        self.retryAfter = retryAfter
    }

    /// A request that cannot be.
    static func invalid(_ message: String, _ parameter: String? = nil) -> APIError {
        APIError(.badRequest, message, parameter: parameter)
    }

    /// An answer that took too long.
    static let timeLimit = APIError(
        .gatewayTimeout, "the request took longer than the server's time limit", type: "server_error",
        code: "time_limit")

    /// Why a worker could not answer.
    init(_ failure: ServedFailure) {
        switch failure.cause {
        case .request: self.init(.badRequest, failure.message)
        case .contextLength:
            self.init(.badRequest, failure.message, code: "context_length_exceeded", parameter: "messages")
        case .worker: self.init(.internalServerError, failure.message, type: "server_error", code: "worker_failed")
        }
    }

    /// Why a service does not take a request.
    init(_ error: ServingError, retryAfter: Int) {
        switch error.code {
        case .queueFull:
            self.init(
                .tooManyRequests, error.message, type: "rate_limit_error", code: "queue_full", retryAfter: retryAfter)
        case .unavailable, .badFile:
            self.init(
                .serviceUnavailable, error.message, type: "server_error", code: "unavailable", retryAfter: retryAfter)
        }
    }

    var json: String {
        JSONText.object([
            "error": JSONText.object([
                "message": JSONText.quoted(message), "type": JSONText.quoted(type),
                "param": JSONText.quoted(parameter), "code": JSONText.quoted(code),
            ])
        ])
    }

    var response: Response {
        var response = Response.json(json, status: status)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

extension Response {
    /// A response of JSON.
    static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
