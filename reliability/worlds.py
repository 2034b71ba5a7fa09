"""Checkouts to break: a clone of the last commit with results as they come out now, and fresh ones above it that cost nothing.

A fresh world is an overlay: what is written lies in memory of a size that can be set, so that a disk of that size is full when a
command has written so much; all else is the clone, which nothing changes. Only root may mount one.
"""

import atexit
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLENTY = 2 << 30
_PATIENCE = 60.0  # seconds until a process that nobody waits for counts as left
# What a command may leave behind that is no result: what this checkout computed itself, and of failed runs what they had come to.
_NO_RESULT = frozenset({".git", ".computed", "failed", "__pycache__"})
_FAULTS = ("Traceback (most recent call last)", "a fault of crimjust's own")
_REMEDIES = (
    "free it",
    "make room",
    "mend",
    "name another",
    "name a new",
    "name a folder",
    "name a file",
    "wait for",
    "type the same",
    "run again",
    "run these again",
    "run all again",
    "goes on from there",
)

# `report` has found results current: they are as if they had been run here, so that `run all` runs what a case asks for alone.
_AS_IF_COMPUTED = """
from crimjust_research import project
from crimjust_research.runs.record import Layout, mark
reports = project.root() / "reports"
for path in (reports / "records").glob("*.json"):
    mark(Layout(reports, path.stem))
"""


class NotHere(Exception):
    """This machine allows no such world; the message says why."""


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said on both streams."""

    status: int
    text: str

    def fault(self) -> str:
        """What is wrong with how it ended, whatever it was refused for; empty if a person can act on it."""
        if self.status not in (0, 1):
            return f"it ended with {self.status}: {self.last()}"
        for fault in _FAULTS:
            if fault in self.text:
                return f"it told a trace or a fault of its own: {self.last()}"
        if self.status == 1 and not any(remedy in self.text for remedy in _REMEDIES):
            return f"it named no remedy: {self.last()}"
        return ""

    def last(self) -> str:
        """The end of what was said, on one line."""
        return " / ".join(self.text.strip().splitlines()[-6:])[-600:]


@dataclass(frozen=True)
class World:
    """A checkout at `folder`, on a disk of its own at `memory`."""

    folder: Path
    memory: Path

    def environment(self) -> dict[str, str]:
        """That of its commands: home and temporary files are on its own disk, the code is its own."""
        for name in ("home", "tmp"):
            (self.memory / name).mkdir(exist_ok=True)
        return environment(self.folder) | {"HOME": str(self.memory / "home"), "TMPDIR": str(self.memory / "tmp")}

    def start(self, command: Sequence[str], before: Sequence[str] = ()) -> "subprocess.Popen[str]":
        """Begin a command of crimjust; `before` are words that start it otherwise."""
        return subprocess.Popen(
            [*before, *program(), *command],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def changed(self) -> dict[str, str]:
        """What stands for every file that is not as in the clone, by path; `gone` for those that were removed."""
        now, before = digests(self.folder), _digests_of_base()
        return {
            place: now.get(place, "gone") for place in now.keys() | before.keys() if now.get(place) != before.get(place)
        }

    def resize(self, size: int) -> None:
        """Set how much its disk holds, in bytes."""
        _mount("-o", f"remount,size={size}", str(self.memory))

    def used(self) -> int:
        """Bytes written to its disk so far."""
        found = os.statvfs(self.memory)
        return (found.f_blocks - found.f_bfree) * found.f_frsize


def program() -> list[str]:
    """How crimjust is started."""
    return [sys.executable, "-m", "crimjust_research"]


def environment(folder: Path) -> dict[str, str]:
    """The environment of a command in the checkout at `folder`, which runs the code there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRIMJUST_")}
    return kept | {"PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def ended(process: "subprocess.Popen[str]") -> Told:
    """Wait for a command that was begun, and hear how it ended."""
    text, _ = process.communicate()
    return Told(process.returncode, text)


@cache
def base() -> Path:
    """A clone of the last commit, whose results are as they come out now, committed there, and built into a page.

    Where the results committed are current this takes seconds, else every notebook is run.
    """
    folder = Path(tempfile.mkdtemp(prefix="reliability-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    clone = folder / "clone"
    _do("git", "clone", "--quiet", "--shared", str(ROOT), str(clone))
    for command in (["data", "panels"], ["report"]):
        told = subprocess.run(
            [*program(), *command], cwd=clone, env=environment(clone), capture_output=True, text=True, check=False
        )
        if told.returncode:
            _do(*program(), "run", "all", cwd=clone, env=environment(clone))
            _do(*program(), "report", cwd=clone, env=environment(clone))
    _do(sys.executable, "-c", _AS_IF_COMPUTED, cwd=clone, env=environment(clone))
    commit(clone)
    return clone


def commit(folder: Path) -> None:
    """Commit all that differs in a checkout from its last commit."""
    known = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
    # What is made of a commit may tell its day, and its hash does.
    day = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-01T12:00:00Z")
    _do("git", "-C", str(folder), "add", "--all")
    arguments = ("commit", "--quiet", "--allow-empty", "--message", "As it is now")
    _do("git", "-C", str(folder), *known, *arguments, env={**os.environ, **day})


@contextmanager
def fresh() -> Iterator[World]:
    """A world of its own above the clone, with room for whatever is done there; removed at the end.

    Raises
    ------
    NotHere
        If this machine allows none.
    """
    clone = base()
    with ExitStack() as stack:
        memory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="world-", dir=clone.parent)))
        _mount("-t", "tmpfs", "-o", f"size={PLENTY}", "tmpfs", str(memory))
        stack.callback(_unmount, memory)
        upper, work, merged = (memory / name for name in ("upper", "work", "checkout"))
        for folder in (upper, work, merged):
            folder.mkdir()
        layers = f"lowerdir={clone},upperdir={upper},workdir={work}"
        _mount("-t", "overlay", "overlay", "-o", layers, str(merged))
        stack.callback(_unmount, merged)
        yield World(merged, memory)


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """A folder of a world may only be read meanwhile."""
    place.mkdir(parents=True, exist_ok=True)
    _mount("--bind", str(place), str(place))
    try:
        _mount("-o", "remount,bind,ro", str(place))
        yield
    finally:
        _unmount(place)


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"mounting is not allowed here ({done.stderr.strip()})")


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", str(place)], check=False)


def _do(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True)


def digests(folder: Path) -> dict[str, str]:
    """sha256 by path of every file of a checkout that is a result or came with it, or where it links to."""
    found = {}
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NO_RESULT]
        for name in files:
            path = Path(here, name)
            if not name.endswith(".lock") or path.parent == folder:
                content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
                found[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


@cache
def _digests_of_base() -> dict[str, str]:
    return digests(base())


# What is listed there grows with what is written, a shell makes its file first, and cells that fail are told.
_MEANWHILE = (".crimjust", ".crimjust-export", "my_plan.toml", "failures.csv")


def unlike(
    now: Mapping[str, str], before: Mapping[str, str], meant: Mapping[str, str], working: tuple[str, ...] = ()
) -> str:
    """Which files are neither as before nor as they are when nothing goes wrong; empty if there are none.

    Folders and files whose names begin with one of `working` are left aside.
    """
    wrong = [
        place
        for place in sorted(now.keys() | before.keys())
        if now.get(place) not in (before.get(place), meant.get(place))
        and Path(place).name not in _MEANWHILE
        and not any(part.startswith(working) for part in Path(place).parts)
    ]
    return f"neither as before nor as meant: {', '.join(wrong[:8])}" if wrong else ""


def processes(world: World) -> Iterator[int]:
    """Processes begun by commands of a world, which all have its disk in their environment."""
    mark = os.fsencode(world.memory)
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (place / "environ").read_bytes():
                yield int(place.name)


def running(world: World, others: frozenset[int] = frozenset()) -> str:
    """Processes of a world that run on after a minute, though nobody waits for them, and not `others`; they are ended here."""
    end = time.monotonic() + _PATIENCE
    while (left := set(processes(world)) - others) and time.monotonic() < end:
        time.sleep(0.05)
    names = []
    for pid in left:
        with suppress(OSError):
            names.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip())
            os.kill(pid, signal.SIGKILL)
    return "; ".join(sorted(names))
