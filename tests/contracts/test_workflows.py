"""Continuous integration: what docs/PROMISES.md says it holds it runs, and nobody else has anything run by it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from crimjust_research.cli import crimjust

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
TEXT = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".ci").iterdir() if not path.suffix}
PROMISES = (ROOT / "docs" / "PROMISES.md").read_text(encoding="utf-8")
VERBS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
# README is no page of the site, so nothing there leads to it.
PROMISE = re.compile(
    r"^\| “(?P<quoted>.+)” \| (?:README|\[[^]]+\]\((?P<page>[^)]+)\)) \| (?P<held>.+) \|$", re.MULTILINE
)


def said(text: str) -> str:
    """A document's words on one line, links as they are read."""
    return re.sub(r"\s+", " ", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text))


def run_by(text: str) -> list[str]:
    """The lines of a text of commands, those of the scripts it calls with the verbs given to them, as one would type them."""
    found = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("#"):
            continue
        found.append(re.sub(r"\.venv/bin/(python -m )?", "", line).replace("crimjust_research ", "crimjust "))
        if script := re.search(r"\bbash \.ci/(\w+)(.*)", line):
            for verb in script[2].split() or [""]:
                found += run_by(SCRIPTS[script[1]].replace('"$verb"', verb))
    return found


def commands(job: dict[str, Any]) -> list[str]:
    """Every line that a job runs."""
    return [line for step in job["steps"] for line in run_by(step.get("run", ""))]


# --- What is promised -------------------------------------------------------------------------------------------------


def test_every_line_of_the_table_is_a_promise() -> None:
    lines = [line for line in PROMISES.splitlines() if line.startswith("|")]
    assert len(PROMISE.findall(PROMISES)) == len(lines) - 2 > 30
    assert len(set(lines)) == len(lines), "a promise stands twice"


@pytest.mark.parametrize("promise", [*PROMISE.finditer(PROMISES)], ids=lambda found: found["quoted"])
def test_a_promise_is_made_in_these_words_and_held_by_what_is_there(promise: re.Match[str]) -> None:
    page = ROOT / "docs" / (promise["page"] or "../README.md")
    assert promise["quoted"] in said(page.read_text(encoding="utf-8")), f"{page.name} does not say so"
    held = re.findall("`([^`]+)`", promise["held"])
    assert held
    for what in held:
        job, _, command = what.partition(": ")
        if command:
            assert any(command in line for line in commands(JOBS[job])), f"the job {job} runs no {command}"
        else:
            assert what.startswith("tests/")
            assert "\ndef test_" in (ROOT / what).read_text(encoding="utf-8")


def test_every_job_but_the_publishing_one_holds_a_promise() -> None:
    assert {*re.findall(r"`(\w+): ", PROMISES)} == JOBS.keys() - {"publish"}


def test_every_python_that_is_named_is_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [one.split(":: ")[-1] for one in project["classifiers"] if re.search(r"Python :: 3\.\d+$", one)]
    assert JOBS["commands"]["strategy"]["matrix"]["python"] == named
    assert f">={named[0]}" == project["requires-python"]


def test_what_a_clone_is_told_to_type_is_typed_first_and_in_that_order() -> None:
    runs = [step["run"] for step in JOBS["commands"]["steps"] if "run" in step]
    assert runs[0] == "make report"
    assert "make test" in runs
    assert not [run for run in runs if re.search(r"\|\||\btrue\b|--deselect|-k ", run)]
    assert not [step for job in JOBS.values() for step in (job, *job["steps"]) if "continue-on-error" in step]


def test_a_browser_is_seen_to_before_tests_are_run() -> None:
    lists = [commands(job) for job in JOBS.values()] + [run_by(SCRIPTS["run"])]
    tested = [lines for lines in lists if "make test" in lines]
    assert len(tested) == 3
    assert all(lines.index("bash .ci/browser") < lines.index("make test") for lines in tested)


def test_every_command_exists() -> None:
    lines = [line for job in JOBS.values() for line in commands(job)] + run_by(SCRIPTS["run"])
    typed = "\n".join(lines)
    made = {verb for line in re.findall("^make ([a-z -]+)$", typed, re.MULTILINE) for verb in line.split()}
    assert {"report", "test", "lint", "site", "release"} <= made
    assert made <= set(VERBS)
    assert all((ROOT / ".ci" / name).is_file() for name in re.findall(r"\.ci/([\w.]+)", typed))
    assert all((ROOT / ".ci" / name).stat().st_mode & 0o111 for name in SCRIPTS)
    verbs = re.findall("^crimjust ([a-z][a-z ]*)", typed, re.MULTILINE)
    assert len(verbs) > 5
    for words in verbs:
        command: click.Command = crimjust
        for word in words.split():
            if isinstance(command, click.Group):
                assert word in command.commands, f"there is no command: crimjust {words}"
                command = command.commands[word]


def test_the_site_waits_for_all_else_and_is_of_the_main_branch_alone() -> None:
    publish = JOBS["publish"]
    assert {*publish["needs"]} == JOBS.keys() - {"publish"}
    assert publish["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"


# --- What a workflow may do -------------------------------------------------------------------------------------------


def faults(text: str) -> list[str]:
    """What a workflow does that lends others more than it must, by job."""
    workflow = yaml.safe_load(text)
    found = []
    # YAML 1.1 reads the word `on` as true.
    found += [f"runs on {event}" for event in workflow[True] if event not in {"push", "pull_request"}]
    if workflow.get("permissions") != {"contents": "read"}:
        found.append("may do more than read")
    if "concurrency" not in workflow:
        found.append("may run twice at once")
    if re.search(r"\bsecrets\b", text):
        found.append("has a secret")
    for name, job in workflow["jobs"].items():
        granted = job.get("permissions", {})
        if granted and (name != "publish" or granted != {"pages": "write", "id-token": "write"}):
            found.append(f"{name}: may do more than read")
        if not 0 < job.get("timeout-minutes", 0) <= 60:
            found.append(f"{name}: may run for ever")
        for step in job["steps"]:
            if "${{" in step.get("run", ""):
                found.append(f"{name}: a command takes in what somebody else may word")
            uses = step.get("uses", "")
            if uses and not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", uses):
                found.append(f"{name}: {uses} may become another action")
            elif uses and not re.search(re.escape(uses) + r" # v\d+\.\d+\.\d+$", text, re.MULTILINE):
                found.append(f"{name}: {uses} has no version beside it")
            if "checkout" in uses and step.get("with", {}).get("persist-credentials") is not False:
                found.append(f"{name}: leaves its credentials")
    pinned = set(re.findall(r"uses: ([\w/-]+)@(\w+)", text))
    found += [f"{action}: two of it" for action in {a for a, _ in pinned} if sum(a == action for a, _ in pinned) > 1]
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_lends_nobody_more_than_it_must(workflow: Path) -> None:
    assert faults(workflow.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("  pull_request:\n", "  pull_request_target:\n", "runs on pull_request_target"),
        ("permissions:\n  contents: read", "permissions:\n  contents: write", "may do more than read"),
        ("permissions:\n  contents: read\n", "", "may do more than read"),
        (
            "    timeout-minutes: 15\n",
            "    permissions:\n      contents: write\n    timeout-minutes: 15\n",
            "lint: may do",
        ),
        ("    timeout-minutes: 15\n", "", "lint: may run for ever"),
        ("- run: make lint", "- run: make ${{ github.head_ref }}", "lint: a command takes in"),
        ("- run: make lint", "- run: make lint\n        env: { KEY: '${{ secrets.KEY }}' }", "has a secret"),
        (r"checkout@\w+ # v4.3.1", "checkout@v4", "lint: actions/checkout@v4 may become another"),
        (" # v5.6.0", "", "has no version beside it"),
        (r"actions/(checkout@\w+)", r"somebody/\1", "may become another"),
        (r"checkout@34", "checkout@35", "actions/checkout: two of it"),
        ("persist-credentials: false", "persist-credentials: true", "lint: leaves its credentials"),
        (r"concurrency:\n(  .*\n)+", "", "may run twice at once"),
    ],
)
def test_it_would_be_told(before: str, after: str, found: str) -> None:
    # A version that is missing everywhere is missing; of all else the first is changed.
    changed, count = re.subn(before, after, TEXT, count=0 if after == "" and "v5" in before else 1)
    assert count
    assert any(found in fault for fault in faults(changed)), faults(changed)


def test_files_that_nobody_committed_are_seen_where_results_are_compared_with_the_commit() -> None:
    compared = [lines for lines in map(commands, JOBS.values()) if any("git diff" in line for line in lines)]
    assert compared
    for lines in compared:
        first = next(at for at, line in enumerate(lines) if "git diff" in line)
        assert "git add --intent-to-add ." in lines[:first]
