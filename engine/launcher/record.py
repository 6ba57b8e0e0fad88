"""Writes engine.json: what an engine in the cache was made of, and the digest of every file in it."""

import datetime
import hashlib
import json
import os
import sys

prefix, build, package, source_sha256, compiler, cpu_features, cmake_arguments = sys.argv[1:]

files = []
for folder, _, names in os.walk(prefix):
    for name in names:
        path = os.path.join(folder, name)
        entry = {"path": os.path.relpath(path, prefix)}
        if os.path.islink(path):
            entry["link"] = os.readlink(path)
        else:
            with open(path, "rb") as file:
                entry["sha256"] = hashlib.sha256(file.read()).hexdigest()
            entry["bytes"] = os.path.getsize(path)
        files.append(entry)

record = {
    "version": 1,
    "build": build,
    "package": package,
    "source_sha256": source_sha256,
    "cmake_arguments": cmake_arguments.split("\n"),
    "compiler": compiler,
    "cpu_features": cpu_features.split(),
    "built_at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "files": sorted(files, key=lambda entry: entry["path"]),
}

with open(os.path.join(prefix, "engine.json"), "w", encoding="utf-8") as file:
    json.dump(record, file, indent=2)
    file.write("\n")
    file.flush()
    os.fsync(file.fileno())
