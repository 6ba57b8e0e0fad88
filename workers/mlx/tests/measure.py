"""Times the MLX worker on the embedded model: `PYTHON -m tests.measure` in workers/mlx, on an idle machine.

Each line gives seconds on the clock, processor seconds of the worker and tokens a second on the clock. On a CPU the
worker as it is, with dequantized weights, comes first, and then MLX's own loops on a little of the same.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path

from .support import (
    CHECKPOINT, Worker, four_bits, generate, held_out_text, load_parameters, mlx_worker, prompts, source,
)

OWN_LOOPS = {"LAB_MLX_AS_IT_IS": "1"}
SEQUENCES = int(os.environ.get("LAB_MEASURE_SEQUENCES", "16"))


def processor_seconds(worker: Worker) -> float:
    """Processor time that a worker has used so far; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(worker: Worker) -> str:
    """The most memory that a worker has had."""
    try:
        lines = Path(f"/proc/{worker.process.pid}/status").read_text().splitlines()
    except OSError:
        return "unknown"
    return next(f"{int(line.split()[1]) / 1024:.0f} MiB" for line in lines if line.startswith("VmHWM"))


def timed(name: str, worker: Worker, work: Callable[[], int]) -> None:
    """Does work, which returns its tokens, and prints a line about it."""
    before, began = processor_seconds(worker), time.monotonic()
    tokens = work()
    seconds = time.monotonic() - began
    speed = f"{tokens / seconds:10,.1f} tokens/s" if tokens else ""
    print(f"{name:44} {seconds:8.2f} s {processor_seconds(worker) - before:8.2f} s CPU {speed}", flush=True)


def measure(
    name: str, path: Path, chunks: int | None, sets: dict[str, int | None], environment: dict[str, str],
) -> None:
    """Measures one artifact in one way."""
    print(f"{name}:")
    worker = mlx_worker(environment=environment)

    def load() -> int:
        worker.call("load", load_parameters(path, parallelSequences=SEQUENCES))
        return 0

    def score() -> int:
        count = len(worker.call("chunk", {"text": held_out_text(), "contextLength": 512})["digests"])
        return 512 * len(list(worker.stream("score", {"chunks": list(range(count))[:chunks]})))

    def write(set_name: str, count: int | None) -> int:
        rendered = worker.call("render", {"prompts": [source(row) for row in prompts(set_name, count)]})
        return sum(len(output["tokens"]) for output in generate(worker, rendered, 384))

    timed("  start and load", worker, load)
    timed(f"  score {chunks or 'all'} windows of 512 tokens", worker, score)
    for set_name, count in sets.items():
        title = f"  {count or 'all'} {set_name}, {SEQUENCES} at a time"
        timed(title, worker, functools.partial(write, set_name, count))
    print(f"  peak memory {peak_mebibytes(worker)}")
    worker.close()


def main() -> None:
    """Measures the embedded model in 4 bits and as the checkpoint has it."""
    everything: dict[str, int | None] = {"languages": None, "thinking": None, "functions": None, "continuations": None}
    measure("4 bits", four_bits(), None, everything, {})
    measure("BF16", CHECKPOINT, None, everything, {})
    measure("4 bits, MLX's own loops", four_bits(), 1, {"languages": 4}, OWN_LOOPS)


if __name__ == "__main__":
    main()
