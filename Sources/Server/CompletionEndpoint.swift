import Foundation
import LabCore
import Serving

/// `/v1/completions`.
enum CompletionEndpoint: Endpoint {
    typealias Asked = CompletionRequest

    static let prefix = "cmpl-"
    static let kind = (whole: "text_completion", piece: "text_completion")

    static func read(_ fields: RequestFields, defaults: GenerationDefaults) throws -> CompletionRequest {
        try CompletionRequest(fields, defaults: defaults)
    }

    static func shared(_ asked: CompletionRequest) -> SharedFields { asked.shared }

    static func prompts(_ asked: CompletionRequest) -> [ServedPrompt] { asked.prompts }

    static func choice(_ record: AnswerRecord, index: Int, asked: CompletionRequest) -> String {
        let tokens = record.promptTokens + record.tokens
        return JSONText.object([
            "text": JSONText.quoted(echo(record.promptTokens, index: index, asked: asked) + record.content),
            "index": "\(index)",
            "logprobs": asked.alternatives == nil ? "null" : Probabilities.completion(tokens, offset: 0),
            "finish_reason": JSONText.quoted(record.finishReason),
        ])
    }

    /// The prompt, where it is a part of the answer.
    private static func echo(_ tokens: [ServedToken], index: Int, asked: CompletionRequest) -> String {
        guard asked.echoes else { return "" }
        if case .text(let text) = asked.prompts[index].source { return text }
        return String(decoding: tokens.flatMap { Array($0.bytes) }, as: UTF8.self)
    }

    /// What a stream's answer remembers.
    struct Pieces {
        let index: Int
        let asked: CompletionRequest
        var promptTokens: [ServedToken] = []
        var hasEchoed: Bool
        /// Characters so far.
        var offset = 0
    }

    static func pieces(index: Int, asked: CompletionRequest) -> Pieces {
        Pieces(index: index, asked: asked, hasEchoed: !asked.echoes)
    }

    static func take(_ events: [ServedEvent], into pieces: inout Pieces) throws -> [String] {
        var text = ""
        var tokens: [ServedToken] = []
        var end: ServedFinish?
        for event in events {
            switch event {
            case .started, .call: break
            case .prompt(let some): pieces.promptTokens += some
            case .text(let some): text += some.text
            case .tokens(let some): tokens += some
            case .finished(let finish): end = finish
            case .failed(let failure): throw APIError(failure)
            }
        }
        guard !text.isEmpty || !tokens.isEmpty || end != nil else { return [] }
        if !pieces.hasEchoed {
            pieces.hasEchoed = true
            text = echo(pieces.promptTokens, index: pieces.index, asked: pieces.asked) + text
            tokens = pieces.promptTokens + tokens
        }
        let probabilities =
            pieces.asked.alternatives == nil || tokens.isEmpty
            ? "null" : Probabilities.completion(tokens, offset: pieces.offset)
        if pieces.asked.alternatives != nil {
            pieces.offset += tokens.reduce(0) { $0 + String(decoding: $1.bytes, as: UTF8.self).count }
        }
        return [
            "{\"text\":\(JSONText.quoted(text)),\"index\":\(pieces.index),\"logprobs\":\(probabilities),"
                + "\"finish_reason\":\(JSONText.quoted(end?.reason.openAIName))}"
        ]
    }
}
