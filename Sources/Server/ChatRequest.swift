import LabCore
import ModelFormats
import Serving

/// The body of a request for a chat completion.
struct ChatRequest {
    let shared: SharedFields
    /// Whether log-probabilities are told.
    let tellsProbabilities: Bool
    /// The prompts, one for each answer.
    let prompts: [ServedPrompt]

    init(_ fields: RequestFields, defaults: GenerationDefaults) throws {
        try fields.refuse("functions", "function_call", "audio", "prediction", "web_search_options")
        let limit =
            try fields.integer("max_completion_tokens", in: 1...10_000_000)
            ?? fields.integer("max_tokens", in: 1...10_000_000)
        shared = try SharedFields(fields, maximumTokens: limit.map { Int($0) })
        guard let messages = try fields.array("messages"), !messages.isEmpty else {
            throw fields.invalid("messages", "is missing or empty")
        }
        for (index, message) in messages.enumerated() {
            let own = try RequestFields(message, path: "messages[\(index)]")
            guard try own.string("role") != nil else { throw own.invalid("role", "is missing") }
        }
        var conversation = ServedPrompt.Conversation(messages: JSONValue.array(messages).text())
        try Self.takeTools(fields, into: &conversation)
        try Self.takeVariables(fields, into: &conversation)
        tellsProbabilities = try fields.bool("logprobs") ?? false
        let alternatives = try fields.integer("top_logprobs", in: 0...20)
        if alternatives != nil, !tellsProbabilities { throw fields.invalid("top_logprobs", "needs 'logprobs': true") }
        let sampling = try shared.sampling(defaults.sampling(isThinking: conversation.isThinking))
        var prompt = ServedPrompt(
            .conversation(conversation), maximumTokens: shared.maximumTokens, stops: shared.stops,
            grammar: shared.grammar, schema: shared.schema,
            alternatives: tellsProbabilities ? Int(alternatives ?? 0) : nil)
        prompts = (0..<shared.count).map { choice in
            prompt.sampling = sampling(choice)
            return prompt
        }
    }

    private static func takeTools(
        _ fields: RequestFields, into conversation: inout ServedPrompt.Conversation
    ) throws {
        guard var tools = try fields.array("tools"), !tools.isEmpty else { return }
        let names = try tools.indices.map { index in
            let tool = try RequestFields(tools[index], path: "tools[\(index)]")
            guard let function = try tool.fields("function"), let name = try function.string("name") else {
                throw tool.invalid("function", "is missing, or has no name")
            }
            return name
        }
        switch fields["tool_choice"] {
        case nil: break
        case .string(let choice):
            guard ["auto", "required", "none"].contains(choice) else {
                throw fields.invalid("tool_choice", "must be auto, required, none or a function")
            }
            conversation.toolChoice = choice
        default:
            guard let name = try fields.fields("tool_choice")?.fields("function")?.string("name"),
                let index = names.firstIndex(of: name)
            else { throw fields.invalid("tool_choice", "names no function of 'tools'") }
            tools = [tools[index]]
            conversation.toolChoice = "required"
        }
        conversation.tools = JSONValue.array(tools).text()
        conversation.parallelToolCalls = try fields.bool("parallel_tool_calls") ?? false
    }

    private static func takeVariables(
        _ fields: RequestFields, into conversation: inout ServedPrompt.Conversation
    ) throws {
        guard let value = fields["chat_template_kwargs"] else { return }
        let variables = try RequestFields(value, path: "chat_template_kwargs")
        conversation.isThinking = try variables.bool("enable_thinking")
        guard case .object(let members) = value else { return }
        let others = members.filter { $0.name != "enable_thinking" }
        if !others.isEmpty { conversation.variables = JSONValue.object(others).text() }
    }
}
