// Rendering of conversations by a model's own Jinja template.

#include "CLlamaChat.h"

#include "strings.h"
#include "templates.h"

#include "common.h"
#include "llama.h"
#include "log.h"

#include <memory>
#include <optional>
#include <stdexcept>

namespace {

/// The start of the answer that the prompt holds, up to a thought that the prompt itself ends: what the model thinks
/// after that is its own. Empty where the prompt ends none.
std::string before_closed_thought(const common_chat_params & params) {
    const std::string & start = params.thinking_start_tag;
    if (start.empty()) return "";
    const size_t opened = params.generation_prompt.find(start);
    if (opened == std::string::npos) return "";
    for (const std::string & end : params.thinking_end_tags) {
        if (params.generation_prompt.find(end, opened + start.size()) != std::string::npos) {
            return params.generation_prompt.substr(0, opened);
        }
    }
    return "";
}

}  // namespace

std::string format_text(const common_chat_params & params) {
    common_json json = common_json::object();
    json["format"] = static_cast<int>(params.format);
    json["generation_prompt"] = params.generation_prompt;
    json["before_thought"] = before_closed_thought(params);
    json["parser"] = params.parser;
    json["stops"] = params.additional_stops;
    return json.dump();
}

namespace {

std::string spelled(const llama_vocab * vocabulary, llama_token token) {
    return token == LLAMA_TOKEN_NULL ? std::string() : common_token_to_piece(vocabulary, token, true);
}

/// Parses a template, only for the message of what it throws: the engine's own way to it loses that.
void check(const std::string & source, const llama_model * model) {
    const llama_vocab * vocabulary = llama_model_get_vocab(model);
    common_chat_template(
        source, spelled(vocabulary, llama_vocab_bos(vocabulary)), spelled(vocabulary, llama_vocab_eos(vocabulary)));
}

/// The engine always sets the switch; a variable that nobody set takes it away again.
std::string removing_switch(const std::string & source) {
    // A tag swallows one line break that follows it.
    return std::string("{% set ") + SWITCH + " = lab_variable_that_nobody_set %}" + (source.front() == '\n' ? "\n" : "")
           + source;
}

/// Whether nothing but the messages decides the prompt and the form of the answer.
bool is_plain(const common_chat_templates_inputs & inputs) {
    return inputs.tools.empty() && inputs.json_schema.empty() && inputs.grammar.empty()
           && inputs.chat_template_kwargs.empty();
}

/// Renders by the template alone, and finds out nothing about answers.
common_chat_params apply_plainly(const common_chat_templates_ptr & templates, common_chat_templates_inputs inputs) {
    inputs.force_pure_content = true;
    return common_chat_templates_apply(templates.get(), inputs);
}

/// Whether the template alone makes what the engine makes.
bool is_plain(
    const common_chat_templates_ptr & templates, const common_chat_templates_inputs & inputs,
    const common_chat_params & made) {
    try {
        const common_chat_params plain = apply_plainly(templates, inputs);
        return plain.prompt == made.prompt && plain.generation_prompt == made.generation_prompt;
    } catch (const std::exception &) {
        return false;
    }
}

/// Renders with the switch on or off.
///
/// The engine renders dozens of conversations to find out about answers, so that is kept for all prompts that begin the
/// answer alike.
rendered render_switched(
    const common_chat_templates_ptr & templates, const common_chat_templates_inputs & inputs,
    std::optional<known_format> & known, description describe) {
    if (is_plain(inputs) && known && known->is_plain) {
        common_chat_params params = apply_plainly(templates, inputs);
        if (params.generation_prompt == known->generation_prompt) return {std::move(params.prompt), known->text, true};
    }
    const common_chat_params params = common_chat_templates_apply(templates.get(), inputs);
    rendered result = {params.prompt, describe(inputs, params), is_plain(templates, inputs, params)};
    if (is_plain(inputs) && !known) known = known_format{params.generation_prompt, result.text, result.is_plain};
    return result;
}

}  // namespace

rendered render(
    const lab_chat_templates & templates, common_chat_templates_inputs inputs, std::optional<bool> thinking,
    std::optional<known_format> (&known)[2], description describe) {
    inputs.enable_thinking = thinking.value_or(true);
    rendered result = render_switched(templates.own, inputs, known[inputs.enable_thinking], describe);
    if (thinking || !templates.without_switch) return result;
    const std::string unset =
        (result.is_plain ? apply_plainly(templates.without_switch, inputs)
                         : common_chat_templates_apply(templates.without_switch.get(), inputs))
            .prompt;
    if (unset == result.prompt) return result;
    // The engine finds out about thoughts by turning the switch, so what it finds out is that of the setting which the
    // template has by default.
    inputs.enable_thinking = false;
    const rendered off = render_switched(templates.own, inputs, known[false], describe);
    if (unset == off.prompt) return off;
    result.prompt = unset;
    return result;
}

lab_chat_templates * lab_chat_templates_create(const llama_model * model, lab_chat_string * error) {
    return guarded<lab_chat_templates *>(error, nullptr, [&]() -> lab_chat_templates * {
        // Its warnings would bury a worker's last words, and its errors come back as such.
        common_log_set_verbosity_thold(LOG_LEVEL_OUTPUT);
        const char * found = llama_model_chat_template(model, nullptr);
        if (found == nullptr || *found == 0) throw std::runtime_error("there is none");
        const std::string source = found;
        check(source, model);
        auto templates = std::make_unique<lab_chat_templates>();
        templates->own = common_chat_templates_init(model, "");
        if (source.find(SWITCH) != std::string::npos) {
            templates->without_switch = common_chat_templates_init(model, removing_switch(source));
        }
        return templates.release();
    });
}

void lab_chat_templates_free(lab_chat_templates * templates) { delete templates; }

bool lab_chat_render(
    lab_chat_templates * templates, const lab_chat_message * messages, size_t count, lab_chat_thinking thinking,
    lab_chat_string * prompt, lab_chat_string * format, lab_chat_string * error) {
    return guarded(error, false, [&] {
        std::vector<common_chat_msg> conversation(count);
        for (size_t index = 0; index < count; index++) {
            conversation[index].role.assign(messages[index].role, messages[index].role_length);
            conversation[index].content.assign(messages[index].content, messages[index].content_length);
        }
        common_chat_templates_inputs inputs;
        inputs.messages = std::move(conversation);
        inputs.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
        std::optional<bool> is_thinking;
        if (thinking != LAB_CHAT_THINKING_UNSET) is_thinking = thinking == LAB_CHAT_THINKING_ON;
        const rendered result = render(
            *templates, std::move(inputs), is_thinking, templates->known,
            [](const common_chat_templates_inputs &, const common_chat_params & params) { return format_text(params); });
        *prompt = copied(result.prompt);
        *format = copied(result.text);
        return true;
    });
}

void lab_chat_string_free(lab_chat_string text) { std::free(text.bytes); }
