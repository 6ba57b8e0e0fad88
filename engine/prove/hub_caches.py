"""What the lab downloads and makes, read by the tools that people use: huggingface_hub, hf, transformers, gguf, mlx-lm.

The embedded model is served by the local hub; the lab downloads and converts it. Then Python reads the cache without a
network, and the other way round: the lab finds what Python downloaded, and fetches nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.request

NAME = "lab/pajama-tiny"
checks = []


def check(what, holds, found=""):
    checks.append(holds)
    print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {found}'}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", required=True)
    options = parser.parse_args()
    root = os.path.join(options.work, "root")
    os.makedirs(os.path.join(root, "lab"))
    os.symlink(os.path.join(options.root, "fixtures/pajama-tiny"), os.path.join(root, NAME))
    server = subprocess.Popen(
        [sys.executable, os.path.join(options.root, "fixtures/hub/server.py"), "--root", root],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    endpoint = "http://127.0.0.1:" + server.stdout.readline().split()[0]
    # Before huggingface_hub is imported: it reads them once.
    os.environ |= {
        "HF_ENDPOINT": endpoint, "HF_HOME": os.path.join(options.work, "home"), "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "NO_PROXY": "127.0.0.1,localhost",
        "LAB_STORE": os.path.join(options.work, "store"), "LAB_HISTORY": os.path.join(options.work, "history.sqlite")}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def requests():
        return [json.loads(line) for line in opener.open(endpoint + "/__log").read().splitlines()]

    def control(query):
        opener.open(f"{endpoint}/__control?{query}").read()

    def lab(*words, home=None, more=None):
        environment = os.environ | ({"HF_HOME": home} if home else {}) | (more or {})
        return subprocess.run(
            [options.program, *words], env=environment, capture_output=True, text=True, check=False)

    try:
        from_lab(options, lab)
        from_python(options, lab, requests, control)
    finally:
        server.stdin.close()
        server.wait()
    sys.exit(0 if checks and all(checks) else 1)


def from_lab(options, lab):
    """The lab writes, Python reads."""
    got = lab("download", NAME)
    folder = got.stdout.strip()
    check("llama-pajamas-quant download", got.returncode == 0 and os.path.isdir(folder), got.stderr)

    import huggingface_hub
    info = huggingface_hub.scan_cache_dir()
    repositories = list(info.repos)
    check("scan_cache_dir finds the repository and warns of nothing",
          [r.repo_id for r in repositories] == [NAME] and not info.warnings, info)
    revisions = [revision for repository in repositories for revision in repository.revisions]
    check("scan_cache_dir finds the revision by its branch",
          len(revisions) == 1 and revisions[0].refs == frozenset({"main"}), revisions)
    try:
        found = huggingface_hub.snapshot_download(NAME, local_files_only=True)
    except Exception as error:
        found = repr(error)
    check("snapshot_download(local_files_only=True) finds the folder", os.path.realpath(found) == os.path.realpath(folder), found)
    path = huggingface_hub.try_to_load_from_cache(NAME, "config.json")
    check("try_to_load_from_cache finds config.json", isinstance(path, str), path)

    hf = os.path.join(os.path.dirname(sys.executable), "hf")
    for words in (["cache", "ls"], ["cache", "verify", NAME]):
        said = subprocess.run([hf, *words], capture_output=True, text=True, check=False)
        check(f"hf {' '.join(words)}", said.returncode == 0 and NAME in said.stdout + said.stderr, said.stdout + said.stderr)

    offline = os.environ | {"HF_HUB_OFFLINE": "1"}
    code = (f"import transformers as t; c = t.AutoConfig.from_pretrained('{NAME}'); "
            f"k = t.AutoTokenizer.from_pretrained('{NAME}'); ids = k('a small test').input_ids; "
            "print(c.model_type, len(ids), k.decode(ids))")
    said = subprocess.run([sys.executable, "-c", code], env=offline, capture_output=True, text=True, check=False)
    check("transformers opens configuration and tokenizer, offline",
          said.returncode == 0 and "qwen3" in said.stdout and "a small test" in said.stdout, said.stdout + said.stderr)

    models = os.path.join(options.work, "models")
    made = lab("convert", "--model", NAME, "--output", models, "--formats", "gguf,mlx", "--precision", "q4_k_m:4bit",
               "--validate", "--calibration-samples", "8", more={"HF_HUB_OFFLINE": "1"})
    check("convert calibrates, writes and validates both formats, offline", made.returncode == 0,
          made.stdout + made.stderr)
    with open(os.path.join(models, "manifest.json"), encoding="utf-8") as file:
        artifacts = json.load(file)["artifacts"]
    sources = {artifact["source"].get("id") for artifact in artifacts}
    check("the manifest names the repository", sources == {NAME}, sources)
    verdicts = [entry["status"] for artifact in artifacts for entry in artifact.get("validation", [])]
    check("the manifest has the verdicts on both", verdicts == ["pass", "pass"], verdicts)

    import gguf
    reader = gguf.GGUFReader(os.path.join(models, "gguf", "pajama-tiny-q4_k_m-imatrix.gguf"))
    check("gguf reads the GGUF file", len(reader.tensors) > 0 and "general.name" in reader.fields, reader.fields.keys())

    said = subprocess.run(
        [sys.executable, "-m", "mlx_lm", "generate", "--model", os.path.join(models, "mlx", "pajama-tiny-4bit"),
         "--prompt", "Hello", "--max-tokens", "8"], env=offline, capture_output=True, text=True, check=False)
    check("mlx_lm.generate runs the MLX folder", said.returncode == 0 and "Generation" in said.stdout,
          said.stdout + said.stderr)


def from_python(options, lab, requests, control):
    """Python writes, the lab reads."""
    home = os.path.join(options.work, "other-home")
    code = f"from huggingface_hub import snapshot_download; snapshot_download('{NAME}')"
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"HF_HOME": home}, check=True, capture_output=True)
    requests()
    got = lab("download", NAME, home=home)
    sent = sum(entry["sent"] for entry in requests())
    check("the lab finds what snapshot_download fetched and fetches nothing", got.returncode == 0 and sent == 0,
          f"{got.stderr} {sent} bytes")
    got = lab("download", NAME, home=home, more={"HF_HUB_OFFLINE": "1"})
    check("also without a network", got.returncode == 0 and not requests(), got.stderr)

    control("slow=1&only=/content/")
    together = os.environ | {"HF_HOME": os.path.join(options.work, "third-home")}
    programs = [
        subprocess.Popen(words, env=together, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for words in ([options.program, "download", NAME], [sys.executable, "-c", code])]
    ends = [(program.communicate()[1], program.returncode) for program in programs]
    control("")
    weights = sum(entry["sent"] for entry in requests() if entry["content"])
    size = os.path.getsize(os.path.join(options.root, "fixtures/pajama-tiny/model.safetensors"))
    check("both at once succeed and transfer the weights once", weights == size and not any(e[1] for e in ends),
          f"{weights} of {size} bytes, {ends}")


if __name__ == "__main__":
    main()
