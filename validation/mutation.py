"""How many slips in the code the tests see: mutation testing of the estimators, the rule of grades and the questions.

    .venv/bin/python -m validation.mutation [--only PLACE]

Draws mutants by a fixed seed, within a room the same share of each module's, and runs the tests that reach the lines of each, in
a clone of the last commit, quickest first, as many as take half a minute. One that they pass is given to the executed notebooks
that reach it, which `make test` compares with their outputs, and last to tests of whole notebooks. Takes hours; every mutant's
fate is kept at once, so that it can be ended and gone on with.
"""

import argparse
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from queue import Queue

import numpy as np

from validation.mutant_kinds import Mutant, mutants

ROOT = Path(__file__).parents[1]
PACKAGE = Path("src") / "crimjust_research"
WORK = ROOT / "build" / "mutation"
FATES = Path(__file__).parent / "mutants.csv"
# `now` and `now_by`: what becomes of one that had survived, once tests were written for it.
COLUMNS = ("place", "room", "module", "line", "kind", "before", "after", "fate", "by", "now", "now_by")
SEED = 25
# Mutants of each room: enough for an interval of a few points in each of those that are held to a share.
ROOMS: Mapping[str, int] = {"designs": 160, "evidence": 100, "questions": 120, "study.py": 20}
TESTS = ("tests/designs", "tests/unit", "tests/notebooks")
# These start checkouts or a site of their own, for minutes: what they reach, others reach more closely.
NOT_RUN = ("tests/unit/test_site.py", "tests/unit/test_sweep.py")
SECONDS, WHOLE_SECONDS, MOST_SECONDS = 30, 120, 300
KILLED, IN_NOTEBOOKS, TOO_LONG, SURVIVED = "seen by tests", "seen in notebooks", "never ends", "survived"
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Drawn:
    """A mutant of a module; `place` tells it from all others of the sample."""

    place: int
    room: str
    module: str
    mutant: Mutant

    def text(self, source: str) -> tuple[str, str]:
        """What stands there, and what the slip makes of it."""
        return source[self.mutant.start : self.mutant.end], self.mutant.new


def sample() -> list[Drawn]:
    """The mutants of all rooms: of a room's slips, in the order of its modules, every so many from a random start."""
    rng, found = np.random.default_rng(SEED), []
    for room, count in ROOMS.items():
        slips = [
            (module, slip) for module in modules(room) for slip in mutants((ROOT / PACKAGE / module).read_text("utf-8"))
        ]
        step = len(slips) / count
        for number in np.floor(rng.random() * step + step * np.arange(count)).astype(int):
            found.append(Drawn(len(found), room, *slips[number]))
    return found


def modules(room: str) -> list[str]:
    """Modules of a room, as paths below the package."""
    folder = ROOT / PACKAGE / room
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*.py"))
    return [path.relative_to(ROOT / PACKAGE).as_posix() for path in paths]


# --- Which tests reach a line -------------------------------------------------------------------------------------------


def covered() -> None:
    """Run all tests once, noting which of them reach which lines, in a clone."""
    copy = clone("coverage")
    settings = WORK / "coverage.ini"
    folders = "\n    ".join(f"{PACKAGE}/{room}" for room in ROOMS if not room.endswith(".py"))
    settings.write_text(
        f"[run]\nsource =\n    {folders}\n    {PACKAGE}\nrelative_files = true\ndata_file = {WORK / 'lines.db'}\n"
    )
    options = ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
    options += [f"--junitxml={WORK / 'times.xml'}", *(f"--ignore={path}" for path in NOT_RUN)]
    spread = ["--numprocesses", str(os.cpu_count() or 1), "--dist", "loadfile", "--no-loadscope-reorder"]
    run_in(copy, [*spread, *options, *TESTS], seconds=7_200)
    shutil.rmtree(copy)


@cache
def seconds_of() -> dict[str, float]:
    """How long each test took, by its name."""
    cases = ElementTree.parse(WORK / "times.xml").iter("testcase")
    return {f"{c.get('classname', '').replace('.', '/')}.py::{c.get('name')}": float(c.get("time", 0)) for c in cases}


@cache
def reached(module: str) -> dict[int, set[str]]:
    """Tests by the lines of a module that they reach; those of a file whose fixtures do count whole."""
    from coverage import CoverageData

    data = CoverageData(str(WORK / "lines.db"))
    data.read()
    found: dict[int, set[str]] = {}
    for line, contexts in data.contexts_by_lineno(str(PACKAGE / module)).items():
        tests: set[str] = set()
        for context in contexts:
            test, _, phase = context.partition("|")
            if phase == "setup":
                tests |= {name for name in seconds_of() if name.startswith(test.split("::")[0] + "::")}
            elif test:
                tests.add(test)
        found[line] = tests
    return found


def reaching(drawn: Drawn) -> set[str]:
    """Tests that reach the lines of a mutant; of lines read only when the module is, those that reach any of its lines, and of
    a module that is only read, any of its folder's."""
    lines = reached(drawn.module)
    place = range(drawn.mutant.first, drawn.mutant.last + 1)
    own = set[str]().union(*(lines.get(line, set()) for line in place))
    beside = (reached(each) for each in modules(Path(drawn.module).parent.as_posix()))
    return own or set[str]().union(*lines.values()) or set[str]().union(*(t for each in beside for t in each.values()))


def tests_of(drawn: Drawn) -> list[str]:
    """Those of them that run no whole notebook, as far as `SECONDS` go."""
    return within([test for test in reaching(drawn) if not test.startswith("tests/notebooks")], SECONDS)


def within(tests: Sequence[str], seconds: float) -> list[str]:
    """Tests that together take no longer than so many seconds, of designs first and the quickest first."""
    known = [test for test in tests if test in seconds_of()]
    ordered = sorted(known, key=lambda test: (nearest(test), seconds_of()[test], test))
    taken = accumulate(seconds_of()[test] for test in ordered)
    return [test for test, so_far in zip(ordered, taken, strict=True) if so_far <= seconds]


def nearest(test: str) -> int:
    """Tests of designs, then of single modules, then those that must run a notebook first."""
    return next(place for place, folder in enumerate(TESTS) if test.startswith(folder))


# --- What becomes of one ------------------------------------------------------------------------------------------------


def fate(drawn: Drawn, copy: Path) -> tuple[str, str]:
    """What becomes of a mutant, and the test or notebook that sees it."""
    path = copy / PACKAGE / drawn.module
    source = path.read_text(encoding="utf-8")
    path.write_text(drawn.mutant.of(source), encoding="utf-8")
    try:
        if tests := tests_of(drawn):
            listed = copy / "tests-of-a-mutant.txt"
            listed.write_text("\n".join(tests) + "\n", encoding="utf-8")
            code, said = run_in(copy, ["-x", f"@{listed}"], MOST_SECONDS)
            if code != 0:
                return (TOO_LONG if code is None else KILLED), first_failed(said)
        if notebooks := [f"reports/notebooks/{name}.ipynb" for name in notebooks_of(drawn)]:
            code, said = run_in(copy, ["-x", "--nbval", *notebooks], MOST_SECONDS)
            if code != 0:
                return (TOO_LONG if code is None else IN_NOTEBOOKS), first_failed(said).split("::")[0]
        if whole := within([test for test in reaching(drawn) if test.startswith("tests/notebooks")], WHOLE_SECONDS):
            code, said = run_in(copy, ["-x", *whole], MOST_SECONDS)
            if code != 0:
                return (TOO_LONG if code is None else KILLED), first_failed(said)
        return SURVIVED, ""
    finally:
        path.write_text(source, encoding="utf-8")


def notebooks_of(drawn: Drawn) -> list[str]:
    """Executed notebooks whose cells reach the lines of a mutant, as the tests that run them here tell."""
    files = {test.split("::")[0] for test in reaching(drawn) if test.startswith("tests/notebooks")}
    names = (re.search(r'^NAME = "(.+)"$', (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE) for file in files)
    return sorted(name[1] for name in names if name)


def first_failed(said: str) -> str:
    """The test that fails in what pytest printed, or what keeps tests from being found."""
    match = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    return match[1] if match else "not imported"


def run_in(copy: Path, arguments: Sequence[str], seconds: float) -> tuple[int | None, str]:
    """Exit code and output of pytest in a clone; None for a code where it did not end in time."""
    environment = {**os.environ, **SINGLE, "PYTHONPATH": str(copy / "src"), "CRIMJUST_HOME": str(copy)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rfE", "--tb=no", *arguments]
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
            return process.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]


def clone(name: str) -> Path:
    """A clone of the last commit to work in."""
    copy = WORK / name
    shutil.rmtree(copy, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=True)
    return copy


# --- The campaign -------------------------------------------------------------------------------------------------------


def fates() -> dict[int, dict[str, str]]:
    """What is known of mutants, by place."""
    if not FATES.exists():
        return {}
    with FATES.open(encoding="utf-8", newline="") as file:
        return {int(row["place"]): row for row in csv.DictReader(file)}


def same(drawn: Drawn, row: Mapping[str, str]) -> bool:
    """Whether a mutant is the one that was tried under its place."""
    before, after = drawn.text((ROOT / PACKAGE / drawn.module).read_text(encoding="utf-8"))
    at = (drawn.module, str(drawn.mutant.first), before, after)
    return at == tuple(row[name] for name in ("module", "line", "before", "after"))


def keep(found: Mapping[int, Mapping[str, str]]) -> None:
    """Write what is known of mutants, in the order of the sample."""
    with FATES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found[place] for place in sorted(found))


def main(arguments: list[str]) -> None:
    """Try the mutants whose fate is not known, or those named."""
    parser = argparse.ArgumentParser(prog="python -m validation.mutation", description="Mutation testing.")
    parser.add_argument("--only", type=int, nargs="*", default=[], help="places of mutants that are tried again")
    given = parser.parse_args(arguments)
    WORK.mkdir(parents=True, exist_ok=True)
    if not (WORK / "lines.db").exists():
        covered()
    known = fates()
    waiting = [each for each in sample() if (each.place in given.only if given.only else each.place not in known)]
    if other := [each.place for each in waiting if each.place in known and not same(each, known[each.place])]:
        sys.exit(f"The code has changed since mutants {other} were tried: remove {FATES.name} and try all anew.")
    # Rooms in turn, so that one ended early has some of each.
    waiting.sort(key=lambda each: np.random.default_rng([SEED, each.place]).random())
    copies: Queue[Path] = Queue()
    for number in range(os.cpu_count() or 1):
        copies.put(clone(f"clone-{number}"))

    def tried(each: Drawn) -> tuple[Drawn, tuple[str, str]]:
        copy = copies.get()
        try:
            return each, fate(each, copy)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(copies.qsize()) as pool:
        running = [pool.submit(tried, each) for each in waiting]
        for done, (each, (became, by)) in enumerate((one.result() for one in as_completed(running)), start=1):
            if each.place in known:
                known[each.place] |= {"now": became, "now_by": by}
            else:
                before, after = each.text((ROOT / PACKAGE / each.module).read_text(encoding="utf-8"))
                where = (each.place, each.room, each.module, each.mutant.first, each.mutant.kind, before, after)
                known[each.place] = dict(zip(COLUMNS, map(str, (*where, became, by, "", "")), strict=True))
            keep(known)
            print(
                f"{done} of {len(waiting)}: {each.module}:{each.mutant.first} {each.mutant.kind}: {became} {by}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
