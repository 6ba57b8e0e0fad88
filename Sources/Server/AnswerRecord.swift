import Foundation
import LabCore

/// An answer as it grows.
struct AnswerRecord {
    var content = ""
    var thought = ""
    var calls: [(identifier: String, name: String, arguments: String)] = []
    var tokens: [ServedToken] = []
    var promptTokens: [ServedToken] = []
    var end: ServedFinish?

    mutating func take(_ events: [ServedEvent]) throws {
        for event in events {
            switch event {
            case .started: break
            case .prompt(let tokens): promptTokens += tokens
            case .text(let text):
                if text.part == .content { content += text.text } else { thought += text.text }
            case .call(let call): take(call)
            case .tokens(let more): tokens += more
            case .finished(let end): self.end = end
            case .failed(let failure): throw APIError(failure)
            }
        }
    }

    private mutating func take(_ call: ServedCall) {
        if let name = call.name { calls.append((call.identifier ?? CallNames.random(), name, "")) }
        if calls.indices.contains(call.index) { calls[call.index].arguments += call.arguments }
    }

    /// Why it ended, as OpenAI names it.
    var finishReason: String { (end?.reason ?? .stop).openAIName }
}

extension ServedFinish.Reason {
    /// As OpenAI names it.
    var openAIName: String {
        switch self {
        case .toolCalls: "tool_calls"
        case .length: "length"
        case .stop, .cancelled: "stop"
        }
    }
}

/// Names of calls for models that give none.
enum CallNames {
    static func random() -> String { "call_" + UUID().uuidString.replacingOccurrences(of: "-", with: "").prefix(24) }
}

/// The tokens of a request's prompts and answers.
struct Usage {
    private(set) var promptTokens = 0
    private(set) var cachedTokens = 0
    private(set) var writtenTokens = 0
    private let answersPerPrompt: Int

    init(answersPerPrompt: Int) { self.answersPerPrompt = answersPerPrompt }

    /// Counts an answer; a prompt counts once, however many answers it has.
    mutating func count(_ end: ServedFinish, index: Int) {
        writtenTokens += end.writtenTokens
        guard index.isMultiple(of: answersPerPrompt) else { return }
        promptTokens += end.promptTokens
        cachedTokens += end.cachedTokens
    }

    var json: String {
        """
        {"prompt_tokens":\(promptTokens),"completion_tokens":\(writtenTokens),\
        "total_tokens":\(promptTokens + writtenTokens),"prompt_tokens_details":{"cached_tokens":\(cachedTokens)}}
        """
    }
}

/// Log-probabilities as OpenAI tells them.
enum Probabilities {
    /// A token's text; bytes that are no characters as OpenAI spells them.
    static func text(_ bytes: Data) -> String {
        if let text = String(data: bytes, encoding: .utf8) { return text }
        return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Those of a chat.
    static func chat(_ tokens: [ServedToken]) -> String {
        "{\"content\":"
            + JSONText.array(
                tokens.map { token in
                    let alternatives = token.alternatives.map { entry($0.bytes, $0.logProbability, more: nil) }
                    return entry(token.bytes, token.logProbability, more: JSONText.array(alternatives))
                }) + ",\"refusal\":null}"
    }

    private static func entry(_ bytes: Data, _ logProbability: Double?, more: String?) -> String {
        JSONText.object([
            "token": JSONText.quoted(text(bytes)), "logprob": JSONText.number(logProbability),
            "bytes": JSONText.array(bytes.map { "\($0)" }), "top_logprobs": more,
        ])
    }

    /// Those of a completion.
    ///
    /// - Parameter offset: characters of the text before the first of the tokens.
    static func completion(_ tokens: [ServedToken], offset: Int) -> String {
        var offsets: [String] = []
        var place = offset
        for token in tokens {
            offsets.append("\(place)")
            place += String(decoding: token.bytes, as: UTF8.self).count
        }
        let likeliest = tokens.map { token -> String in
            guard token.logProbability != nil else { return "null" }
            var seen: Set<String> = []
            let members = token.alternatives.compactMap { other -> String? in
                let name = text(other.bytes)
                guard seen.insert(name).inserted else { return nil }
                return "\(JSONText.quoted(name)):\(JSONText.number(other.logProbability))"
            }
            return "{\(members.joined(separator: ","))}"
        }
        return JSONText.object([
            "tokens": JSONText.array(tokens.map { JSONText.quoted(text($0.bytes)) }),
            "token_logprobs": JSONText.array(tokens.map { JSONText.number($0.logProbability) }),
            "top_logprobs": JSONText.array(likeliest), "text_offset": JSONText.array(offsets),
        ])
    }
}
