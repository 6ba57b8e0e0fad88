"""A seeded load on `llama-pajamas-run serve`: requests of which a tenth is given up, a tenth malformed, some read slowly and
some left half open. No crash, every well-formed request answered rightly, resident memory flat after the warm-up.

What is right is known beforehand: the embedded model's greedy answers, asked one at a time.
"""

import argparse
import http.client
import json
import os
import random
import socket
import sys
import threading
import time
from collections import Counter

from serve_process import LabServer

parser = argparse.ArgumentParser()
parser.add_argument("--program", required=True, help="llama-pajamas-run")
parser.add_argument("--model", required=True, help="the embedded model as GGUF")
parser.add_argument("--prompts", required=True, help="a file of held-out prompts with messages")
parser.add_argument("--requests", type=int, default=1000)
parser.add_argument("--clients", type=int, default=16)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()

GROWTH_BYTES = 48 << 20


def say(line):
    print(f"serve: {line}", flush=True)


def load_prompts():
    with open(options.prompts, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:24]
    return [{"messages": row["messages"], "temperature": 0, "max_tokens": 60,
             "chat_template_kwargs": {"enable_thinking": row["thinking"]}} for row in rows]


def post(port, body, path="/v1/chat/completions", timeout=120):
    """A request's connection, once it is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, content, {"Content-Type": "application/json"})
    return connection


def answer(port, body):
    connection = post(port, body)
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    if reply.status != 200:
        raise AssertionError(f"status {reply.status}: {content[:300]!r}")
    choice = json.loads(content)["choices"][0]
    return text_of(choice["message"]), choice["finish_reason"]


def text_of(message):
    return (message.get("reasoning_content") or "") + "|" + (message.get("content") or "")


def read_stream(reply, pause=0.0):
    """The text and the end of a stream."""
    thought, content, reason = "", "", None
    for line in reply:
        if pause:
            time.sleep(pause)
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        choice = json.loads(line[6:])["choices"][0]
        thought += choice["delta"].get("reasoning_content") or ""
        content += choice["delta"].get("content") or ""
        reason = choice["finish_reason"] or reason
    return thought + "|" + content, reason


def mangled(body, chance):
    """A body that is none, by one of several kinds of damage."""
    content = json.dumps(body)
    kind = chance.randrange(7)
    if kind == 0:
        return content[: chance.randrange(len(content))].encode()
    if kind == 1:
        return json.dumps({**body, chance.choice(["messages", "temperature", "stop", "n", "stream"]): chance.choice(
            [{}, "x", -7, [[]], 1e99])}).encode()
    if kind == 2:
        return chance.randbytes(chance.randrange(200))
    if kind == 3:
        return ("[" * 5000).encode()
    if kind == 4:
        return json.dumps({**body, "messages": [{"role": chance.choice([None, 5, {}]), "content": "x"}]}).encode()
    if kind == 5:
        damaged = bytearray(content.encode())
        damaged[chance.randrange(len(damaged) // 2)] = chance.choice(b"\x00\xff{}\"")
        return bytes(damaged)
    return json.dumps({**body, "messages": [{"role": "user", "content": "word " * 4000}]}).encode()


class Load:
    def __init__(self, port, prompts, expected):
        self.port, self.prompts, self.expected = port, prompts, expected
        self.counts, self.problems, self.lock = Counter(), [], threading.Lock()
        self.next = 0

    def take(self):
        with self.lock:
            self.next += 1
            return self.next if self.next <= options.requests else None

    def run(self):
        while (number := self.take()) is not None:
            chance = random.Random(options.seed * 1_000_003 + number)
            try:
                kind = self.one(chance)
            except Exception as error:
                with self.lock:
                    self.problems.append(f"request {number}: {type(error).__name__}: {error}")
                kind = "wrong"
            with self.lock:
                self.counts[kind] += 1

    def one(self, chance):
        """Makes a request; says of which kind it was."""
        index = chance.randrange(len(self.prompts))
        body = self.prompts[index]
        share = chance.random()
        if share < 0.1:
            return self.give_up(body, chance)
        if share < 0.2:
            return self.malformed(body, chance)
        if share < 0.22:
            # Half of a request, and then nothing: the server has to get along without the rest.
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as opened:
                opened.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{")
                time.sleep(chance.random() * 0.2)
            return "half open"
        if share < 0.6:
            found, end = answer(self.port, body)
            kind = "whole"
        else:
            connection = post(self.port, {**body, "stream": True})
            slow = share > 0.97
            found, end = read_stream(connection.getresponse(), pause=0.01 if slow else 0)
            connection.close()
            kind = "slow" if slow else "streamed"
        if end not in ("stop", "length") or found not in self.expected[index]:
            raise AssertionError(f"prompt {index}: {found!r} ({end}), not {sorted(self.expected[index])!r}")
        return kind

    def give_up(self, body, chance):
        is_streaming = chance.random() < 0.5
        connection = post(self.port, {**body, "stream": is_streaming, "max_tokens": 1500, "ignore_eos": True})
        if is_streaming:
            connection.getresponse().read(1 + chance.randrange(400))
        else:
            time.sleep(chance.random() * 0.1)
        connection.close()
        return "given up"

    def malformed(self, body, chance):
        content = mangled(body, chance)
        connection = post(self.port, content)
        reply = connection.getresponse()
        found = reply.read()
        connection.close()
        # Damage may leave a request that is well-formed.
        if reply.status == 200:
            return "malformed, harmlessly"
        if not 400 <= reply.status < 500:
            raise AssertionError(f"status {reply.status} to {content[:80]!r}: {found[:200]!r}")
        if not json.loads(found)["error"]["message"]:
            raise AssertionError(f"no message to {content[:80]!r}")
        return "malformed"


def expected_answers(port, prompts):
    """The greedy answer to each prompt, asked alone and, since sums are rounded otherwise in a batch, beside others."""
    answers = [{answer(port, body)[0]} for body in prompts]
    for _ in range(2):
        threads = [threading.Thread(target=lambda i=i: answers[i].add(answer(port, prompts[i])[0]))
                   for i in range(len(prompts))]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    return answers


def main():
    prompts = load_prompts()
    with LabServer(options.program, options.model, "--slots", "8", "--queue", "1000") as server:
        began = time.monotonic()
        expected = expected_answers(server.port, prompts)
        load = Load(server.port, prompts, expected)
        resident, threads = [], [threading.Thread(target=load.run) for _ in range(options.clients)]
        [thread.start() for thread in threads]
        marks = [options.requests * part // 4 for part in (1, 2, 3)]
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.05)
            if marks and load.next >= marks[0]:
                marks.pop(0)
                resident.append(server.resident_bytes())
        resident.append(server.resident_bytes())
        seconds = time.monotonic() - began
        # Whoever went away is forgotten, and the server is idle.
        for _ in range(200):
            running = metrics(server.port, "lab_requests_running") + metrics(server.port, "lab_requests_waiting")
            if running == 0:
                break
            time.sleep(0.05)
        restarts = metrics(server.port, "lab_worker_restarts_total")
        still_right = answer(server.port, prompts[0])[0] in expected[0]

    say(f"{options.requests} requests in {seconds:.1f} s: "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(load.counts.items())))
    say("resident MiB of server and worker, by quarters: "
        + ", ".join(f"{own >> 20} + {worker >> 20}" for own, worker in resident))
    problems = load.problems[:10]
    if running or restarts or not still_right:
        problems.append(f"afterwards {running} requests run, {restarts} workers were lost, right: {still_right}")
    for place, name in enumerate(["server", "worker"]):
        growth = resident[-1][place] - resident[0][place]
        if growth > GROWTH_BYTES:
            problems.append(f"the {name} grew by {growth >> 20} MiB after the first quarter")
    for problem in problems:
        say(f"PROBLEM {problem}")
    sys.exit(1 if problems else 0)


def metrics(port, name):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


main()
