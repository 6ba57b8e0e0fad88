"""Workers as processes, and artifacts of the embedded model for them."""

from __future__ import annotations

import atexit
import functools
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
CHECKPOINT = ROOT / "fixtures" / "pajama-tiny"
PROGRAMS = Path(os.environ.get("LAB_PROGRAMS", ROOT / ".build" / "release"))
MLX_WORKER = [sys.executable, "-s", "-P", "-B", str(ROOT / "workers" / "mlx")]
# No answer takes longer, seconds; a worker that hangs fails its test.
PATIENCE = 300
GREEDY = {"temperature": 0, "topP": 1, "topK": 0}

Payload = dict[str, Any]


class Ended(Exception):
    """The worker's output ended."""


class Failed(Exception):
    """A request ended with `failed`."""

    def __init__(self, failure: Payload) -> None:
        super().__init__(failure["message"])
        self.failure = failure


class Worker:
    """A worker process, and the lab's end of its pipes."""

    def __init__(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            env={**os.environ, **(environment or {})})
        self._requests = 0
        self._watchdog = threading.Timer(PATIENCE, self.process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    def call(self, method: str, parameters: Payload | None = None) -> Any:
        """A request with a single answer; gives its payload."""
        self.send(method, parameters)
        return self.receive().get("payload")

    def stream(self, method: str, parameters: Payload) -> Iterator[Payload]:
        """A request with many answers, ended by `done`; gives their payloads, without signs of life."""
        self.send(method, parameters)
        while (event := self.receive())["event"] != "done":
            if event["event"] != "advanced":
                yield event["payload"]

    def send(self, method: str, parameters: Payload | None = None) -> None:
        """Sends a request."""
        self._requests += 1
        request = {"id": self._requests, "method": method}
        self.write(json.dumps(request if parameters is None else {**request, "parameters": parameters}).encode())

    def write(self, payload: bytes) -> None:
        """Sends a frame."""
        assert self.process.stdin
        self.process.stdin.write(struct.pack("<I", len(payload)) + payload)
        self.process.stdin.flush()

    def receive(self) -> Payload:
        """The next event of the request sent last."""
        assert self.process.stdout
        header = self.process.stdout.read(4)
        if len(header) < 4:
            raise Ended(f"the worker ended: {self.last_words()}")
        event: Payload = json.loads(self.process.stdout.read(*struct.unpack("<I", header)))
        if event["id"] != self._requests:
            raise AssertionError(f"an answer to {event['id']} while {self._requests} is open")
        if event["event"] == "failed":
            raise Failed(event["payload"])
        return event

    def last_words(self) -> str:
        """What the worker wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def close(self) -> int:
        """Closes the worker's standard input; returns its exit status."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(timeout=30)
        self._watchdog.cancel()
        self.process.stdout.close()
        self.errors.close()
        return status


def mlx_worker(path: Path | None = None, environment: dict[str, str] | None = None, **settings: Any) -> Worker:
    """The MLX worker, with an artifact loaded if one is named."""
    worker = Worker(MLX_WORKER, environment)
    if path is not None:
        worker.call("load", load_parameters(path, **settings))
    return worker


def llama_worker(path: Path, **settings: Any) -> Worker:
    """The llama.cpp worker with an artifact loaded."""
    worker = Worker([str(program("lab-worker"))])
    worker.call("load", load_parameters(path, backend="cpu", **settings))
    return worker


def load_parameters(path: Path, **settings: Any) -> Payload:
    """Parameters of `load`, as the lab sends them."""
    return {
        "path": str(path), "backend": "mlx", "vocabularyOnly": False, "contextLength": 512, "parallelSequences": 1,
        "threads": os.cpu_count() or 1, "kvType": "f16", "flashAttention": "auto", "microBatch": 512,
        "calibrates": False, **settings,
    }


def program(name: str) -> Path:
    """A program of the lab's build."""
    path = PROGRAMS / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: build it with ./lab suites, or name its folder by LAB_PROGRAMS")
    return path


@functools.cache
def artifacts() -> Path:
    """A folder with artifacts of the embedded model: gguf/pajama-tiny-{bf16,q4_k_m}.gguf, mlx/pajama-tiny-4bit."""
    return convert(CHECKPOINT, "bf16,q4_k_m:4bit")


def convert(checkpoint: Path, precisions: str) -> Path:
    """A folder with artifacts of a checkpoint in GGUF and MLX, removed when the tests end."""
    folder = temporary_folder()
    subprocess.run(
        [program("llama-pajamas-quant"), "convert", "--model", checkpoint, "--output", folder, "--formats", "gguf,mlx",
         "--precision", precisions], check=True, capture_output=True)
    return folder


def temporary_folder() -> Path:
    """A folder that is removed when the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="lab-mlx-tests.")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def gguf(recipe: str) -> Path:
    """An artifact of the embedded model as GGUF."""
    return artifacts() / "gguf" / f"pajama-tiny-{recipe}.gguf"


def four_bits() -> Path:
    """The embedded model as an MLX folder in 4 bits."""
    return artifacts() / "mlx" / "pajama-tiny-4bit"


def held_out_text() -> str:
    """The text that the embedded model is measured on."""
    return (CHECKPOINT / "heldout" / "text.txt").read_text(encoding="utf-8")


def prompts(name: str, count: int | None = None) -> list[Payload]:
    """The first lines of a prompt set."""
    lines = (ROOT / "suites" / "prompts" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[:count]]


def source(row: Payload, **chat: Any) -> Payload:
    """A line of a prompt set as a PromptSource."""
    if "prompt" in row:
        return {"text": {"_0": row["prompt"]}}
    return {"chat": {"_0": row["messages"], "isThinking": row["thinking"], **chat}}


def generate(
    worker: Worker, rendered: Sequence[Payload], limit: int = 384, sampling: Payload = GREEDY,
    order: Sequence[int] | None = None,
) -> list[Payload]:
    """What a worker writes after rendered prompts, in their order; each has its number as its seed."""
    asked = [
        {"index": index, "tokens": rendered[index]["tokens"], "format": rendered[index].get("format"), "seed": index}
        for index in (range(len(rendered)) if order is None else order)
    ]
    parameters = {"prompts": asked, "maximumTokens": limit, "sampling": sampling}
    found = {payload["index"]: payload["output"] for payload in worker.stream("generate", parameters)}
    return [found[index] for index in range(len(rendered))]
