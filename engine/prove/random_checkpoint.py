"""Writes a Qwen3 checkpoint with a published model's shapes and random weights, on all cores.

random_checkpoint.py DATA SIZE OUTPUT [SHARDS], where DATA holds tokenizer.json and configs/SIZE/config.json.

The weights are seeded per tensor, so the same bytes come out again with any numpy that keeps PCG64 and its normal
sampler: matrices N(0, 0.02), norms 1 + N(0, 0.05), rounded to BF16 to nearest, ties to even.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
import struct
import sys

import numpy

data, size, output = sys.argv[1:4]
shard_count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
os.makedirs(output, exist_ok=True)
with open(os.path.join(data, "configs", size, "config.json"), encoding="utf-8") as file:
    config = json.load(file)

shutil.copy(os.path.join(data, "configs", size, "config.json"), output)
for name in ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"]:
    shutil.copy(os.path.join(data, name), output)
generation = os.path.join(data, "configs", "generation_config.json")
if os.path.exists(generation):
    shutil.copy(generation, output)

hidden, inner = config["hidden_size"], config["intermediate_size"]
queries = config["num_attention_heads"] * config["head_dim"]
keys = config["num_key_value_heads"] * config["head_dim"]
shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden)}
for layer in range(config["num_hidden_layers"]):
    prefix = f"model.layers.{layer}."
    shapes |= {
        prefix + "input_layernorm.weight": (hidden,),
        prefix + "mlp.down_proj.weight": (hidden, inner),
        prefix + "mlp.gate_proj.weight": (inner, hidden),
        prefix + "mlp.up_proj.weight": (inner, hidden),
        prefix + "post_attention_layernorm.weight": (hidden,),
        prefix + "self_attn.k_norm.weight": (config["head_dim"],),
        prefix + "self_attn.k_proj.weight": (keys, hidden),
        prefix + "self_attn.o_proj.weight": (hidden, queries),
        prefix + "self_attn.q_norm.weight": (config["head_dim"],),
        prefix + "self_attn.q_proj.weight": (queries, hidden),
        prefix + "self_attn.v_proj.weight": (keys, hidden),
    }
shapes["model.norm.weight"] = (hidden,)
if not config["tie_word_embeddings"]:
    shapes["lm_head.weight"] = (config["vocab_size"], hidden)

CHUNK = 1 << 24


def byte_count(name):
    return 2 * int(numpy.prod(shapes[name], dtype=numpy.int64))


def write_tensor(path, offset, name):
    """In chunks: the generator's values do not depend on how many are asked for at once."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    left = byte_count(name) // 2
    with open(path, "r+b") as file:
        file.seek(offset)
        while left > 0:
            values = generator.standard_normal(min(CHUNK, left), dtype=numpy.float32)
            left -= len(values)
            if len(shapes[name]) == 1:
                values = 1 + values * numpy.float32(0.05)
            else:
                values *= numpy.float32(0.02)
            bits = values.view(numpy.uint32)
            bits += 0x7FFF + ((bits >> 16) & 1)
            file.write((bits >> 16).astype("<u2").tobytes())


def write_file(path, names):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name in names:
        end = offset + byte_count(name)
        header[name] = {"dtype": "BF16", "shape": list(shapes[name]), "data_offsets": [offset, end]}
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        start = file.tell()
        file.truncate(start + offset)
    # The largest first, so that the last to end is short.
    jobs = sorted(names, key=byte_count, reverse=True)
    with multiprocessing.get_context("fork").Pool() as pool:
        pool.starmap(write_tensor, [(path, start + header[name]["data_offsets"][0], name) for name in jobs], chunksize=1)


total = sum(map(byte_count, shapes))
if shard_count == 1:
    write_file(os.path.join(output, "model.safetensors"), list(shapes))
else:
    shards, written = [[] for _ in range(shard_count)], 0
    for name in shapes:
        shards[written * shard_count // total].append(name)
        written += byte_count(name)
    files = {f"model-{i + 1:05}-of-{shard_count:05}.safetensors": names for i, names in enumerate(shards)}
    for file_name, names in files.items():
        write_file(os.path.join(output, file_name), names)
    index = {
        "metadata": {"total_size": total},
        "weight_map": {name: file_name for file_name, names in files.items() for name in names}}
    with open(os.path.join(output, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump(index, file)
print(f"{output}: {total // 2:,} parameters")
