"""The lab's perplexities and KL divergences beside llama-perplexity's: compare_fidelity.py FOLDER [--perplexity].

FOLDER holds report.json of `lab run`, parent-plain.log and candidate-plain.log of llama-perplexity; lockstep.json,
floor.json and packs.json of `lab divergence`, parent.log and candidate.log of llama-perplexity with
--kl-divergence-base, and loss.json of fidelity_loss.py. With --perplexity only the first three are read. Exit 1 when a
bar is missed; each line says which and by how much.
"""

import base64
import json
import re
import sys
from pathlib import Path

import numpy

folder = Path(sys.argv[1])
failed = False


def read(name):
    answer = json.loads((folder / f"{name}.json").read_text())
    for run in answer["runs"]:
        run["kl"] = [numpy.frombuffer(base64.b64decode(chunk["klNats"]), "<f4").astype(float) for chunk in run["chunks"]]
        run["all"] = numpy.concatenate(run["kl"])
    return answer


def check(what, passed):
    global failed
    failed |= not passed
    print(f"{'ok  ' if passed else 'FAIL'} {what}")


def mean_nats(chunks, side):
    return sum(chunk[side]["nllSumNats"] for chunk in chunks) / sum(chunk[side]["tokenCount"] for chunk in chunks)


def final_estimate(name):
    found = re.search(r"Final estimate: PPL = ([0-9.]+)", (folder / name).read_text(errors="replace"))
    if not found:
        sys.exit(f"{name} has no final estimate; llama-perplexity's log thread sometimes loses lines: run it again")
    return float(found.group(1))


def compare_perplexities():
    report = json.loads((folder / "report.json").read_text())
    print(f"perplexity, lab run and llama-perplexity, {report['datasets'][0]['chunks']} windows:")
    for role in ["parent", "candidate"]:
        artifact = next(a for a in report["artifacts"] if a["role"] == role)
        ours = next(m["value"] for m in report["measurements"]
                    if m["metric"] == "perplexity" and m["artifact"] == artifact["path"])
        theirs = final_estimate(f"{role}-plain.log")
        check(f"{artifact['recipe']} {ours:.6f} and {theirs:.4f}: {100 * (ours / theirs - 1):+.5f} %, at most 0.1 %",
              abs(ours / theirs - 1) <= 0.001)


compare_perplexities()
if "--perplexity" in sys.argv[2:]:
    sys.exit(1 if failed else 0)
check("llama-perplexity's estimate is the same with and without writing the logits",
      abs(final_estimate("parent.log") / final_estimate("parent-plain.log") - 1) <= 1e-5)

STATISTICS = {
    "mean": numpy.mean, "median": numpy.median, "p90": lambda x: numpy.quantile(x, 0.9),
    "p99": lambda x: numpy.quantile(x, 0.99), "max": numpy.max,
}

exact, floor, packs = read("lockstep")["runs"][0], read("floor")["runs"][0], read("packs")
count = len(exact["all"])
summary = ", ".join(f"{name} {function(exact['all']):.6f}" for name, function in STATISTICS.items())
print(f"lockstep, {count} positions: {summary} nats; "
      f"same top {100 * sum(chunk['agreements'] for chunk in exact['chunks']) / count:.3f} %")
check(f"{count} positions", count >= 5000)
print(f"     the parent against itself, other steps: mean {floor['all'].mean():.3g}, max {floor['all'].max():.3g} nats")

print("packs against lockstep:")
covered = []
for run in packs["runs"]:
    name, mean = f"seed {run['seed']}:", run["all"].mean() / exact["all"].mean()
    error = sum(chunk["klSumVariance"] for chunk in run["chunks"]) ** 0.5 / count / exact["all"].mean()
    check(f"{name} mean {mean:.4f} of the exact one, standard error {error:.4f}", abs(mean - 1) <= 0.01)
    p99 = STATISTICS["p99"](run["all"]) / STATISTICS["p99"](exact["all"])
    check(f"{name} p99 {p99:.4f} of the exact one", abs(p99 - 1) <= 0.03)
    same = all(
        packed[key] == other[key] for packed, other in zip(run["chunks"], exact["chunks"])
        for key in ["candidate", "parent", "agreements", "onlyParentRight", "onlyCandidateRight"])
    check(f"{name} scores and choices equal to the last bit", same)
    covered += [
        abs(estimate.sum() - truth.sum()) <= 1.96 * chunk["klSumVariance"] ** 0.5
        for estimate, truth, chunk in zip(run["kl"], exact["kl"], run["chunks"])]
share = numpy.mean(covered)
# Where 95 % is true, chance alone leaves the share within three standard deviations of it.
spread = 3 * (0.95 * 0.05 / len(covered)) ** 0.5
check(f"1.96 standard errors cover {100 * share:.1f} % of {len(covered)} chunks (95 % claimed, chance +- "
      f"{100 * spread:.1f})", abs(share - 0.95) <= spread)
run = packs["runs"][0]
part = run["bytes"] / count / (2 * packs["vocabulary"])
check(f"{run['bytes'] / count:.1f} bytes a position, {100 * part:.2f} % of 16-bit logits", part <= 0.015)
check("a score is the same with and without predictions",
      packs["scores"] == [chunk["candidate"] for chunk in run["chunks"]]
      and packs["parentScores"] == [chunk["parent"] for chunk in run["chunks"]])
predict = numpy.median([run["predictSeconds"] for run in packs["runs"]])
diverge = numpy.median([run["divergeSeconds"] for run in packs["runs"]])
chunks = len(exact["chunks"])
print(f"     seconds per chunk: parent scored {packs['parentScoreSeconds'] / chunks:.2f}, predicted "
      f"{predict / chunks:.2f}; candidate scored {packs['scoreSeconds'] / chunks:.2f}, compared {diverge / chunks:.2f}; "
      f"lockstep {exact['divergeSeconds'] / chunks:.2f}")

print("lockstep against llama-perplexity:")
log = (folder / "candidate.log").read_text(errors="replace")
loss = json.loads((folder / "loss.json").read_text())
lost = numpy.array(loss["kept"]) - numpy.array(loss["exact"])
print(f"     by transformers on the same weights its file changes a position's divergence by {lost.mean():+.2g} on the "
      f"mean, {abs(lost).mean():.2g} without sign, {abs(lost).max():.2g} at most")


def printed(label):
    found = re.search(rf"^{re.escape(label)}\s*:\s*([-0-9.]+)", log, re.MULTILINE)
    if not found:
        sys.exit(f"llama-perplexity's output has no '{label}'; its log thread sometimes loses lines: run it again")
    return float(found.group(1))


LABELS = {"mean": "Mean    KLD", "median": "Median  KLD", "p90": "90.0%   KLD", "p99": "99.0%   KLD", "max": "Maximum KLD"}
for name, function in STATISTICS.items():
    ours, theirs = function(exact["all"]), printed(LABELS[name])
    # The mean cannot change by more than the mean change, nor a quantile by more than the largest one.
    bound = (abs(lost).mean() if name == "mean" else abs(lost).max()) + 1e-6
    expected = function(numpy.array(loss["kept"])) - function(numpy.array(loss["exact"]))
    check(f"{name} {ours:.6f} and {theirs:.6f}: theirs {theirs - ours:+.2g}; expected loss {expected:+.2g}, at most "
          f"{bound:.2g}", abs(theirs - ours) <= bound)
ours, theirs = 100 * sum(chunk["agreements"] for chunk in exact["chunks"]) / count, printed("Same top p")
check(f"same top {ours:.3f} % and {theirs:.3f} %; the file has two likeliest tokens at {loss['ties']} positions",
      abs(ours - theirs) <= 100 * loss["ties"] / count + 0.001)
ours, theirs = numpy.exp(mean_nats(exact["chunks"], "candidate")), printed("Mean PPL(Q)")
check(f"perplexity {ours:.6f} and {theirs:.6f}", abs(ours / theirs - 1) <= 1e-5)
ours, theirs = numpy.exp(mean_nats(exact["chunks"], "parent")), printed("Mean PPL(base)")
expected = numpy.exp(numpy.mean(loss["keptNats"]) - numpy.mean(loss["exactNats"])) - 1
check(f"the parent's perplexity {ours:.6f} and {theirs:.6f}: theirs {100 * (theirs / ours - 1):+.4f} %, expected loss "
      f"{100 * expected:+.4f} %", abs(theirs / ours - 1) <= 1.1 * abs(expected) + 1e-5)
sys.exit(1 if failed else 0)
