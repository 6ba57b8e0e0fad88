"""Writes small checkpoints of the architectures beside Qwen3: mlx_checkpoints.py TOKENIZER OUTPUT

TOKENIZER is a checkpoint whose tokenizer they share. The weights are seeded per tensor: matrices N(0, 0.05), norms
1 + N(0, 0.05), biases N(0, 0.5).

qwen2:   biases, a tied embedding; a BF16 checkpoint.
llama:   an output matrix, llama3's rope scaling, F16; rows of 96, which groups of 64 do not divide, and of 256.
mistral: F32 weights that config.json wants in BF16.
tied:    Llama, tied, with an output matrix in the files that nobody needs, in two shards.
"""

import hashlib
import json
import os
import shutil
import struct
import sys

import numpy

tokenizer, output = sys.argv[1:]
with open(os.path.join(tokenizer, "config.json"), encoding="utf-8") as file:
    base = json.load(file)

LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 512,
}
SHAPES = {"hidden_size": 128, "intermediate_size": 384, "num_attention_heads": 4, "num_key_value_heads": 2}
CHECKPOINTS = {
    "qwen2": (
        "Qwen2ForCausalLM", "BF16",
        SHAPES | {"tie_word_embeddings": True, "torch_dtype": "bfloat16", "rope_theta": 1e6},
    ),
    "llama": (
        "LlamaForCausalLM", "F16",
        {"hidden_size": 96, "intermediate_size": 256, "num_attention_heads": 3, "num_key_value_heads": 1}
        | {"tie_word_embeddings": False, "torch_dtype": "float16", "rope_scaling": LLAMA3, "attention_bias": False,
           "mlp_bias": False},
    ),
    "mistral": (
        "MistralForCausalLM", "F32",
        SHAPES | {"tie_word_embeddings": False, "torch_dtype": "bfloat16", "sliding_window": 4096, "head_dim": 64},
    ),
    "tied": ("LlamaForCausalLM", "BF16", SHAPES | {"tie_word_embeddings": True, "torch_dtype": "bfloat16"}),
}


def shapes(architecture, config):
    hidden, inner, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    width = config.get("head_dim", hidden // config["num_attention_heads"])
    queries, keys = width * config["num_attention_heads"], width * config["num_key_value_heads"]
    yield "model.embed_tokens.weight", (vocabulary, hidden)
    yield "model.norm.weight", (hidden,)
    if architecture != "Qwen2ForCausalLM":
        yield "lm_head.weight", (vocabulary, hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (hidden,)
        yield prefix + "post_attention_layernorm.weight", (hidden,)
        for name, rows in [("q", queries), ("k", keys), ("v", keys)]:
            yield f"{prefix}self_attn.{name}_proj.weight", (rows, hidden)
            if architecture == "Qwen2ForCausalLM":
                yield f"{prefix}self_attn.{name}_proj.bias", (rows,)
        yield prefix + "self_attn.o_proj.weight", (hidden, queries)
        yield prefix + "mlp.gate_proj.weight", (inner, hidden)
        yield prefix + "mlp.up_proj.weight", (inner, hidden)
        yield prefix + "mlp.down_proj.weight", (hidden, inner)


def values(name, shape, scalar):
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    normal = numpy.random.Generator(numpy.random.PCG64(seed)).standard_normal(shape, dtype=numpy.float32)
    if name.endswith("norm.weight"):
        floats = 1 + normal * numpy.float32(0.05)
    else:
        floats = normal * numpy.float32(0.5 if name.endswith("bias") else 0.05)
    if scalar == "F32":
        return floats.tobytes()
    if scalar == "F16":
        return floats.astype("<f2").tobytes()
    bits = floats.view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()


def write(path, tensors, scalar):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, shape in tensors:
        raw = values(name, shape, scalar)
        header[name] = {"dtype": scalar, "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


for name, (architecture, scalar, settings) in CHECKPOINTS.items():
    folder = os.path.join(output, name)
    os.makedirs(folder)
    config = {
        key: base[key]
        for key in ("bos_token_id", "eos_token_id", "hidden_act", "max_position_embeddings", "rms_norm_eps", "vocab_size")
    }
    config |= {
        "architectures": [architecture], "model_type": architecture.split("For")[0].lower(), "num_hidden_layers": 3,
        "rope_theta": 10000.0,
    } | settings
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1)
    for part in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(os.path.join(tokenizer, part), folder)
    tensors = list(shapes(architecture, config))
    if name != "tied":
        write(os.path.join(folder, "model.safetensors"), tensors, scalar)
        continue
    index = {}
    for shard in range(2):
        part = f"model-0000{shard + 1}-of-00002.safetensors"
        write(os.path.join(folder, part), tensors[shard::2], scalar)
        index |= {tensor: part for tensor, _ in tensors[shard::2]}
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump({"metadata": {}, "weight_map": index}, file)
