"""`./lab benchmark quantize`: the quantizer beside llama.cpp's, on this machine, as Markdown tables.

codecs      each block codec and the engine's function, one thread, in turns
conversion  a checkpoint with Qwen3-0.6B's shapes to GGUF: one command of the lab's; two of llama.cpp's
large       Qwen3-8B's shapes in five shards, written by this program and removed after
"""

import argparse
import json
import os
import re
import subprocess
import sys

import measure
from measure import engine_environment, megabytes, median, remove, say, table

RECIPES = ["Q4_K_M", "Q6_K", "Q3_K_M"]
SMALL, LARGE = "Qwen3-0.6B", "Qwen3-8B"

parser = argparse.ArgumentParser()
parser.add_argument("parts", nargs="*", help="codecs, conversion, large; default: all")
parser.add_argument("--runs", type=int, default=5, help="interleaved runs of the conversion")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--root", required=True, help="the clone")
parser.add_argument("--engine", required=True, help="the engine's prefix, with bin/llama-quantize")
parser.add_argument("--tree", required=True, help="the engine's source tree")
parser.add_argument("--python", required=True, help="an interpreter with what convert_hf_to_gguf.py imports")
parser.add_argument("--data", required=True, help="the folder with qwen3/")
parser.add_argument("--work", required=True, help="an empty folder for everything written")
options = parser.parse_args()
parts = options.parts or ["codecs", "conversion", "large"]
for part in parts:
    if part not in ["codecs", "conversion", "large"]:
        sys.exit(f"benchmark: there is no part '{part}'; there are codecs, conversion and large")
if options.runs < 1:
    sys.exit("benchmark: --runs must be at least 1")

programs = os.path.join(options.root, ".build", "release")
log = os.path.join(options.work, "log")
output = os.path.join(options.work, "output")


def path(*names):
    return os.path.join(options.work, *names)


def write_checkpoint(size, shards):
    say(f"writing a checkpoint with {size}'s shapes, in {shards} file{'' if shards == 1 else 's'}")
    script = os.path.join(options.root, "engine", "prove", "random_checkpoint.py")
    measure.run(
        [options.python, script, os.path.join(options.data, "qwen3"), size, path(size), str(shards)], log, options.work)
    return path(size)


def weight_count(checkpoint, recipe="Q4_K_M"):
    """Weights, and the file's size that a dry run announces."""
    shown = subprocess.run(
        [os.path.join(programs, "llama-pajamas-quant"), "convert", "--model", checkpoint, "--output", output,
         "--precision", recipe, "--dry-run"], capture_output=True, text=True, check=True).stdout
    numbers = {name: int(count.replace(",", "")) for name, count in re.findall(r"^(weights|file) +([\d,]+)", shown, re.M)}
    return numbers["weights"], numbers["file"]


def convert(checkpoint, recipes):
    """One run of the lab's converter, from nothing: no earlier output, no remembered digests."""
    remove(output)
    remove(path("store"))
    run = measure.run(
        [os.path.join(programs, "llama-pajamas-quant"), "convert", "--model", checkpoint, "--output", output,
         "--precision", ",".join(recipes), "--threads", str(options.threads)],
        log, output, {"LAB_STORE": path("store")})
    files = [os.path.join(output, "gguf", f"{os.path.basename(checkpoint)}-{recipe}.gguf".lower()) for recipe in recipes]
    return run, files


def convert_peer(checkpoint, recipes):
    """The same by convert_hf_to_gguf.py and, for each recipe, llama-quantize: (first step, second steps, files)."""
    folder = path("peer")
    remove(folder)
    os.makedirs(folder)
    full = os.path.join(folder, "BF16.gguf")
    first = measure.run(
        [options.python, os.path.join(options.root, "engine", "prove", "convert_peer.py"), options.tree, "", checkpoint,
         "--outtype", "bf16", "--outfile", full], log, folder)
    second, files = [], []
    for recipe in recipes:
        files.append(os.path.join(folder, f"{recipe}.gguf"))
        second.append(measure.run(
            [os.path.join(options.engine, "bin", "llama-quantize"), full, files[-1], recipe, str(options.threads)],
            log, folder, engine_environment(options.engine)))
    return first, second, files


def codecs():
    lines = subprocess.run(
        [os.path.join(programs, "codec-benchmark"), "11"], capture_output=True, text=True, check=True).stdout.splitlines()
    rows, peak, kernels = [], None, ""
    for fields in (line.split("\t") for line in lines):
        if fields[0] == "peak":
            kernels, peak = fields[1], float(fields[2])
            continue
        _, name, variant, engine, lab, ratio, low, high, operations, weights = fields
        engine, lab, weights = float(engine), float(lab), int(weights)
        share = f"{int(operations) * weights / lab / peak:.0%}" if operations else ""
        rows.append([
            name + (" with importance" if variant == "importance" else ""), f"{weights / engine / 1e6:.1f}",
            f"{weights / lab / 1e6:.1f}", f"{float(ratio):.1f}", f"{float(low):.1f} to {float(high):.1f}", operations, share])
    print("\n### Block codecs, one thread\n")
    print(f"Millions of weights per second; 262,144 weights N(0, 0.02) in BF16; medians of 11 runs in turns; the lab's "
          f"kernels are {kernels}. The last columns: float operations per weight of the search for scales, and what "
          f"share they are of the {peak / 1e9:.0f} billion per second that the vector units did at most in this run.\n")
    print(table(["type", "engine", "lab", "ratio", "lowest to highest", "operations", "of the peak"], rows))


def conversion():
    checkpoint = write_checkpoint(SMALL, 1)
    weights, _ = weight_count(checkpoint)
    cases = {recipe: ([], []) for recipe in RECIPES}
    joint = ([], [])
    for number in range(1, options.runs + 1):
        say(f"conversion: run {number} of {options.runs}")
        first, second, peer_files = convert_peer(checkpoint, RECIPES)
        for recipe, step, peer_file in zip(RECIPES, second, peer_files):
            run, files = convert(checkpoint, [recipe])
            run.disk_bytes -= os.stat(files[0]).st_blocks * 512
            if not tensors_equal(peer_file, files[0]):
                sys.exit(f"benchmark: {recipe}: the tensors differ from llama-quantize's")
            cases[recipe][0].append(measure.together([first, step]))
            cases[recipe][1].append(run)
        run, files = convert(checkpoint, RECIPES)
        run.disk_bytes -= sum(os.stat(name).st_blocks * 512 for name in files)
        joint[0].append(measure.together([first, *second]))
        joint[1].append(run)
    scratch = os.stat(path("peer", "BF16.gguf")).st_blocks * 512
    rows = []
    for name, (peer, lab) in [*cases.items(), ("all three in one pass", joint)]:
        ratios = [theirs.seconds / ours.seconds for theirs, ours in zip(peer, lab)]
        rows.append([
            name, f"{median([r.seconds for r in peer]):.1f} s", f"{median([r.seconds for r in lab]):.1f} s",
            f"{median(ratios):.1f}", f"{min(ratios):.1f} to {max(ratios):.1f}",
            megabytes(max(r.peak_bytes for r in peer)), megabytes(max(r.peak_bytes for r in lab)), megabytes(scratch),
            # The manifest and the remembered digests are a few thousand bytes.
            megabytes(max(max(r.disk_bytes for r in lab), 0))])
    print(f"\n### From safetensors to GGUF, {SMALL}'s shapes, {options.threads} threads\n")
    print(f"{weights:,} random weights; `convert_hf_to_gguf.py` and `llama-quantize` against one command of the lab's, "
          f"median ratio of {options.runs} runs in turns. The source is in the page cache; the lab writes its file "
          "through to the disk (fsync) and computes all digests, llama.cpp does neither. The tensors are the same.\n")
    print(table(
        ["recipe", "llama.cpp", "lab", "ratio", "lowest to highest", "memory, llama.cpp", "lab", "scratch disk, llama.cpp",
         "lab"], rows))
    remove(path("peer"))
    remove(output)
    return weights, [run.seconds for run in cases["Q4_K_M"][1]]


def tensors_equal(*files):
    """Whether names, types, shapes and bytes of all tensors are the same."""
    program = os.path.join(options.root, "engine", "prove", "digest_gguf.py")
    found = []
    for name in files:
        # By another process, which maps the file: this one stays small.
        subprocess.run([sys.executable, program, name, path("digests.json")], check=True)
        with open(path("digests.json"), encoding="utf-8") as file:
            found.append(json.load(file)["tensors"])
    return found[0] == found[1]


def large(small):
    free = os.statvfs(options.work)
    need = 23 * 10**9
    if free.f_bavail * free.f_frsize < need:
        sys.exit(f"benchmark: {options.work} needs {need / 1e9:.0f} GB of free disk for {LARGE}'s shapes")
    if small is None:
        checkpoint = write_checkpoint(SMALL, 1)
        small = weight_count(checkpoint)[0], [convert(checkpoint, ["Q4_K_M"])[0].seconds for _ in range(3)]
    remove(path(SMALL))
    checkpoint = write_checkpoint(LARGE, 5)
    weights, announced = weight_count(checkpoint)
    say("converting")
    run, files = convert(checkpoint, ["Q4_K_M"])
    size = os.path.getsize(files[0])
    if size != announced:
        sys.exit(f"benchmark: the file has {size} bytes, and the dry run announced {announced}")
    rate, small_rate = weights / run.seconds, small[0] / median(small[1])
    print(f"\n### {LARGE}'s shapes, five shards, Q4_K_M, {options.threads} threads\n")
    print(table(
        ["shapes", "weights", "time", "weights/s", "peak memory", "file"],
        [[SMALL, f"{small[0]:,}", f"{median(small[1]):.1f} s", f"{small_rate / 1e6:.1f} M", "", ""],
         [LARGE, f"{weights:,}", f"{run.seconds:.1f} s", f"{rate / 1e6:.1f} M", megabytes(run.peak_bytes),
          f"{size:,} bytes, as announced"]]))
    print(f"\nThe rate is {rate / small_rate:.2f} of that at {SMALL}'s shapes.")
    remove(checkpoint)
    remove(output)


print(f"## Quantizer on {measure.machine()}")
if "codecs" in parts:
    codecs()
small = conversion() if "conversion" in parts else None
if "large" in parts:
    large(small)
