import CLlama
import Foundation
import LabCore

/// A prompt with all that its answer needs beside the engine's context.
struct PreparedPrompt {
    let id: UInt32
    let prompt: ServedPrompt
    let tokens: [llama_token]
    /// How the answer is taken apart; nil for plain text.
    var parts: AnswerParts?
    /// Chooses tokens under a grammar; nil where there is none.
    let constraint: ConstrainedSampler?
    /// Texts that end the answer.
    let stops: [[UInt8]]
    /// Control tokens that are a part of the answer's form; others are no text.
    let preserved: Set<llama_token>
    let arrival: ContinuousClock.Instant
}

/// Makes prompts ready on one thread at a time.
final class ServingPreparation: @unchecked Sendable {
    // Used on the inbox's queue alone.
    private let model: Model
    private let contextLength: Int
    private let templates: Result<ChatTemplates, any Error>
    /// Parsers by their texts, and control tokens by the marks that they are a part of: conversations have few kinds.
    private var formats: [String: ChatFormat] = [:]
    private var preserved: [[String]: Set<llama_token>] = [:]
    private static let mostKept = 64

    init(model: Model, contextLength: Int) {
        self.model = model
        self.contextLength = contextLength
        templates = Result { try ChatTemplates(model) }
    }

    var hasTemplates: Bool { (try? templates.get()) != nil }

    /// What the engine found out about a conversation.
    private struct Form: Decodable {
        var prompt: String
        var format: String
        var stops: [String]
        var thoughtEnds: [String]
        var marks: [String]
        var hasTools: Bool

        enum CodingKeys: String, CodingKey {
            case prompt, format, stops, marks
            case thoughtEnds = "thought_ends"
            case hasTools = "has_tools"
        }
    }

    func prepare(_ prompt: ServedPrompt, id: UInt32, arrival: ContinuousClock.Instant) throws -> PreparedPrompt {
        try check(grammar: prompt.grammar)
        var tokens: [llama_token]
        var form: Form?
        var grammar: Any?
        switch prompt.source {
        case .tokens(let given): tokens = given
        case .text(let text): tokens = try model.promptTokens(text, parseSpecial: false)
        case .conversation(let conversation):
            let data = try templates.get().prepare(request(conversation, prompt))
            let found = try JSONDecoder().decode(Form.self, from: data)
            grammar = (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["grammar"]
            if grammar is NSNull { grammar = nil }
            form = found
            tokens = try model.promptTokens(found.prompt, parseSpecial: true)
        }
        try check(tokens, prompt)
        if form == nil {
            if let text = prompt.grammar { grammar = ["text": text] }
            if let schema = prompt.schema { grammar = ["schema": schema] }
        }
        return PreparedPrompt(
            id: id, prompt: prompt, tokens: tokens,
            parts: try form.map { form in
                AnswerParts(
                    try format(form.format), thoughtEnds: form.thoughtEnds,
                    marks: form.hasTools ? form.marks : prompt.schema == nil ? [] : Self.fences)
            },
            constraint: try grammar.map { try ConstrainedSampler($0, prompt.sampling, model: model) },
            stops: (prompt.stops + (form?.stops ?? [])).map { Array($0.utf8) }.filter { !$0.isEmpty },
            preserved: preservedTokens(form?.marks ?? []), arrival: arrival)
    }

    private func format(_ text: String) throws -> ChatFormat {
        if let known = formats[text] { return known }
        let made = try ChatFormat(text)
        // Those with a schema of their own are without end.
        if formats.count >= Self.mostKept { formats = [:] }
        formats[text] = made
        return made
    }

    private func preservedTokens(_ marks: [String]) -> Set<llama_token> {
        if let known = preserved[marks] { return known }
        let tokens = marks.compactMap { mark in
            try? model.tokenize(mark, parseSpecial: true, addSpecial: false)
        }.filter { $0.count == 1 }.map { $0[0] }
        if preserved.count >= Self.mostKept { preserved = [:] }
        preserved[marks] = Set(tokens)
        return Set(tokens)
    }

    /// What may stand behind JSON that a schema asked for: the engine lets models put it between fences, which are no part
    /// of the content.
    private static let fences = ["\n```", "```"]

    /// The engine reads a grammar by recursion, and ends the process where that goes too deep.
    private func check(grammar: String?) throws {
        guard let grammar else { return }
        guard grammar.utf8.count <= Self.mostGrammarBytes else {
            throw ServedFailure(.request, "the grammar is larger than \(Self.mostGrammarBytes) bytes")
        }
        // All of them, since those in quotes are not easily told from the others.
        guard grammar.utf8.count(where: { $0 == UInt8(ascii: "(") }) <= Self.mostGrammarGroups else {
            throw ServedFailure(.request, "the grammar has more than \(Self.mostGrammarGroups) groups")
        }
    }

    private static let mostGrammarBytes = 1 << 16
    private static let mostGrammarGroups = 1024

    private func check(_ tokens: [llama_token], _ prompt: ServedPrompt) throws {
        guard !tokens.isEmpty else { throw ServedFailure(.request, "the prompt is empty") }
        let room = prompt.maximumTokens == 0 ? 0 : 1
        guard tokens.count + room <= contextLength else {
            throw ServedFailure(
                .contextLength,
                "the prompt has \(tokens.count) tokens, and the context holds \(contextLength) with the answer")
        }
        let count = llama_vocab_n_tokens(model.vocabulary)
        guard tokens.allSatisfy({ $0 >= 0 && $0 < count }) else {
            throw ServedFailure(.request, "the prompt has tokens that are none of the vocabulary's \(count)")
        }
        guard prompt.sampling.bias.keys.allSatisfy({ $0 >= 0 && $0 < count }) else {
            throw ServedFailure(.request, "logit_bias names a token that is none of the vocabulary's \(count)")
        }
    }

    /// What `lab_chat_prepare` is asked; parts that are JSON already are put in as they are.
    private func request(_ conversation: ServedPrompt.Conversation, _ prompt: ServedPrompt) throws -> Data {
        func text(_ value: String) throws -> String {
            String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        }
        var members = ["\"messages\":\(conversation.messages)"]
        if let tools = conversation.tools { members.append("\"tools\":\(tools)") }
        if let choice = conversation.toolChoice { members.append("\"tool_choice\":\(try text(choice))") }
        if let isParallel = conversation.parallelToolCalls { members.append("\"parallel_tool_calls\":\(isParallel)") }
        if let isThinking = conversation.isThinking { members.append("\"enable_thinking\":\(isThinking)") }
        if let variables = conversation.variables { members.append("\"chat_template_kwargs\":\(variables)") }
        if let grammar = prompt.grammar { members.append("\"grammar\":\(try text(grammar))") }
        if let schema = prompt.schema { members.append("\"json_schema\":\(try text(schema))") }
        return Data("{\(members.joined(separator: ","))}".utf8)
    }
}
