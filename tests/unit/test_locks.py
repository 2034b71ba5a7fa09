"""Locks between processes, and folders that go with whoever held them."""

import os
import shutil
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


def test_only_a_folder_that_says_by_its_name_that_it_is_temporary_is_removed(tmp_path: Path) -> None:
    killed, left = holder(tmp_path)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    # A folder of a sweep or of another tool, which happens to have such a name and a lock; a copy; a link to a folder.
    (tmp_path / "run-sweep").mkdir()
    (tmp_path / "run-sweep" / ".lock").write_text("")
    shutil.copytree(left, tmp_path / "run-copy")
    shutil.copytree(left, tmp_path / "elsewhere" / left.name)
    (tmp_path / "run-empty").mkdir()
    (tmp_path / "run-link").symlink_to(tmp_path / "elsewhere" / left.name)
    with locks.folder_in(tmp_path):
        assert not left.exists()
    assert {path.name for path in tmp_path.iterdir()} == {
        "run-sweep",
        "run-copy",
        "run-empty",
        "run-link",
        "elsewhere",
    }
    assert (tmp_path / "run-sweep" / ".lock").exists()
    assert (tmp_path / "run-copy" / "work").read_text() == "half done"
    assert (tmp_path / "elsewhere" / left.name / "work").read_text() == "half done"


@pytest.mark.parametrize("at", ["write_text", "open", "rename"])
def test_a_process_killed_before_its_folder_has_a_name_leaves_nothing_for_good(tmp_path: Path, at: str) -> None:
    dies = f"import os\nPath.{at} = lambda *_, **__: os.kill(os.getpid(), 9)\n"
    begun = HOLD.replace("with locks", f"{dies}with locks")
    assert subprocess.run([sys.executable, "-c", begun, str(tmp_path)], check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".new-run-")
    with locks.folder_in(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_taken_for_abandoned_before_it_is_locked_is_made_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def overtaken(self: Path, *args: str, **options: str) -> int:
        monkeypatch.undo()
        self.parent.rmdir()
        return write(self, *args, **options)

    monkeypatch.setattr(Path, "write_text", overtaken)
    with locks.folder_in(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


REPLACE = """
import sys, time
from pathlib import Path
from crimjust_research import locks
with locks.replacing(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    print(flush=True)
    time.sleep(600)
"""


def replacer(path: Path) -> subprocess.Popen[str]:
    """A process that is about to replace the file at `path`."""
    process = subprocess.Popen([sys.executable, "-c", REPLACE, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_file_that_a_killed_process_left_goes_with_the_next_one_written_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a[1].csv"
    foreign = [tmp_path / name for name in (".new-a[1].csv.notes", ".new-a1.csv.0123abcd", "a[1].csv.0123abcd")]
    for each in foreign:
        each.write_text("not ours")
    killed, living = replacer(path), replacer(path)
    try:
        killed.kill()
        killed.communicate()
        with locks.replacing(path) as stream:
            stream.write(b"whole")
        left = set(tmp_path.iterdir()) - {path, *foreign}
        assert len(left) == 1
        assert left.pop().read_bytes() == b"half"  # of who is at work
    finally:
        living.kill()
        living.communicate()
    with locks.replacing(path) as stream:
        stream.write(b"anew")
    assert set(tmp_path.iterdir()) == {path, *foreign}
    assert path.read_bytes() == b"anew"


def test_an_error_of_the_system_names_the_file_that_was_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.csv"
    with pytest.raises(FileNotFoundError) as refused, locks.replacing(path):
        pass
    assert refused.value.filename == str(path)
