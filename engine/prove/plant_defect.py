"""Plants a defect in a checkpoint: plant_defect.py CHECKPOINT OUTPUT DEFECT, where DEFECT is JSON.

    {"kind": "scale", "tensor": NAME, "factor": F}         every weight of a matrix times F
    {"kind": "swap", "tensor": NAME, "rows": [I, J]}       two rows change places
    {"kind": "noise", "layer": L, "share": S, "seed": N}   every matrix of a layer: each weight gets a normal deviate,
                                                           S times the matrix's root mean square

For a checkpoint in one BF16 safetensors file. The normal deviates are Box and Muller's, from SplitMix64: the tests
plant the same defects in Swift.
"""

import hashlib
import json
import os
import shutil
import sys

import numpy

WEIGHTS = "model.safetensors"
MATRICES = [
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
    "mlp.down_proj"]


def give_up(message):
    sys.exit(f"plant_defect.py: error: {message}")


def normal_deviates(count, first, seed):
    """Deviates number `first` and following of a stream; each takes two numbers of SplitMix64."""
    steps = numpy.arange(2 * first + 1, 2 * (first + count) + 1, dtype=numpy.uint64)
    with numpy.errstate(over="ignore"):
        bits = numpy.uint64(seed) + steps * numpy.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        bits ^= bits >> numpy.uint64(31)
    uniform = (bits >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53
    return numpy.sqrt(-2 * numpy.log(1 - uniform[0::2])) * numpy.cos(2 * numpy.pi * uniform[1::2])


def bfloat16(values):
    """The nearest BF16, ties to even, as its bits."""
    bits = numpy.ascontiguousarray(values, dtype="<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


class Checkpoint:
    """The weights file in memory; matrices are changed where they are, so that nothing else of the file moves."""

    def __init__(self, folder):
        self.path = os.path.join(folder, WEIGHTS)
        with open(self.path, "rb") as file:
            self.content = bytearray(file.read())
        length = int.from_bytes(self.content[:8], "little")
        self.header = json.loads(self.content[8 : 8 + length])
        self.start = 8 + length

    def bits(self, name):
        """A matrix's BF16 numbers as their bits, in the file's own memory."""
        entry = self.header.get(name)
        if entry is None or entry["dtype"] != "BF16" or len(entry["shape"]) != 2:
            give_up(f"{self.path} has no BF16 matrix {name}")
        first, last = entry["data_offsets"]
        whole = numpy.frombuffer(self.content, "<u2", count=(last - first) // 2, offset=self.start + first)
        return whole.reshape(entry["shape"])


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def values(bits):
    return (bits.astype("<u4") << 16).view("<f4").astype(numpy.float64)


def plant(checkpoint, defect):
    """Changes the checkpoint's weights."""
    if defect["kind"] == "scale":
        bits = checkpoint.bits(defect["tensor"])
        bits[:] = bfloat16(values(bits) * defect["factor"])
    elif defect["kind"] == "swap":
        bits = checkpoint.bits(defect["tensor"])
        bits[defect["rows"]] = bits[defect["rows"][::-1]]
    elif defect["kind"] == "noise":
        first = 0
        for matrix in MATRICES:
            bits = checkpoint.bits(f"model.layers.{defect['layer']}.{matrix}.weight")
            weights = values(bits)
            spread = defect["share"] * numpy.sqrt(numpy.mean(numpy.square(weights)))
            bits[:] = bfloat16(weights + spread * normal_deviates(bits.size, first, defect["seed"]).reshape(bits.shape))
            first += bits.size
    else:
        give_up(f"there is no kind of defect '{defect['kind']}'")


def write(source, output, defect):
    """Writes a checkpoint with the defect; returns the digest of its weights file."""
    checkpoint = Checkpoint(source)
    plant(checkpoint, defect)
    os.makedirs(output, exist_ok=True)
    for name in os.listdir(source):
        path = os.path.join(source, name)
        if os.path.isfile(path) and name != WEIGHTS:
            shutil.copyfile(path, os.path.join(output, name))
    with open(os.path.join(output, WEIGHTS), "wb") as file:
        file.write(checkpoint.content)
    return hashlib.sha256(checkpoint.content).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        give_up("usage: plant_defect.py CHECKPOINT OUTPUT DEFECT")
    print(write(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
