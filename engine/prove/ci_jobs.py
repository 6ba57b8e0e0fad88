"""The commands of examples/ci, taken from the files and run in a fresh clone as the services would run them."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

parser = argparse.ArgumentParser()
for name in ["system", "root", "cache", "work"]:
    parser.add_argument(f"--{name}", required=True)
options = parser.parse_args()
project = os.path.join(options.work, "project")
os.makedirs(project)
model = os.path.join(project, "model")


def read(name):
    with open(os.path.join(options.root, "examples", "ci", name), encoding="utf-8") as file:
        return file.read()


def github_steps():
    """Condition, folder and command of each step that has a command."""
    steps = []
    for step in re.split(r"\n      - ", read("github-actions.yml"))[1:]:
        def entry(name):
            found = re.search(rf"^\s*{name}: (.*)$", step, re.MULTILINE)
            return found.group(1) if found else ""
        if entry("run"):
            steps.append((entry("if"), entry("working-directory") or ".", entry("run")))
    return steps


def gitlab_script():
    """The script, as one shell runs it."""
    text = read("gitlab-ci.yml")
    script = re.search(r"\n  script:\n((?:    - .*\n)+)", text).group(1)
    return [line[len("    - "):] for line in script.splitlines()]


def shell(command, environment, folder="."):
    """The exit status, and what was printed."""
    print(f"$ {command}", flush=True)
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=os.path.join(project, folder), env=environment,
        stdout=subprocess.PIPE, text=True)
    print(ran.stdout, end="", flush=True)
    return ran.returncode, ran.stdout


def expect(holds, what):
    if not holds:
        sys.exit(f"ci: {options.system}: {what}")


def swap_rows(folder, first, second):
    """Makes a model worse: two rows of its embedding change places."""
    path = os.path.join(folder, "model.safetensors")
    with open(path, "rb") as file:
        content = bytearray(file.read())
    length = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8 : 8 + length])["model.embed_tokens.weight"]
    start, width = 8 + length + entry["data_offsets"][0], 2 * entry["shape"][1]
    one, other = (slice(start + row * width, start + (row + 1) * width) for row in (first, second))
    content[one], content[other] = content[other], content[one]
    with open(path, "wb") as file:
        file.write(content)


def job(branch, number, status=0):
    """Runs a job's commands: all of them, up to the first that fails."""
    commit = f"{number:040x}"
    environment = {
        **os.environ,
        # The engine's cache is the machine's: what a cache step brings back.
        "LAB_CACHE": options.cache, "LAB_HISTORY": os.path.join(project, "lab-history", "history.sqlite"),
        "LAB_STORE": os.path.join(project, "lab-history", "store"), "MODEL": model,
    }
    # A branch's job sees the history of main and leaves nothing.
    environment["FULL"] = "--full" if branch == "main" else ""
    kept = os.path.join(options.work, "history-of-main")
    if os.path.exists(kept):
        shutil.rmtree(os.path.join(project, "lab-history"), ignore_errors=True)
        shutil.copytree(kept, os.path.join(project, "lab-history"))
    for name in ["LAB_BRANCH", "LAB_COMMIT", "LAB_ROOT", "LAB_ENGINE_PREFIX"]:
        environment.pop(name, None)
    for name in ["gate.xml", "gate.md", "summary.md"]:
        if os.path.exists(os.path.join(project, name)):
            os.remove(os.path.join(project, name))
    print(f"== {options.system}, branch {branch}", flush=True)
    printed = ""
    if options.system == "github":
        summary, output = os.path.join(project, "summary.md"), os.path.join(project, "output")
        for file in [summary, output]:
            open(file, "w", encoding="utf-8").close()
        environment |= {
            "GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": branch, "GITHUB_SHA": commit, "GITHUB_STEP_SUMMARY": summary,
            "GITHUB_OUTPUT": output}
        for condition, folder, command in github_steps():
            if "refs/heads/main" in condition and branch != "main":
                continue
            found, text = shell(command, environment, folder)
            printed += text
            if found:
                break
        with open(output, encoding="utf-8") as file:
            expect(re.search(r"^cpu=[0-9a-f]{12}$", file.read(), re.MULTILINE), "no step told the processor")
    else:
        summary = os.path.join(project, "gate.md")
        environment |= {
            "CI_COMMIT_REF_NAME": branch, "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": commit, "LAB_REPOSITORY": options.root, "LAB_REVISION": "HEAD", "CI_PROJECT_DIR": project}
        found, printed = shell("\n".join(gitlab_script()), environment)
    expect(found == status, f"exit status {found} where {status} was to be")
    root = ElementTree.parse(os.path.join(project, "gate.xml")).getroot()
    failures = root.findall(".//failure")
    with open(summary, encoding="utf-8") as file:
        words = file.read()
    if status == 0:
        expected = ["### \u2705 Pass", "accepted last" if number > 1 else "Not compared"]
        annotation = "::notice title=lab gate::"
        expect(not failures and root.get("failures") == "0", f"{len(failures)} failures in gate.xml")
    else:
        expected = ["### \u274c Fail", "accepted last"]
        annotation = "::error title=lab gate%3A "
        expect(failures and root.get("failures") == str(len(failures)), "gate.xml has no failure")
    for text in expected:
        expect(text in words, f"the summary should hold '{text}':\n{words}")
    expect(words.count("### ") == 1, f"the summary is of more than one job:\n{words}")
    if options.system == "github":
        expect(annotation in printed, f"no annotation '{annotation}' was printed")
    else:
        expect("::" not in printed, "annotations for GitHub were printed")
    latest = os.path.join(project, "reports", "latest", "report.json")
    with open(latest, encoding="utf-8") as file:
        verdict = json.load(file)["verdict"]
    expect(verdict == ("pass" if status == 0 else "fail"), f"the report says {verdict}")
    if branch == "main":
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(os.path.join(project, "lab-history"), kept)


lab = os.path.join(project, "lab")
if options.system == "github":
    subprocess.run(["git", "clone", "-q", options.root, lab], check=True)
# The build of the lab, as a cache step brings it back.
saved, build = os.path.join(options.work, "lab-build"), os.path.join(lab, ".build")
if os.path.exists(saved):
    os.makedirs(lab, exist_ok=True)
    os.rename(saved, build)
shutil.copytree(os.path.join(options.root, "fixtures", "pajama-tiny"), model)
for number, branch in enumerate(["main", "main", "feature"], start=1):
    job(branch, number)
# Somebody offers a model that got worse.
swap_rows(model, 336, 267)
job("worse", 4, status=1)
os.rename(build, saved)
print(f"ci: {options.system}: three jobs that pass and one that fails, as they should", flush=True)
shutil.rmtree(project)
shutil.rmtree(os.path.join(options.work, "history-of-main"))
