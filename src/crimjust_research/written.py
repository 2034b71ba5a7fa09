"""Files this project writes again and again: whatever somebody made of one is set aside before it is written over.

A list of what was last written says which files are as they were left. What is neither that nor, in a checkout, what git can
bring back is somebody's work: it is moved to a folder named after what it holds, and where that is, is told.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from crimjust_research import computed, locks, project
from crimjust_research.errors import DataError, printable

MARK = ".crimjust"
ASIDE = "set-aside"
_CHECKOUT = "written"
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


def into(folder: Path, what: str, files: Mapping[str, bytes]) -> None:
    """Make `files`, by path below it, all that `folder` holds of the kind `what`; what was written there before goes.

    Raises
    ------
    DataError, OSError
        As `claim` does, or if a file cannot be written.
    """
    claim(folder, what)
    before = _listed(folder / MARK)
    theirs = _unlike(folder, before.keys() | files.keys(), before, files)
    set_aside(theirs, folder, folder / ASIDE)
    for name in before.keys() - files.keys() - set(theirs):
        (folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        project.write_atomically(folder / name, content)
    _list(folder / MARK, what, {name: _sha256(content) for name, content in files.items()})


def checkout(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write `files` of the checkout at `root`, by path below it; returns the paths of those that were not so already.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    changed = tuple(name for name, content in files.items() if _content(root / name) != content)
    listed = root / computed.FOLDER / _CHECKOUT
    with locks.locked(listed.with_suffix(".lock")):
        before = _listed(listed)
        unknown = _unlike(root, changed, before, {})
        git = _in_git(root, unknown)
        theirs = [name for name in unknown if _blob(root / name) != git.get(name)]
        set_aside(theirs, root, root / "reports" / ASIDE)
        for name in changed:
            project.write_atomically(root / name, files[name])
        _list(listed, _CHECKOUT, {**before, **{name: _sha256(content) for name, content in files.items()}})
    return changed


def remove(folder: Path, what: str, aside: Path) -> None:
    """Remove a folder that `seal` has listed; what was changed or put there since goes to a folder in `aside`."""
    if _kind(folder / MARK) != what:
        return
    before = _listed(folder / MARK)
    there = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    theirs = _unlike(folder, (name for name in there if name != MARK), before, {})
    set_aside(theirs, folder, aside)
    for name in set(there) - set(theirs):
        (folder / name).unlink(missing_ok=True)
    for path in (*sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True), folder):
        with suppress(OSError):  # something is in it that is no file
            path.rmdir()


def seal(folder: Path, what: str) -> None:
    """List the files a folder holds now as those that results of the kind `what` left there."""
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    _list(folder / MARK, what, {name: _sha256(path.read_bytes()) for name, path in there.items() if name != MARK})


def set_aside(names: Iterable[str], base: Path, aside: Path, prefix: str = "") -> Path | None:
    """Move files, by path below `base`, to a folder in `aside` named after what they hold, so that none takes another's place.

    Where they are then is told, and returned; None if there are none.
    """
    moved = sorted(names)
    if not moved:
        return None
    content = _sha256(b"".join((base / name).read_bytes() for name in moved))
    folder = aside / f"{prefix}{content[:8]}"
    for name in moved:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (base / name).replace(target)
    more = f" and {len(moved) - _TOLD} more" if len(moved) > _TOLD else ""
    told = f"not as left there by crimjust, and so set aside in {folder}: {', '.join(moved[:_TOLD])}{more}"
    _log.warning("%s", printable(told))
    return folder


def _unlike(base: Path, names: Iterable[str], before: Mapping[str, str], files: Mapping[str, bytes]) -> list[str]:
    """Of the files there are, those that hold neither what was written last nor what is to be written."""
    found = []
    for name in sorted(names):
        content = _content(base / name)
        if content is not None and content != files.get(name) and _sha256(content) != before.get(name):
            found.append(name)
    return found


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _blob(path: Path) -> str:
    """What git calls a file's content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _in_git(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Of these files of a checkout the content git keeps, as `_blob` has it."""
    wanted = sorted(names)
    listed = project.git(root, "ls-files", "--stage", "-z", "--", *wanted) if wanted else None
    entries = (entry.partition("\t") for entry in (listed or b"").decode("utf-8", "replace").split("\0") if entry)
    return {name: facts.split()[1] for facts, _, name in entries}


def _kind(mark: Path) -> str:
    lines = mark.read_text(encoding="utf-8").splitlines() if mark.is_file() else []
    return lines[0].strip() if lines else ""


def _listed(mark: Path) -> dict[str, str]:
    """sha256 by name of the files a list has; its first line says of what kind they are."""
    lines = mark.read_text(encoding="utf-8").splitlines()[1:] if mark.is_file() else []
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def _list(mark: Path, what: str, files: Mapping[str, str]) -> None:
    lines = [what, *(f"{sha256}  {name}" for name, sha256 in sorted(files.items()))]
    project.write_atomically(mark, "".join(f"{line}\n" for line in lines).encode())
