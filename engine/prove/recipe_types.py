"""Writes the tensor types that llama-quantize gives to known models: recipe_types.py LLAMA_QUANTIZE OUTPUT BUILD [MODEL]...

The models are GGUF files with headers and no data: holes, which a dry run never reads. OUTPUT gets one JSON file for
each. A case says for which options, and for which of "without" and "with" an importance matrix, its types hold; types
other than the most frequent one (among tensors that are BF16 before) are listed with their tensors and layers.
"""

import collections
import datetime
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

from recipe_models import MODELS

RECIPES = (
    "F32 F16 BF16 Q8_0 MXFP4_MOE Q6_K Q5_1 Q5_K_M Q5_K_S Q5_0 Q4_1 Q4_K_M Q4_K_S Q4_0 IQ4_NL IQ4_XS Q3_K_L Q3_K_M "
    "IQ3_M IQ3_S Q3_K_S IQ3_XS IQ3_XXS Q2_K Q2_K_S IQ2_M IQ2_S Q2_0 IQ2_XS TQ2_0 IQ2_XXS IQ1_M TQ1_0 IQ1_S Q1_0"
).split()

# Options that decide types, on the models and recipes where they meet most rules.
OPTIONS = [
    ["--pure"],
    ["--leave-output-tensor"],
    ["--output-tensor-type", "q8_0"],
    ["--token-embedding-type", "Q4_0"],
    ["--output-tensor-type", "f16", "--token-embedding-type", "q5_1"],
    ["--pure", "--output-tensor-type", "q8_0"],
    ["--tensor-type", "ATTN_V=q8_0"],
    # Tensors that a pattern takes are not counted: the rules of the others shift.
    ["--tensor-type", r"blk\.[0-4]\.(attn_v|ffn_down)=f16"],
    ["--tensor-type", r"\.(1|2|1[0-9])\.attn_v\.=q6_k", "--tensor-type", "attn=iq4_nl", "--tensor-type", "ffn_up$=bf16"],
    ["--tensor-type", "weight$=nvfp4", "--leave-output-tensor"],
    ["--tensor-type", "embd=q5_0", "--token-embedding-type", "IQ4_nl", "--pure"],
]
OPTION_MODELS = ["qwen3-0.6b", "qwen3-8b", "mixtral-8x7b", "deepseek-v2-lite", "oddities"]
OPTION_RECIPES = ["Q4_K_M", "Q3_K_M", "IQ2_M", "IQ4_XS", "Q8_0", "BF16"]

TYPES = {"F32": (0, 4), "BF16": (30, 2)}


def text(value):
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def entry(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    kind, layout = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}[type(value)]
    return text(key) + struct.pack("<I", kind) + struct.pack(layout, value)


def each_tensor(model):
    for name, shape, kind, layers in model.tensors:
        for layer in layers or [None]:
            yield name if layer is None else name.replace("*", str(layer)), shape, kind


def write_header(model, path):
    metadata = [entry("general.architecture", model.architecture)]
    metadata += [entry(f"{model.architecture}.{key}", value) for key, value in model.metadata.items()]
    tensors, offset = [], 0
    for name, shape, kind in each_tensor(model):
        number, size = TYPES[kind]
        tensors.append(text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", number, offset))
        for length in shape:
            size *= length
        offset += -(-size // 32) * 32
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)) + b"".join(metadata + tensors)
    with open(path, "wb") as file:
        file.write(header)
        file.truncate(-(-len(header) // 32) * 32 + offset)


def write_matrix(path):
    """An importance matrix in the legacy format; that one is there at all is what rules ask."""
    name = b"no_such_tensor.weight"
    with open(path, "wb") as file:
        file.write(struct.pack("<ii", 1, len(name)) + name + struct.pack("<iif", 1, 1, 1.0))


LINE = re.compile(r"^\[ *\d+/ *\d+\] (\S+) +- \[.*\], type = +(\S+), size = .*?(?:-> .*\((\S+)\))?$")


def dry_run(program, model_file, recipe, options, matrix):
    command = [program, "--dry-run", *options, *(["--imatrix", matrix] if matrix else []), model_file, recipe, "1"]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    output = result.stdout + result.stderr
    if result.returncode != 0:
        reason = re.search(r"failed to quantize: (no tensor type fallback .*)", output)
        if not reason:
            sys.exit(f"{' '.join(command)}\nexit status {result.returncode}\n{output[-2000:]}")
        return reason.group(1), None
    types = {}
    for line in output.splitlines():
        # Warnings about fallbacks may run into the line.
        found = LINE.match(line[line.find("["):])
        if found:
            types[found.group(1)] = (found.group(3) or found.group(2)).upper()
    return types, re.search(r"quant size += +([0-9.]+) MiB", output).group(1)


def ranges(layers):
    parts, start = [], None
    for layer in layers:
        if start is None:
            start = end = layer
        elif layer == end + 1:
            end = layer
        else:
            parts.append((start, end))
            start = end = layer
    parts.append((start, end))
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def compact(model, types):
    before = {name: kind for name, _, kind in each_tensor(model)}
    if set(types) != set(before):
        sys.exit(f"{model.name}: the dry run lists {len(types)} tensors, and there are {len(before)}")
    default = collections.Counter(types[name] for name in before if before[name] == "BF16").most_common(1)[0][0]
    others = collections.defaultdict(list)
    for name, _, kind, layers in model.tensors:
        unlisted = default if kind == "BF16" else kind
        found = collections.defaultdict(list)
        for layer in layers or [None]:
            found[types[name if layer is None else name.replace("*", str(layer))]].append(layer)
        for storage, places in sorted(found.items()):
            if storage != unlisted:
                whole = places == (layers or [None])
                others[storage].append(name if whole else f"{name} {ranges(places)}")
    return {"default": default, "others": dict(sorted(others.items()))}


def cases(program, model, model_file, matrix):
    wanted = [(recipe, []) for recipe in RECIPES]
    if model.name in OPTION_MODELS:
        wanted += [(recipe, options) for options in OPTIONS for recipe in OPTION_RECIPES]
    for recipe, options in wanted:
        answers = []
        for given in [None, matrix]:
            types, size = dry_run(program, model_file, recipe, options, given)
            answers.append({"error": types} if size is None else {"size_mib": size, **compact(model, types)})
        head = {"recipe": recipe, "options": options}
        if answers[0] == answers[1]:
            yield {**head, "imatrix": [False, True], **answers[0]}
        else:
            yield {**head, "imatrix": [False], **answers[0]}
            yield {**head, "imatrix": [True], **answers[1]}


def main():
    program, output, build, *only = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        matrix = os.path.join(work, "imatrix.dat")
        write_matrix(matrix)
        for model in MODELS:
            if only and model.name not in only:
                continue
            model_file = os.path.join(work, "model.gguf")
            write_header(model, model_file)
            found = list(cases(program, model, model_file, matrix))
            record = {
                "provenance": {
                    "tool": f"llama.cpp {build}", "command": "llama-quantize --dry-run [--imatrix FILE] OPTIONS MODEL RECIPE",
                    "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
                    "made_by": "./lab prove recipes",
                },
                "model": {
                    "architecture": model.architecture, "layers": model.layers, "heads": model.heads,
                    "kv_heads": model.kv_heads, "experts": model.experts,
                },
            }
            tensors = [{"name": name, "shape": shape, "type": kind, **({"layers": ranges(layers)} if layers else {})}
                       for name, shape, kind, layers in model.tensors]
            with open(os.path.join(output, f"{model.name}.json"), "w", encoding="utf-8") as file:
                file.write("{\n")
                for name, value in record.items():
                    file.write(f'"{name}": {json.dumps(value)},\n')
                for name, lines in [("tensors", tensors), ("cases", found)]:
                    body = ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
                    file.write(f'"{name}": [\n{body}\n]' + (",\n" if name == "tensors" else "\n"))
                file.write("}\n")
            print(f"{model.name}: {len(found)} cases, {sum('error' in case for case in found)} refused")


if __name__ == "__main__":
    main()
