"""`./lab benchmark mlx`: conversion to MLX beside mlx_lm.convert, on this machine, as a Markdown table."""

import argparse
import glob
import json
import os
import subprocess
import sys

import measure
from measure import megabytes, median, remove, say, table

SIZE = "Qwen3-0.6B"
# Options of the lab, and those of mlx_lm.convert that give the same tensors.
CASES = [
    ("4bit --aggressive", ["--q-bits", "4", "--q-group-size", "64"]),
    ("8bit", ["--q-bits", "8", "--q-group-size", "128"]),
    ("mixed_3_6", ["--q-group-size", "64", "--quant-predicate", "mixed_3_6"]),
]

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5, help="interleaved runs")
parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of the lab")
parser.add_argument("--root", required=True, help="the clone")
parser.add_argument("--python", required=True, help="an interpreter that has mlx-lm")
parser.add_argument("--data", required=True, help="the folder with qwen3/")
parser.add_argument("--work", required=True, help="an empty folder for everything written")
options = parser.parse_args()
if options.runs < 1:
    sys.exit("benchmark: --runs must be at least 1")

log, output, peer_output, store = (os.path.join(options.work, name) for name in ["log", "output", "peer", "store"])
quantizer = os.path.join(options.root, ".build", "release", "llama-pajamas-quant")


def script(name):
    return os.path.join(options.root, "engine", "prove", name)


def convert(checkpoint, arguments, formats="mlx"):
    """One run of the lab's converter, from nothing: no earlier output, no remembered digests."""
    remove(output)
    remove(store)
    return measure.run(
        [quantizer, "convert", "--model", checkpoint, "--output", output, "--formats", formats, "--precision",
         *arguments, "--threads", str(options.threads)], log, options.work, {"LAB_STORE": store})


def convert_peer(checkpoint, arguments):
    remove(peer_output)
    return measure.run(
        [options.python, "-m", "mlx_lm", "convert", "--hf-path", checkpoint, "--mlx-path", peer_output, "-q", *arguments],
        log, options.work)


def tensors_equal():
    found = []
    for folder in [peer_output, *glob.glob(os.path.join(output, "mlx", "*"))]:
        digests = os.path.join(options.work, "digests.json")
        subprocess.run([sys.executable, script("digest_mlx.py"), folder, digests], check=True)
        with open(digests, encoding="utf-8") as file:
            found.append(json.load(file)["tensors"])
    return len(found) == 2 and found[0] == found[1]


def row(name, theirs, ours):
    ratios = [peer.seconds / lab.seconds for peer, lab in zip(theirs, ours)]
    return [
        name, f"{median([run.seconds for run in theirs]):.2f} s", f"{median([run.seconds for run in ours]):.2f} s",
        f"{median(ratios):.1f}", f"{min(ratios):.1f} to {max(ratios):.1f}",
        megabytes(max(run.peak_bytes for run in theirs)), megabytes(max(run.peak_bytes for run in ours))]


say(f"writing a checkpoint with {SIZE}'s shapes")
checkpoint = os.path.join(options.work, SIZE)
measure.run([options.python, script("random_checkpoint.py"), os.path.join(options.data, "qwen3"), SIZE, checkpoint],
            log, options.work)
cases = {name: ([], []) for name, _ in CASES}
apart, joint = [], []
for number in range(1, options.runs + 1):
    say(f"run {number} of {options.runs}")
    for name, peer_options in CASES:
        cases[name][0].append(convert_peer(checkpoint, peer_options))
        cases[name][1].append(convert(checkpoint, name.split()))
        if not tensors_equal():
            sys.exit(f"benchmark: {name}: the tensors differ from mlx-lm's")
    apart.append(measure.together([convert(checkpoint, ["q4_k_m"], "gguf"), convert(checkpoint, ["4bit"])]))
    joint.append(convert(checkpoint, ["q4_k_m:4bit"], "gguf,mlx"))

print(f"## Conversion to MLX on {measure.machine()}\n")
print(f"{SIZE}'s shapes, random weights; `mlx_lm.convert` against the lab with {options.threads} threads, median ratio of "
      f"{options.runs} runs in turns. The source is in the page cache; the lab writes its files through to the disk "
      "(fsync) and computes all digests, mlx-lm does neither. The tensors are the same.\n")
print(table(
    ["recipe", "mlx-lm", "lab", "ratio", "lowest to highest", "memory, mlx-lm", "lab"],
    [row(name, *runs) for name, runs in cases.items()]))
print("\nBoth formats, `--precision q4_k_m:4bit`: two commands of the lab's against one that reads each tensor once.\n")
print(table(["", "apart", "together", "ratio", "lowest to highest", "memory, apart", "together"],
            [row("q4_k_m and 4bit", apart, joint)]))
