"""Times the lab's conversion to MLX against mlx_lm.convert, in turns, and prints a table.

mlx.py --quantizer PROGRAM --checkpoint FOLDER --work FOLDER [--pairs N]

Each pair is one run of either, in alternating order, both as a user starts them: a new process that reads the
checkpoint and writes a folder. The checkpoint is in the page cache. The lab syncs its files to the disk and hashes
source and result, mlx-lm does neither; each output is removed, and the disk synced, before the next run.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

# Recipe of the lab, options of mlx_lm.convert: the same tensors.
CASES = [
    ("4bit --aggressive", ["--q-bits", "4", "--q-group-size", "64"]),
    ("8bit", ["--q-bits", "8", "--q-group-size", "128"]),
    ("mixed_3_6", ["--q-group-size", "64", "--quant-predicate", "mixed_3_6"]),
]


def run(command, log):
    """Seconds, and the most memory that the process held, in bytes."""
    os.sync()
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    # The process is gone; Popen must not wait for it again.
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}; its output: {log.name}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quantizer", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    output = os.path.join(arguments.work, "output")
    for name in os.listdir(arguments.checkpoint):
        with open(os.path.join(arguments.checkpoint, name), "rb") as file:
            while file.read(1 << 24):
                pass
    print(f"{os.cpu_count()} cores for either, {arguments.pairs} pairs in turns, page cache warm, median (range)\n")
    print(f"{'recipe':20}{'mlx_lm.convert':>18}{'the lab':>14}{'ratio':>24}{'memory':>22}")
    with open(os.path.join(arguments.work, "benchmark.log"), "a", encoding="utf-8") as log:
        for recipe, options in CASES:
            theirs = [sys.executable, "-m", "mlx_lm", "convert", "--hf-path", arguments.checkpoint, "--mlx-path", output,
                      "-q", *options]
            ours = [arguments.quantizer, "convert", "--model", arguments.checkpoint, "--output", output, "--formats",
                    "mlx", "--precision", *recipe.split()]
            times, memory = {0: [], 1: []}, {0: [], 1: []}
            for pair in range(arguments.pairs):
                for side in (0, 1) if pair % 2 == 0 else (1, 0):
                    seconds, peak = run([theirs, ours][side], log)
                    times[side].append(seconds)
                    memory[side].append(peak)
                    shutil.rmtree(output)
            ratios = sorted(one / other for one, other in zip(times[0], times[1]))
            peaks = [max(memory[side]) / 1e6 for side in (0, 1)]
            print(
                f"{recipe:20}{statistics.median(times[0]):>16.2f} s{statistics.median(times[1]):>12.2f} s"
                f"{statistics.median(ratios):>9.1f}x ({ratios[0]:.1f} to {ratios[-1]:.1f})".ljust(76)
                + f"{peaks[0]:>10,.0f} / {peaks[1]:,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
