"""Digests of an MLX folder: digest_mlx.py FOLDER OUTPUT [KEY=VALUE...]

Type, shape and SHA-256 of each tensor, config.json as it decodes, and the totals of the index. Needs no mlx.
"""

import glob
import hashlib
import json
import os
import struct
import sys


def tensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        start = 8 + length
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            digest, left = hashlib.sha256(), end - begin
            while left > 0:
                piece = file.read(min(left, 1 << 22))
                if not piece:
                    sys.exit(f"{path} ends inside the tensor {name}")
                digest.update(piece)
                left -= len(piece)
            yield name, {"dtype": entry["dtype"], "shape": entry["shape"], "sha256": digest.hexdigest()}


def main():
    folder, output = sys.argv[1:3]
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "model*.safetensors"))):
        for name, tensor in tensors(path):
            if name in found:
                sys.exit(f"{path}: tensor {name} is in two files")
            found[name] = tensor
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    with open(os.path.join(folder, "model.safetensors.index.json"), encoding="utf-8") as file:
        index = json.load(file)
    if set(index["weight_map"]) != set(found):
        sys.exit(f"{folder}: the index lists other tensors than the files hold")
    record = dict(argument.split("=", 1) for argument in sys.argv[3:])
    record |= {"totals": index["metadata"], "config": config, "tensors": dict(sorted(found.items()))}
    # A line for each tensor, so that a change shows as one.
    lines = [f' "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in record.items() if key != "tensors"]
    rows = ",\n".join(f'  "{name}": {json.dumps(tensor)}' for name, tensor in record["tensors"].items())
    with open(output, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + ',\n "tensors": {\n' + rows + "\n }\n}\n")


if __name__ == "__main__":
    main()
