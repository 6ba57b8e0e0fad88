"""Runs programs and measures them: wall time, peak resident memory, and the disk that a run needs beside its result.

Needs nothing but Python's own library: a small process keeps its memory out of its children's figures.
"""

import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass


@dataclass
class Run:
    seconds: float
    peak_bytes: int
    """The largest resident memory of any of its processes, mapped files included."""
    disk_bytes: int
    """The most that stood in the watched folder at any moment."""


def folder_bytes(folder):
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


class Watch:
    """Looks at a folder ten times a second."""

    def __init__(self, folder):
        self.folder, self.peak, self.ended = folder, 0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, folder_bytes(self.folder))

    def stop(self):
        self.ended.set()
        self.thread.join()
        return max(self.peak, folder_bytes(self.folder))


def run(command, log, folder, environment=None, allowed=(0,)):
    """Runs a command to its end; its output goes to the file `log`. Ends the program where the command fails, which
    is to end with another status than those allowed."""
    os.sync()  # What earlier runs wrote is not this run's work.
    watch, began = Watch(folder), time.monotonic()
    with open(log, "ab") as output:
        output.write(("\n== " + " ".join(command) + "\n").encode())
        output.flush()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if child.returncode not in allowed:
        sys.exit(f"benchmark: {command[0]} ended with {child.returncode}; its words: {log}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit, watch.stop())


def together(runs):
    """Several runs one after the other as one."""
    return Run(sum(r.seconds for r in runs), max(r.peak_bytes for r in runs), max(r.disk_bytes for r in runs))


def say(text):
    print(f"benchmark: {text}", file=sys.stderr, flush=True)


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def table(titles, rows):
    """A Markdown table, aligned for reading as text too; all columns but the first are numbers."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [titles] + rows) for column in range(len(titles))]
    lines = []
    for row in [titles] + rows:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("| " + " | ".join(cells) + " |")
    lines.insert(1, "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|")
    return "\n".join(lines)


def engine_environment(engine):
    """This process's environment, and the engine's libraries before all others."""
    folders = [os.path.join(engine, "lib"), os.environ.get("LD_LIBRARY_PATH")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, folders))}


def megabytes(count):
    return f"{count / 1e6:,.0f} MB"


def median(values):
    return statistics.median(values)


def machine():
    """Processor and cores, in words."""
    name = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), name)
    except OSError:
        answer = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
        name = answer.stdout.strip() or name
    return f"{name}, {os.cpu_count()} cores"
