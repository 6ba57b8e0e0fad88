"""`./lab benchmark hub`: a download beside huggingface_hub's snapshot_download, from a server on this machine.

One repository of 1 GB in 4 shards, of random bytes. The runs come in turns, each into an empty cache; what one wrote
is removed before the next. The lab reads every file again and compares its SHA-256, and syncs it to the disk before it
gets its name; huggingface_hub does neither. Its transfers by Xet are switched off: the server speaks HTTP.
"""

import argparse
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure  # noqa: E402

NAME = "lab/four-shards"
PEER = "from huggingface_hub import snapshot_download; print(snapshot_download('" + NAME + "'))"


def make_repository(root, shard_bytes):
    folder = os.path.join(root, NAME)
    os.makedirs(folder)
    numbers = random.Random(1)
    shards = [f"model-{number:05}-of-00004.safetensors" for number in range(1, 5)]
    for shard in shards:
        with open(os.path.join(folder, shard), "wb") as file:
            for start in range(0, shard_bytes, 1 << 22):
                file.write(numbers.randbytes(min(1 << 22, shard_bytes - start)))
    texts = {
        "config.json": {}, "tokenizer.json": {},
        "model.safetensors.index.json": {"weight_map": {shard: shard for shard in shards}},
    }
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w") as file:
            json.dump(text, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=1000)
    options = parser.parse_args()
    root = os.path.join(options.work, "root")
    measure.say(f"writing {options.megabytes} MB")
    make_repository(root, options.megabytes * 250_000)
    server = subprocess.Popen(
        [sys.executable, os.path.join(options.root, "fixtures/hub/server.py"), "--root", root],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    endpoint = "http://127.0.0.1:" + server.stdout.readline().split()[0]
    log = os.path.join(options.work, "log")
    commands = {
        "huggingface_hub": [options.python, "-c", PEER],
        "lab": [os.path.join(options.root, ".build/release/llama-pajamas-quant"), "download", NAME],
    }
    results = {name: [] for name in commands}
    # The first of each warms the page cache and the server's digests.
    for turn in range(options.runs + 1):
        for name, command in commands.items():
            cache = os.path.join(options.work, "cache")
            measure.remove(cache)
            environment = {
                "HF_ENDPOINT": endpoint, "HF_HOME": cache, "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1,localhost",
            }
            run = measure.run(command, log, cache, environment)
            if turn:
                results[name].append(run)
                measure.say(f"turn {turn} {name}: {run.seconds:.2f} s")
    measure.remove(os.path.join(options.work, "cache"))
    server.stdin.close()
    server.wait()
    ratios = [peer.seconds / own.seconds for peer, own in zip(results["huggingface_hub"], results["lab"])]
    print(measure.machine())
    print(measure.table(
        ["", "huggingface_hub", "lab", "ratio"],
        [
            [
                f"{options.megabytes} MB in 4 shards",
                *(f"{measure.median([run.seconds for run in results[name]]):.2f} s" for name in commands),
                f"{measure.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            ],
            ["memory", *(measure.megabytes(max(run.peak_bytes for run in results[name])) for name in commands), ""],
        ]))


if __name__ == "__main__":
    main()
