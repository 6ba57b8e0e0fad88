"""`./lab benchmark imatrix`: the lab's calibration beside llama-imatrix, on this machine, as a Markdown table.

Both compute the matrix of the embedded model from its calibration text, and of a random model with Qwen3-0.6B's shapes
from a few windows: the same windows of 512 tokens, batch and threads, llama-imatrix without its perplexity.
"""

import argparse
import glob
import os
import subprocess
import sys

import measure
from measure import engine_environment, median, megabytes, remove, say, table

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5, help="runs in turns")
parser.add_argument("--threads", type=int, default=os.cpu_count())
for name in ["root", "engine", "python", "data", "work"]:
    parser.add_argument(f"--{name}", required=True)
options = parser.parse_args()

log, store = os.path.join(options.work, "log"), os.path.join(options.work, "store")
lab = os.path.join(options.root, ".build", "release", "llama-pajamas-quant")


def compare(name, checkpoint, text, windows):
    ours, peer = (os.path.join(options.work, side, "imatrix.gguf") for side in ("ours", "peer"))
    os.makedirs(os.path.dirname(peer), exist_ok=True)

    def run_lab():
        # The BF16 parent stays in the store; the matrix does not.
        for folder in glob.glob(os.path.join(store, "*-imatrix-*")):
            remove(folder)
        return measure.run(
            [lab, "calibrate", "--model", checkpoint, "--output", ours, "--calibration-data", text,
             "--calibration-samples", str(windows), "--threads", str(options.threads)],
            log, os.path.dirname(ours), {"LAB_STORE": store})

    run_lab()
    parent = glob.glob(os.path.join(store, "*-BF16-*", "*.gguf"))[0]

    def run_peer():
        return measure.run(
            [os.path.join(options.engine, "bin", "llama-imatrix"), "-m", parent, "-f", text, "-o", peer, "-c", "512",
             "-b", "512", "--chunks", str(windows), "-t", str(options.threads), "--no-ppl"],
            log, os.path.dirname(peer), engine_environment(options.engine))

    pairs = []
    for number in range(1, options.runs + 1):
        say(f"{name}: run {number} of {options.runs}")
        pairs.append((run_peer(), run_lab()))
    compared = subprocess.run(
        [sys.executable, os.path.join(options.root, "engine", "prove", "compare_imatrix.py"), peer, ours],
        capture_output=True, text=True)
    if compared.returncode != 0:
        sys.exit(f"benchmark: {name}: {compared.stdout}{compared.stderr}")
    ratios = [ours.seconds / theirs.seconds for theirs, ours in pairs]
    remove(store)
    return [
        name, windows, f"{median([r.seconds for r, _ in pairs]):.1f} s", f"{median([r.seconds for _, r in pairs]):.1f} s",
        f"{median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}", megabytes(max(r.peak_bytes for r, _ in pairs)),
        megabytes(max(r.peak_bytes for _, r in pairs)),
        compared.stdout.split("largest ")[1].split()[2]]


def main():
    tiny = os.path.join(options.root, "fixtures", "pajama-tiny")
    rows = [compare("pajama-tiny", tiny, os.path.join(tiny, "heldout", "calibration.txt"), 39)]
    say("writing a checkpoint with Qwen3-0.6B's shapes")
    large = os.path.join(options.work, "Qwen3-0.6B")
    script = os.path.join(options.root, "engine", "prove", "random_checkpoint.py")
    measure.run([options.python, script, os.path.join(options.data, "qwen3"), "Qwen3-0.6B", large], log, options.work)
    text = os.path.join(options.data, "wikitext-2-raw", "wiki.valid.raw")
    rows.append(compare("Qwen3-0.6B's shapes", large, text, 4))
    print(f"## Importance matrices on {measure.machine()}, {options.threads} threads\n")
    print(f"Windows of 512 tokens; medians of {options.runs} runs in turns; start, load and writing "
          "included.\n")
    print(table(
        ["model", "windows", "llama-imatrix", "lab", "lab / llama-imatrix", "lowest to highest", "memory, llama-imatrix", "lab",
         "largest difference"],
        rows))


main()
