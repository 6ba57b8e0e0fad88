"""Writes what a GGUF file says and the digest of every tensor in it as JSON: digest_gguf.py FILE OUTPUT [NAME=VALUE]...

It reads the format by itself (github.com/ggml-org/ggml/blob/master/docs/gguf.md), so that neither the peer's reader
nor the lab's own decides what is in a file. Each array of more than 16 elements is given by its length and the
SHA-256 of its elements as they are encoded in the file. NAME=VALUE goes into "provenance".
"""

import datetime
import hashlib
import json
import mmap
import struct
import sys

SCALARS = {
    0: ("uint8", "<B"), 1: ("int8", "<b"), 2: ("uint16", "<H"), 3: ("int16", "<h"), 4: ("uint32", "<I"),
    5: ("int32", "<i"), 6: ("float32", "<f"), 7: ("bool", "<?"), 10: ("uint64", "<Q"), 11: ("int64", "<q"),
    12: ("float64", "<d"),
}
STRING, ARRAY = 8, 9

# Tensor types: name, elements in a block, bytes of a block.
TENSOR_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18),
    30: ("BF16", 1, 2),
}


class Reader:
    """A cursor over a file's bytes."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def scalar(self, layout):
        (value,) = struct.unpack_from(layout, self.data, self.position)
        self.position += struct.calcsize(layout)
        return value

    def string(self):
        length = self.scalar("<Q")
        self.position += length
        return self.data[self.position - length : self.position].decode("utf-8", "backslashreplace")

    def value(self, kind):
        return self.string() if kind == STRING else self.scalar(SCALARS[kind][1])

    def entry(self):
        kind = self.scalar("<I")
        if kind != ARRAY:
            return {"type": "string" if kind == STRING else SCALARS[kind][0], "value": self.value(kind)}
        element, length = self.scalar("<I"), self.scalar("<Q")
        begin = self.position
        values = [self.value(element) for _ in range(length)]
        name = "string" if element == STRING else SCALARS[element][0]
        entry = {"type": f"array[{name}]", "length": length}
        if length > 16:
            entry["sha256"] = hashlib.sha256(self.data[begin : self.position]).hexdigest()
        else:
            entry["value"] = values
        return entry


def digest(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = Reader(data)
        if data[:4] != b"GGUF":
            sys.exit(f"{path}: not a GGUF file")
        reader.position = 4
        version, tensor_count, entry_count = reader.scalar("<I"), reader.scalar("<Q"), reader.scalar("<Q")
        metadata = {}
        for _ in range(entry_count):
            key = reader.string()
            if key in metadata:
                sys.exit(f"{path}: the metadata key {key} occurs twice")
            metadata[key] = reader.entry()
        tensors = []
        for _ in range(tensor_count):
            name = reader.string()
            shape = [reader.scalar("<Q") for _ in range(reader.scalar("<I"))]
            type_name, block, block_bytes = TENSOR_TYPES[reader.scalar("<I")]
            size = block_bytes
            for index, length in enumerate(shape):
                size *= length // block if index == 0 else length
            offset = reader.scalar("<Q")
            tensors.append({"name": name, "type": type_name, "shape": shape, "bytes": size, "offset": offset})
        alignment = metadata.get("general.alignment", {"value": 32})["value"]
        start = -(-reader.position // alignment) * alignment
        for tensor in tensors:
            begin = start + tensor["offset"]
            if begin + tensor["bytes"] > len(data):
                sys.exit(f"{path}: tensor {tensor['name']} ends behind the file's end")
            tensor["sha256"] = hashlib.sha256(data[begin : begin + tensor["bytes"]]).hexdigest()
        file_digest = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {"gguf_version": version, "file": file_digest, "metadata_order": list(metadata), "metadata": metadata,
            "tensors": tensors}


def main():
    path, output, *facts = sys.argv[1:]
    provenance = dict(fact.split("=", 1) for fact in facts)
    if provenance:
        provenance["date"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        provenance.setdefault("made_by", "./lab prove conversion")
    record = {"provenance": provenance, **digest(path)}
    # One entry a line: a change of one tensor is a change of one line.
    with open(output, "w", encoding="utf-8") as file:
        file.write("{\n")
        for name in ["provenance", "gguf_version", "file", "metadata_order"]:
            file.write(f'"{name}": {json.dumps(record[name], ensure_ascii=False)},\n')
        entries = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record["metadata"].items()]
        file.write('"metadata": {\n' + ",\n".join(entries) + "\n},\n")
        file.write('"tensors": [\n' + ",\n".join(json.dumps(tensor) for tensor in record["tensors"]) + "\n]\n}\n")


if __name__ == "__main__":
    main()
