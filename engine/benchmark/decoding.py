"""`./lab benchmark decoding`: sixteen texts written at once, beside the two rates that bound it.

A batch of sixteen texts cannot be computed faster than as many tokens of a prompt, nor sixteen times as fast as one
text alone; the lab asks of itself 0.85 of the smaller of the two. Measured through the worker's own protocol, with the
sampling of Qwen3's card. The prompts are chosen so that every text runs to the limit: all sequences are busy all along.
"""

import argparse
import sys
import time

import worker
from measure import machine, median, say, table

BAR = 0.85
SEQUENCES = 16
# Tokens of a prompt, and written after it; the prompts of the prefill are as long as both together.
PROMPT, WRITTEN = 32, 224
SAMPLING = {"temperature": 0.7, "topP": 0.8, "topK": 20}

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5, help="runs in turns")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--worker", required=True)
parser.add_argument("--text", required=True, help="a text whose beginnings of lines are the prompts")
parser.add_argument("artifacts", nargs="+", metavar="NAME=FILE")
options = parser.parse_args()
if options.runs < 1:
    sys.exit("benchmark: --runs must be at least 1")


class Worker(worker.Worker):
    """A worker with one artifact, which writes texts."""

    def __init__(self, artifact, sequences):
        super().__init__(
            options.worker, artifact, contextLength=PROMPT + WRITTEN, parallelSequences=sequences,
            threads=options.threads)

    def tokens(self, texts):
        rendered, _ = self.call("render", {"prompts": [{"text": {"_0": text}} for text in texts]})
        return [prompt["tokens"] for prompt in rendered]

    def generate(self, prompts, limit):
        """Seconds, and the texts."""
        began = time.perf_counter()
        _, events = self.call("generate", {"prompts": prompts, "maximumTokens": limit, "sampling": SAMPLING})
        return time.perf_counter() - began, events.get("completed", [])


def decoding_rate(worker, prompts):
    """Tokens a second after the first of each text, which belongs to the prompt's time."""
    first, _ = worker.generate(prompts, 1)
    whole, completed = worker.generate(prompts, WRITTEN)
    tokens = sum(len(text["output"]["tokens"]) for text in completed)
    if tokens != WRITTEN * len(prompts):
        sys.exit("benchmark: a text ended before the limit, though it had run to it before")
    return (tokens - len(prompts)) / (whole - first)


def measure(name, artifact):
    one, many = Worker(artifact, 1), Worker(artifact, SEQUENCES)
    with open(options.text, encoding="utf-8") as file:
        content = file.read()
    tokens = many.tokens([content])[0]
    say(f"{name}: looking for texts that run to the limit")
    prompts = []
    for number in range(len(tokens) // PROMPT // SEQUENCES):
        candidates = [
            {"index": index, "tokens": tokens[index * PROMPT:(index + 1) * PROMPT], "seed": index}
            for index in range(number * SEQUENCES, (number + 1) * SEQUENCES)]
        _, completed = many.generate(candidates, WRITTEN)
        long = {text["index"] for text in completed if len(text["output"]["tokens"]) == WRITTEN}
        prompts += [candidate for candidate in candidates if candidate["index"] in long]
        if len(prompts) >= SEQUENCES:
            break
    else:
        sys.exit(f"benchmark: {name} writes fewer than {SEQUENCES} texts of {WRITTEN} tokens")
    prompts = prompts[:SEQUENCES]
    # The bound needs no logits but of the last token of each.
    whole = [
        {"index": index, "tokens": tokens[index * 256:index * 256 + PROMPT + WRITTEN - 1], "seed": 0}
        for index in range(SEQUENCES)]

    rates = []
    for number in range(options.runs):
        seconds, _ = many.generate(whole, 1)
        prefill = sum(len(prompt["tokens"]) for prompt in whole) / seconds
        single = decoding_rate(one, prompts[number % SEQUENCES:][:1])
        together = decoding_rate(many, prompts)
        rates.append((prefill, single, together, together / min(prefill, SEQUENCES * single)))
        say(f"{name}, run {number + 1} of {options.runs}: prefill {prefill:,.0f} tokens/s, one text {single:,.0f}, "
            f"{SEQUENCES} texts {together:,.0f}: {rates[-1][3]:.2f}")
    one.end()
    many.end()
    ratio = median([rate[3] for rate in rates])
    return [name, *(f"{median([rate[column] for rate in rates]):,.0f}" for column in range(3)), f"{ratio:.2f}",
            f"{min(rate[3] for rate in rates):.2f} to {max(rate[3] for rate in rates):.2f}",
            f"{BAR}, {'reached' if ratio >= BAR else 'missed'}"]


rows = [measure(*named.split("=", 1)) for named in options.artifacts]
print(f"## Decoding on {machine()}, {options.threads} threads\n")
print(f"Prompts of {PROMPT} tokens and {WRITTEN} tokens after them, temperature {SAMPLING['temperature']}, "
      f"top-p {SAMPLING['topP']}, top-k {SAMPLING['topK']}; prefill of {SEQUENCES} prompts as long as both. The ratio "
      f"is that of {SEQUENCES} texts at once to the smaller of prefill and {SEQUENCES} times one text. Median of "
      f"{options.runs} runs in turns.\n")
print(table(
    ["tokens a second", "prefill", "one text", f"{SEQUENCES} texts", "ratio", "lowest to highest", "bar"], rows))
