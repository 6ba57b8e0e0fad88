// Conversations in OpenAI's form, made ready to be answered.

#include "CLlamaChat.h"

#include "strings.h"
#include "templates.h"

#include "common.h"
#include "json.h"

#include <stdexcept>

namespace {

constexpr const char * SWITCH = "enable_thinking";

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
    if (request.contains(SWITCH)) inputs.enable_thinking = request.at(SWITCH).get<bool>();
    return inputs;
}

/// Whether nothing but the messages decides the prompt and the form of the answer.
bool is_plain(const common_chat_templates_inputs & inputs) {
    return inputs.tools.empty() && inputs.json_schema.empty() && inputs.grammar.empty()
           && inputs.chat_template_kwargs.empty();
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

/// What stays the same for all conversations whose answers begin alike, nothing being asked for beside the messages.
common_json form_of(const common_chat_templates_inputs & inputs, const common_chat_params & params) {
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
    return form;
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
        std::optional<known_form> & known = templates->known_forms[inputs.enable_thinking];
        common_json form;
        std::string prompt;
        bool is_done = false;
        if (is_plain(inputs) && known && known->is_plain) {
            inputs.force_pure_content = true;
            common_chat_params params = common_chat_templates_apply(own.get(), inputs);
            if (params.generation_prompt == known->generation_prompt) {
                prompt = std::move(params.prompt);
                form = common_json::parse(known->text);
                is_done = true;
            }
            inputs.force_pure_content = false;
        }
        if (!is_done) {
            const common_chat_params params = common_chat_templates_apply(own.get(), inputs);
            prompt = params.prompt;
            form = form_of(inputs, params);
            if (is_plain(inputs) && !known) {
                inputs.force_pure_content = true;
                const common_chat_params plain = common_chat_templates_apply(own.get(), inputs);
                known = known_form{
                    params.generation_prompt, form.dump(),
                    plain.prompt == params.prompt && plain.generation_prompt == params.generation_prompt};
            }
        }
        form["prompt"] = prompt;
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
