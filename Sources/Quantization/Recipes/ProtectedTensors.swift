import ModelFormats

/// Tensors that no recipe quantizes, or only gently.
///
/// Source: `tensor_allows_quantization` in llama.cpp's `src/llama-quant.cpp`, build b11434.
enum ProtectedTensors {
    /// Parts of names: tensors that are small and steer much, or that are looked up rather than multiplied with.
    private static let parts = [
        "_norm.weight",
        // Routers of experts.
        "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight",
        // Gemma's side paths.
        "altup", "laurel", "per_layer_model_proj",
        // Short convolutions.
        "ssm_conv1d", "shortconv.conv.weight",
        // Indices of sparse attention.
        "indexer.k_proj.weight", "indexer.q_proj.weight",
        // RWKV.
        "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
        "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight", "time_mix_a1.weight",
        "time_mix_a2.weight", "time_mix_g1.weight", "time_mix_g2.weight", "time_mix_decay_w1.weight",
        "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight",
        // Relative positions of T5.
        "attn_rel_b.weight",
        // Pictures and sound.
        ".position_embd", "sam.pos_embd", "sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger",
        "a.rvq.codebook", "mm.a.code_embd",
    ]

    private static let names: Set<String> = ["position_embd.weight", "token_types.weight"]

    private static let partsByArchitecture = [
        "glm5-next": [
            "hc_", "indexer.attn_q_b", "indexer.attn_k", "indexer.proj", "indexer_compressor_gate",
            "indexer_compressor_ape", "ssm_f_a.weight", "ssm_f_b.weight", "ssm_g_a.weight", "ssm_g_b.weight",
            "ssm_beta.weight", "attn_kv_a_mqa.weight", "attn_k_b.weight", "attn_v_b.weight",
        ]
    ]

    /// Whether the name alone keeps a tensor from being quantized, in every architecture.
    static func contains(_ name: String) -> Bool {
        !name.hasSuffix("weight") || names.contains(name) || parts.contains { name.contains($0) }
    }

    /// Whether a recipe may give the tensor a type of its own; it then is a matrix, or one for each expert.
    static func admit(_ tensor: RecipeTensor, architecture: String) -> Bool {
        let own = partsByArchitecture[architecture] ?? []
        return tensor.dimensionCount > 1 && !tensor.isProtected && !own.contains { tensor.name.contains($0) }
    }

    /// The type of tensors that mixtures do not take below it; nil for all others.
    static func floor(_ tensor: RecipeTensor, architecture: String) -> TensorType? {
        let gentle = architecture == "glm5-next" ? ["attn_q_a", "attn_q_b", "nextn.eh_proj"] : []
        return gentle.contains { tensor.name.contains($0) } ? .q8_0 : nil
    }

    /// Names that llama.cpp's converter stores as F32 whatever their shape; "*" stands for the block.
    private static let floatNames: Set<String> = [
        "blk.*.ffn_gate_inp.weight", "blk.*.ffn_gate_inp_shexp.weight", "position_embd.weight", "token_types.weight",
        "blk.*.ssm_conv1d.weight", "blk.*.ssm_conv1d_q.weight", "blk.*.ssm_conv1d_k.weight",
        "blk.*.ssm_conv1d_v.weight", "blk.*.shortconv.conv.weight", "blk.*.time_mix_first.weight",
        "blk.*.time_mix_w1.weight", "blk.*.time_mix_w2.weight", "blk.*.time_mix_decay_w1.weight",
        "blk.*.time_mix_decay_w2.weight", "blk.*.time_mix_lerp_fused.weight", "blk.*.altup_correct_coef.weight",
        "blk.*.altup_predict_coef.weight", "blk.*.indexer.proj.weight",
    ]

    /// The type in the parent: F32 for vectors, norms and whatever is no weight, otherwise the parent's own.
    static func parentType(_ tensor: ModelTensor, floats: TensorType) -> TensorType {
        let name = tensor.layer.map { tensor.name.replacing("blk.\($0).", with: "blk.*.") } ?? tensor.name
        let isFloat =
            tensor.shape.count < 2 || tensor.role == .norm || !name.hasSuffix(".weight") || floatNames.contains(name)
        return isFloat ? .f32 : floats
    }
}
