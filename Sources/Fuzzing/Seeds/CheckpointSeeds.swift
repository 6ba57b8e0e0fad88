import ModelFormats

extension FuzzSeed {
    /// The smallest Qwen3 checkpoint: one block, a vocabulary of twelve.
    static let checkpoint: [(String, DamagedContent)] = [
        ("config.json", .json(JSONNode(parsing: configuration))),
        ("tokenizer.json", .json(JSONNode(parsing: tokenizer))),
        ("tokenizer_config.json", .json(JSONNode(parsing: tokenizerConfiguration))),
        (
            "generation_config.json",
            .json(JSONNode(parsing: #"{"temperature":0.6,"top_k":20,"top_p":0.95,"eos_token_id":[10,11]}"#))
        ),
        ("README.md", .text(Array(card.utf8))),
        ("model.safetensors", .safetensors(sketch(tensors))),
    ]

    private static let configuration = #"""
        {"architectures":["Qwen3ForCausalLM"],"hidden_size":4,"intermediate_size":6,"num_hidden_layers":1,
        "num_attention_heads":2,"num_key_value_heads":1,"head_dim":2,"vocab_size":12,"max_position_embeddings":64,
        "rms_norm_eps":1e-06,"rope_theta":1000000,"tie_word_embeddings":true,"bos_token_id":10,"eos_token_id":11,
        "rope_scaling":{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16,"beta_fast":32.0}}
        """#

    private static let tokenizer = #"""
        {"added_tokens":[{"id":10,"content":"<s>","special":true},{"id":11,"content":"</s>","special":false}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"}]},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\s+|\\S+"}},
        {"type":"ByteLevel"}]},"post_processor":{"type":"ByteLevel"},
        "model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"Ġ":3,"ab":4,"Ġa":5,"é":6},
        "merges":[["a","b"],"Ġ a"]}}
        """#

    private static let tokenizerConfiguration = #"""
        {"add_bos_token":false,"bos_token":null,"eos_token":{"content":"</s>"},"pad_token":"<s>",
        "chat_template":[{"name":"default","template":"{{ x }}"}]}
        """#

    private static let card = """
        ---
        license: apache-2.0
        language:
          - en
          - "no"
        tags: [chat, 'tiny']
        base_model:
        - acme/base
        ---
        # Card
        """

    private static let tensors: [(name: String, type: ScalarType, shape: [Int])] =
        [("model.embed_tokens.weight", .bfloat16, [12, 4]), ("model.norm.weight", .bfloat16, [4])]
        + [
            ("input_layernorm", [4]), ("self_attn.q_proj", [4, 4]), ("self_attn.k_proj", [2, 4]),
            ("self_attn.v_proj", [2, 4]), ("self_attn.o_proj", [4, 4]), ("self_attn.q_norm", [2]),
            ("self_attn.k_norm", [2]), ("post_attention_layernorm", [4]), ("mlp.gate_proj", [6, 4]),
            ("mlp.up_proj", [6, 4]), ("mlp.down_proj", [4, 6]),
        ].map { ("model.layers.0.\($0.0).weight", .float16, $0.1) }
}
