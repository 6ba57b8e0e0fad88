// A model's chat template, as rendering and preparing share it.
#pragma once

#include "CLlamaChat.h"

#include "chat.h"

#include <optional>
#include <string>

/// The variable with which templates are told whether the model thinks first.
constexpr const char * SWITCH = "enable_thinking";

/// What the engine found out about answers to one setting of the switch.
struct known_format {
    std::string generation_prompt;
    std::string text;
    /// Whether the template alone makes the prompt; the engine changes what some models' templates make.
    bool is_plain = false;
};

struct lab_chat_templates {
    /// The model's template.
    common_chat_templates_ptr own;
    /// The same with the switch of thinking taken away; null where the template does not ask for it.
    common_chat_templates_ptr without_switch;
    /// By the switch.
    std::optional<known_format> known[2];
    /// By the switch, of conversations to be answered.
    std::optional<known_format> known_forms[2];
};

/// A conversation up to where the answer begins, and what the engine found out about the answer.
struct rendered {
    std::string prompt;
    std::string text;
    /// Whether the template alone makes the prompt.
    bool is_plain = false;
};

/// Puts what the engine found out about an answer into words.
using description = std::string (*)(const common_chat_templates_inputs &, const common_chat_params &);

/// Renders a conversation.
///
/// - Parameters:
///   - thinking: whether the model thinks first; nothing for the template's default.
///   - known: by the switch, what was found out before and described the same way.
rendered render(
    const lab_chat_templates & templates, common_chat_templates_inputs inputs, std::optional<bool> thinking,
    std::optional<known_format> (&known)[2], description describe);

/// How an answer is taken apart, in the form that `lab_chat_format_create` reads.
std::string format_text(const common_chat_params & params);
