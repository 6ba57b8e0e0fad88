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

constexpr const char * SWITCH = "enable_thinking";

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

/// - Parameter is_plain: render, and find out nothing about answers.
common_chat_params apply(
    const common_chat_templates_ptr & templates, const std::vector<common_chat_msg> & messages, bool thinking,
    bool is_plain = false) {
    common_chat_templates_inputs inputs;
    inputs.messages = messages;
    inputs.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
    inputs.enable_thinking = thinking;
    inputs.force_pure_content = is_plain;
    return common_chat_templates_apply(templates.get(), inputs);
}

struct rendered {
    std::string prompt;
    std::string format;
};

/// Renders with the switch on or off.
///
/// The engine renders dozens of conversations to find out about answers, so that is kept for all prompts that begin the
/// answer alike.
rendered render(lab_chat_templates & templates, const std::vector<common_chat_msg> & messages, bool thinking) {
    std::optional<known_format> & known = templates.known[thinking];
    if (known && known->is_plain) {
        common_chat_params params = apply(templates.own, messages, thinking, true);
        if (params.generation_prompt == known->generation_prompt) return {std::move(params.prompt), known->text};
    }
    common_chat_params params = apply(templates.own, messages, thinking);
    if (!known) {
        const common_chat_params plain = apply(templates.own, messages, thinking, true);
        known = known_format{
            params.generation_prompt, format_text(params),
            plain.prompt == params.prompt && plain.generation_prompt == params.generation_prompt};
        return {std::move(params.prompt), known->text};
    }
    return {params.prompt, format_text(params)};
}

}  // namespace

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
        rendered result = render(*templates, conversation, thinking != LAB_CHAT_THINKING_OFF);
        if (thinking == LAB_CHAT_THINKING_UNSET && templates->without_switch) {
            const bool is_plain = templates->known[true]->is_plain;
            const std::string unset = apply(templates->without_switch, conversation, true, is_plain).prompt;
            if (unset != result.prompt) {
                // The engine finds out about thoughts by turning the switch, so the format is that of the setting
                // which the template has by default.
                const rendered off = render(*templates, conversation, false);
                if (unset == off.prompt) result.format = off.format;
                result.prompt = unset;
            }
        }
        *prompt = copied(result.prompt);
        *format = copied(result.format);
        return true;
    });
}

void lab_chat_string_free(lab_chat_string text) { std::free(text.bytes); }
