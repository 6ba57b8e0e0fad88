"""`./lab prove models`: whole models through GGUF and MLX, with and without an importance matrix.

For each model one conversion makes all artifacts; the GGUF ones are scored chunk by chunk beside their BF16 parent. On
a trained model the perplexities must rise from Q6_K over Q4_K_M and Q3_K_M to Q2_K. Whether the matrix helps is told by the
paired differences, or that it cannot be told.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "benchmark"))
from measure import say, table  # noqa: E402

RECIPES = ["Q6_K", "Q4_K_M", "Q3_K_M", "Q2_K"]
# Two-sided 95 % of Student's t; beyond 30 degrees of freedom the normal's is within 4 %.
STUDENT_95 = [
    math.inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]

parser = argparse.ArgumentParser()
parser.add_argument("--programs", required=True, help="the folder with lab and llama-pajamas-quant")
parser.add_argument("--work", required=True)
parser.add_argument("--name", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--calibration", required=True, help="the text of the importance matrix")
parser.add_argument("--windows", type=int, required=True)
parser.add_argument("--text", required=True, help="the text to score")
parser.add_argument("--limit", type=int, required=True, help="most chunks to score")
parser.add_argument("--untrained", action="store_true", help="random weights: no order is expected")
options = parser.parse_args()

quantizer = os.path.join(options.programs, "llama-pajamas-quant")
output = os.path.join(options.work, options.name)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def convert(*arguments):
    run([quantizer, "convert", "--model", options.model, "--output", output, *arguments])


def scores(file):
    shown = run([
        os.path.join(options.programs, "lab"), "perplexity", "--artifact", file, "--text", options.text, "--limit",
        str(options.limit)])
    return json.loads(shown)


def paired(candidate, parent):
    """Mean and half-width of the 95 % interval of the differences by chunk, as an increase in percent."""
    differences = [a - b for a, b in zip(candidate["meanNats"], parent["meanNats"])]
    mean = statistics.fmean(differences)
    if len(differences) == 1:
        return f"{100 * math.expm1(mean):+.2f} %", "one chunk: none", False, False
    quantile = STUDENT_95[len(differences) - 1] if len(differences) <= len(STUDENT_95) else 1.96
    half = quantile * statistics.stdev(differences) / math.sqrt(len(differences))
    percent = [100 * math.expm1(value) for value in (mean, mean - half, mean + half)]
    return f"{percent[0]:+.2f} %", f"{percent[1]:+.2f} to {percent[2]:+.2f}", mean - half > 0, mean + half < 0


say(f"{options.name}: converting to GGUF and MLX")
convert("--formats", "gguf,mlx", "--precision", "bf16," + ",".join(RECIPES) + ":4bit,8bit")
say(f"{options.name}: calibrating and converting with the matrix")
convert("--precision", ",".join(RECIPES), "--calibration-data", options.calibration, "--calibration-samples",
        str(options.windows))
with open(os.path.join(output, "manifest.json"), encoding="utf-8") as file:
    artifacts = json.load(file)["artifacts"]

rows, found, verdicts = [], {}, []
parent = None
order = ["BF16"] + RECIPES
for artifact in sorted(
        (a for a in artifacts if a["format"] == "gguf"),
        key=lambda a: (order.index(a["recipe"]), "calibration" in a)):
    name = artifact["recipe"] + (" with matrix" if "calibration" in artifact else "")
    say(f"{options.name}: scoring {name}")
    found[name] = scores(os.path.join(output, artifact["file"]))
    parent = parent or found[name]
    shift = ["", ""] if name == "BF16" else list(paired(found[name], parent)[:2])
    rows.append([name, f"{artifact['bytes'] / 1e6:.1f} MB", f"{artifact['bits_per_weight']:.2f}",
                 f"{found[name]['perplexity']:.4f}", *shift])
for artifact in artifacts:
    if artifact["format"] == "mlx":
        rows.append([f"MLX {artifact['recipe']}", f"{artifact['bytes'] / 1e6:.1f} MB", f"{artifact['bits_per_weight']:.2f}", "", "", ""])

print(f"\n### {options.name}, {parent['chunks']} chunks of {os.path.basename(options.text)}, matrix of {options.windows} "
      f"windows of {os.path.basename(options.calibration)}\n")
print(table(["artifact", "size", "bits/weight", "perplexity", "over BF16", "95 %, paired by chunk"], rows))
print()
for recipe in RECIPES:
    change, interval, worse, better = paired(found[recipe + " with matrix"], found[recipe])
    word = "helps" if better else "hurts" if worse else "cannot be told to help"
    print(f"{recipe}: the matrix {word}: {change} ({interval})")
values = [found[recipe]["perplexity"] for recipe in RECIPES]
if options.untrained:
    print("Random weights: the perplexities only show that everything runs.")
elif values != sorted(values) or found["BF16"]["perplexity"] > values[-1]:
    sys.exit(f"the perplexities do not rise from {RECIPES[0]} to {RECIPES[-1]}")
