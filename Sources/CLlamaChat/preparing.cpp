// Conversations in OpenAI's form, made ready to be answered.

#include "CLlamaChat.h"

#include "strings.h"
#include "templates.h"

#include "common.h"
#include "json.h"

#include <stdexcept>

namespace {

common_chat_templates_inputs inputs_of(const common_json & request) {
    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
    inputs.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
    if (request.contains("tools")) inputs.tools = common_chat_tools_parse_oaicompat(request.at("tools"));
    if (request.contains("tool_choice")) {
        inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(request.at("tool_choice").get<std::string>());
    }
    inputs.parallel_tool_calls = request.value("parallel_tool_calls", false);
    if (request.contains("json_schema")) inputs.json_schema = request.at("json_schema").get<std::string>();
    // The engine takes no grammar with tools; see below.
    if (request.contains("grammar") && inputs.tools.empty()) inputs.grammar = request.at("grammar").get<std::string>();
    if (request.contains("chat_template_kwargs")) {
        for (const auto & [key, value] : request.at("chat_template_kwargs").items()) {
            inputs.chat_template_kwargs[key] = value.dump();
        }
    }
    return inputs;
}

common_json grammar_of(const common_chat_templates_inputs & inputs, const common_chat_params & params) {
    if (params.grammar.empty()) return nullptr;
    common_json grammar = common_json::object();
    grammar["text"] = params.grammar;
    const bool has_tools = !inputs.tools.empty() && inputs.tool_choice != COMMON_CHAT_TOOL_CHOICE_NONE;
    grammar["type"] = static_cast<int>(
        has_tools ? COMMON_GRAMMAR_TYPE_TOOL_CALLS
        : inputs.grammar.empty() ? COMMON_GRAMMAR_TYPE_OUTPUT_FORMAT : COMMON_GRAMMAR_TYPE_USER);
    grammar["is_lazy"] = params.grammar_lazy;
    grammar["generation_prompt"] = params.generation_prompt;
    grammar["preserved"] = params.preserved_tokens;
    common_json triggers = common_json::array();
    for (const common_grammar_trigger & trigger : params.grammar_triggers) {
        common_json entry = common_json::object();
        entry["type"] = static_cast<int>(trigger.type);
        entry["value"] = trigger.value;
        entry["token"] = trigger.token;
        triggers.push_back(entry);
    }
    grammar["triggers"] = triggers;
    return grammar;
}

/// What stays the same for all conversations whose answers begin alike, nothing being asked for beside the messages:
/// what `lab_chat_prepare` tells beside the prompt.
std::string form_text(const common_chat_templates_inputs & inputs, const common_chat_params & params) {
    common_json form = common_json::object();
    form["format"] = format_text(params);
    form["grammar"] = grammar_of(inputs, params);
    form["stops"] = params.additional_stops;
    form["thought_ends"] = params.thinking_end_tags;
    std::vector<std::string> marks = params.preserved_tokens;
    for (const common_grammar_trigger & trigger : params.grammar_triggers) {
        if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD) marks.push_back(trigger.value);
    }
    form["marks"] = marks;
    form["has_tools"] = !inputs.tools.empty();
    return form.dump_safe();
}

}  // namespace

bool lab_chat_prepare(
    lab_chat_templates * templates, const char * request, size_t length, lab_chat_string * result,
    lab_chat_string * error) {
    return guarded(error, false, [&] {
        const common_json json = common_json::parse(std::string(request, length));
        common_chat_templates_inputs inputs = inputs_of(json);
        if (inputs.messages.empty()) throw std::runtime_error("there are no messages");
        const auto & own = templates->own;
        if (!inputs.tools.empty() && !common_chat_templates_get_caps(own.get())["supports_tools"]) {
            throw std::runtime_error("the model's chat template knows no tools");
        }
        std::optional<bool> thinking;
        if (json.contains(SWITCH)) thinking = json.at(SWITCH).get<bool>();
        const rendered conversation = render(*templates, inputs, thinking, templates->known_forms, form_text);
        common_json form = common_json::parse(conversation.text);
        form["prompt"] = conversation.prompt;
        if (!inputs.tools.empty() && json.contains("grammar")) {
            // Who writes a grammar knows better than the form of the tools' calls, which still takes the answer apart.
            common_json constraint = common_json::object();
            constraint["text"] = json.at("grammar").get<std::string>();
            form["grammar"] = constraint;
        }
        *result = copied(form.dump_safe());
        return true;
    });
}
