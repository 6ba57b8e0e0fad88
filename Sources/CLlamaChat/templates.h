// A model's chat template, as rendering and preparing share it.
#pragma once

#include "CLlamaChat.h"

#include "chat.h"

#include <optional>
#include <string>

/// What the engine found out about answers to one setting of the switch.
struct known_format {
    std::string generation_prompt;
    std::string text;
    /// Whether the template alone makes the prompt; the engine changes what some models' templates make.
    bool is_plain = false;
};

/// The same for a conversation to be answered, with all that `lab_chat_prepare` tells beside the prompt.
using known_form = known_format;

struct lab_chat_templates {
    /// The model's template.
    common_chat_templates_ptr own;
    /// The same with the switch of thinking taken away; null where the template does not ask for it.
    common_chat_templates_ptr without_switch;
    /// By the switch.
    std::optional<known_format> known[2];
    /// By the switch, of conversations to be answered.
    std::optional<known_form> known_forms[2];
};

/// How an answer is taken apart, in the form that `lab_chat_format_create` reads.
std::string format_text(const common_chat_params & params);
