"""Keeps the per-chunk NLLs of full runs as a fixture: sequential_record.py OUTPUT.json N_CTX CHECKPOINT REPORT.json...

CHECKPOINT says in words where the checkpoint comes from. Each report is of one recipe, on the same chunks and with the
same parent, of a run with --full.
"""

import json
import os
import shlex
import sys


def give_up(message):
    sys.exit(f"sequential_record.py: error: {message}")


def read(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    series = [s for s in report["paired_series"] if s["evaluation"] == "perplexity"]
    if len(series) != 1:
        give_up(f"{path} has {len(series)} series of perplexity instead of one")
    artifacts = {artifact["role"]: artifact for artifact in report["artifacts"]}
    datasets = report["datasets"]
    if len(datasets) != 1 or datasets[0]["chunks"] != datasets[0]["chunks_available"]:
        give_up(f"{path} is not a full run on one text")
    if len(series[0]["points"]) != datasets[0]["chunks"]:
        give_up(f"{path} has {len(series[0]['points'])} paired chunks of {datasets[0]['chunks']}")
    return report, artifacts["parent"], artifacts["candidate"], datasets[0], series[0]


def command(report):
    """The command without folders of the machine it ran on."""
    words = shlex.split(report["command"])
    own = [i for i, word in enumerate(words) if word in ("--history", "--store", "--output")]
    words = [word for i, word in enumerate(words) if i not in own and i - 1 not in own]
    return " ".join(os.path.basename(word) if os.path.isabs(word) else word for word in words)


def remade_by(commands, recipes):
    """The recording with its arguments, as they stand in the runs' commands; none for the embedded model."""
    words = shlex.split(commands[0])
    if "--model" not in words:
        return "./lab prove sequential record"
    named = [words[words.index(option) + 1] for option in ["--model", "--dataset-path", "--dataset"]]
    return shlex.join(["./lab", "prove", "sequential", "record", *named, *recipes])


def main(output, context_length, checkpoint, paths):
    runs = [read(path) for path in paths]
    report, parent, _, dataset, first = runs[0]
    chunks = [
        {"index": p["index"], "sample": p["sample"], "parent": p["parent"], "candidates": {}} for p in first["points"]
    ]
    recipes = {}
    for path, (_, other, candidate, text, series) in zip(paths, runs):
        if other["sha256"] != parent["sha256"] or text["sha256"] != dataset["sha256"]:
            give_up(f"{path} is of another parent or text than {paths[0]}")
        recipes[candidate["recipe"]] = candidate["sha256"]
        for chunk, point in zip(chunks, series["points"]):
            if (chunk["sample"], chunk["parent"]) != (point["sample"], point["parent"]):
                give_up(f"{path}, chunk {point['index']}: another chunk or parent's NLL than in {paths[0]}")
            chunk["candidates"][candidate["recipe"]] = point["candidate"]
    commands = [command(report) for report, *_ in runs]
    if not all("--full" in shlex.split(one) for one in commands):
        give_up("a run was made without --full")
    machine = report["machine"]
    provenance = {
        "remade_by": remade_by(commands, recipes),
        "values": "mean NLL of the chunk's scored tokens, nats per token",
        "model": parent["model"],
        "checkpoint": checkpoint,
        "checkpoint_sha256": parent["source"],
        "parent": {"recipe": parent["recipe"], "sha256": parent["sha256"]},
        "candidates": recipes,
        "dataset": {"name": dataset["name"], "sha256": dataset["sha256"]},
        "n_ctx": context_length,
        "engine": report["engine"]["build"],
        "processor": machine["processor"],
        "device": machine["device"],
        "threads": machine["threads"],
        "date": report["started_at"][:10],
        "commands": commands,
    }
    with open(output, "w", encoding="utf-8") as file:
        file.write('{"provenance": ' + json.dumps(provenance, indent=1) + ',\n"chunks": [\n')
        file.write(",\n".join(json.dumps(chunk) for chunk in chunks))
        file.write("\n]}\n")
    print(f"{output}: {len(chunks)} chunks, {', '.join(recipes)}")


if len(sys.argv) < 5:
    give_up("usage: sequential_record.py OUTPUT.json N_CTX CHECKPOINT REPORT.json...")
main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
