"""Locks between processes, and temporary folders that belong to whoever holds theirs.

A lock is the system's own (flock), so it ends with the process that holds it, whatever ends that; it holds between
containers that share a disk, where a process' number says nothing. Where the system has none (Windows) nothing is locked
and nothing is cleaned up after others.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crimjust_research.errors import DataError

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

_LOCK = ".lock"
_NEW = ".new-"


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
    parent.mkdir(parents=True, exist_ok=True)
    _discard_abandoned(parent, prefix)
    # It is locked before it has a name under which another process would look whether somebody holds it.
    made = Path(tempfile.mkdtemp(prefix=f"{_NEW}{prefix}", dir=parent))
    folder = made.with_name(made.name.removeprefix(_NEW)) if fcntl is not None else made
    try:
        with locked(made / _LOCK):
            if folder != made:
                made.rename(folder)
            yield folder
    finally:
        for left in (made, folder):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A folder of this user's own for temporary files: in `parent`, or in the system's folder for them."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    with folder_in(parent or Path(tempfile.gettempdir()), f"crimjust-{user}-") as folder:
        yield folder


def _discard_abandoned(parent: Path, prefix: str) -> None:
    """Remove folders whose lock nobody holds; what has no lock file is not ours and stays."""
    if fcntl is None:
        return
    for lock in parent.glob(f"{prefix}*/{_LOCK}"):
        if lock.is_symlink() or lock.lstat().st_uid != os.getuid():
            continue
        with suppress(OSError), lock.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
