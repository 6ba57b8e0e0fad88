"""Compares two outputs of digest_gguf.py: compare_digests.py PEER OURS.

Exit 0 when tensors (names, order, types, shapes, offsets, bytes) and metadata are equal, free text apart, which is
listed; exit 1 otherwise.
"""

import json
import sys

# What a person chose to write about a model. Everything else decides how the file is read.
FREE_TEXT = (
    "general.name", "general.basename", "general.finetune", "general.version", "general.description",
    "general.author", "general.organization", "general.license", "general.url", "general.repo_url",
    "general.source", "general.base_model", "general.dataset", "general.tags", "general.languages",
    "general.quantized_by",
)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        peer = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        ours = json.load(file)
    hard, soft = [], []
    for key in dict.fromkeys(peer["metadata_order"] + ours["metadata_order"]):
        left, right = peer["metadata"].get(key), ours["metadata"].get(key)
        if left != right:
            (soft if key.startswith(FREE_TEXT) else hard).append(f"metadata {key}: peer {shown(left)}, ours {shown(right)}")
    if [key for key in peer["metadata_order"] if key in ours["metadata"]] != [
        key for key in ours["metadata_order"] if key in peer["metadata"]
    ]:
        soft.append("metadata: the keys come in another order")
    left = {tensor["name"]: tensor for tensor in peer["tensors"]}
    right = {tensor["name"]: tensor for tensor in ours["tensors"]}
    if list(left) != list(right):
        hard.append(f"tensors: names or order differ ({len(left)} of the peer's, {len(right)} of ours)")
    differing = [name for name in left if name in right and left[name] != right[name]]
    for name in differing[:8]:
        fields = [field for field in left[name] if left[name][field] != right[name][field]]
        hard.append(f"tensor {name}: {', '.join(f'{field} {left[name][field]} / {right[name][field]}' for field in fields)}")
    if len(differing) > 8:
        hard.append(f"and {len(differing) - 8} more tensors differ")
    same = peer["file"]["sha256"] == ours["file"]["sha256"]
    equal = len([name for name in left if left[name] == right.get(name)])
    print(f"{equal} of {len(left)} tensors equal, {len(hard)} differences, {len(soft)} in free text; "
          f"files {'identical' if same else 'not identical'}")
    for line in hard:
        print("  DIFFERS  " + line)
    for line in soft:
        print("  free     " + line)
    sys.exit(1 if hard else 0)


def shown(entry):
    if entry is None:
        return "absent"
    text = json.dumps(entry.get("value", entry), ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."


if __name__ == "__main__":
    main()
