// Tokens chosen under a grammar, by the engine's own sampler.

#include "CLlamaChat.h"

#include "strings.h"

#include "common.h"
#include "json-schema-to-grammar.h"
#include "json.h"
#include "llama.h"
#include "sampling.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

struct lab_sampler {
    common_params_sampling params;
    common_sampler_ptr sampler;
};

namespace {

void take_triggers(common_params_sampling & params, const common_json & grammar, const llama_vocab * vocabulary) {
    for (size_t index = 0; index < grammar.at("preserved").size(); index++) {
        const auto word = grammar.at("preserved").at(index).get<std::string>();
        const llama_tokens tokens = common_tokenize(vocabulary, word, false, true);
        if (tokens.size() == 1) params.preserved_tokens.insert(tokens[0]);
    }
    for (size_t index = 0; index < grammar.at("triggers").size(); index++) {
        const common_json & entry = grammar.at("triggers").at(index);
        common_grammar_trigger trigger;
        trigger.type = static_cast<common_grammar_trigger_type>(entry.at("type").get<int>());
        trigger.value = entry.at("value").get<std::string>();
        trigger.token = entry.at("token").get<int>();
        if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD) {
            const llama_tokens tokens = common_tokenize(vocabulary, trigger.value, false, true);
            if (tokens.size() == 1 && params.preserved_tokens.count(tokens[0]) > 0) {
                trigger.type = COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN;
                trigger.token = tokens[0];
            }
        }
        params.grammar_triggers.push_back(trigger);
    }
}

void take_grammar(common_params_sampling & params, const common_json & grammar, const llama_vocab * vocabulary) {
    if (grammar.contains("schema")) {
        const std::string text = json_schema_to_grammar(common_json::parse(grammar.at("schema").get<std::string>()));
        params.grammar = {COMMON_GRAMMAR_TYPE_OUTPUT_FORMAT, text};
        return;
    }
    const auto type = static_cast<common_grammar_type>(
        grammar.value("type", static_cast<int>(COMMON_GRAMMAR_TYPE_USER)));
    params.grammar = {type, grammar.at("text").get<std::string>()};
    if (!grammar.contains("triggers")) return;
    params.grammar_lazy = grammar.at("is_lazy").get<bool>();
    params.generation_prompt = grammar.at("generation_prompt").get<std::string>();
    take_triggers(params, grammar, vocabulary);
}

}  // namespace

lab_sampler * lab_sampler_create(
    const llama_model * model, const char * settings, size_t length, lab_chat_string * error) {
    return guarded<lab_sampler *>(error, nullptr, [&]() -> lab_sampler * {
        const common_json json = common_json::parse(std::string(settings, length));
        auto made = std::make_unique<lab_sampler>();
        common_params_sampling & params = made->params;
        params.seed = json.at("seed").get<uint32_t>();
        params.temp = json.at("temperature").get<float>();
        params.top_k = json.at("top_k").get<int>();
        params.top_p = json.at("top_p").get<float>();
        params.min_p = json.at("min_p").get<float>();
        params.no_perf = true;
        // The order of ServedAnswer, so that a grammar changes nothing else.
        params.samplers = {
            COMMON_SAMPLER_TYPE_TEMPERATURE, COMMON_SAMPLER_TYPE_MIN_P, COMMON_SAMPLER_TYPE_TOP_K,
            COMMON_SAMPLER_TYPE_TOP_P};
        take_grammar(params, json.at("grammar"), llama_model_get_vocab(model));
        made->sampler.reset(common_sampler_init(model, params));
        if (!made->sampler) throw std::runtime_error("the grammar cannot be used");
        return made.release();
    });
}

void lab_sampler_free(lab_sampler * sampler) { delete sampler; }

int lab_sampler_choose(lab_sampler * sampler, llama_context * context, int row, lab_chat_string * error) {
    return guarded(error, -1, [&] {
        const llama_token token = common_sampler_sample(sampler->sampler.get(), context, row);
        common_sampler_accept(sampler->sampler.get(), token, true);
        return static_cast<int>(token);
    });
}
