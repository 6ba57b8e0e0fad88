"""Writes cuda.json beside engine.json: what the engine's CUDA module was built for, and with what."""

import datetime
import hashlib
import importlib.metadata
import json
import os
import sys

prefix, architectures, nvcc, source, toolkit, cmake_arguments = sys.argv[1:]

packages = []
if source == "PyPI":
    found = importlib.metadata.distributions(path=[toolkit])
    packages = sorted(f"{package.metadata['Name']}=={package.version}" for package in found)

module = os.path.join(prefix, "lib", "libggml-cuda.so")
with open(module, "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()

record = {
    "version": 1,
    "architectures": architectures.split(";"),
    "nvcc": nvcc,
    "toolkit": {"source": source, "packages": packages},
    "cmake_arguments": cmake_arguments.split("\n"),
    "built_at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "module": {"path": "lib/libggml-cuda.so", "bytes": os.path.getsize(module), "sha256": digest},
}

target = os.path.join(prefix, "cuda.json")
partial = f"{target}.{os.getpid()}.partial"
with open(partial, "w", encoding="utf-8") as file:
    json.dump(record, file, indent=2)
    file.write("\n")
    file.flush()
    os.fsync(file.fileno())
os.replace(partial, target)
