"""Perplexity of one GGUF by llama-perplexity and by the lab, in turns, on equal terms.

Both read the file from the page cache (one warm-up each, not counted), use the same threads and context. The time is
the wall time of the whole process. Exit 1 when the perplexities differ by more than 0.1 % or the median of the
paired time ratios is above 1.05.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

parser = argparse.ArgumentParser()
for name in ["--peer", "--lab", "--artifact", "--text"]:
    parser.add_argument(name, required=True)
parser.add_argument("--context", type=int, default=512)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--repetitions", type=int, default=15)
options = parser.parse_args()
shared = {"context": str(options.context), "threads": str(options.threads)}


def run(command):
    began = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexit status {result.returncode}\n{result.stderr[-2000:]}")
    return seconds, result.stdout, result.stderr


def peer():
    # Its log thread sometimes loses the last lines at exit; such a run is made again.
    for _ in range(5):
        seconds, output, errors = run([options.peer, "-m", options.artifact, "-f", options.text, "-c",
                                       shared["context"], "-t", shared["threads"], "--no-warmup"])
        found = re.search(r"Final estimate: PPL = ([0-9.]+)", output + errors)
        if found:
            return seconds, float(found.group(1))
    sys.exit(f"llama-perplexity printed no final estimate in 5 runs:\n{(output + errors)[-2000:]}")


def ours():
    seconds, output, _ = run([options.lab, "perplexity", "--artifact", options.artifact, "--text", options.text,
                              "--context", shared["context"], "--threads", shared["threads"]])
    return seconds, json.loads(output)["perplexity"]


peer(), ours()
ratios, peer_times, our_times = [], [], []
for turn in range(options.repetitions):
    # The order alternates, so that a machine that slows down hurts both alike.
    if turn % 2 == 0:
        (peer_seconds, peer_value), (our_seconds, our_value) = peer(), ours()
    else:
        (our_seconds, our_value), (peer_seconds, peer_value) = ours(), peer()
    peer_times.append(peer_seconds)
    our_times.append(our_seconds)
    ratios.append(our_seconds / peer_seconds)

difference = abs(our_value / peer_value - 1)
ratio = statistics.median(ratios)
print(f"perplexity {our_value:.4f}, llama-perplexity {peer_value:.4f}, apart {100 * difference:.4f} %; time ratio "
      f"{ratio:.3f} (median of {options.repetitions} pairs, {min(ratios):.3f} to {max(ratios):.3f}; medians "
      f"{statistics.median(our_times):.2f} s and {statistics.median(peer_times):.2f} s, {options.threads} threads)")
sys.exit(0 if difference <= 0.001 and ratio <= 1.05 else 1)
