"""`./lab benchmark serve`: `llama-pajamas-run serve` beside `llama-server`, same artifact, threads and slots.

Clients ask over HTTP, each its next question when it has the whole answer, and read streams. Both servers run in turns,
each run with prompts of its own, so that nothing is read from a cache. Per number of clients: tokens per second of all
clients together, the time from sending a request to the first text (median and 95th percentile), and the most memory,
that of all of a server's processes. A ratio is the median over the runs of the lab's figure divided by llama-server's.
"""

import argparse
import json
import os
import random
import socket
import sys
import threading
import time

from measure import median, say, table
from server import Server
from worker import backend_devices

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "prove"))
from serve_process import LabServer  # noqa: E402

BARS = {"tokens/s": (1.0, True), "first p50": (1.0, False), "first p95": (1.0, False), "memory": (1.1, False)}

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5, help="runs in turns")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--clients", default="1,4,16")
parser.add_argument("--requests", type=int, default=4, help="requests of each client in a run")
parser.add_argument("--tokens", type=int, default=64, help="tokens of each answer")
parser.add_argument("--words", type=int, default=80, help="words of each prompt")
parser.add_argument("--context", type=int, default=1024, help="tokens of context of each slot")
parser.add_argument("--backend", default="cpu", help="cpu, cuda or another registry of the engine's devices")
parser.add_argument("--program", required=True, help="llama-pajamas-run")
parser.add_argument("--engine", required=True, help="the engine's prefix, with llama-server")
parser.add_argument("--model", required=True, action="append", help="a GGUF file; may be repeated")
options = parser.parse_args()
if options.runs < 1:
    sys.exit("benchmark: --runs must be at least 1")
devices, place = backend_devices(os.path.join(os.path.dirname(options.program), "lab-worker"), options.backend)


class LlamaServer(Server):
    def __init__(self, model, slots):
        super().__init__(options.engine, model, options.context, options.threads, os.devnull, slots, devices)

    def processes(self):
        return [self.process.pid]


class OurServer(LabServer):
    def __init__(self, model, slots):
        super().__init__(
            options.program, model, "--backend", options.backend, "--threads", str(options.threads), "--slots", str(slots),
            "--context-length", str(options.context), "--skip-digest")

    def processes(self):
        return [self.process.pid, self.worker]


def peak_bytes(pids):
    """The most that was resident, added up over processes."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            total += next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
    return total


def request_bytes(method, path, content):
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n").encode() + content


def ask(port, prompt):
    """Seconds until the first text, and the tokens of the answer."""
    content = json.dumps({
        "prompt": prompt, "max_tokens": options.tokens, "temperature": 0, "stream": True, "ignore_eos": True,
        "stream_options": {"include_usage": True}}).encode()
    first, reply = None, b""
    with socket.create_connection(("127.0.0.1", port), timeout=600) as opened:
        began = time.monotonic()
        opened.sendall(request_bytes("POST", "/v1/completions", content))
        while piece := opened.recv(65536):
            if first is None and b'"text":"' in piece:
                first = time.monotonic() - began
            reply += piece
    usage = [line for line in reply.split(b"\n") if line.startswith(b"data: {") and b'"completion_tokens":' in line]
    if first is None or not usage:
        raise SystemExit(f"benchmark: no answer: {reply[:300]!r}")
    return first, json.loads(usage[-1][6:])["usage"]["completion_tokens"]


def prompts(clients, seed, requests):
    chance = random.Random(seed)
    words = ["river", "boat", "hill", "winter", "garden", "stone", "letter", "morning", "road", "window", "teacher", "lamp"]
    return [[" ".join(chance.choice(words) for _ in range(options.words)) for _ in range(requests)]
            for _ in range(clients)]


def load(port, clients, seed, requests):
    """Tokens per second, and the times to the first text."""
    firsts, tokens, lock = [], [0], threading.Lock()

    def run(own):
        for prompt in own:
            first, count = ask(port, prompt)
            with lock:
                firsts.append(first)
                tokens[0] += count

    threads = [threading.Thread(target=run, args=(own,)) for own in prompts(clients, seed, requests)]
    began = time.monotonic()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    seconds = time.monotonic() - began
    if tokens[0] != clients * requests * options.tokens:
        raise SystemExit(f"benchmark: {tokens[0]} tokens were written in place of as many as asked for")
    return tokens[0] / seconds, sorted(firsts)


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))]


def measure(kind, model, clients, run):
    with kind(model, clients) as server:
        load(server.port, clients, seed=-1 - run, requests=1)
        rate, firsts = load(server.port, clients, seed=1000 * clients + run, requests=options.requests)
        return {"tokens/s": rate, "first p50": percentile(firsts, 0.5), "first p95": percentile(firsts, 0.95),
                "memory": peak_bytes(server.processes())}


def main():
    say(f"{place}, {options.threads} threads; {options.runs} runs in turns; each client {options.requests} requests "
        f"of {options.words} words, {options.tokens} tokens each; {options.context} tokens of context a slot")
    is_met = True
    for model in options.model:
        rows = []
        for clients in [int(word) for word in options.clients.split(",")]:
            figures = {LlamaServer: [], OurServer: []}
            for run in range(options.runs):
                order = [LlamaServer, OurServer] if run % 2 == 0 else [OurServer, LlamaServer]
                for kind in order:
                    figures[kind].append(measure(kind, model, clients, run))
            for name, (bar, is_least) in BARS.items():
                theirs, ours = ([figure[name] for figure in figures[kind]] for kind in (LlamaServer, OurServer))
                ratio = median([own / other for own, other in zip(ours, theirs)])
                meets = ratio >= bar if is_least else ratio <= bar
                is_met = is_met and meets
                rows.append([str(clients), name, show(name, median(theirs)), show(name, median(ours)), f"{ratio:.2f}",
                             f"{'>=' if is_least else '<='} {bar:.2f}", "" if meets else "missed"])
        print(f"\n{os.path.basename(model)}\n", flush=True)
        print(table(["clients", "figure", "llama-server", "lab", "ratio", "bar", ""], rows), flush=True)
    sys.exit(0 if is_met else 1)


def show(name, value):
    if name == "memory":
        return f"{value / (1 << 20):.0f} MiB"
    return f"{value:.1f}" if name == "tokens/s" else f"{1000 * value:.1f} ms"


main()
