import CLlama
import LabCore

extension Model {
    /// Turns prompts into tokens: conversations by the model's chat template with special tokens recognised, texts as
    /// they are.
    func render(_ prompts: [PromptSource]) throws -> [RenderedPrompt] {
        var templates: ChatTemplates?
        return try prompts.map { prompt in
            switch prompt {
            case .text(let text):
                return RenderedPrompt(
                    tokens: try promptTokens(text, parseSpecial: false), text: text, format: nil)
            case .chat(let messages, let isThinking):
                let usable = try templates ?? ChatTemplates(self)
                templates = usable
                let rendered = try usable.render(messages, isThinking: isThinking)
                return RenderedPrompt(
                    tokens: try promptTokens(rendered.text, parseSpecial: true), text: rendered.text,
                    format: rendered.format)
            }
        }
    }

    /// Tokens to go on from: with the vocabulary's BOS, once, and never with its EOS.
    func promptTokens(_ text: String, parseSpecial: Bool) throws -> [llama_token] {
        let tokens = try tokenize(text, parseSpecial: parseSpecial, addSpecial: false)
        let bos = llama_vocab_bos(vocabulary)
        guard llama_vocab_get_add_bos(vocabulary), bos != LLAMA_TOKEN_NULL, tokens.first != bos else { return tokens }
        return [bos] + tokens
    }
}
