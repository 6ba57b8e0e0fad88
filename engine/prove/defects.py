"""`./lab prove defects`: plants defects in a checkpoint, finds their doses, and asks the suite what it sees.

A dose is looked for until the effect on the whole text, the mean difference of NLL to the clean parent, is twice the
suite's margin, and again for a quarter of it. Then `lab run` judges each, with and without --full. Kept are the doses,
the effects and the verdicts. Exit 1 where a verdict is not the one that the effect demands.
"""

import argparse
import collections
import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys

from tokenizers import Tokenizer

import plant_defect

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "benchmark"))
from measure import say, table  # noqa: E402

LAYER = 1
TWICE, QUARTER = 2.0, 0.25
# How near an effect must be to its target, relative to it; a swap has no dose between two pairs of rows.
TOLERANCE = {"scale": 0.01, "noise": 0.01, "swap": 0.05}
MOST_TRIALS = 60

parser = argparse.ArgumentParser()
parser.add_argument("--programs", required=True, help="the folder with lab and llama-pajamas-quant")
parser.add_argument("--checkpoint", required=True)
parser.add_argument("--suite", required=True, help="the suite's folder; its margin in perplexity is the one meant")
parser.add_argument("--text", required=True, help="the suite's text")
parser.add_argument("--work", required=True, help="a folder for everything written")
parser.add_argument("--output", required=True, help="the JSON file of doses")
options = parser.parse_args()


def path(*names):
    return os.path.join(options.work, *names)


def run(command, allowed=(0,)):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode not in allowed:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done


def program(name):
    return os.path.join(options.programs, name)


def artifact(checkpoint, name):
    """The checkpoint as a BF16 GGUF file."""
    shutil.rmtree(path("converted"), ignore_errors=True)
    run([program("llama-pajamas-quant"), "convert", "--model", checkpoint, "--output", path("converted"), "--precision",
         "bf16"])
    file = path(f"{name}.gguf")
    os.replace(path("converted", "gguf", f"{os.path.basename(checkpoint)}-bf16.gguf"), file)
    return file


def nll(file):
    """Mean NLL over the text, nats per token; every window has the same number of scored tokens."""
    shown = run([program("lab"), "perplexity", "--artifact", file, "--text", options.text]).stdout
    values = json.loads(shown)["meanNats"]
    return sum(values) / len(values)


def planted(defect, name):
    """The GGUF file of the checkpoint with a defect, and the digest of its weights before conversion."""
    # The folder's name gets into the file: with the clean one's, only weights differ.
    folder = path("planted", os.path.basename(options.checkpoint))
    digest = plant_defect.write(options.checkpoint, folder, defect)
    return artifact(folder, name), digest


class Search:
    """Looks for the dose of one defect."""

    def __init__(self, kind, clean, margin):
        self.kind, self.clean, self.margin = kind, clean, margin
        self.effects = {}

    def effect(self, dose):
        """The effect in margins."""
        if dose not in self.effects:
            if len(self.effects) == MOST_TRIALS:
                sys.exit(f"defects.py: no dose was found in {MOST_TRIALS} trials; effects in margins: {self.effects}")
            file, _ = planted(self.kind.defect(dose), "trial")
            self.effects[dose] = (nll(file) - self.clean) / self.margin
            say(f"    {self.kind.name} {dose}: {self.effects[dose]:.4f} margins")
        return self.effects[dose]

    def is_near(self, dose, target):
        return abs(self.effect(dose) / target - 1) <= TOLERANCE[self.kind.name]

    def dose(self, target):
        return self.kind.search(self, target)


class Continuous:
    """A defect with a number for a dose, whose effect rises with it about as a power."""

    def __init__(self, name, first, defect):
        self.name, self.first, self.defect = name, first, defect

    def search(self, search, target):
        dose, power = self.first, 2.0
        while not search.is_near(dose, target):
            # Small doses may drown in rounding, or even do good.
            effect = max(search.effect(dose), 1e-3 * target)
            step = math.log(target / effect) / power
            following = float(f"{dose * math.exp(max(-1.0, min(1.0, step))):.4g}")
            power = self.power_between(dose, following, search) or power
            dose = following
        return dose

    @staticmethod
    def power_between(dose, other, search):
        if min(search.effect(dose), search.effect(other)) <= 0 or dose == other:
            return None
        power = math.log(search.effect(other) / search.effect(dose)) / math.log(other / dose)
        return power if power > 0.2 else None


class Swap:
    """Two rows of the embedding matrix, of tokens that follow each other by their frequency in the text: the dose is
    which two, as an exchange cannot be done by halves."""

    name = "swap"

    def __init__(self):
        tokenizer = Tokenizer.from_file(os.path.join(options.checkpoint, "tokenizer.json"))
        with open(options.text, encoding="utf-8") as file:
            counts = collections.Counter(tokenizer.encode(file.read()).ids)
        self.tokens = sorted(counts, key=lambda token: (-counts[token], token))

    def defect(self, rank):
        return {"kind": "swap", "tensor": "model.embed_tokens.weight", "rows": self.tokens[rank : rank + 2]}

    def search(self, search, target):
        # The rarer the tokens, the smaller the effect, on the whole: halving leads near, neighbours are tried then.
        low, high = 0, len(self.tokens) - 2
        while high - low > 1:
            middle = math.isqrt(max(low, 1) * high)
            if middle in (low, high):
                middle = (low + high) // 2
            if search.effect(middle) > target:
                low = middle
            else:
                high = middle
        for distance in itertools.count():
            for rank in sorted({low - distance, low + distance}):
                if 0 <= rank <= len(self.tokens) - 2 and search.is_near(rank, target):
                    return rank


def judged(name, file):
    """What the suite says of a file: exit code, gates and chunks of each mode.

    The run that may stop early comes first: from a history that has everything it would be told the exact verdict.
    """
    results = {}
    for mode in ("sequential", "full"):
        done = run(
            [program("lab"), "run", options.suite, "--evaluations", "perplexity,fidelity", "--artifact", file, "--history", path("history.sqlite"), "--store",
             path("store"), "--output", path("reports", f"{name}-{mode}"), *(["--full"] if mode == "full" else [])],
            (0, 1))
        with open(path("reports", f"{name}-{mode}", "latest", "report.json"), encoding="utf-8") as opened:
            report = json.load(opened)
        gates = {
            v["metric"]: {"status": v["status"], "value": v["value"], "threshold": v["threshold"]}
            for v in report["verdicts"] if v["metric"]}
        for series in report["paired_series"]:
            for verdict in report["verdicts"]:
                if verdict["metric"] and verdict["evaluation"] == series["evaluation"]:
                    gates[verdict["metric"]]["chunks"] = len(series["points"])
        results[mode] = {"exit": done.returncode, "gates": gates}
    return results, report


def margin_percent():
    with open(os.path.join(options.suite, "suite.yaml"), encoding="utf-8") as file:
        found = re.search(r"metric: perplexity_increase\s+below: ([0-9.]+)", file.read())
    if not found:
        sys.exit(f"defects.py: {options.suite}/suite.yaml has no gate on perplexity_increase")
    return float(found.group(1))


def matrix(name):
    return f"model.layers.{LAYER}.{name}.weight"


def scaling(name):
    return Continuous(
        "scale", 1.0, lambda dose: {"kind": "scale", "tensor": matrix(name), "factor": round(1 + dose, 6)})


def noise():
    return Continuous("noise", 0.5, lambda dose: {"kind": "noise", "layer": LAYER, "share": dose, "seed": 1})


def main():
    margin = math.log1p(margin_percent() / 100)
    clean_file = artifact(options.checkpoint, "clean")
    clean, clean_digest = nll(clean_file), plant_defect.file_digest(clean_file)
    kinds = {
        "scaled v_proj": scaling("self_attn.v_proj"), "scaled down_proj": scaling("mlp.down_proj"),
        "two rows swapped": Swap(), "noise in one layer": noise()}
    entries = []
    for name, kind in kinds.items():
        search = Search(kind, clean, margin)
        for target in (TWICE, QUARTER):
            say(f"{name}: looking for the dose at {target:g} times the margin")
            entries.append({"name": name, "margins": target, "defect": kind.defect(search.dose(target))})
    for factor in (2.0, 1.5):
        entries.append({
            "name": "scaled q_proj", "margins": 0.0,
            "defect": {"kind": "scale", "tensor": matrix("self_attn.q_proj"), "factor": factor}})

    report, wrong = None, []
    for number, entry in enumerate(entries):
        title = f"{entry['name']}, {entry['margins']:g} margins"
        say(f"judging {title}")
        file, entry["weights_sha256"] = planted(entry["defect"], f"defect-{number}")
        entry["artifact_sha256"] = plant_defect.file_digest(file)
        entry["runs"], report = judged(f"defect-{number}", file)
        increase = entry["runs"]["full"]["gates"]["perplexity_increase"]["value"]
        entry["effect"] = {
            "perplexity_increase_percent": increase, "nats": math.log1p(increase / 100),
            "margins": math.log1p(increase / 100) / margin,
            "kl_mean_excess_nats": entry["runs"]["full"]["gates"]["kl_mean_excess"]["value"]}
        demanded = "fail" if entry["margins"] > 1 else "pass"
        for mode, result in entry["runs"].items():
            if result["exit"] != (1 if demanded == "fail" else 0) or \
                    result["gates"]["perplexity_increase"]["status"] != demanded:
                wrong.append(f"{title}, {mode}: {result}, where it must {demanded}")
        if entry["artifact_sha256"] == clean_digest:
            wrong.append(f"{title}: the artifact is the clean one")
        os.remove(file)
    keep(entries, report, margin)
    show(entries)
    for line in wrong:
        say(line)
    sys.exit(1 if wrong else 0)


def keep(entries, report, margin):
    parent = next(a for a in report["artifacts"] if a["role"] == "parent")
    provenance = {
        "made_by": "./lab prove defects",
        "judged_by": f"./lab run suites/{report['suite']['name']} --artifact DEFECT-bf16.gguf, with and without --full",
        "checkpoint": os.path.basename(options.checkpoint),
        "weights_sha256": plant_defect.file_digest(os.path.join(options.checkpoint, plant_defect.WEIGHTS)),
        "parent_sha256": parent["sha256"],
        "suite": report["suite"]["name"],
        "text": {"name": report["datasets"][0]["name"], "sha256": report["datasets"][0]["sha256"]},
        "margin_nats": margin,
        "engine": report["engine"]["build"],
        "processor": report["machine"]["processor"],
        "device": report["machine"]["device"],
        "date": report["started_at"][:10],
    }
    os.makedirs(os.path.dirname(options.output), exist_ok=True)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump({"provenance": provenance, "defects": entries}, file, indent=1)
        file.write("\n")


def show(entries):
    def described(defect):
        if defect["kind"] == "scale":
            return f"{defect['tensor'].removesuffix('.weight')} x {defect['factor']:g}"
        if defect["kind"] == "swap":
            return f"{defect['tensor'].removesuffix('.weight')}, rows {defect['rows'][0]} and {defect['rows'][1]}"
        return f"layer {defect['layer']}, {defect['share']:g} of each matrix's root mean square"

    rows = []
    for entry in entries:
        gates = {mode: result["gates"] for mode, result in entry["runs"].items()}
        rows.append([
            entry["name"], described(entry["defect"]), f"{entry['effect']['perplexity_increase_percent']:+.4f} %",
            f"{entry['effect']['margins']:.3f}", f"{entry['effect']['kl_mean_excess_nats']:.5f}",
            *[f"exit {entry['runs'][mode]['exit']}: {gates[mode]['perplexity_increase']['status']}, "
              f"{gates[mode]['kl_mean_excess']['status']}" for mode in ("full", "sequential")],
            ", ".join(str(gate["chunks"]) for gate in gates["sequential"].values())])
    print(table(
        ["defect", "dose", "perplexity", "in margins", "KL excess", "--full: perplexity, KL", "without: perplexity, KL",
         "chunks without"], rows))
    print(f"\nkept in {os.path.relpath(options.output)}")


main()
