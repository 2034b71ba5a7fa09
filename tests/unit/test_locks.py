"""Locks between processes, and folders that go with whoever held them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crimjust_research import locks
from crimjust_research.errors import DataError

HOLD = """
import sys, time
from pathlib import Path
from crimjust_research import locks
with locks.folder_in(Path(sys.argv[1])) as folder:
    (folder / "work").write_text("half done")
    print(folder.name, flush=True)
    time.sleep(600)
"""


def holder(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that holds a folder in `parent`, and the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(parent)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, parent / process.stdout.readline().strip()


def test_a_folder_goes_at_the_end_whatever_happens(tmp_path: Path) -> None:
    def fails() -> None:
        with locks.folder_in(tmp_path) as folder:
            (folder / "file").write_text("")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_and_what_is_held_or_foreign_stays(tmp_path: Path) -> None:
    foreign = tmp_path / "run-of-somebody-else"
    foreign.mkdir()
    (foreign / "file").write_text("not ours")
    killed, left = holder(tmp_path)
    living, held = holder(tmp_path)
    try:
        os.kill(killed.pid, signal.SIGKILL)
        killed.communicate()
        assert left.is_dir()
        with locks.folder_in(tmp_path) as mine:
            assert {path.name for path in tmp_path.iterdir()} == {foreign.name, held.name, mine.name}
        assert (held / "work").read_text() == "half done"
    finally:
        living.kill()
        living.communicate()


def test_a_lock_is_waited_for_or_refused_in_words(tmp_path: Path) -> None:
    def at_once() -> str:
        with locks.locked(tmp_path / "lock", busy="somebody is at it"):
            return "mine"

    with locks.locked(tmp_path / "lock"), pytest.raises(DataError, match="somebody is at it"):
        at_once()
    assert at_once() == "mine"
