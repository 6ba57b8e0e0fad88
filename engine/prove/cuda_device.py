"""`./lab prove cuda`: what only a machine with a CUDA device can show, through the commands that people use.

- suites: smoke, balanced and consistency on the device, and the second run of balanced, which measures nothing again;
- speed: the suite throughput, and the table of `llama-pajamas-run benchmark`;
- texts: a greedy text from the device beside the CPU's;
- serving: many clients of the server at once;
- memory: a device without room; the message names the layers that fit, and with these the model runs;
- absence: no device visible; exit 4 where CUDA is demanded, skipped with the reason where a suite lists it as optional.

Needs nothing but Python's own library. --backend tries all but the last two on another backend.
"""

import argparse
import concurrent.futures
import contextlib
import ctypes
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from serve_process import LabServer

parser = argparse.ArgumentParser()
parser.add_argument("--programs", required=True, help="folder with lab and llama-pajamas-run")
parser.add_argument("--suites", required=True)
parser.add_argument("--engine", required=True, help="the engine's prefix")
parser.add_argument("--work", required=True)
parser.add_argument("--model", required=True, help="a GGUF file")
parser.add_argument("--large", help="a GGUF file of some gigabytes, for the device without room; default: --model")
parser.add_argument("--backend", default="cuda")
parser.add_argument("--parts", default="suites,texts,serving,memory,absence,speed")
options = parser.parse_args()
log = open(os.path.join(options.work, "log"), "ab")
failures = []
environment = {
    **os.environ, "LAB_HISTORY": os.path.join(options.work, "history.sqlite"),
    "LAB_STORE": os.path.join(options.work, "store")}


def program(name, *arguments, without_devices=False):
    """Status, standard output, what was said beside it, and seconds."""
    own = {**environment, "CUDA_VISIBLE_DEVICES": ""} if without_devices else environment
    began = time.monotonic()
    done = subprocess.run(
        [os.path.join(options.programs, name), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", env=own, check=False)
    log.write(f"\n== {name} {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}".encode())
    log.flush()
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


def expect(is_so, title, detail=""):
    print(f"{'ok    ' if is_so else 'FAILED'} {title}{': ' if detail else ''}{detail}", flush=True)
    if not is_so:
        failures.append(title)


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def run_suite(name, *arguments, allowed=(0,), **own):
    """Runs a suite, which may end with some statuses; its report, or None."""
    # A folder for each run: its report is the only one there.
    reports = tempfile.mkdtemp(prefix=f"{name}-", dir=options.work)
    code, _, said, seconds = program("lab", "run", os.path.join(options.suites, name), "--output", reports,
                                     *arguments, **own)
    expect(code in allowed, f"suite {name} {' '.join(arguments)}".strip(), f"exit {code}, {seconds:.1f} s"
           + ("" if code in allowed else f": {last_line(said)}"))
    try:
        with open(os.path.join(reports, "latest", "report.json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def show_measurements(report, names):
    """The values of some metrics that were measured on the device."""
    for one in (report or {}).get("measurements", []):
        if one["metric"] in names and one["backend"] == options.backend:
            interval = one.get("interval")
            bounds = f" ({interval['low']:.6g} to {interval['high']:.6g})" if interval else ""
            print(f"       {one['evaluation']:32} {one['metric']:28} {one['value']:.6g}{bounds} {one['unit']}", flush=True)


def prove_suites():
    run_suite("smoke", "--backend", options.backend)
    report = run_suite("balanced", "--backend", options.backend)
    show_measurements(report, {"perplexity", "perplexity_increase", "kl_mean", "top1_agreement"})
    run_suite("balanced", "--backend", options.backend)
    report = run_suite("consistency", "--backend", options.backend)
    show_measurements(report, {
        "kl_mean", "kl_max", "top1_agreement", "max_logit_difference", "floor_kl_mean", "floor_top1_agreement",
        "text_similarity", "exact_match", "floor_text_similarity"})


def prove_speed():
    report = run_suite("throughput", "--backend", options.backend, "--artifact", options.large or options.model)
    show_measurements(report, {
        "prefill_rate", "decode_rate", "prefill_roofline", "decode_roofline", "time_to_first_token", "load_time",
        "memory_bandwidth", "matrix_rate", "peak_host_memory", "peak_device_memory"})
    for setup in (report or {}).get("speed_setups", []):
        print(f"       throttling: {json.dumps(setup['throttling'])}", flush=True)
    for point in (report or {}).get("throughput", []):
        if point.get("not_run"):
            print(f"       not run: {json.dumps(point)}", flush=True)
    code, table, said, seconds = program(
        "llama-pajamas-run", "benchmark", "--model", options.model, "--backend", options.backend, "--context-lengths",
        "2048,8192", "--skip-digest")
    expect(code == 0, "llama-pajamas-run benchmark", f"{seconds:.1f} s {'' if code == 0 else last_line(said)}")
    print(table, flush=True)


def generate(model, *arguments, backend=options.backend, **own):
    return program("llama-pajamas-run", "generate", "--model", model, "--backend", backend, "--raw", "--prompt",
                   "The river", "--max-tokens", "48", "--temperature", "0", "--json", *arguments, **own)


def prove_texts():
    (code, text, said, _), (_, same, _, _) = generate(options.model), generate(options.model, backend="cpu")
    expect(code == 0, "generate", last_line(said))
    if code == 0:
        here, there = (json.loads(one)["answers"][0]["text"] for one in (text, same))
        shared = len(os.path.commonprefix([here, there]))
        print(f"       {shared} of {len(here)} characters as on the CPU: {here[:60]!r}", flush=True)


def prove_serving(clients=32):
    """Every client gets a text as a client alone gets it, up to where the rounding of another batch parts them."""
    def ask(port):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/completions", headers={"Content-Type": "application/json"},
            data=json.dumps({"prompt": "The river", "max_tokens": 64, "temperature": 0, "ignore_eos": True}).encode())
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.load(reply)["choices"][0]["text"]

    with LabServer(os.path.join(options.programs, "llama-pajamas-run"), options.model, "--backend", options.backend,
                   "--slots", str(clients), "--context-length", "512", "--skip-digest") as server:
        alone = ask(server.port)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            texts = list(pool.map(ask, [server.port] * 4 * clients))
        seconds = time.monotonic() - began
    shared = sorted(len(os.path.commonprefix([text, alone])) for text in texts)
    expect(shared[len(texts) // 2] > 0, f"{clients} clients of the server",
           f"{len(texts)} answers in {seconds:.2f} s, {64 * len(texts) / seconds:,.0f} tokens/s; of {len(alone)} "
           f"characters {shared[0]} to {shared[-1]} as one client alone gets them")


@contextlib.contextmanager
def occupied(left):
    """All but so many bytes of the device's memory taken, by the runtime that the engine's module is linked with."""
    names = sorted(glob.glob(os.path.join(options.engine, "lib", "libcudart.so.*")))
    runtime = ctypes.CDLL(names[0] if names else "libcudart.so")
    free, total, taken = ctypes.c_size_t(), ctypes.c_size_t(), ctypes.c_void_p()
    if runtime.cudaMemGetInfo(ctypes.byref(free), ctypes.byref(total)) != 0:
        sys.exit("prove cuda: the runtime finds no device")
    if runtime.cudaMalloc(ctypes.byref(taken), ctypes.c_size_t(free.value - left)) != 0:
        sys.exit("prove cuda: the device's memory cannot be filled")
    try:
        yield
    finally:
        runtime.cudaFree(taken)


def prove_little_memory():
    model = options.large or options.model
    # Each process on the device has a context of some hundred megabytes of its own.
    context = 600 << 20
    with occupied(context + os.path.getsize(model) // 2):
        code, _, said, _ = generate(model, "--context-length", "256")
        found = re.search(r"--gpu-layers (\d+)", said)
        expect(code != 0 and found is not None, "a device without room", " ".join(said.split())[-240:])
        if found:
            code, _, said, _ = generate(model, "--context-length", "256", "--gpu-layers", found.group(1))
            expect(code == 0, f"with --gpu-layers {found.group(1)} it runs", "" if code == 0 else last_line(said))


def prove_absence():
    code, _, said, _ = generate(options.model, without_devices=True)
    expect(code == 4 and "no CUDA device" in said, "no device visible", f"exit {code}: {' '.join(said.split())[-160:]}")
    # Where there is no MLX either, nothing is judged, which is exit 3.
    report = run_suite("consistency", "--evaluations", "continuations", allowed=(0, 3), without_devices=True)
    reasons = [one["reason"] for one in (report or {}).get("verdicts", [])
               if one["backend"] == "cuda" and one["status"] == "skipped"]
    expect(any("no CUDA device" in reason for reason in reasons), "where it is optional, it is skipped",
           "; ".join(reasons))


parts = {"suites": prove_suites, "speed": prove_speed, "texts": prove_texts, "serving": prove_serving,
         "memory": prove_little_memory, "absence": prove_absence}
for part in options.parts.split(","):
    if part not in parts:
        sys.exit(f"prove cuda: no part is called {part}; there are: {', '.join(parts)}")
print(f"prove cuda: {options.backend}", flush=True)
for part in options.parts.split(","):
    if options.backend == "cuda" or part not in ("memory", "absence"):
        parts[part]()
print(f"prove cuda: {len(failures)} failed" if failures else "prove cuda: all as it should be", flush=True)
sys.exit(1 if failures else 0)
