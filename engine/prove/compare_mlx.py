"""Compares two outputs of digest_mlx.py: compare_mlx.py PEER OURS

Exit 0 when tensors (names, types, shapes, bytes), totals and config.json are equal; exit 1 otherwise. Where one
config.json names a matrix and the other leaves it to the model's own type, both load alike, and they count as equal.
"""

import json
import sys


def quantization(config):
    """The model's own type, and the matrices that have another one."""
    section = dict(config["quantization"])
    own = {key: section.pop(key) for key in ("group_size", "bits", "mode")}
    return own, {path: type for path, type in section.items() if type != own}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        peer = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        ours = json.load(file)
    differences = []
    for name in sorted(set(peer["tensors"]) | set(ours["tensors"])):
        left, right = peer["tensors"].get(name), ours["tensors"].get(name)
        if left != right:
            differences.append(f"tensor {name}: peer {left}, ours {right}")
    if peer["totals"] != ours["totals"]:
        differences.append(f"totals: peer {peer['totals']}, ours {ours['totals']}")
    for key in sorted(set(peer["config"]) | set(ours["config"])):
        left, right = peer["config"].get(key), ours["config"].get(key)
        if key in ("quantization", "quantization_config"):
            left, right = quantization(peer["config"]), quantization(ours["config"])
        if left != right:
            differences.append(f"config.json {key}: peer {left}, ours {right}")
    equal = sum(1 for name, tensor in peer["tensors"].items() if ours["tensors"].get(name) == tensor)
    print(f"{equal} of {len(peer['tensors'])} tensors equal, {len(differences)} differences")
    for line in differences[:12]:
        print("  DIFFERS  " + line)
    if len(differences) > 12:
        print(f"  and {len(differences) - 12} more")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
