import LabCore
import Serving

/// `/v1/chat/completions`.
enum ChatEndpoint: Endpoint {
    typealias Asked = ChatRequest

    static let prefix = "chatcmpl-"
    static let kind = (whole: "chat.completion", piece: "chat.completion.chunk")

    static func read(_ fields: RequestFields, defaults: GenerationDefaults) throws -> ChatRequest {
        try ChatRequest(fields, defaults: defaults)
    }

    static func shared(_ asked: ChatRequest) -> SharedFields { asked.shared }

    static func prompts(_ asked: ChatRequest) -> [ServedPrompt] { asked.prompts }

    static func choice(_ record: AnswerRecord, index: Int, asked: ChatRequest) -> String {
        let calls = record.calls.map { call in
            function(name: call.name, arguments: call.arguments, more: "\"id\":\(JSONText.quoted(call.identifier)),")
        }
        let message = JSONText.object([
            "role": "\"assistant\"",
            "content": record.content.isEmpty && !calls.isEmpty ? "null" : JSONText.quoted(record.content),
            "reasoning_content": record.thought.isEmpty ? nil : JSONText.quoted(record.thought),
            "tool_calls": calls.isEmpty ? nil : JSONText.array(calls),
        ])
        return JSONText.object([
            "index": "\(index)", "message": message,
            "logprobs": asked.tellsProbabilities ? Probabilities.chat(record.tokens) : "null",
            "finish_reason": JSONText.quoted(record.finishReason),
        ])
    }

    private static func function(name: String?, arguments: String, more: String) -> String {
        let own = JSONText.object(["name": name.map(JSONText.quoted), "arguments": JSONText.quoted(arguments)])
        return "{\(more)\"type\":\"function\",\"function\":\(own)}"
    }

    /// What a stream's answer remembers.
    struct Pieces {
        let index: Int
        let tellsProbabilities: Bool
        var hasRole = false
    }

    static func pieces(index: Int, asked: ChatRequest) -> Pieces {
        Pieces(index: index, tellsProbabilities: asked.tellsProbabilities)
    }

    static func take(_ events: [ServedEvent], into pieces: inout Pieces) throws -> [String] {
        var choices: [String] = []
        var tokens: [ServedToken] = []
        func add(_ delta: String, reason: String = "null") {
            var delta = delta
            if !pieces.hasRole {
                pieces.hasRole = true
                delta = "\"role\":\"assistant\"" + (delta.isEmpty ? ",\"content\":\"\"" : "," + delta)
            }
            let probabilities = tokens.isEmpty ? "null" : Probabilities.chat(tokens)
            tokens = []
            choices.append(
                "{\"index\":\(pieces.index),\"delta\":{\(delta)},\"logprobs\":\(probabilities),"
                    + "\"finish_reason\":\(reason)}")
        }
        tokens = events.flatMap { event -> [ServedToken] in
            if case .tokens(let some) = event { some } else { [] }
        }
        for event in events {
            switch event {
            case .started, .prompt, .tokens: break
            case .text(let text):
                add("\"\(text.part == .content ? "content" : "reasoning_content")\":\(JSONText.quoted(text.text))")
            case .call(let call): add(delta(of: call))
            case .finished(let end): add("", reason: JSONText.quoted(end.reason.openAIName))
            case .failed(let failure): throw APIError(failure)
            }
        }
        if !tokens.isEmpty { add("\"content\":\"\"") }
        return choices
    }

    private static func delta(of call: ServedCall) -> String {
        var more = "\"index\":\(call.index),"
        if call.name != nil { more += "\"id\":\(JSONText.quoted(call.identifier ?? CallNames.random()))," }
        return "\"tool_calls\":[\(function(name: call.name, arguments: call.arguments, more: more))]"
    }
}
