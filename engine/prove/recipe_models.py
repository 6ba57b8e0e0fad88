"""Models whose tensor types are compared: what is in their GGUF headers, without data.

Each is one that recipes treat in a way of their own. Shapes are the published ones, but for `oddities`, which collects
what no model has together. A tensor is (name, dimensions fastest first, type, layers); "*" stands for the layer, and
layers are all unless they are given.
"""


class Model:
    """A model's header: architecture, metadata, tensors."""

    def __init__(self, name, architecture, layers, heads, kv_heads, hidden, inner, vocabulary, experts=0, metadata=()):
        self.name, self.architecture, self.layers = name, architecture, layers
        self.heads, self.kv_heads, self.experts = heads, kv_heads, experts
        self.hidden, self.inner, self.vocabulary = hidden, inner, vocabulary
        self.metadata = {
            "block_count": layers, "context_length": 4096, "embedding_length": hidden, "feed_forward_length": inner,
            "attention.head_count": heads, "attention.head_count_kv": kv_heads,
            "attention.layer_norm_rms_epsilon": 1e-6, "attention.layer_norm_epsilon": 1e-6,
            "vocab_size": vocabulary, **dict(metadata),
        }
        if experts:
            self.metadata |= {"expert_count": experts, "expert_used_count": 2, "expert_feed_forward_length": inner}
        self.tensors = []
        self.add("token_embd.weight", [hidden, vocabulary])
        self.add("output_norm.weight", [hidden], "F32")

    def add(self, name, shape, kind="BF16", layers=None):
        self.tensors.append((name, shape, kind, layers))
        return self

    def block(self, name, shape, kind="BF16", layers=None):
        if layers is None:
            layers = range(self.layers)
        return self.add(f"blk.*.{name}.weight", shape, kind, list(layers))

    def output(self):
        return self.add("output.weight", [self.hidden, self.vocabulary])

    def norms(self, *names):
        for name in names:
            self.block(name, [self.hidden], "F32")
        return self

    def attention(self, head=None, biases=False):
        head = head or self.hidden // self.heads
        queries, keys = head * self.heads, head * self.kv_heads
        for name, width in [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)]:
            self.block(name, [self.hidden, width])
            if biases:
                self.add(f"blk.*.{name}.bias", [width], "F32", list(range(self.layers)))
        return self.block("attn_output", [queries, self.hidden])

    def feed_forward(self, inner=None, layers=None, suffix="", gate=True):
        inner = inner or self.inner
        if gate:
            self.block("ffn_gate" + suffix, [self.hidden, inner], layers=layers)
        self.block("ffn_up" + suffix, [self.hidden, inner], layers=layers)
        return self.block("ffn_down" + suffix, [inner, self.hidden], layers=layers)

    def expert_stacks(self, inner, layers=None):
        self.block("ffn_gate_inp", [self.hidden, self.experts], "F32", layers)
        self.block("ffn_gate_exps", [self.hidden, inner, self.experts], layers=layers)
        self.block("ffn_up_exps", [self.hidden, inner, self.experts], layers=layers)
        return self.block("ffn_down_exps", [inner, self.hidden, self.experts], layers=layers)


def plain(*arguments, head=None, tied=False, biases=False, **named):
    model = Model(*arguments, **named).norms("attn_norm", "ffn_norm").attention(head, biases).feed_forward()
    return model if tied else model.output()


def falcon(name, layers, heads, kv_heads, hidden):
    model = Model(name, "falcon", layers, heads, kv_heads, hidden, 4 * hidden, 65024).output().norms("attn_norm")
    head = hidden // heads
    model.block("attn_qkv", [hidden, hidden + 2 * kv_heads * head]).block("attn_output", [hidden, hidden])
    return model.feed_forward(gate=False)


def mixtral():
    model = Model("mixtral-8x7b", "llama", 32, 32, 8, 4096, 14336, 32000, experts=8).output()
    return model.norms("attn_norm", "ffn_norm").attention().expert_stacks(14336)


def qwen3moe():
    model = Model("qwen3-30b-a3b", "qwen3moe", 48, 32, 4, 2048, 768, 151936, experts=128).output()
    return model.norms("attn_norm", "ffn_norm").attention(128).expert_stacks(768)


def deepseek2():
    model = Model(
        "deepseek-v2-lite", "deepseek2", 27, 16, 16, 2048, 1408, 102400, experts=64,
        metadata={
            "leading_dense_block_count": 1, "attention.kv_lora_rank": 512, "expert_shared_count": 2,
            "expert_weights_scale": 1.0, "rope.dimension_count": 64, "attention.key_length": 192,
            "attention.value_length": 128,
        })
    model.output().norms("attn_norm", "ffn_norm").block("attn_q", [2048, 3072])
    model.block("attn_kv_a_mqa", [2048, 576]).block("attn_kv_b", [512, 4096]).block("attn_output", [2048, 2048])
    model.feed_forward(10944, layers=[0])
    return model.expert_stacks(1408, range(1, 27)).feed_forward(2816, layers=range(1, 27), suffix="_shexp")


def gemma2():
    model = Model(
        "gemma-2-2b", "gemma2", 26, 8, 4, 2304, 9216, 256000,
        metadata={"attention.key_length": 256, "attention.value_length": 256})
    model.norms("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
    return model.attention(256).feed_forward()


def gpt2():
    model = Model("gpt2", "gpt2", 12, 12, 12, 768, 3072, 50257).add("position_embd.weight", [768, 1024], "F32")
    model.norms("attn_norm", "ffn_norm").block("attn_qkv", [768, 2304]).block("attn_output", [768, 768])
    for name, width in [("attn_qkv", 2304), ("attn_output", 768), ("ffn_up", 3072), ("ffn_down", 768)]:
        model.add(f"blk.*.{name}.bias", [width], "F32", list(range(12)))
    return model.feed_forward(gate=False)


def mamba():
    model = Model(
        "mamba-370m", "mamba", 48, 0, 0, 1024, 0, 50280,
        metadata={"ssm.conv_kernel": 4, "ssm.inner_size": 2048, "ssm.state_size": 16, "ssm.time_step_rank": 64})
    model.norms("attn_norm").block("ssm_in", [1024, 4096]).block("ssm_conv1d", [4, 2048], "F32")
    model.block("ssm_x", [2048, 96]).block("ssm_dt", [64, 2048]).block("ssm_out", [2048, 1024])
    return model.add("blk.*.ssm_a", [16, 2048], "F32", list(range(48)))


def bailing():
    model = Model(
        "bailing-3", "bailingmoe3", 4, 16, 16, 1024, 512, 32000, experts=16,
        metadata={
            "attention.key_length_mla": 192, "attention.value_length_mla": 128, "attention.kv_lora_rank": 512,
            "ssm.conv_kernel": 4, "kda.head_dim": 128, "kda.gate_lower_bound": -5.0, "expert_shared_count": 1,
            "leading_dense_block_count": 1, "expert_weights_scale": 1.0, "expert_weights_norm": True,
            "expert_gating_func": 2,
        })
    model.output().norms("attn_norm", "ffn_norm").block("attn_k_b", [128, 512, 16]).block("attn_v_b", [512, 128, 16])
    return model.feed_forward(layers=[0]).expert_stacks(512, range(1, 4))


def glm5_next():
    model = Model(
        "glm-5-next", "glm5-next", 4, 16, 1, 1024, 512, 32000, experts=16,
        metadata={
            "attention.key_length_mla": 192, "attention.value_length_mla": 128, "attention.kv_lora_rank": 512,
            "attention.q_lora_rank": 768, "ssm.conv_kernel": 4, "kda.head_dim": 128, "expert_shared_count": 1,
            "attention.indexer.head_count": 4, "attention.indexer.key_length": 128, "attention.indexer.top_k": 64,
            "attention.indexer.kpool": 2, "hyper_connection.count": 4, "hyper_connection.sinkhorn_iterations": 3,
            "hyper_connection.epsilon": 1e-6,
        })
    model.output().norms("attn_norm", "ffn_norm").block("attn_q_a", [1024, 768]).block("attn_q_b", [768, 3072])
    for name in ["hc_attn_fn", "indexer.proj", "indexer.attn_k", "indexer.attn_q_b", "indexer_compressor_gate",
                 "indexer_compressor_ape", "ssm_f_a", "ssm_f_b", "ssm_g_a", "ssm_g_b", "ssm_beta", "attn_kv_a_mqa",
                 "attn_k_b", "attn_v_b", "nextn.eh_proj"]:
        model.block(name, [1024, 64], layers=[3])
    model.block("attn_output", [2048, 1024])
    return model.feed_forward(layers=[0]).expert_stacks(512, range(1, 4))


def oddities():
    model = plain("oddities", "llama", 3, 4, 2, 320, 200, 320, tied=True)
    for name in ["per_layer_token_embd", "per_layer_model_proj", "token_types", "position_embd", "v.position_embd",
                 "v.patch_embd", "a.rvq.codebook", "mm.a.code_embd", "sam.pos_embd", "sam.neck.0", "sam.net_2"]:
        model.add(f"{name}.weight", [512, 64])
    for name in ["altup_router", "laurel_l", "ssm_conv1d", "shortconv.conv", "indexer.k_proj", "indexer.q_proj",
                 "indexer.other", "ffn_gate_tid2eid", "attn_rel_b", "rel_pos_x", "v.patch_merger.0"]:
        model.block(name, [512, 64], layers=[1])
    for name in ["first", "w0", "w1", "w2", "v0", "v1", "v2", "a0", "a1", "a2", "g1", "g2", "decay_w1", "decay_w2",
                 "lerp_fused", "key"]:
        model.block(f"time_mix_{name}", [256, 64], layers=[2])
    model.block("one_row", [512, 1], layers=[0]).block("one_column", [1, 512], layers=[0])
    model.add("blk.*.sub.weight_scale", [512, 64], layers=[0])
    return model.block("ffn_down_narrow", [96, 512], layers=[0]).block("rows_of_128", [128, 64], layers=[0])


MODELS = [
    plain("qwen3-0.6b", "qwen3", 28, 16, 8, 1024, 3072, 151936, head=128, tied=True),
    plain("qwen3-8b", "qwen3", 36, 32, 8, 4096, 12288, 151936, head=128),
    plain("qwen2.5-7b", "qwen2", 28, 28, 4, 3584, 18944, 152064, biases=True),
    plain("qwen2.5-72b", "qwen2", 80, 64, 8, 8192, 29568, 152064, biases=True),
    plain("llama-2-7b", "llama", 32, 32, 32, 4096, 11008, 32000),
    plain("llama-3-8b", "llama", 32, 32, 8, 4096, 14336, 128256),
    plain("llama-65b", "llama", 80, 64, 64, 8192, 22016, 32000),
    plain("llama-3-70b", "llama", 80, 64, 8, 8192, 28672, 128256),
    plain("smollm2-135m", "llama", 30, 9, 3, 576, 1536, 49152, tied=True),
    plain("uneven", "qwen3", 11, 6, 3, 288, 800, 151936, head=48),
    mixtral(), qwen3moe(), deepseek2(), falcon("falcon-7b", 32, 71, 1, 4544), falcon("falcon-40b", 60, 128, 8, 8192),
    gemma2(), gpt2(), mamba(), bailing(), glm5_next(), oddities(),
]
