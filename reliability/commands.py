"""The commands that write, as the campaigns on disks and on two at once give them in a world of their own."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from reliability.worlds import World, commit, ended, fresh

# The notebook that takes the least, and the tables it saves.
RUN = "16_states_reports_and_deaths"
OTHER = "13_assistance"
NEWS, NEWER = "SIMULATED announcements.csv", "SIMULATED later announcements.csv"
_COLLECTED = "data/collected/overdose_announcements.csv"
_GRID = "[grid]\nconfidence_level = [0.9, 0.99]\ndraws = [99, 199]\n"
_OTHER_GRID = "[grid]\nconfidence_level = [0.99, 0.8]\ndraws = [199]\n"
_REFRESHING = str(Path(__file__).with_name("refreshing.py"))


@dataclass(frozen=True)
class Command:
    """What is typed after `crimjust`, what must be so before, and what may start it in its place."""

    words: tuple[str, ...]
    before: Callable[[World], None] = field(default=lambda _: None)
    start: tuple[str, ...] = ()


def _grids(world: World) -> None:
    (world.folder / "grid.toml").write_text(_GRID)
    (world.folder / "other.toml").write_text(_OTHER_GRID)


def _news(world: World) -> None:
    """Announcements as they were before the last one, and as they would be with another count: both SIMULATED."""
    lines = (world.folder / _COLLECTED).read_text(encoding="utf-8").splitlines(keepends=True)
    (world.folder / NEWS).write_text("".join(lines[:-1]), encoding="utf-8")
    (world.folder / NEWER).write_text("".join(lines).replace(",81230,", ",81231,"), encoding="utf-8")


def _two_to_run(world: World) -> None:
    for run in (RUN, OTHER):
        (world.folder / f"reports/records/{run}.json").unlink()


def _other_list(world: World) -> None:
    """The list of panels as it is not written: what reads it goes on, and making panels writes it anew."""
    path = world.folder / "data/processed/datapackage.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def _version_written(world: World) -> None:
    """A commit that may be released: nothing is told that belongs to no version yet."""
    changes = world.folder / "CHANGELOG.md"
    head, _, told = changes.read_text(encoding="utf-8").partition("## Unreleased\n")
    changes.write_text(f"{head}## Unreleased\n\n## {told.partition(chr(10) + '## ')[2]}", encoding="utf-8")
    commit(world.folder)


def _changed_cell(world: World) -> None:
    """A notebook whose default somebody changed."""
    path = world.folder / f"notebooks/{RUN}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("draws = 4999", "draws = 999"), encoding="utf-8")


COMMANDS = {
    "run": Command(("run", RUN, "--force")),
    "run with a name": Command(("run", RUN, "-p", "draws=199", "--name", "one")),
    "run all": Command(("run", "all"), _two_to_run),
    "sweep": Command(("sweep", RUN, "--grid", "grid.toml"), _grids),
    "data ingest": Command(("data", "ingest", NEWS), _news),
    "data refresh": Command(("data", "refresh", "overdose_announcements"), _news, (sys.executable, _REFRESHING)),
    "data panels": Command(("data", "panels"), _other_list),
    "report": Command(("report",), lambda world: (world.folder / "reports/index.html").unlink()),
    "report on paper": Command(("report", "--format", "pdf,docx")),
    "figures": Command(("figures", RUN)),
    "tables": Command(("tables", RUN)),
    "numbers": Command(("numbers",)),
    "crate": Command(("crate", RUN)),
    "crate of all": Command(("crate",)),
    "release": Command(("release",), _version_written),
    "annual": Command(("annual", "--year", "2024")),
    "country": Command(("country", "PAN", "--html", "panama.html")),
    "plan": Command(("plan",), start=("sh", "-c", '"$@" > my_plan.toml', "sh")),
    "notebooks accept": Command(("notebooks", "accept", RUN), _changed_cell),
    "publish": Command(("publish", "a-test")),
    "verify": Command(("verify", RUN)),
}
# Tried beside others only: what they write is what another of the above writes.
BESIDE = {
    "run another": Command(("run", OTHER, "--force")),
    "sweep of another grid": Command(("sweep", RUN, "--grid", "other.toml"), _grids),
    "notebooks accept as it is": Command(("notebooks", "accept", RUN)),
}
_ALL = COMMANDS | BESIDE


def begun(name: str, world: World, start: Sequence[str] = ()) -> "subprocess.Popen[str]":
    """Begin the command of that name in a world; `start` are words that start it otherwise."""
    return world.start(_ALL[name].words, (*start, *_ALL[name].start))


def prepare(names: Sequence[str], world: World) -> None:
    """Make a world what commands of those names ask for, once for those that ask for the same."""
    for before in dict.fromkeys(_ALL[name].before for name in names):
        before(world)


@dataclass(frozen=True)
class Outcome:
    """What commands leave that nothing disturbs: what stands for each file that changed, the bytes written, the seconds taken.

    `refused` are those of several that what one before had done forbade, as a report of results that newer tables have overtaken.
    """

    changed: dict[str, str]
    written: int
    seconds: float
    refused: frozenset[str]


@cache
def undisturbed(*names: str) -> Outcome:
    """What is left by commands done one after the other in a world where nothing goes wrong."""
    with fresh() as world:
        prepare(names, world)
        used, started, refused = world.used(), time.monotonic(), set()
        for name in names:
            told = ended(begun(name, world))
            if told.status and len(names) > 1 and not told.fault():
                refused.add(name)
            elif told.status:
                raise RuntimeError(f"`{name}` fails where nothing is wrong: {told.last()}")
        seconds = time.monotonic() - started
        return Outcome(world.changed(), world.used() - used, seconds, frozenset(refused))
