"""`./lab benchmark throughput`: the speeds that the lab's worker measures, beside llama-bench's on the same files.

Prefill of 512 tokens and decoding of 64, each at depths 0 and 2048: the same artifact, threads, batches (2048 tokens, 512
computed at a time), F16 keys and values, flash attention as the engine chooses. In each run both programs measure at each
depth in turns, the one first that came second before, so that a machine whose speed drifts changes little between the
two; a figure is the median of a program's repetitions, a ratio that of the two figures of one run, and what counts is the
median ratio of all runs.
"""

import argparse
import json
import os
import subprocess
import sys

from measure import median, say, table
from worker import Worker, backend_devices

# What the project asks of itself.
BAR = 0.98
PROMPT, WRITTEN, DEPTHS = 512, 64, (0, 2048)
MODELS = {
    "qwen3-0.6b": "Qwen3-0.6B shapes Q4_K_M", "smollm2-135m": "SmolLM2-135M Q4_K_M",
    "qwen3-8b": "Qwen3-8B shapes Q4_K_M"}

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=10, help="runs in turns")
parser.add_argument("--repetitions", type=int, default=3, help="repetitions of each program in each run")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--models", default="qwen3-0.6b,smollm2-135m", help=f"of {', '.join(MODELS)}")
parser.add_argument("--backend", default="cpu", help="cpu, cuda or another registry of the engine's devices")
for name in ["root", "engine", "python", "data", "work"]:
    parser.add_argument(f"--{name}", required=True)
options = parser.parse_args()
models = options.models.split(",")
if options.runs < 1 or options.repetitions < 1 or not set(models) <= set(MODELS):
    sys.exit("benchmark: --runs and --repetitions must be at least 1, and --models known")
lab_worker = os.path.join(options.root, ".build", "release", "lab-worker")


def lab(artifact, depth):
    """Tokens a second by the worker at a depth, by what was measured."""
    worker = Worker(
        lab_worker, artifact, alone=True, backend=options.backend, contextLength=depth + max(PROMPT, WRITTEN),
        parallelSequences=1, threads=options.threads, batch=2048)
    _, events = worker.call("benchmark", {
        "depth": depth, "prefillTokens": PROMPT, "decodeTokens": WRITTEN, "repetitions": options.repetitions,
        "warmUps": 1, "seed": 1})
    worker.end()
    return {
        "prefill": median([PROMPT / one["prefillSeconds"] for one in events["timed"]]),
        "decode": median([WRITTEN / sum(one["stepSeconds"]) for one in events["timed"]])}


def peer(artifact, depth):
    """The same by llama-bench."""
    command = [
        os.path.join(options.engine, "bin", "llama-bench"), "-m", artifact, "-p", str(PROMPT), "-n", str(WRITTEN), "-d",
        str(depth), "-t", str(options.threads), "-r", str(options.repetitions), "-fa", "auto", "-dev", devices, "-o",
        "json"]
    with open(os.path.join(options.work, "log"), "ab") as log:
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, check=False)
    if answer.returncode != 0:
        sys.exit(f"benchmark: llama-bench ended with {answer.returncode}")
    speeds = {}
    for test in json.loads(answer.stdout):
        what, tokens = ("prefill", PROMPT) if test["n_prompt"] else ("decode", WRITTEN)
        speeds[what] = median([tokens * 1e9 / ns for ns in test["samples_ns"]])
    return speeds


devices, place = backend_devices(lab_worker, options.backend)
rows, lowest = [], float("inf")
for model in models:
    artifact = os.path.join(options.work, "gguf", f"{model}-q4_k_m.gguf")
    runs = []
    for number in range(options.runs):
        own, other = {}, {}
        for depth in DEPTHS:
            order = (lab, peer) if number % 2 == 0 else (peer, lab)
            found = {program: program(artifact, depth) for program in order}
            for what in ("prefill", "decode"):
                own[what, depth], other[what, depth] = found[lab][what], found[peer][what]
        runs.append((own, other))
        ratios = ", ".join(f"{what} at {depth} {own[what, depth] / other[what, depth]:.3f}" for what, depth in own)
        say(f"{MODELS[model]}, run {number + 1} of {options.runs}: {ratios}")
    for depth in DEPTHS:
        for what in ("prefill", "decode"):
            key = what, depth
            ratios = [own[key] / other[key] for own, other in runs]
            lowest = min(lowest, median(ratios))
            rows.append([
                MODELS[model], what, depth, f"{median([own[key] for own, _ in runs]):,.1f}",
                f"{median([other[key] for _, other in runs]):,.1f}", f"{median(ratios):.3f}",
                f"{min(ratios):.3f} to {max(ratios):.3f}", BAR])

print(f"## Speeds on {place}, {options.threads} threads\n")
print(f"Tokens a second, prefill of {PROMPT} tokens and decoding of {WRITTEN}; median of {options.runs} runs in turns, each "
      f"of {options.repetitions} repetitions after a warm-up.\n")
print(table(["model", "what", "depth", "lab", "llama-bench", "ratio", "lowest to highest", "bar"], rows))
if lowest < BAR:
    sys.exit(f"benchmark: a median ratio is {lowest:.3f}, below {BAR}")
