/// One checkpoint for each family and each way its files may be written; a new architecture gets one here.
enum ArchitectureCases {
    static let all = [
        qwen25, qwen2Stretched, llama31, llama32, llama2, llama2WithoutModel, llamaWithBiases, codeLlama, smolLM2,
        mistral7B, mistralNemo, qwen3Float8, llamaFloat8,
    ]

    private static let chatML =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}{% endfor %}"
    private static let byteLevel = ByteLevelTokenizer.byteLevel
    private static let nfc = #"{"type":"NFC"}"#

    // MARK: - Qwen

    /// Qwen2.5-0.5B: tied, biases, the published vocabulary.
    static let qwen25 = ArchitectureCheckpoint(
        name: "Qwen2.5-Small-Instruct", recipes: ["BF16", "Q4_K_M"], needsEngineVocabulary: true,
        shape: DecoderShape(vocabulary: 151_936, isTied: true, biases: ["q_proj", "k_proj", "v_proj"]),
        configuration: """
            "architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","bos_token_id":151643,"eos_token_id":151645,
            "hidden_act":"silu","max_position_embeddings":32768,"max_window_layers":21,"rms_norm_eps":1e-06,
            "rope_theta":1000000.0,"sliding_window":32768,"torch_dtype":"bfloat16","use_sliding_window":false
            """
    ) {
        [
            "tokenizer.json": .text(
                try EngineVocabulary.qwen2.byteLevel(
                    .qwen2, normalizer: nfc, postProcessor: byteLevel, ignoresMerges: false
                ).json),
            "tokenizer_config.json": .text(
                """
                {"add_bos_token":false,"add_prefix_space":false,"bos_token":null,"eos_token":"<|im_end|>",
                "pad_token":"<|endoftext|>","unk_token":null,"tokenizer_class":"Qwen2Tokenizer",
                "clean_up_tokenization_spaces":false,"chat_template":\(quoted(chatML))}
                """),
            "generation_config.json": .text(
                #"{"do_sample":true,"temperature":0.7,"top_p":0.8,"top_k":20,"repetition_penalty":1.1}"#),
        ]
    }

    /// Qwen2, untied, stretched by YaRN with all its parameters, in F32.
    static let qwen2Stretched = ArchitectureCheckpoint(
        name: "Qwen2-Stretched", preTokenizer: "qwen2", recipes: ["BF16", "F32", "F16"],
        shape: DecoderShape(vocabulary: 288, biases: ["q_proj", "k_proj", "v_proj"]), weights: .float32,
        configuration: """
            "architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","bos_token_id":263,"eos_token_id":263,
            "hidden_act":"silu","max_position_embeddings":32768,"rms_norm_eps":1e-05,"rope_theta":10000,
            "rope_scaling":{"type":"yarn","factor":4.0,"original_max_position_embeddings":8192,"beta_fast":32,
            "beta_slow":1,"attention_factor":1.1,"extrapolation_factor":1.0},"torch_dtype":"float32"
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .qwen2, special: ["<|endoftext|>", "<|im_end|>"], normalizer: nfc, postProcessor: byteLevel
                ).json),
            "tokenizer_config.json": .text(
                #"{"eos_token":"<|im_end|>","pad_token":"<|endoftext|>","tokenizer_class":"Qwen2Tokenizer"}"#),
        ]
    }

    /// Qwen3 as the published FP8 checkpoints are: blocks of 128 by 128, the last ones cut.
    static let qwen3Float8 = ArchitectureCheckpoint(
        name: "Qwen3-Small-FP8", preTokenizer: "qwen2", recipes: ["BF16", "F32", "Q4_K_M"],
        shape: DecoderShape(
            hidden: 192, intermediate: 320, heads: 4, keyValueHeads: 2, headDimension: 64, vocabulary: 288,
            normalizesHeads: true),
        weights: .float8, block: (128, 128), shardCount: 2,
        configuration: """
            "architectures":["Qwen3ForCausalLM"],"model_type":"qwen3","bos_token_id":263,"eos_token_id":264,
            "hidden_act":"silu","attention_bias":false,"max_position_embeddings":40960,"rms_norm_eps":1e-06,
            "rope_theta":1000000,"rope_scaling":null,"torch_dtype":"bfloat16",
            "quantization_config":{"activation_scheme":"dynamic","fmt":"e4m3","quant_method":"fp8",
            "weight_block_size":[128,128]}
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .qwen2, special: ["<|endoftext|>", "<|im_end|>"], user: ["<think>", "</think>"], normalizer: nfc,
                    postProcessor: byteLevel
                ).json),
            "tokenizer_config.json": .text(
                #"{"eos_token":"<|im_end|>","pad_token":"<|endoftext|>","tokenizer_class":"Qwen2Tokenizer"}"#),
            "chat_template.jinja": .text(chatML),
        ]
    }

    // MARK: - Llama

    /// Llama 3.1: untied, the rope factors of the 8B model, the published vocabulary.
    static let llama31 = ArchitectureCheckpoint(
        name: "Llama-3.1-Small", recipes: ["BF16", "Q4_K_M"], needsEngineVocabulary: true,
        shape: DecoderShape(heads: 2, keyValueHeads: 1, headDimension: 128, vocabulary: 128_256), shardCount: 2,
        configuration: """
            "architectures":["LlamaForCausalLM"],"model_type":"llama","attention_bias":false,"bos_token_id":128000,
            "eos_token_id":[128001,128008,128009],"hidden_act":"silu","max_position_embeddings":131072,
            "mlp_bias":false,"rms_norm_eps":1e-05,"rope_scaling":{"factor":8.0,"low_freq_factor":1.0,
            "high_freq_factor":4.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},
            "rope_theta":500000.0,"torch_dtype":"bfloat16"
            """
    ) {
        // The order of the published file: the byte-level step first, then the start of the text.
        let postProcessor =
            #"{"type":"Sequence","processors":[\#(byteLevel),\#(ByteLevelTokenizer.template(before: ("<|begin_of_text|>", 128_000)))]}"#
        return [
            "tokenizer.json": .text(
                try EngineVocabulary.llama3.byteLevel(
                    .llama3, normalizer: "null", postProcessor: postProcessor, ignoresMerges: true
                ).json),
            "tokenizer_config.json": .text(
                """
                {"bos_token":"<|begin_of_text|>","eos_token":"<|end_of_text|>","clean_up_tokenization_spaces":true,
                "model_input_names":["input_ids"],"tokenizer_class":"PreTrainedTokenizerFast"}
                """),
        ]
    }

    /// Llama 3.2: tied, the newer form of rope parameters, the factors of the 1B model.
    static let llama32 = ArchitectureCheckpoint(
        name: "Llama-3.2-Small", preTokenizer: "llama-bpe",
        shape: DecoderShape(
            hidden: 128, heads: 2, keyValueHeads: 1, headDimension: 64, vocabulary: 288, isTied: true),
        configuration: """
            "architectures":["LlamaForCausalLM"],"model_type":"llama","bos_token_id":263,"eos_token_id":264,
            "hidden_act":"silu","max_position_embeddings":131072,"rms_norm_eps":1e-05,
            "rope_parameters":{"factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
            "original_max_position_embeddings":8192,"rope_type":"llama3","rope_theta":500000.0}
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .llama3, special: ["<|begin_of_text|>", "<|end_of_text|>"],
                    postProcessor: ByteLevelTokenizer.template(before: ("<|begin_of_text|>", 263)), ignoresMerges: true
                ).json),
            "tokenizer_config.json": .text(
                """
                {"bos_token":{"__type":"AddedToken","content":"<|begin_of_text|>","special":true},
                "eos_token":"<|end_of_text|>","tokenizer_class":"PreTrainedTokenizerFast"}
                """),
        ]
    }

    private static let llama2Configuration = """
        "architectures":["LlamaForCausalLM"],"model_type":"llama","bos_token_id":1,"eos_token_id":2,
        "hidden_act":"silu","max_position_embeddings":4096,"rms_norm_eps":1e-05,"rope_scaling":null,
        "torch_dtype":"float16"
        """
    private static let llama2TokenizerConfiguration = """
        {"add_bos_token":true,"add_eos_token":false,"added_tokens_decoder":{"0":{"content":"<unk>","special":true},
        "1":{"content":"<s>","special":true},"2":{"content":"</s>","special":true}},"bos_token":"<s>",
        "eos_token":"</s>","unk_token":"<unk>","legacy":false,"tokenizer_class":"LlamaTokenizer",
        "clean_up_tokenization_spaces":false,"chat_template":"{{ bos_token }}"}
        """

    /// Llama 2: the published SentencePiece vocabulary, F16, no rope_theta.
    static let llama2 = ArchitectureCheckpoint(
        name: "Llama-2-Small-Chat", recipes: ["F16", "BF16"], needsEngineVocabulary: true,
        shape: DecoderShape(keyValueHeads: 4, vocabulary: 32_000), weights: .float16,
        configuration: llama2Configuration
    ) {
        let tokenizer = try EngineVocabulary.llama2.sentencePiece()
        return [
            "tokenizer.model": .data(tokenizer.model), "tokenizer.json": .text(tokenizer.json()),
            "tokenizer_config.json": .text(llama2TokenizerConfiguration),
        ]
    }

    /// The same saved without `tokenizer.model`, as fine-tuned models often are.
    static let llama2WithoutModel = ArchitectureCheckpoint(
        name: "Llama-2-Fast-Chat", needsEngineVocabulary: true, differingKeys: ["tokenizer.ggml.scores"],
        shape: DecoderShape(keyValueHeads: 4, vocabulary: 32_003), weights: .float16,
        configuration: llama2Configuration
    ) {
        [
            "tokenizer.json": .text(
                try EngineVocabulary.llama2.sentencePiece().json(special: ["<pad>"], user: ["<a>", "</a>"])),
            "tokenizer_config.json": .text(
                """
                {"add_bos_token":true,"add_eos_token":false,"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>",
                "pad_token":"<pad>","tokenizer_class":"LlamaTokenizer"}
                """),
        ]
    }

    /// Llama with biases everywhere and linear scaling; its template ends texts with another token than its
    /// configuration.
    static let llamaWithBiases = ArchitectureCheckpoint(
        name: "Llama-Biased-v1.5", preTokenizer: "smaug-bpe", recipes: ["BF16", "Q6_K"],
        shape: DecoderShape(
            vocabulary: 288, biases: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
        configuration: """
            "architectures":["LlamaForCausalLM"],"model_type":"llama","attention_bias":true,"mlp_bias":true,
            "hidden_act":"silu","max_position_embeddings":16384,"rms_norm_eps":1e-06,"rope_theta":10000.0,
            "rope_scaling":{"rope_type":"linear","factor":4.0},"torch_dtype":"bfloat16"
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .llama3, special: ["<s>", "</s>", "<|eot|>"],
                    postProcessor: ByteLevelTokenizer.template(before: ("<s>", 263), after: ("</s>", 264))
                ).json),
            "tokenizer_config.json": .text(
                """
                {"bos_token":"<s>","eos_token":"<|eot|>","add_eos_token":false,"add_prefix_space":false,
                "tokenizer_class":"PreTrainedTokenizerFast","chat_template":[
                {"name":"default","template":"{{ messages }}"},{"name":"tool_use","template":"{{ tools }}"}]}
                """),
        ]
    }

    /// CodeLlama: a vocabulary that is told by its size.
    static let codeLlama = ArchitectureCheckpoint(
        name: "CodeLlama-Small", shape: DecoderShape(hidden: 32, heads: 2, keyValueHeads: 2, vocabulary: 32_016),
        configuration: """
            "architectures":["LlamaForCausalLM"],"model_type":"llama","bos_token_id":1,"eos_token_id":2,
            "hidden_act":"silu","max_position_embeddings":16384,"rms_norm_eps":1e-05,"rope_theta":1000000
            """
    ) {
        [
            "tokenizer.model": .data(SentencePieceTokenizer.small.model),
            "tokenizer_config.json": .text(
                #"{"add_bos_token":true,"bos_token":"<s>","eos_token":"</s>","tokenizer_class":"CodeLlamaTokenizer"}"#),
        ]
    }

    /// Llama in 8-bit floats with one scale for each matrix.
    static let llamaFloat8 = ArchitectureCheckpoint(
        name: "Llama-Small-FP8", preTokenizer: "llama-bpe", recipes: ["BF16"],
        shape: DecoderShape(vocabulary: 288), weights: .float8,
        configuration: """
            "architectures":["LlamaForCausalLM"],"model_type":"llama","bos_token_id":263,"eos_token_id":264,
            "hidden_act":"silu","max_position_embeddings":8192,"rms_norm_eps":1e-05,"rope_theta":500000.0,
            "quantization_config":{"quant_method":"fp8","activation_scheme":"static"}
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .llama3, special: ["<|begin_of_text|>", "<|end_of_text|>"], postProcessor: byteLevel,
                    ignoresMerges: true
                ).json),
            "tokenizer_config.json": .text(
                """
                {"bos_token":"<|begin_of_text|>","eos_token":"<|end_of_text|>",
                "tokenizer_class":"PreTrainedTokenizerFast"}
                """),
        ]
    }

    /// SmolLM2-135M: tied, digits one by one, special tokens first in the vocabulary.
    static let smolLM2 = ArchitectureCheckpoint(
        name: "SmolLM2-Small-Instruct", preTokenizer: "smollm",
        shape: DecoderShape(
            hidden: 36, intermediate: 64, heads: 3, keyValueHeads: 1, headDimension: 12, vocabulary: 49_152,
            isTied: true),
        configuration: """
            "architectures":["LlamaForCausalLM"],"model_type":"llama","attention_bias":false,"bos_token_id":1,
            "eos_token_id":2,"hidden_act":"silu","is_llama_config":true,"max_position_embeddings":8192,
            "mlp_bias":false,"pad_token_id":2,"rms_norm_eps":1e-05,"rope_interleaved":false,"rope_scaling":null,
            "rope_theta":100000,"torch_dtype":"bfloat16"
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .smollm, special: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], user: ["<repo_name>"],
                    addedFirst: true
                ).json),
            "tokenizer_config.json": .text(
                """
                {"add_prefix_space":false,"bos_token":"<|im_start|>","eos_token":"<|im_end|>",
                "pad_token":"<|im_end|>","unk_token":"<|endoftext|>","tokenizer_class":"GPT2Tokenizer",
                "chat_template":\(quoted(chatML))}
                """),
        ]
    }

    // MARK: - Mistral

    /// Mistral 7B: SentencePiece with tokens added in both ways, and ids without a token.
    static let mistral7B = ArchitectureCheckpoint(
        name: "Mistral-Small-Instruct-v0.3", shape: DecoderShape(vocabulary: 300),
        configuration: """
            "architectures":["MistralForCausalLM"],"model_type":"mistral","bos_token_id":1,"eos_token_id":2,
            "hidden_act":"silu","max_position_embeddings":32768,"rms_norm_eps":1e-05,"rope_theta":1000000.0,
            "sliding_window":null,"torch_dtype":"bfloat16"
            """
    ) {
        [
            "tokenizer.model": .data(SentencePieceTokenizer.small.model),
            "added_tokens.json": .text(#"{"<first>":278,"<far>":400,"\u2581two":279}"#),
            "tokenizer_config.json": .text(
                """
                {"add_bos_token":true,"add_eos_token":false,"add_prefix_space":true,"added_tokens_decoder":{
                "0":{"content":"<unk>","special":true},"1":{"content":"<s>","special":true},
                "2":{"content":"</s>","special":true},"280":{"content":"[INST]","special":true},
                "281":{"content":"<|tool|>","special":false},"282":{"content":"\u{2581}x\u{2581}","special":false}},
                "bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>","pad_token":null,
                "tokenizer_class":"LlamaTokenizer","chat_template":"{{ bos_token }}"}
                """),
        ]
    }

    /// Mistral Nemo: byte-level BPE, heads wider than the hidden size divided by them, F16.
    static let mistralNemo = ArchitectureCheckpoint(
        name: "Mistral-Nemo-Small-2407", preTokenizer: "tekken", recipes: ["F16", "BF16", "F32"],
        shape: DecoderShape(headDimension: 32, vocabulary: 288), weights: .float16,
        configuration: """
            "architectures":["MistralForCausalLM"],"model_type":"mistral","bos_token_id":264,"eos_token_id":265,
            "hidden_act":"silu","max_position_embeddings":1024000,"rms_norm_eps":1e-05,"rope_theta":1000000.0,
            "sliding_window":null,"torch_dtype":"float16"
            """
    ) {
        [
            "tokenizer.json": .text(
                ByteLevelTokenizer.small(
                    .tekken, special: ["<unk>", "<s>", "</s>", "[INST]"],
                    postProcessor: ByteLevelTokenizer.template(before: ("<s>", 264))
                ).json),
            "tokenizer_config.json": .text(
                """
                {"add_bos_token":true,"add_eos_token":false,"add_prefix_space":false,"bos_token":"<s>",
                "eos_token":"</s>","unk_token":"<unk>","tokenizer_class":"PreTrainedTokenizerFast"}
                """),
        ]
    }
}
