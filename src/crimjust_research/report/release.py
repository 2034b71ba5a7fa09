"""A release: one archive of all that git keeps of a commit, the report on paper, what a machine reads of it all, and the sha256
of every file.

It is a gzipped tar: every system has a `tar` by now, and what may be executed still may be where it is unpacked. Equal commits
come to equal bytes under the same Python: members stand in order, without owners, dated the day of the release.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crimjust_research import came_with, project, written
from crimjust_research.errors import RunError
from crimjust_research.report import edition
from crimjust_research.report.crates import entities, whole
from crimjust_research.report.edition import Edition

FOLDER = "build/release"


@dataclass(frozen=True)
class File:
    """A file of a release: what it holds, and whether it may be executed."""

    content: bytes
    executable: bool = False


def build(released: Edition, added: Mapping[str, bytes]) -> Path:
    """Write the archive of a release of this checkout into its folder `build/release`, and return where it lies.

    `added` are files, by path below the checkout, that git does not keep: the report as it is printed.

    Raises
    ------
    RunError
        If something is not committed, or the commit holds a link.
    DataError, OSError
        As `whole.metadata` does, or if the archive cannot be written.
    """
    edition.require_committed()
    root = project.root()
    content = packed(released, files(released, added))
    place = f"{FOLDER}/{released.name}.tar.gz"
    written.checkout(root, {place: content})
    return root / place


def files(released: Edition, added: Mapping[str, bytes]) -> dict[str, File]:
    """All that a release holds, by path."""
    held = committed(released.commit) | {name: File(content) for name, content in added.items()}
    made_anew = (entities.NAME, came_with.LIST)  # a commit of an unpacked release has those of that
    found = {name: held[name] for name in sorted(held.keys() - set(made_anew))}
    content = {name: file.content for name, file in found.items()}
    found[entities.NAME] = File(whole.metadata(released, content, unread=[came_with.LIST]))
    return found | {came_with.LIST: File(hashes(found))}


def committed(commit: str) -> dict[str, File]:
    """All files of a commit of this checkout, by path.

    Raises
    ------
    RunError
        If git cannot tell them, or one is a link, which not every system unpacks.
    """
    root = project.root()
    archive = project.git(root, "archive", "--format=tar", commit)
    if archive is None:
        raise RunError(f"git cannot read the commit {commit} of {root}; `git fsck` may tell why")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            if member.isdir():
                continue
            stream = members.extractfile(member) if member.isfile() else None
            if stream is None:
                raise RunError(f"{member.name} is a link, which not every system unpacks; put a file in its place")
            found[member.name] = File(stream.read(), bool(member.mode & 0o100))
    return found


def hashes(held: Mapping[str, File]) -> bytes:
    """The sha256 of each file, as `sha256sum -c` checks them."""
    lines = (f"{hashlib.sha256(held[name].content).hexdigest()}  {name}\n" for name in sorted(held))
    return "".join(lines).encode()


def packed(released: Edition, held: Mapping[str, File]) -> bytes:
    """The files as an archive, in one folder named after the release."""
    day = int(datetime.fromisoformat(released.date).replace(tzinfo=UTC).timestamp())
    packing = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packing, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(held):
            member = tarfile.TarInfo(f"{released.name}/{name}")
            member.size, member.mtime = len(held[name].content), day
            member.mode = 0o755 if held[name].executable else 0o644
            archive.addfile(member, io.BytesIO(held[name].content))
    return packing.getvalue()
