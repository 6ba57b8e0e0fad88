"""Compares two importance matrices in GGUF: compare_imatrix.py PEER OURS.

Exit 0 when both hold the same tensors with the same counts, and the sums agree to a relative 1e-5 of the peer's (sums
of signed values: of the largest in the tensor); exit 1 otherwise. Statistics that the peer derives are passed over.
"""

import mmap
import struct
import sys

from digest_gguf import Reader

LIMIT = 1e-5


def tensors(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = Reader(data)
        reader.position = 8
        tensor_count, entry_count = reader.scalar("<Q"), reader.scalar("<Q")
        for _ in range(entry_count):
            reader.string()
            reader.entry()
        found = []
        for _ in range(tensor_count):
            name = reader.string()
            count = 1
            for _ in range(reader.scalar("<I")):
                count *= reader.scalar("<Q")
            kind, offset = reader.scalar("<I"), reader.scalar("<Q")
            if kind != 0:
                sys.exit(f"{path}: tensor {name} is not F32")
            found.append((name, count, offset))
        start = -(-reader.position // 32) * 32
        return {
            name: struct.unpack_from(f"<{count}f", data, start + offset)
            for name, count, offset in found if not name.endswith(".stats")}


def main():
    peer, ours = tensors(sys.argv[1]), tensors(sys.argv[2])
    if set(peer) != set(ours):
        sys.exit(f"tensors differ: {sorted(set(peer) ^ set(ours))[:5]}")
    worst, place, equal = 0.0, "", 0
    for name, left in peer.items():
        right = ours[name]
        if len(left) != len(right):
            sys.exit(f"{name}: {len(left)} values of the peer's, {len(right)} of ours")
        scale = max(map(abs, left)) if name.endswith(".in_sum") else None
        for one, other in zip(left, right):
            difference = abs(one - other) / max(scale or abs(one), 1e-30)
            equal += one == other
            if difference > worst:
                worst, place = difference, name
    total = sum(map(len, peer.values()))
    print(f"{len(peer)} tensors, {equal} of {total} sums equal, largest relative difference {worst:.2g} {place}")
    sys.exit(0 if worst <= LIMIT else 1)


if __name__ == "__main__":
    main()
