// Chat templates and the taking apart of answers by llama.cpp's `llama-common`, as C.
//
// No exception leaves these functions: those that can fail return false or null and put a message into `error`, to be
// released with `lab_chat_string_free`. Texts are UTF-8 with their lengths, so that a zero byte is a character.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llama_model;

/// A text that the caller owns.
typedef struct lab_chat_string {
    char * bytes;
    size_t length;
} lab_chat_string;

/// Releases a text; one that was never filled is fine.
void lab_chat_string_free(lab_chat_string text);

/// A model's chat template, ready to render.
typedef struct lab_chat_templates lab_chat_templates;

/// Reads the template of a model, of which the vocabulary is enough; null when it has none or a bad one.
lab_chat_templates * lab_chat_templates_create(const struct llama_model * model, lab_chat_string * error);
void lab_chat_templates_free(lab_chat_templates * templates);

/// One message of a conversation.
typedef struct lab_chat_message {
    const char * role;
    size_t role_length;
    const char * content;
    size_t content_length;
} lab_chat_message;

/// What a template is told about thinking.
typedef enum lab_chat_thinking {
    LAB_CHAT_THINKING_UNSET = 0,
    LAB_CHAT_THINKING_OFF = 1,
    LAB_CHAT_THINKING_ON = 2,
} lab_chat_thinking;

/// Renders a conversation up to where the model's answer begins.
///
/// `prompt` is the text without the BOS that the tokenizer adds; `format` says how the answer is taken apart, for
/// `lab_chat_format_create` in any process. One thread at a time.
bool lab_chat_render(
    lab_chat_templates * templates, const lab_chat_message * messages, size_t count, lab_chat_thinking thinking,
    lab_chat_string * prompt, lab_chat_string * format, lab_chat_string * error);

/// How an answer is taken apart.
typedef struct lab_chat_format lab_chat_format;

lab_chat_format * lab_chat_format_create(const char * text, size_t length, lab_chat_string * error);
void lab_chat_format_free(lab_chat_format * format);

/// Texts at which the answer ends although no token says so.
size_t lab_chat_format_stop_count(const lab_chat_format * format);
/// One of them, owned by the format.
const char * lab_chat_format_stop(const lab_chat_format * format, size_t index);

/// An answer taken apart. Bytes that are no UTF-8 are replacement characters.
typedef struct lab_chat_answer {
    /// What was thought before the answer; empty without a thought.
    lab_chat_string thought;
    /// What was said.
    lab_chat_string content;
    /// Whether there is a thought, though it may be empty where it was not closed.
    bool has_thought;
    /// Whether the thought never ends.
    bool is_thought_open;
    /// Where the content begins in the text, bytes; the text's length where there is none.
    size_t content_start;
} lab_chat_answer;

/// Takes a text apart, which may have been cut anywhere; `answer` is to be released with `lab_chat_answer_free`.
bool lab_chat_parse(
    const lab_chat_format * format, const char * text, size_t length, lab_chat_answer * answer,
    lab_chat_string * error);
void lab_chat_answer_free(lab_chat_answer answer);

/// Makes a conversation in OpenAI's form ready: renders it and finds out how its answer is constrained and taken apart.
///
/// `request` is a JSON object with `messages`, and, where wanted, `tools`, `tool_choice`, `parallel_tool_calls`,
/// `json_schema`, `grammar`, `enable_thinking` (default: the template's own) and `chat_template_kwargs`. `result` is one
/// with `prompt`, `format` (for `lab_chat_format_create`), `grammar` (for `lab_sampler_create`; null for none), `stops`,
/// `thought_ends`, `has_tools` and `marks`, texts with which something else than content may begin. One thread at a time.
bool lab_chat_prepare(
    lab_chat_templates * templates, const char * request, size_t length, lab_chat_string * result,
    lab_chat_string * error);

/// Takes a text apart as `lab_chat_parse` does, tool calls too: a JSON object with `thought` and `content`, `tool_calls`
/// (an array of `name`, `arguments` and `id`), `is_thought` (an open thought) and `is_content` (the text is in content).
bool lab_chat_parse_message(
    const lab_chat_format * format, const char * text, size_t length, lab_chat_string * message,
    lab_chat_string * error);

struct llama_context;

/// Chooses tokens under a grammar.
typedef struct lab_sampler lab_sampler;

/// Makes a sampler from a JSON object with `seed`, `temperature`, `top_k`, `top_p`, `min_p`, and `grammar`: that of
/// `lab_chat_prepare`, or an object with `text` in GBNF, or with `schema`, a JSON schema. Null with an error for a grammar
/// that is none.
lab_sampler * lab_sampler_create(
    const struct llama_model * model, const char * settings, size_t length, lab_chat_string * error);
void lab_sampler_free(lab_sampler * sampler);

/// Chooses and takes the token that follows a row of the last batch, from the logits as they are now; -1 with an error
/// where none fits.
int lab_sampler_choose(lab_sampler * sampler, struct llama_context * context, int row, lab_chat_string * error);

#ifdef __cplusplus
}
#endif
