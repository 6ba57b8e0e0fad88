"""Seeded faulty downloads: each ends whole or with a clear error, and no damaged file ever has its final name.

    hub.py --program llama-pajamas-quant --server server.py [--cases 1000] [--seconds S] [--seed 1] [--case N]

A case is a number: what it asks for, how the server misbehaves and when the program is killed follow from it. The
oracle is Python's hashlib over the cache, and the program's exit code.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

FAULTS = ["cut", "wrong", "etag", "ranges", "shifted", "stall", "slow", "limited", "error", "refused", "empty"]
NAME = "lab/faulty"
# In place of waits that a person would accept.
ENVIRONMENT = {"HF_HUB_DOWNLOAD_TIMEOUT": "1", "LAB_HUB_PAUSE_MS": "5", "LAB_HUB_PART_BYTES": "65536"}


def make_repository(root):
    """A checkpoint's files: two shards and what belongs to them; the bytes are random and always the same."""
    numbers = random.Random(7)
    folder = os.path.join(root, NAME)
    os.makedirs(os.path.join(folder, "additional_chat_templates"))
    files = {
        "config.json": b'{"architectures": ["Qwen3ForCausalLM"]}',
        "tokenizer.json": numbers.randbytes(20_000),
        "README.md": b"",
        "additional_chat_templates/tools.jinja": b"{{ tools }}",
        "model.safetensors.index.json": b'{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}',
        "model-1.safetensors": numbers.randbytes(400_000),
        "model-2.safetensors": numbers.randbytes(250_000),
        "pytorch_model.bin": numbers.randbytes(1000),
    }
    for path, data in files.items():
        with open(os.path.join(folder, path), "wb") as file:
            file.write(data)
    del files["pytorch_model.bin"]
    return files


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def damage(cache, files):
    """What is wrong with the cache: a blob whose bytes are not its name's, a file of a snapshot that is another."""
    folder = os.path.join(cache, "hub", "models--" + NAME.replace("/", "--"))
    blobs = os.path.join(folder, "blobs")
    for name in os.listdir(blobs) if os.path.isdir(blobs) else []:
        if ".lab." in name:
            continue
        with open(os.path.join(blobs, name), "rb") as file:
            data = file.read()
        if name != (hashlib.sha256(data).hexdigest() if len(name) == 64 else git_blob(data)):
            return f"blob {name} has other bytes than its name says"
    snapshots = os.path.join(folder, "snapshots")
    for parent, _, names in os.walk(snapshots):
        for name in names:
            place = os.path.join(parent, name)
            path = os.path.relpath(place, snapshots).split(os.sep, 1)[1]
            with open(place, "rb") as file:
                if file.read() != files.get(path):
                    return f"{path} of the snapshot has other bytes"
    return None


def missing(cache, files):
    """The files that a whole snapshot lacks."""
    snapshots = os.path.join(cache, "hub", "models--" + NAME.replace("/", "--"), "snapshots")
    commits = os.listdir(snapshots) if os.path.isdir(snapshots) else []
    if len(commits) != 1:
        return sorted(files)
    return [path for path in sorted(files) if not os.path.isfile(os.path.join(snapshots, commits[0], path))]


class Case:
    def __init__(self, seed, number):
        numbers = random.Random(f"{seed}/{number}")
        chosen = numbers.sample(FAULTS, numbers.randint(1, 3))
        self.faults = {name: round(numbers.choice([0.05, 0.2, 0.5, 1.0]), 2) for name in chosen}
        if "stall" in self.faults:
            self.faults["stall"] = min(self.faults["stall"], 0.05)
        # Many servers recover; some do not.
        self.faults["faults"] = numbers.choice([1, 2, 5, 20, 1 << 30])
        self.faults["seed"] = numbers.randrange(1 << 30)
        self.faults["stall_s"] = 4
        self.kill_after_s = numbers.uniform(0.0, 0.3) if numbers.random() < 0.2 else None
        # Two at once, into one cache.
        self.programs = 2 if numbers.random() < 0.15 else 1

    def __str__(self):
        faults = " ".join(f"{name}={value}" for name, value in self.faults.items())
        killed = f" killed after {self.kill_after_s:.2f} s" if self.kill_after_s is not None else ""
        return f"{faults} programs={self.programs}{killed}"


class Proof:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.files = make_repository(os.path.join(work, "root"))
        self.server = subprocess.Popen(
            [sys.executable, options.server, "--root", os.path.join(work, "root")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.endpoint = "http://127.0.0.1:" + self.server.stdout.readline().split()[0]
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.ends = {"whole": 0, "clear error": 0, "killed": 0, "whole after a kill": 0}

    def close(self):
        self.server.stdin.close()
        self.server.wait()

    def control(self, faults):
        query = "&".join(f"{name}={value}" for name, value in faults.items())
        self.opener.open(f"{self.endpoint}/__control?{query}").read()

    def start(self, cache):
        environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("HF_") and not name.lower().endswith("_proxy")}
        environment |= ENVIRONMENT | {"HF_ENDPOINT": self.endpoint, "HF_HOME": cache, "HF_TOKEN": "hf_secret"}
        return subprocess.Popen(
            [self.options.program, "download", NAME], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, number):
        """What is wrong in a case; None when all is as it should be."""
        case = Case(self.options.seed, number)
        cache = os.path.join(self.work, "cache")
        shutil.rmtree(cache, ignore_errors=True)
        self.control(case.faults)
        programs = [self.start(cache) for _ in range(case.programs)]
        if case.kill_after_s is not None:
            time.sleep(case.kill_after_s)
            for program in programs:
                program.send_signal(signal.SIGKILL)
        for program in programs:
            problem = self.judge(program, cache, case)
            if problem:
                return f"{problem} ({case})"
        if case.kill_after_s is not None:
            # The same command goes on, and the server behaves.
            self.control({})
            program = self.start(cache)
            problem = self.judge(program, cache, case)
            if problem or program.returncode != 0:
                return f"after a kill: {problem or 'it ends with ' + str(program.returncode)} ({case})"
            self.ends["whole after a kill"] += 1
        return None

    def judge(self, program, cache, case):
        try:
            output, errors = program.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            program.kill()
            return "it does not end"
        found = damage(cache, self.files)
        if found:
            return found
        if "hf_secret" in output + errors:
            return "the token is in the output"
        if program.returncode == 0:
            lacking = missing(cache, self.files)
            if lacking:
                return f"it ends with 0 and lacks {', '.join(lacking)}"
            self.ends["whole"] += 1
        elif program.returncode == 4:
            if not errors.startswith("error: ") and "\nerror: " not in errors:
                return f"it ends with 4 and says {errors!r}"
            self.ends["clear error"] += 1
        elif program.returncode == -signal.SIGKILL and case.kill_after_s is not None:
            self.ends["killed"] += 1
        else:
            return f"it ends with {program.returncode}: {errors[-500:]!r}"
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no case after so long")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--case", type=int, help="only this one")
    options = parser.parse_args()
    began = time.monotonic()
    failures = count = 0
    with tempfile.TemporaryDirectory(prefix="lab-hub.") as work:
        proof = Proof(options, work)
        try:
            for number in [options.case] if options.case is not None else range(options.cases):
                if time.monotonic() - began > options.seconds:
                    break
                count += 1
                problem = proof.run(number)
                if problem:
                    failures += 1
                    print(f"case {number}: {problem}", flush=True)
        finally:
            proof.close()
    ends = ", ".join(f"{value} {name}" for name, value in proof.ends.items())
    print(f"{count} faulty downloads in {time.monotonic() - began:.0f} s: {ends}; {failures} not as they should be")
    # None of a kind would mean that the faults did nothing, or that nothing ever came.
    if count >= 100 and (proof.ends["whole"] == 0 or proof.ends["clear error"] == 0):
        print("the faults are one-sided: this proves nothing")
        failures += 1
    sys.exit(1 if failures or count == 0 else 0)


if __name__ == "__main__":
    main()
