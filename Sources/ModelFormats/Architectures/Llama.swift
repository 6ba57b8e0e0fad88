extension Architecture {
    /// Llama 1 to 3, and the many that share its shape, such as SmolLM2.
    static let llama = Architecture(
        classNames: ["LlamaForCausalLM"],
        name: "llama",
        modules: [
            .weight("model.embed_tokens", "token_embd", [.vocabulary, .hidden]),
            .weight("model.norm", "output_norm", [.hidden]),
            .weight("lm_head", "output", [.vocabulary, .hidden]),
            .weight("model.layers.*.input_layernorm", "blk.*.attn_norm", [.hidden]),
            .weight("model.layers.*.self_attn.q_proj", "blk.*.attn_q", [.queries, .hidden], interleavesHeads: true),
            .bias("model.layers.*.self_attn.q_proj", "blk.*.attn_q", .queries, .attentionBias, interleavesHeads: true),
            .weight("model.layers.*.self_attn.k_proj", "blk.*.attn_k", [.keyValues, .hidden], interleavesHeads: true),
            .bias(
                "model.layers.*.self_attn.k_proj", "blk.*.attn_k", .keyValues, .attentionBias, interleavesHeads: true),
            .weight("model.layers.*.self_attn.v_proj", "blk.*.attn_v", [.keyValues, .hidden]),
            .bias("model.layers.*.self_attn.v_proj", "blk.*.attn_v", .keyValues, .attentionBias),
            .weight("model.layers.*.self_attn.o_proj", "blk.*.attn_output", [.hidden, .queries]),
            .bias("model.layers.*.self_attn.o_proj", "blk.*.attn_output", .hidden, .attentionBias),
            .weight("model.layers.*.post_attention_layernorm", "blk.*.ffn_norm", [.hidden]),
            .weight("model.layers.*.mlp.gate_proj", "blk.*.ffn_gate", [.intermediate, .hidden]),
            .bias("model.layers.*.mlp.gate_proj", "blk.*.ffn_gate", .intermediate, .feedForwardBias),
            .weight("model.layers.*.mlp.up_proj", "blk.*.ffn_up", [.intermediate, .hidden]),
            .bias("model.layers.*.mlp.up_proj", "blk.*.ffn_up", .intermediate, .feedForwardBias),
            .weight("model.layers.*.mlp.down_proj", "blk.*.ffn_down", [.hidden, .intermediate]),
            .bias("model.layers.*.mlp.down_proj", "blk.*.ffn_down", .hidden, .feedForwardBias),
        ],
        defaults: Defaults(
            ropeTheta: 10_000, rmsNormEpsilon: 1e-6, dividesHiddenIntoHeads: true, sharesNoHeads: true),
        keys: [.headDimension, .vocabularySize, .ropeDimensionCount],
        readsFrequencyFactors: true,
        statesSpacePrefix: true,
        vocabularyRules: [
            // CodeLlama.
            VocabularyRule(size: 32_016, endOfTurnID: 32_010),
            // SmolLM and the small Granite models.
            VocabularyRule(size: 49_152, addsBOS: false),
        ])
}
