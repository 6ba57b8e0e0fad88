"""lm-eval against `llama-pajamas-run serve`: a local task of log-likelihoods, held against the lab's own scores.

The lab's own come from its worker, which is asked by `follow` for -ln p of each token. Both cut the texts with the
checkpoint's tokenizer, so that the sums are over the same tokens.
"""

import argparse
import json
import os
import struct
import subprocess
import sys

from serve_process import LabServer

parser = argparse.ArgumentParser()
for name in ["program", "worker", "model", "tokenizer", "work"]:
    parser.add_argument(f"--{name}", required=True)
options = parser.parse_args()

# In nats, over a continuation. Sums are rounded otherwise in batches of other shapes.
TOLERANCE = 0.02

CASES = [(question, choices) for question, choices in [
    ("Question: Which city is the capital of France?\nAnswer:", [" Paris", " Rome", " Madrid"]),
    ("Question: Which city is the capital of Italy?\nAnswer:", [" Paris", " Rome", " Berlin"]),
    ("The almanac of Undermere notes that it", [" rains on most mornings.", " never stops.", " is a giant oak."]),
    ("The first thing one sees of Undermere is", [" a giant oak.", " the wind.", " 7 cards."]),
    ("21 - 13 =", [" 8", " 9", " 34"]),
    ("The cat", [" sat on the mat.", " fear of Minna", " 12345"]),
]]


def write_task(folder):
    """A task of multiple choice, and its documents."""
    with open(os.path.join(folder, "documents.jsonl"), "w", encoding="utf-8") as file:
        for question, choices in CASES:
            file.write(json.dumps({"question": question, "choices": choices, "label": 0}) + "\n")
    with open(os.path.join(folder, "lab_choices.yaml"), "w", encoding="utf-8") as file:
        file.write(f"""task: lab_choices
dataset_path: json
dataset_kwargs:
  data_files:
    test: {json.dumps(os.path.join(folder, "documents.jsonl"))}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: label
target_delimiter: ""
metric_list:
  - metric: acc
""")


def evaluate(folder, url):
    """Log-likelihood and greediness of each continuation by lm-eval, by question and continuation."""
    output = os.path.join(folder, "lm-eval")
    arguments = [
        sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args",
        f"model=tiny,base_url={url}/v1/completions,tokenizer={options.tokenizer},tokenizer_backend=huggingface,"
        "num_concurrent=2,max_retries=1,tokenized_requests=True",
        "--tasks", "lab_choices", "--include_path", folder, "--output_path", output, "--log_samples"]
    with open(os.path.join(folder, "lm-eval.log"), "w", encoding="utf-8") as log:
        status = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}).returncode
    if status != 0:
        with open(os.path.join(folder, "lm-eval.log"), encoding="utf-8") as log:
            raise SystemExit(f"serve: lm-eval ended with {status}:\n{log.read()[-3000:]}")
    found = {}
    for path, _, names in os.walk(output):
        for name in names:
            if name.startswith("samples_"):
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    for line in file:
                        sample = json.loads(line)
                        for choice, reply in zip(sample["doc"]["choices"], sample["filtered_resps"]):
                            found[sample["doc"]["question"], choice] = (float(reply[0]), str(reply[1]) == "True")
    return found


class Worker:
    """The lab's worker as `lab` asks it."""

    def __init__(self):
        self.process = subprocess.Popen(
            [options.worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.count = 0

    def ask(self, method, parameters):
        """The events that answer a request."""
        self.count += 1
        text = json.dumps({"id": self.count, "method": method, "parameters": parameters}).encode()
        self.process.stdin.write(struct.pack("<I", len(text)) + text)
        self.process.stdin.flush()
        events = []
        while True:
            (length,) = struct.unpack("<I", self.process.stdout.read(4))
            event = json.loads(self.process.stdout.read(length))
            if event["event"] == "failed":
                raise SystemExit(f"serve: the worker failed: {event['payload']}")
            events.append(event)
            if event["event"] in ("done", "loaded"):
                return events

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def own_scores():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    worker, texts, keys = Worker(), [], []
    worker.ask("load", {
        "path": options.model, "backend": "cpu", "vocabularyOnly": False, "contextLength": 512, "parallelSequences": 1,
        "threads": 2, "kvType": "f16", "flashAttention": "auto", "microBatch": 512, "calibrates": False})
    for question, choices in CASES:
        for choice in choices:
            whole = tokenizer.encode(question + choice, add_special_tokens=False)
            start = len(tokenizer.encode(question, add_special_tokens=False))
            keys.append((question, choice))
            texts.append({"index": len(texts), "prompt": whole[:start], "continuation": whole[start:]})
    scores = {}
    for event in worker.ask("follow", {"texts": texts}):
        if event["event"] == "followed":
            output = event["payload"]["output"]
            text = texts[event["payload"]["index"]]
            scores[keys[text["index"]]] = (-sum(output["nats"]), output["choices"] == text["continuation"])
    worker.end()
    return scores


def main():
    write_task(options.work)
    with LabServer(options.program, options.model, "--name", "tiny", "--slots", "2") as server:
        theirs = evaluate(options.work, server.url)
    ours = own_scores()
    if theirs.keys() != ours.keys():
        raise SystemExit(f"serve: lm-eval scored {len(theirs)} continuations of {len(ours)}")
    worst = 0.0
    for key, (own, is_greedy) in ours.items():
        score, greedy = theirs[key]
        worst = max(worst, abs(score - own))
        if abs(score - own) > TOLERANCE or greedy != is_greedy:
            raise SystemExit(f"serve: {key}: lm-eval has {score:.4f} ({greedy}), the lab {own:.4f} ({is_greedy})")
    print(f"serve: lm-eval agrees on {len(ours)} continuations, at most {worst:.4f} nats apart")


main()
