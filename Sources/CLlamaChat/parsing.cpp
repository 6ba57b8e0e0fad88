// The taking apart of answers by the engine's parsers.

#include "CLlamaChat.h"

#include "strings.h"

#include "chat-peg-parser.h"
#include "chat.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

struct lab_chat_format {
    common_chat_format format = COMMON_CHAT_FORMAT_CONTENT_ONLY;
    std::string generation_prompt;
    std::string before_thought;
    common_peg_arena parser;
    std::vector<std::string> stops;
};

namespace {

struct parsed {
    common_chat_msg message;
    bool has_content = false;
    bool has_thought = false;
    bool is_cut = false;
    size_t content_start = 0;
};

/// The engine's `common_chat_parse`, which keeps to itself where the parts lie and whether the text was cut.
parsed parse(const lab_chat_format & format, const std::string & generation_prompt, const std::string & text) {
    common_peg_parse_context context(generation_prompt + text, COMMON_PEG_PARSE_FLAG_LENIENT);
    const common_peg_parse_result result = format.parser.parse(context);
    if (result.fail()) throw std::runtime_error("the text does not have the form that its chat template asks for");

    parsed found;
    std::unique_ptr<common_chat_peg_mapper> mapper;
    switch (format.format) {
    case COMMON_CHAT_FORMAT_PEG_GEMMA4:
        mapper = std::make_unique<common_chat_peg_gemma4_mapper>(found.message);
        break;
    case COMMON_CHAT_FORMAT_PEG_MINIMAX_M3:
        mapper = std::make_unique<common_chat_peg_minimax_m3_mapper>(found.message);
        break;
    default:
        mapper = std::make_unique<common_chat_peg_mapper>(found.message);
    }
    mapper->from_ast(context.ast, result);

    found.is_cut = result.need_more_input();
    found.content_start = text.size();
    context.ast.visit(result, [&](const common_peg_ast_node & node) {
        if (node.tag == common_chat_peg_builder::REASONING) found.has_thought = true;
        if (node.tag != common_chat_peg_builder::CONTENT) return;
        found.has_content = true;
        const size_t start = std::max(node.start, generation_prompt.size()) - generation_prompt.size();
        found.content_start = std::min(found.content_start, start);
    });
    return found;
}

parsed parse(const lab_chat_format & format, const std::string & text) {
    if (format.parser.empty()) {
        parsed found;
        found.message.content = text;
        found.has_content = true;
        return found;
    }
    if (!format.before_thought.empty()) {
        // The prompt ended a thought, and the model may have begun another.
        try {
            return parse(format, format.before_thought, text);
        } catch (const std::exception &) {
        }
    }
    return parse(format, format.generation_prompt, text);
}

}  // namespace

lab_chat_format * lab_chat_format_create(const char * text, size_t length, lab_chat_string * error) {
    return guarded<lab_chat_format *>(error, nullptr, [&]() -> lab_chat_format * {
        const common_json json = common_json::parse(std::string(text, length));
        auto format = std::make_unique<lab_chat_format>();
        const int number = json.at("format").get<int>();
        if (number < 0 || number >= COMMON_CHAT_FORMAT_COUNT) throw std::runtime_error("it names no known format");
        format->format = static_cast<common_chat_format>(number);
        format->generation_prompt = json.at("generation_prompt").get<std::string>();
        format->before_thought = json.at("before_thought").get<std::string>();
        const std::string parser = json.at("parser").get<std::string>();
        if (!parser.empty()) format->parser.load(parser);
        for (size_t index = 0; index < json.at("stops").size(); index++) {
            format->stops.push_back(json.at("stops").at(index).get<std::string>());
        }
        return format.release();
    });
}

void lab_chat_format_free(lab_chat_format * format) { delete format; }

size_t lab_chat_format_stop_count(const lab_chat_format * format) { return format->stops.size(); }

const char * lab_chat_format_stop(const lab_chat_format * format, size_t index) {
    return format->stops[index].c_str();
}

bool lab_chat_parse(
    const lab_chat_format * format, const char * text, size_t length, lab_chat_answer * answer,
    lab_chat_string * error) {
    return guarded(error, false, [&] {
        const parsed found = parse(*format, std::string(text, length));
        // Where a thought ended the parser went on to the content, though there may be none.
        answer->is_thought_open = found.has_thought && !found.has_content && found.is_cut;
        answer->has_thought = answer->is_thought_open || !found.message.reasoning_content.empty();
        answer->content_start = found.content_start;
        answer->thought = copied(found.message.reasoning_content);
        answer->content = copied(found.message.content);
        return true;
    });
}

void lab_chat_answer_free(lab_chat_answer answer) {
    lab_chat_string_free(answer.thought);
    lab_chat_string_free(answer.content);
}

bool lab_chat_parse_message(
    const lab_chat_format * format, const char * text, size_t length, lab_chat_string * message,
    lab_chat_string * error) {
    return guarded(error, false, [&] {
        const parsed found = parse(*format, std::string(text, length));
        common_json calls = common_json::array();
        for (const common_chat_tool_call & call : found.message.tool_calls) {
            common_json entry = common_json::object();
            entry["name"] = call.name;
            entry["arguments"] = call.arguments;
            entry["id"] = call.id;
            calls.push_back(entry);
        }
        common_json json = common_json::object();
        json["thought"] = found.message.reasoning_content;
        json["content"] = found.message.content;
        json["tool_calls"] = calls;
        json["is_thought"] = found.has_thought && !found.has_content && found.is_cut && found.message.tool_calls.empty();
        json["is_content"] = found.has_content && found.message.tool_calls.empty();
        *message = copied(json.dump_safe());
        return true;
    });
}
