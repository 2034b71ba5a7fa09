"""What came with this checkout, and so can be had again: from git what was committed, from a release what its list names.

A release is an archive without git's history. Its list of sha256 tells which of its files are as they were unpacked.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from crimjust_research import computed, project

LIST = "SHA256SUMS"
_KEPT = "released"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def as_they_came(root: Path, names: Iterable[str]) -> set[str]:
    """Those of the files `names`, by path below a checkout, whose content git or the archive of the release can bring back."""
    wanted = sorted(names)
    if not wanted:
        return set()
    in_git, released = _in_git(root, wanted), _released(root)
    return {
        name
        for name in wanted
        if (name in in_git and _blob(root / name) == in_git[name]) or _is(root / name, released.get(name))
    }


def names(root: Path) -> frozenset[str]:
    """What came with a checkout, by path below it: what git keeps the history of, or else what the release lists."""
    in_git = (project.git(root, "ls-files", "-z") or b"").decode("utf-8", "surrogateescape").split("\0")
    return frozenset(filter(None, in_git)) or frozenset(_released(root))


def committed(root: Path, name: str) -> bytes | None:
    """What the last commit holds of a file, by path below a checkout; None where git knows nothing of it."""
    return project.git(root, "show", f"HEAD:./{name}")


def released(root: Path, name: str) -> bytes | None:
    """What a release held of a file, by path below where it was unpacked: as it is, or as it was kept; None if neither is so."""
    sha256 = _released(root).get(name)
    places = (root / name, _kept(root, name))
    return next((path.read_bytes() for path in places if _is(path, sha256)), None)


def keep(root: Path, name: str) -> None:
    """Keep a file of a release that is about to be written over, if it is as it was unpacked, for `released` to tell."""
    if _is(root / name, _released(root).get(name)):
        project.write_atomically(_kept(root, name), (root / name).read_bytes())


def entered(lines: Iterable[str]) -> dict[str, str]:
    """sha256 by name of the files that the lines of a list tell.

    A line that names no file below the folder of the list counts for nothing.
    """
    found = (line.partition("  ") for line in lines)
    return {name: sha256 for sha256, _, name in found if _SHA256.fullmatch(sha256) and project.is_below(name)}


def _released(root: Path) -> dict[str, str]:
    path = root / LIST
    return entered(path.read_text("utf-8", errors="surrogateescape").split("\n")) if path.is_file() else {}


def _kept(root: Path, name: str) -> Path:
    return root / computed.FOLDER / _KEPT / name


def _is(path: Path, sha256: str | None) -> bool:
    """Whether a file, which is no link, has this hash."""
    return path.is_file() and not path.is_symlink() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _blob(path: Path) -> str:
    """What git calls the content of a file or a link; nothing that git knows of anything else."""
    if path.is_symlink():
        content = os.fsencode(path.readlink())
    elif path.is_file():
        content = path.read_bytes()
    else:
        return ""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _in_git(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Of these files of a checkout the content git keeps, as `_blob` has it."""
    listed = project.git(root, "ls-files", "--stage", "-z", "--", *names)
    entries = (entry.partition("\t") for entry in (listed or b"").decode("utf-8", "replace").split("\0") if entry)
    return {name: facts.split()[1] for facts, _, name in entries}
