"""Writes digests of what mx.quantize makes of generated weights: mlx_codec.py OUTPUT

The weights are those of AffineGoldens in the tests: integers from SplitMix64, turned into floats by steps that are
exact or rounded once, so that both languages have the same ones. Each digest is over codes, scales and biases.
"""

import hashlib
import json
import sys

import mlx.core as mx
import numpy

mx.set_default_device(mx.cpu)
COUNT, ROW = 65536, 1024


def splitmix64(seed):
    state = numpy.uint64(seed) + numpy.arange(1, COUNT + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return state ^ (state >> numpy.uint64(31))


def power(exponents):
    """Powers of two as float32, from exponents within its range."""
    return ((numpy.asarray(exponents, dtype=numpy.int32) + 127) << 23).view(numpy.float32)


def weights():
    """The kinds of weights in their order, by name."""
    f32 = numpy.float32
    index = numpy.arange(COUNT)

    def normal(seed):
        bits = splitmix64(seed)
        parts = sum(((bits >> numpy.uint64(16 * part)) & numpy.uint64(0xFFFF)).astype(numpy.int64) for part in range(4))
        return (parts - 131070).astype(f32) * f32(2.0**-21)

    def integers(seed, count):
        return (splitmix64(seed) % numpy.uint64(count)).astype(numpy.int32)

    yield "normal", normal(1)
    yield "heavy-tailed", normal(2) * power(integers(3, 24) - 12)
    yield "constant", normal(4)[index // 32 * 32]
    yield "zeros", numpy.where(integers(5, 2) == 0, f32(0), f32(-0.0))
    yield "coarse", (integers(6, 5) - 2).astype(f32) * f32(0.25)
    yield "ties", (integers(7, 63) - 31).astype(f32) * f32(0.125)
    yield "near the least scale", normal(8) * power(numpy.full(COUNT, -19))
    yield "subnormal", (splitmix64(9).astype(numpy.uint32) & numpy.uint32(0x807FFFFF)).view(f32)
    yield "positive", numpy.abs(normal(10)) + f32(3)
    yield "large", normal(11) * power(numpy.full(COUNT, 17))
    yield "mixed scales", normal(12) * power(integers(13, 40)[index // 32] - 30)
    yield "one outlier", numpy.where(index % 128 == 77, f32(100), normal(14) * f32(2.0**-10))
    bits = splitmix64(15)
    exponents = (bits >> numpy.uint64(32)) % numpy.uint64(44) + numpy.uint64(97)
    patterns = (bits & numpy.uint64(0x807FFFFF)) | exponents << numpy.uint64(23)
    yield "any bits", patterns.astype(numpy.uint32).view(f32)


def raw(array):
    """The bytes of an array; numpy knows no bfloat16."""
    return numpy.array(array.view(mx.uint16) if array.dtype in (mx.bfloat16, mx.float16) else array).tobytes()


def main():
    values = numpy.concatenate([kind for _, kind in weights()])
    cases = []
    for scalar, dtype in [("F32", mx.float32), ("BF16", mx.bfloat16), ("F16", mx.float16)]:
        rows = mx.array(values).astype(dtype).reshape(-1, ROW)
        for bits in [2, 3, 4, 5, 6, 8]:
            for group_size in [32, 64, 128]:
                parts = mx.quantize(rows, group_size, bits)
                digest = hashlib.sha256(b"".join(raw(part) for part in parts)).hexdigest()
                cases.append({"scalar": scalar, "bits": bits, "group_size": group_size, "sha256": digest})
    record = {
        "tool": f"mlx {mx.__version__}, mx.quantize on a CPU",
        "weights": {"count": len(values), "sha256": hashlib.sha256(values.tobytes()).hexdigest()},
        "cases": cases,
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.write("\n")
    print(f"{len(cases)} cases over {len(values)} weights")


if __name__ == "__main__":
    main()
