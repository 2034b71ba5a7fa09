"""Files this project writes again and again: whatever somebody made of one is set aside before it is written over.

A list of what was last written says which files are as they were left. What is neither that nor, in a checkout, as it came
with that is somebody's work: it is moved to a folder named after what it holds, and where that is, is told.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext, suppress
from itertools import count
from pathlib import Path

from crimjust_research import came_with, computed, locks, project
from crimjust_research.errors import DataError, printable

MARK = ".crimjust"
ASIDE = "set-aside"
_CHECKOUT = "written"
_AMONG = f"{MARK}-export"
_TOLD = 5
_log = logging.getLogger(__name__)


def claim(folder: Path, what: str) -> None:
    """Make `folder` one that may be written over with results of the kind `what`: it is new, empty, or was claimed before.

    Raises
    ------
    DataError
        If it holds anything else, which is then left as it is.
    OSError
        If it cannot be made.
    """
    mark = folder / MARK
    if _kind(mark) == what:
        return
    if folder.is_dir() and any(folder.iterdir()):
        raise DataError(f"{folder} holds files that no {what} left there, and is not written over; name a new folder")
    project.write_atomically(mark, f"{what}\n".encode())


def into(folder: Path, what: str, files: Mapping[str, bytes], stays: Collection[str] = ()) -> None:
    """Make `files`, by path below it, all that `folder` holds of the kind `what`; what was written there before goes, but for
    files named in `stays`.

    Raises
    ------
    DataError, OSError
        As `claim` does, or if a file cannot be written, or would be written or removed through a link.
    """
    claim(folder, what)
    listed = _listed(folder / MARK)
    kept = {name: sha256 for name, sha256 in listed.items() if name in stays and name not in files}
    before = {name: sha256 for name, sha256 in listed.items() if name not in kept}
    for name in before.keys() | files.keys():
        project.below(folder, name)
    theirs = unlike(folder, before.keys() | files.keys(), before, files)
    set_aside(theirs, folder, folder / ASIDE)
    for name in before.keys() - files.keys() - set(theirs):
        (folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        project.write_atomically(folder / name, content)
    _list(folder / MARK, what, {name: _sha256(content) for name, content in files.items()})


def among(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files`, by path below it, into a folder that may hold anything else, which is left as it is.

    What somebody made of one that was written there before, or had put in its place, is set aside in the folder.

    Raises
    ------
    DataError, OSError
        If a file cannot be written, or would be written through a link.
    """
    for name in files:
        project.below(folder, name)
    # Of commands that write into a folder at once each lists what the others wrote, too. The lock lies in no folder of theirs.
    lock = project.root() / computed.FOLDER / f"{_AMONG}.lock"
    with locks.locked(lock) if os.access(project.root(), os.W_OK) else nullcontext():
        listed = _listed(folder / _AMONG)
        set_aside(unlike(folder, files, listed, files), folder, folder / ASIDE)
        try:
            for name, content in files.items():
                project.write_atomically(folder / name, content)
                listed[name] = _sha256(content)
        finally:  # where the disk was full, what was written before is known as ours
            _list(folder / _AMONG, _AMONG, listed)


def checkout(root: Path, files: Mapping[str, bytes], below: Path | None = None) -> tuple[str, ...]:
    """Write `files` of the checkout at `root`, by path below it; returns the paths of those that were not so already.

    Nothing is written through a link; but the folder `below`, which they lie in, may be one.

    Raises
    ------
    DataError
        If a folder between `below`, by default the checkout, and a file is a link.
    OSError
        If a file cannot be written.
    """
    changed = tuple(name for name, content in files.items() if _content(root / name) != content)
    for name in changed:
        project.below(below or root, (root / name).relative_to(below or root).as_posix())
    listed = root / computed.FOLDER / _CHECKOUT
    with locks.locked(listed.with_suffix(".lock")):
        before = _listed(listed)
        unknown = unlike(root, changed, before)
        theirs = set(unknown) - came_with.as_they_came(root, unknown)
        set_aside(theirs, root, root / "reports" / ASIDE)
        for name in changed:
            project.write_atomically(root / name, files[name])
        _list(listed, _CHECKOUT, {**before, **{name: _sha256(content) for name, content in files.items()}})
    return changed


def remove(folder: Path, what: str, aside: Path) -> None:
    """Remove a folder that `seal` has listed; what was changed or put there since goes to a folder in `aside`."""
    if folder.is_symlink() or _kind(folder / MARK) != what:
        return
    there = [name for name in entries(folder) if name != MARK]
    theirs = unlike(folder, there, _listed(folder / MARK))
    set_aside(theirs, folder, aside)
    for name in (*(set(there) - set(theirs)), MARK):
        (folder / name).unlink()
    prune(folder)


def seal(folder: Path, what: str) -> None:
    """List the files a folder holds now as those that results of the kind `what` left there; folders without any go."""
    prune(folder)
    found = {name: _content(folder / name) for name in entries(folder) if name != MARK}
    _list(folder / MARK, what, {name: _sha256(content) for name, content in found.items() if content is not None})


def prune(folder: Path) -> None:
    """Remove a folder and those in it, as far as they hold nothing."""
    for here, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(here).rmdir()


def entries(folder: Path) -> list[str]:
    """What lies in a folder, by path below it: files, links, which are not followed, and folders that hold nothing.

    Raises
    ------
    OSError
        If a folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    found = []
    for here, folders, files in os.walk(folder, onerror=fail):
        links = [name for name in folders if Path(here, name).is_symlink()]
        found += [Path(here, name) for name in (*files, *links)]
        if not (folders or files) and Path(here) != folder:
            found.append(Path(here))
    return sorted(path.relative_to(folder).as_posix() for path in found)


def unlike(base: Path, names: Iterable[str], before: Mapping[str, str], files: Mapping[str, bytes] = {}) -> list[str]:
    """What there is of `names`, by path below `base`, and is no file with the sha256 of `before` or the bytes of `files`."""
    found = []
    for name in sorted(names):
        content = _content(base / name)
        known = content is not None and (content == files.get(name) or _sha256(content) == before.get(name))
        if not known and os.path.lexists(base / name):
            found.append(name)
    return found


def set_aside(names: Iterable[str], base: Path, aside: Path, prefix: str = "") -> None:
    """Move what lies at `names`, by path below `base`, to a new folder in `aside` named after what it holds, and tell where.

    Raises
    ------
    OSError
        If something cannot be moved. It is then where it was; what was moved before it is told.
    """
    wanted = sorted(names)
    if not wanted:
        return
    content = "".join(f"{name}\0{_sha256(_content(base / name) or b'')}\n" for name in wanted)
    folder = _new_folder(aside, f"{prefix}{_sha256(content.encode(errors='surrogateescape'))[:8]}")
    moved: list[str] = []
    try:
        for name in wanted:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(base / name, target)  # it may be kept on another file system
            moved.append(name)
    finally:
        more = f" and {len(moved) - _TOLD} more" if len(moved) > _TOLD else ""
        told = f"not as left there by crimjust, and so set aside in {folder}: {', '.join(moved[:_TOLD])}{more}"
        if moved:
            _log.warning("%s", printable(told))


def _new_folder(parent: Path, name: str) -> Path:
    """A new folder of that name in `parent`, numbered where there is one already."""
    parent.mkdir(parents=True, exist_ok=True)
    folder, numbers = parent / name, count(2)
    while True:
        try:
            folder.mkdir()
        except FileExistsError:
            folder = parent / f"{name}-{next(numbers)}"
        else:
            return folder


def _content(path: Path) -> bytes | None:
    """What a file holds; None where there is none, or a link to one."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _kind(mark: Path) -> str:
    return _lines(mark)[0].strip()


def _listed(mark: Path) -> dict[str, str]:
    """sha256 by name of the files a list has; its first line says of what kind they are."""
    return came_with.entered(_lines(mark)[1:])


def _lines(mark: Path) -> list[str]:
    return (_content(mark) or b"").decode(errors="surrogateescape").split("\n")


def _list(mark: Path, what: str, files: Mapping[str, str]) -> None:
    lines = [what, *(f"{sha256}  {name}" for name, sha256 in sorted(files.items()))]
    project.write_atomically(mark, "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))
