"""`./lab benchmark balanced`: the whole `balanced` suite on the embedded model, beside llama.cpp's own tools.

The peers: `llama-perplexity` twice, which writes the parent's logits and then holds the candidate against them, and
`llama-server` with the parent and then with the candidate, asked prompt by prompt by a script: the same prompts,
sampling and limits as in the suite. What is compared is the measurements, and whatever is not the same is in the
peers' favour: the lab begins with nothing and makes both artifacts in its time, where the peers find them; only the lab
measures its noise floor, follows the parent's texts (llama-server cannot), checks templates, judges texts, runs
functions in a sandbox, keeps all in a history and writes a report. It measures every window (`--full`), as they do.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass

from measure import engine_environment, machine, median, remove, say, table
from server import GREEDY, PLAIN, THINKING, Server, ServerError

BAR = 2.0
WINDOW = 512
# What a thought of 2048 tokens needs with its prompt, in the engine's steps of 256.
CONTEXT = 2304
ROLES = ["parent", "candidate"]


@dataclass
class Part:
    """Prompts that are asked in one way: `evaluation` is their name in the suite, `mode` that of a part in reports."""

    title: str
    evaluation: str
    prompts: str
    sampling: dict
    is_thinking: bool = False
    mode: str = ""


PARTS = [
    Part("continuations", "samples", "continuations", GREEDY),
    Part("languages", "languages", "languages", GREEDY),
    Part("thinking", "thinking", "thinking", THINKING, is_thinking=True, mode="thinking"),
    Part("no thinking", "thinking", "thinking", PLAIN, mode="no thinking"),
    Part("functions", "code", "functions", GREEDY),
]
# Stages of the lab's progress, by the row of the table that they belong to; the rest is start and end.
STAGES = {"noise": "windows of text", "fidelity": "windows of text", "perplexity": "windows of text",
          "samples": "continuations", "languages": "languages", "thinking": "thinking, on and off", "code": "functions"}
ROWS = ["windows of text", "continuations", "languages", "thinking, on and off", "functions", "start and end"]

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5, help="runs in turns")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--lab", required=True, help="the program")
parser.add_argument("--engine", required=True, help="the engine's prefix, with both of llama.cpp's tools")
parser.add_argument("--suite", required=True, help="the folder of the suite")
parser.add_argument("--parent", required=True, help="the embedded model as BF16")
parser.add_argument("--candidate", required=True, help="the embedded model as Q4_K_M")
parser.add_argument("--work", required=True, help="an empty folder for everything written")
options = parser.parse_args()
if options.runs < 1:
    sys.exit("benchmark: --runs must be at least 1")


def path(*names):
    return os.path.join(options.work, *names)


def give_up(message):
    """Ends with 4: something went wrong, where 1 says that the lab is too slow."""
    say(message)
    sys.exit(4)


def read_suite():
    """The text that the suite measures windows of, and the tokens that each evaluation lets a model write."""
    with open(os.path.join(options.suite, "suite.yaml"), encoding="utf-8") as file:
        content = file.read()
    text = re.search(r"evaluator: fidelity\s+dataset:\s+name: \S+\s+path: (\S+)", content)
    blocks = re.split(r"^  - name: ", content, flags=re.M)
    limits = {block.split("\n", 1)[0]: int(found.group(1))
              for block in blocks if (found := re.search(r"^    maximum_tokens: (\d+)", block, re.M))}
    if not text or any(part.evaluation not in limits for part in PARTS):
        give_up(f"{options.suite} is another suite than this benchmark knows")
    return os.path.normpath(os.path.join(options.suite, text.group(1))), limits


def read_prompts(name):
    with open(os.path.join(options.suite, "..", "prompts", f"{name}.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


text, limits = read_suite()
prompts = {part.title: read_prompts(part.prompts) for part in PARTS}
files = dict(zip(ROLES, [options.parent, options.candidate]))


class Clock:
    """Seconds since the last look at it, added up by row."""

    def __init__(self):
        self.began = self.last = time.monotonic()
        self.seconds = dict.fromkeys(ROWS, 0.0)

    def count(self, row):
        now = time.monotonic()
        self.seconds[row] += now - self.last
        self.last = now

    @property
    def total(self):
        return self.last - self.began


# The peers.


def run_perplexity(file, *more):
    """One run of llama-perplexity over the whole text, and what it printed."""
    with open(path("log"), "ab") as log:
        start = log.tell()
        status = subprocess.run(
            [os.path.join(options.engine, "bin", "llama-perplexity"), "-m", file, "-f", text, "-c", str(WINDOW),
             "-t", str(options.threads), "--kl-divergence-base", path("logits"), *more],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=engine_environment(options.engine)).returncode
    if status != 0:
        give_up(f"llama-perplexity ended with {status}")
    with open(path("log"), encoding="utf-8", errors="replace") as log:
        log.seek(start)
        return log.read()


def ask(server, part):
    """The server's answers to a set's prompts, one after the other."""
    limit = limits[part.evaluation]
    if "prompt" in prompts[part.title][0]:
        return [server.go_on(row["prompt"], limit, part.sampling) for row in prompts[part.title]]
    return [server.reply(row["messages"], part.is_thinking, limit, part.sampling) for row in prompts[part.title]]


def run_peers():
    """Both tools with both models: the clock, what llama-perplexity printed, answers by role and part."""
    remove(path("logits"))
    answers, clock = {}, Clock()
    run_perplexity(files["parent"])
    said = run_perplexity(files["candidate"], "--kl-divergence")
    clock.count("windows of text")
    for role in ROLES:
        with Server(options.engine, files[role], CONTEXT, options.threads, path("log")) as server:
            clock.count("start and end")
            for part in PARTS:
                answers[role, part.title] = ask(server, part)
                clock.count(STAGES[part.evaluation])
        clock.count("start and end")
    return clock, said, answers


def right_answers(answers):
    """How many are right, by role and part; ends the program where too few are, since then something else was timed."""
    counts = {}
    for (role, title), given in answers.items():
        rows = prompts[title]
        if len(given) != len(rows):
            give_up(f"{title}: {len(given)} answers to {len(rows)} prompts")
        if "answer" not in rows[0]:
            continue
        counts[role, title] = sum(answer.is_right(row) for answer, row in zip(given, rows))
        # Without a thought the embedded model solves next to nothing.
        if title != "no thinking" and counts[role, title] < 0.8 * len(rows):
            give_up(f"{title}: llama-server gave {counts[role, title]} right answers to {len(rows)} prompts")
    return counts


# The lab.


def run_lab():
    """The suite from nothing: no history, no artifacts, no pack. The clock and the report."""
    remove(path("lab"))
    os.makedirs(path("lab"))
    clock = Clock()
    process = subprocess.Popen(
        [options.lab, "run", options.suite, "--backend", "cpu", "--full", "--threads", str(options.threads),
         "--store", path("lab", "store"), "--history", path("lab", "history.sqlite"),
         "--output", path("lab", "reports")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with open(path("log"), "a", encoding="utf-8") as log:
        for line in process.stderr:
            log.write(line)
            # A line of progress names its stage: what has passed since the last line was spent there.
            clock.count(STAGES.get(line.split(" ", 1)[0], "start and end"))
    status = process.wait()
    clock.count("start and end")
    if status not in [0, 1, 3]:
        give_up(f"the lab ended with {status}")
    with open(path("lab", "reports", "latest", "report.json"), encoding="utf-8") as file:
        return clock, json.load(file)


def check_report(report):
    """Ends the program unless the lab measured everything, of the same artifacts, and took nothing from a history."""
    if report["reuse"]["samples_reused"] or report["reuse"]["artifacts_reused"]:
        give_up("the lab took results from a history; they were to be measured")
    for artifact in report["artifacts"]:
        with open(files[artifact["role"]], "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != artifact["sha256"]:
                give_up(f"the lab's {artifact['recipe']} is not the peers'")
    measured = {(m["evaluation"], m["metric"]) for m in report["measurements"]}
    wanted = [("perplexity", "perplexity"), ("fidelity", "kl_mean"), ("samples", "teacher_forced_agreement"),
              ("languages", "accuracy"), ("thinking", "accuracy"), ("thinking", "plain_accuracy"), ("code", "accuracy")]
    for evaluation, metric in wanted:
        if (evaluation, metric) not in measured:
            give_up(f"the lab has not measured {metric} of {evaluation}; ./lab doctor may know why")


def lab_right_answers(report):
    """How many of the lab's answers are right, by role and part."""
    counts = {}
    for part in PARTS:
        for entry in report["answers"]:
            if (entry["evaluation"], entry["mode"] or "") == (part.evaluation, part.mode):
                counts["parent", part.title], counts["candidate", part.title] = entry["parent_right"], entry["right"]
    return counts


def measured(report, evaluation, metric, role):
    paths = [a["path"] for a in report["artifacts"] if a["role"] == role]
    return next(m["value"] for m in report["measurements"]
                if (m["evaluation"], m["metric"]) == (evaluation, metric) and m["artifact"] in paths)


# Tables.


def values_table(said, answers, report):
    """What both sides found."""
    def printed(label):
        # Its log thread sometimes loses the last lines.
        found = re.search(rf"^{label}\s*:\s*([-0-9.]+)", said, re.MULTILINE)
        return found.group(1) if found else "(its last lines were lost)"

    perplexities = [measured(report, "perplexity", "perplexity", role) for role in ROLES]
    divergence = measured(report, "fidelity", "kl_mean", "candidate")
    rows = [
        ["perplexity, BF16", printed(r"Mean PPL\(base\)"), f"{perplexities[0]:.6f}"],
        ["perplexity, Q4_K_M", printed(r"Mean PPL\(Q\)"), f"{perplexities[1]:.6f}"],
        ["mean KL, nats", printed("Mean    KLD"), f"{divergence:.6f}"]]
    theirs, ours = right_answers(answers), lab_right_answers(report)
    for part in PARTS:
        if ("parent", part.title) in theirs:
            rows.append([f"right of {len(prompts[part.title])}, {part.title}: BF16, Q4_K_M",
                         *(", ".join(str(counts.get((role, part.title), "?")) for role in ROLES)
                           for counts in [theirs, ours])])
    for part in PARTS:
        tokens = [str(sum(answer.tokens for answer in answers[role, part.title])) for role in ROLES]
        rows.append([f"tokens written, {part.title}: BF16, Q4_K_M", ", ".join(tokens), ""])
    seconds = sum(answer.seconds for given in answers.values() for answer in given)
    rows.append(["seconds that llama-server tells of prompts and tokens", f"{seconds:.1f}", ""])
    return table(["the last run's values", "llama.cpp", "lab"], rows)


def shares_table(peers, labs):
    """Medians of each part's seconds."""
    def cells(clocks, row):
        seconds = median([clock.seconds[row] for clock in clocks])
        return [f"{seconds:.1f} s", f"{seconds / median([clock.total for clock in clocks]):.0%}"]

    return table(["part, medians", "llama.cpp", "share", "lab", "share"],
                 [[row, *cells(peers, row), *cells(labs, row)] for row in ROWS])


def main():
    peers, labs = [], []
    for number in range(1, options.runs + 1):
        try:
            clock, said, answers = run_peers()
        except ServerError as error:
            give_up(str(error))
        peers.append(clock)
        right_answers(answers)
        clock, report = run_lab()
        labs.append(clock)
        check_report(report)
        say(f"run {number} of {options.runs}: llama.cpp {peers[-1].total:.1f} s, lab {labs[-1].total:.1f} s: "
            f"{peers[-1].total / labs[-1].total:.2f} times")
    ratios = [theirs.total / ours.total for theirs, ours in zip(peers, labs)]
    print(f"## The balanced suite on {machine()}, {options.threads} threads\n")
    print("`llama-perplexity` twice and `llama-server` with one slot, prompt by prompt, for BF16 and Q4_K_M, which "
          "they find ready; the lab from nothing, every window, with conversions, noise floor, judgement and report. "
          f"Median of {options.runs} runs in turns.\n")
    print(table(["run", "llama.cpp", "lab", "ratio"],
                [[number, f"{theirs.total:.1f} s", f"{ours.total:.1f} s", f"{theirs.total / ours.total:.2f}"]
                 for number, (theirs, ours) in enumerate(zip(peers, labs), 1)]) + "\n")
    print(shares_table(peers, labs) + "\n")
    print(values_table(said, answers, report) + "\n")
    reached = median(ratios) >= BAR
    print(f"The lab is {median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f}); the bar, "
          f"{BAR:.1f}, is {'reached' if reached else 'missed'}.")
    return 0 if reached else 1


sys.exit(main())
