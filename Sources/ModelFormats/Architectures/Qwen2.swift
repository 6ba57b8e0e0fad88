extension Architecture {
    /// Qwen2 and Qwen2.5, dense: queries, keys and values have biases.
    static let qwen2 = Architecture(
        classNames: ["Qwen2ForCausalLM"],
        name: "qwen2",
        modules: [
            .weight("model.embed_tokens", "token_embd", [.vocabulary, .hidden]),
            .weight("model.norm", "output_norm", [.hidden]),
            .weight("lm_head", "output", [.vocabulary, .hidden]),
            .weight("model.layers.*.input_layernorm", "blk.*.attn_norm", [.hidden]),
            .weight("model.layers.*.self_attn.q_proj", "blk.*.attn_q", [.queries, .hidden]),
            .bias("model.layers.*.self_attn.q_proj", "blk.*.attn_q", .queries),
            .weight("model.layers.*.self_attn.k_proj", "blk.*.attn_k", [.keyValues, .hidden]),
            .bias("model.layers.*.self_attn.k_proj", "blk.*.attn_k", .keyValues),
            .weight("model.layers.*.self_attn.v_proj", "blk.*.attn_v", [.keyValues, .hidden]),
            .bias("model.layers.*.self_attn.v_proj", "blk.*.attn_v", .keyValues),
            .weight("model.layers.*.self_attn.o_proj", "blk.*.attn_output", [.hidden, .queries]),
            .weight("model.layers.*.post_attention_layernorm", "blk.*.ffn_norm", [.hidden]),
            .weight("model.layers.*.mlp.gate_proj", "blk.*.ffn_gate", [.intermediate, .hidden]),
            .weight("model.layers.*.mlp.up_proj", "blk.*.ffn_up", [.intermediate, .hidden]),
            .weight("model.layers.*.mlp.down_proj", "blk.*.ffn_down", [.hidden, .intermediate]),
        ],
        defaults: Defaults(ropeTheta: 10_000, rmsNormEpsilon: 1e-6, dividesHiddenIntoHeads: true))
}
