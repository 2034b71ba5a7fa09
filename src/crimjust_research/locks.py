"""Locks between processes, and temporary folders that belong to whoever holds theirs.

A lock is the system's own (flock), so it ends with the process that holds it, whatever ends that; it holds between
containers that share a disk, where a process' number says nothing. Where the system has none (Windows) nothing is locked
and nothing is cleaned up after others.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from crimjust_research.errors import DataError

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

# Marks a temporary folder of ours by what it says, and is the lock of whoever works there.
_MARK = ".crimjust-temporary"
_NEW = ".new-"
_ATTEMPTS = 10


@contextmanager
def locked(path: Path, busy: str = "") -> Iterator[None]:
    """Hold the lock file at `path`, which stays. Waits for whoever holds it, or with `busy` refuses in these words.

    Raises
    ------
    DataError
        With `busy`, if another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        if fcntl is not None:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
            except BlockingIOError:
                raise DataError(busy) from None
        yield  # closing the file ends the lock


@contextmanager
def folder_in(parent: Path, prefix: str = "run-") -> Iterator[Path]:
    """A new folder in `parent` that is removed at the end; those of the same prefix that processes now gone left go first.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    with ExitStack() as held:
        yield _new_folder(parent, prefix, held)


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A folder of this user's own for temporary files: in `parent`, or in the system's folder for them."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    with folder_in(parent or Path(tempfile.gettempdir()), f"crimjust-{user}-") as folder:
        yield folder


def _new_folder(parent: Path, prefix: str, held: ExitStack) -> Path:
    """A new folder whose lock is held until `held` ends, which removes the folder.

    It is locked before it has a name under which another process would look whether somebody holds it. One that was not
    yet locked may be taken for abandoned; then another is made.
    """
    for _ in range(_ATTEMPTS):
        parent.mkdir(parents=True, exist_ok=True)
        _discard_abandoned(parent, prefix)
        with suppress(FileNotFoundError), ExitStack() as ours:
            made = Path(tempfile.mkdtemp(prefix=f"{_NEW}{prefix}", dir=parent))
            folder = made.with_name(made.name.removeprefix(_NEW))
            for place in (made, folder):
                ours.callback(shutil.rmtree, place, ignore_errors=True)
            (made / _MARK).write_text(_says(folder), encoding="utf-8")
            if fcntl is None:
                made.rename(folder)
            else:
                stream = ours.enter_context((made / _MARK).open("r+"))
                fcntl.flock(stream, fcntl.LOCK_EX)
                made.rename(folder)
            held.push(ours.pop_all())
            return folder
    raise DataError(f"no folder can be made in {parent}: whatever is made there is removed at once; name another")


def _discard_abandoned(parent: Path, prefix: str) -> None:
    """Remove folders whose lock nobody holds; what does not say that it is such a folder, by its name, stays."""
    if fcntl is None:
        return
    for new in parent.glob(f"{_NEW}{prefix}*"):  # a process killed before it gave the folder its name
        with suppress(OSError):
            new.rmdir()
    for mark in (*parent.glob(f"{_NEW}{prefix}*/{_MARK}"), *parent.glob(f"{prefix}*/{_MARK}")):
        with suppress(OSError):
            if not _is_ours(mark):
                continue
            with mark.open("r+") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent, ignore_errors=True)


def _is_ours(mark: Path) -> bool:
    """Whether a mark is the one that `folder_in` made for this user and the folder it lies in."""
    found, folder = mark.lstat(), mark.parent
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or folder.is_symlink():
        return False
    named = folder.with_name(folder.name.removeprefix(_NEW))
    says = mark.read_text(encoding="utf-8", errors="replace")
    # A process may have been killed while it wrote the mark, before it gave the folder its name.
    return _says(named) == says or (folder != named and _says(named).startswith(says))


def _says(folder: Path) -> str:
    return f"{folder.name} holds temporary files of crimjust, which removes it once nobody locks this file.\n"
