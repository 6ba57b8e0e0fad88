"""The commands of examples/ci, taken from the files and run in a fresh clone as the services would run them."""

import argparse
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


def read(name):
    with open(os.path.join(options.root, "examples", "ci", name), encoding="utf-8") as file:
        return file.read()


def github_steps():
    """Name, condition and command of each step that has one."""
    steps = []
    for step in re.split(r"\n      - ", read("github-actions.yml"))[1:]:
        command = re.search(r"^\s*run: (.*)$", step, re.MULTILINE)
        if command:
            condition = re.search(r"^\s*if: (.*)$", step, re.MULTILINE)
            steps.append((condition.group(1) if condition else "", "cd lab && " + command.group(1)))
    return steps


def gitlab_script():
    """The script, as one shell runs it."""
    text = read("gitlab-ci.yml")
    script = re.search(r"\n  script:\n((?:    - .*\n)+)", text).group(1)
    return [line[len("    - "):] for line in script.splitlines()]


def shell(command, environment):
    print(f"$ {command}", flush=True)
    status = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=project, env=environment).returncode
    if status:
        sys.exit(f"ci: {options.system}: exit status {status}")


def job(branch, number):
    commit = f"{number:040x}"
    environment = {
        **os.environ,
        # The engine's cache is the machine's: what a cache step brings back.
        "LAB_CACHE": options.cache, "LAB_HISTORY": os.path.join(project, "lab-history", "history.sqlite"),
        "LAB_STORE": os.path.join(project, "lab-history", "store"),
    }
    # A branch's job sees the history of main and leaves nothing: here it is the last.
    environment["FULL"] = "--full" if branch == "main" else ""
    for name in ["LAB_BRANCH", "LAB_COMMIT", "LAB_ROOT", "LAB_ENGINE_PREFIX"]:
        environment.pop(name, None)
    print(f"== {options.system}, branch {branch}", flush=True)
    if options.system == "github":
        summary = os.path.join(project, "summary.md")
        environment |= {
            "GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": branch, "GITHUB_SHA": commit, "GITHUB_STEP_SUMMARY": summary}
        for condition, command in github_steps():
            if "refs/heads/main" in condition and branch != "main":
                continue
            shell(command, environment)
    else:
        summary = os.path.join(project, "gate.md")
        environment |= {
            "CI_COMMIT_REF_NAME": branch, "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": commit, "LAB_REPOSITORY": options.root, "CI_PROJECT_DIR": project}
        shell("\n".join(gitlab_script()), environment)
    failures = ElementTree.parse(os.path.join(project, "gate.xml")).getroot().get("failures")
    with open(summary, encoding="utf-8") as file:
        words = file.read()
    expected = "accepted last" if number > 1 else "Not compared"
    if failures != "0" or expected not in words:
        sys.exit(f"ci: {options.system}: {failures} failures; the summary should hold '{expected}':\n{words}")


lab = os.path.join(project, "lab")
if options.system == "github":
    subprocess.run(["git", "clone", "-q", options.root, lab], check=True)
# The build of the lab, as a cache step brings it back.
saved, build = os.path.join(options.work, "lab-build"), os.path.join(lab, ".build")
if os.path.exists(saved):
    os.makedirs(lab, exist_ok=True)
    os.rename(saved, build)
for number, branch in enumerate(["main", "main", "feature"], start=1):
    job(branch, number)
os.rename(build, saved)
print(f"ci: {options.system}: three jobs, as they should be", flush=True)
shutil.rmtree(project)
