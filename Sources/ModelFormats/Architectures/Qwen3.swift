extension Architecture {
    /// Qwen3, dense: queries and keys are normalized head by head.
    static let qwen3 = Architecture(
        classNames: ["Qwen3ForCausalLM"],
        name: "qwen3",
        modules: [
            .weight("model.embed_tokens", "token_embd", [.vocabulary, .hidden]),
            .weight("model.norm", "output_norm", [.hidden]),
            .weight("lm_head", "output", [.vocabulary, .hidden]),
            .weight("model.layers.*.input_layernorm", "blk.*.attn_norm", [.hidden]),
            .weight("model.layers.*.self_attn.q_proj", "blk.*.attn_q", [.queries, .hidden]),
            .weight("model.layers.*.self_attn.k_proj", "blk.*.attn_k", [.keyValues, .hidden]),
            .weight("model.layers.*.self_attn.v_proj", "blk.*.attn_v", [.keyValues, .hidden]),
            .weight("model.layers.*.self_attn.o_proj", "blk.*.attn_output", [.hidden, .queries]),
            .weight("model.layers.*.self_attn.q_norm", "blk.*.attn_q_norm", [.head]),
            .weight("model.layers.*.self_attn.k_norm", "blk.*.attn_k_norm", [.head]),
            .weight("model.layers.*.post_attention_layernorm", "blk.*.ffn_norm", [.hidden]),
            .weight("model.layers.*.mlp.gate_proj", "blk.*.ffn_gate", [.intermediate, .hidden]),
            .weight("model.layers.*.mlp.up_proj", "blk.*.ffn_up", [.intermediate, .hidden]),
            .weight("model.layers.*.mlp.down_proj", "blk.*.ffn_down", [.hidden, .intermediate]),
        ])
}
