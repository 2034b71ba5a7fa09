"""Locks between processes, and temporary folders and files that belong to whoever holds theirs.

A lock is the system's own (flock), so it ends with the process that holds it, whatever ends that; it holds between
containers that share a disk, where a process' number says nothing. Where the system has none (Windows) nothing is locked
and nothing is cleaned up after others.
"""

import glob
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from crimjust_research.errors import DataError

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

# Marks a temporary folder of ours by what it says, and is the lock of whoever works there.
_MARK = ".crimjust-temporary"
_NEW = ".new-"
_ATTEMPTS = 10
_TOKEN = 8  # digits by which files of several writers differ


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


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` to write into, which takes its place at the end, or is removed if anything fails.

    One that is replaced leaves its permissions. New files beside it that processes now gone left go first.

    Raises
    ------
    OSError
        If it cannot be made, written or moved.
    """
    for _ in range(_ATTEMPTS):
        _discard_files(path)
        new = path.with_name(f"{_NEW}{path.name}.{secrets.token_hex(_TOKEN // 2)}")
        try:
            with new.open("xb") as stream:
                if fcntl is not None:
                    fcntl.flock(stream, fcntl.LOCK_EX)
                    if not os.fstat(stream.fileno()).st_nlink:  # before it was locked it was taken for abandoned
                        continue
                yield stream
                stream.flush()
                if path.is_file() and not path.is_symlink():
                    new.chmod(stat.S_IMODE(path.stat().st_mode))
                if fcntl is None:  # where an open file cannot be moved
                    stream.close()
                new.replace(path)
                return
        except BaseException as error:
            new.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.filename == str(new):
                error.filename = str(path)  # which is the name that whoever reads it knows
            raise
    raise DataError(f"{path} cannot be written: the new file beside it is removed at once; name another place")


def _discard_files(path: Path) -> None:
    """Remove new files beside `path` whose lock nobody holds."""
    if fcntl is None:
        return
    for new in path.parent.glob(f"{_NEW}{glob.escape(path.name)}.{'[0-9a-f]' * _TOKEN}"):
        with suppress(OSError):
            if stat.S_ISREG(new.lstat().st_mode):
                with new.open("rb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    new.unlink()


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
