import ModelFormats

/// llama.cpp's names for ways to cut text into words, and what `tokenizer.json` says where each is meant.
///
/// llama.cpp's converter tells them by the tokens of a test text and so knows published vocabularies only; the steps
/// themselves tell more. Several names stand for the same cuts; the table has one of them.
enum PreTokenizers {
    struct Entry {
        let name: String
        let steps: [SplittingStep]
        /// Whether the engine leaves words that are tokens alone, and so the vocabulary has to; nil to accept both.
        let ignoresMerges: Bool?
    }

    private static let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
    private static let casedLetters =
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
    private static let capitals = #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
    private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// Letters with what stands before them, at most so many digits, punctuation with line ends, spaces.
    private static func words(digits: String) -> SplittingStep {
        .split(
            pattern: contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + spaces)
    }

    static let table = [
        Entry(name: "qwen2", steps: [words(digits: #"\p{N}"#), .byteLevel(splits: false)], ignoresMerges: false),
        Entry(
            name: "llama-bpe", steps: [words(digits: #"\p{N}{1,3}"#), .byteLevel(splits: false)], ignoresMerges: true),
        Entry(
            name: "smaug-bpe", steps: [words(digits: #"\p{N}{1,3}"#), .byteLevel(splits: false)], ignoresMerges: false),
        Entry(name: "smollm", steps: [.digits(individual: true), .byteLevel(splits: true)], ignoresMerges: false),
        Entry(name: "gpt-2", steps: [.byteLevel(splits: true)], ignoresMerges: false),
        // Here the engine always ignores them, and so does Mistral's own tokenizer: it counts, whatever the
        // tokenizer.json that was made from it states.
        Entry(
            name: "tekken",
            steps: [
                .split(pattern: casedLetters + "|" + capitals + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces),
                .byteLevel(splits: false),
            ], ignoresMerges: nil),
        Entry(
            name: "gpt-4o",
            steps: [
                .split(
                    pattern: casedLetters + contractions + "?|" + capitals + contractions
                        + #"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces),
                .byteLevel(splits: false),
            ], ignoresMerges: false),
    ]

    /// All names that the engine knows, for those who ask for one.
    ///
    /// Source: `llama_vocab::impl::load` in llama.cpp's `src/llama-vocab.cpp`, build b11434.
    static let names: Set<String> = [
        "a.x-4.0", "afmoe", "bailingmoe", "bailingmoe2", "bloom", "chameleon", "chatglm-bpe", "codeshell",
        "cohere2moe", "command-r", "dbrx", "deepseek-coder", "deepseek-llm", "deepseek-r1-qwen", "deepseek-v3",
        "default", "exaone", "exaone-moe", "exaone4", "f2llmv2", "falcon", "falcon-h1", "falcon3", "gemma4",
        "gigachat", "glm4", "glm5", "gpt-2", "gpt-4o", "gpt3-finnish", "granite-docling",
        "granite-embed-multi-311m", "granite-embed-multi-97m", "grok-2", "hunyuan", "hunyuan-dense", "hy_v4", "jais",
        "jais-2", "jina-de", "jina-es", "jina-v1-en", "jina-v2-code", "jina-v2-de", "jina-v2-es", "jina-v5-nano",
        "joyai-llm", "kanana2", "kimi-k2", "kormo", "laguna", "lfm2", "llada-moe", "llama-bpe", "llama-v3", "llama3",
        "llama4", "megrez", "mellum", "mellum2", "midm-2.0", "minerva-7b", "minicpm5", "minimax-m2", "mmbert",
        "modern-bert", "mpt", "olmo", "phi-2", "pixtral", "poro-chat", "qwen2", "qwen35", "refact", "roberta-bpe",
        "sarvam-moe", "seed-coder", "smaug-bpe", "smollm", "solar-open", "spark2_5", "stablelm2", "starcoder",
        "superbpe", "talkie", "tekken", "tiny_aya", "trillion", "ufakzeka", "viking", "whitespace", "youtu",
    ]

    /// The name for a tokenizer: the one that was asked for, or the one that its steps tell.
    ///
    /// Throws ``QuantizationError`` for an unknown name, and for steps that the table does not have.
    static func name(for tokenizer: TokenizerDefinition, asked: String?) throws -> String {
        if let asked {
            guard names.contains(asked) else {
                throw QuantizationError(
                    .unknownPreTokenizer, "the engine knows no pre-tokenizer '\(asked)'",
                    remedy: "It knows \(names.sorted().joined(separator: ", ")).")
            }
            return asked
        }
        let known = table.first {
            $0.steps == tokenizer.preTokenizer && $0.ignoresMerges ?? tokenizer.ignoresMerges == tokenizer.ignoresMerges
        }
        guard let known else {
            let steps = tokenizer.preTokenizer.map(\.description).joined(separator: ", then ")
            throw QuantizationError(
                .unsupported,
                "tokenizer.json cuts text in an unknown way: \(steps.isEmpty ? "not at all" : steps)"
                    + (tokenizer.ignoresMerges ? ", with ignore_merges" : ""),
                remedy: "Known are the ways of \(table.map(\.name).joined(separator: ", ")). If the engine knows this "
                    + "one by another name, give it with --pre-tokenizer NAME.")
        }
        return known.name
    }
}
