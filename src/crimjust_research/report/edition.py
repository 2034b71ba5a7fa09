"""Which release it is: version, day and commit, and whether all files that tell them agree."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from crimjust_research import __version__, came_with, project
from crimjust_research.errors import DataError, RunError
from crimjust_research.report.citations import software
from crimjust_research.report.citations.software import CitationFile

PROJECT, CHANGES = "pyproject.toml", "CHANGELOG.md"
_HEADING = re.compile(r"^## (?P<version>\S+) [–-] (?P<date>\d{4}-\d\d-\d\d)$", re.MULTILINE)
_UNRELEASED = re.compile(r"^## Unreleased$(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_TOLD = 5


@dataclass(frozen=True)
class Edition:
    """A release: its name without and with the version, the day of its heading in the changelog, the commit it is made of, and
    what is said of it where it is cited."""

    project: str
    version: str
    date: str
    commit: str
    title: str
    description: str
    licence: str
    keywords: tuple[str, ...]
    authors: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.project}-{self.version}"


def of_checkout() -> Edition:
    """What a release of this checkout is.

    Raises
    ------
    RunError
        If the checkout is none of git's, something in it is not committed, or version and day are not told alike everywhere:
        every fault, with what mends it.
    DataError
        If a file that tells of it cannot be read.
    """
    root = project.root()
    if came_with.committed(root, PROJECT) is None:
        raise RunError(
            f"a release is made of a commit, and git knows none of {root}, as of a release that was unpacked; type the same in a "
            "clone of the repository"
        )
    require_committed()
    told, cited = _declared(root / PROJECT), software.load()
    changes = (root / CHANGES).read_text(encoding="utf-8")
    dates = {found["version"]: found["date"] for found in _HEADING.finditer(changes) if _is_day(found["date"])}
    if faults := list(_faults(told["version"], dates, changes, cited)):
        raise RunError("\n".join(["no release can be made of what is not told alike everywhere:", *faults]))
    return _edition(told, cited, dates[told["version"]], _head())


def at_hand() -> Edition:
    """What this checkout is by its own files. It has a commit only where nothing differs from it, and the day of its version.

    Raises
    ------
    DataError
        If a file that tells of it cannot be read, or has no day.
    """
    root = project.root()
    told, cited = _declared(root / PROJECT), software.load()
    if cited.date_released is None:
        raise DataError(f"{software.FILE} has no date-released; add the day of version {cited.version}")
    known = came_with.committed(root, PROJECT) is not None
    changed = project.git(root, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--", ".")
    return _edition(told, cited, cited.date_released, _head() if known and changed == b"" else "")


def _head() -> str:
    return (project.git(project.root(), "rev-parse", "HEAD") or b"").decode().strip()


def _edition(told: Mapping[str, Any], cited: CitationFile, day: str, commit: str) -> Edition:
    return Edition(
        project=told["name"],
        version=told["version"],
        date=day,
        commit=commit,
        title=cited.title,
        description=told["description"],
        licence=told["license"],
        keywords=tuple(told["keywords"]),
        authors=tuple(author.name for author in cited.authors),
    )


def require_committed() -> None:
    """Refuse a checkout in which something differs from the last commit, or is not in it and not ignored.

    Raises
    ------
    RunError
        Naming the first few such files, or if git cannot tell.
    """
    told = project.git(project.root(), "status", "--porcelain", "--no-renames", "-z", "--", ".")
    if told is None:
        raise RunError(f"git cannot tell what in {project.root()} is committed; `git status` may say why")
    names = [entry[3:] for entry in told.decode("utf-8", "backslashreplace").split("\0") if entry]
    if names:
        more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
        raise RunError(
            f"a release is made of a commit, and these are not as the last one has them: {', '.join(names[:_TOLD])}{more}; "
            "commit them, or undo what was changed"
        )


def _faults(version: str, dates: Mapping[str, str], changes: str, cited: CitationFile) -> Iterator[str]:
    """Where the version of the project's file, or its day, is told otherwise, a line each."""
    if version != __version__:
        yield f"  {PROJECT} says {version}, and what is installed says {__version__}: type `make setup`"
    if version not in dates:
        yield f"  {CHANGES} has no heading of {version} with its day: write `## {version} – YYYY-MM-DD` above what it brings"
    if (rest := _UNRELEASED.search(changes)) and rest["text"].strip():
        yield f"  {CHANGES} holds lines under Unreleased: put them below the heading of a version"
    if cited.version != version:
        yield f"  {software.FILE} says version {cited.version}, {PROJECT} {version}: correct the former"
    if version in dates and cited.date_released != dates[version]:
        day = f"says date-released {cited.date_released}" if cited.date_released else "has no date-released"
        yield f"  {software.FILE} {day}, {CHANGES} has {dates[version]}: correct the former"
    if _is_given_out(version):
        yield f"  the tag v{version} is of another commit, and a number is given out once: give this one the next number"


def _is_given_out(version: str) -> bool:
    """Whether a commit other than the last one has the tag of this version."""
    tagged, last = (
        project.git(project.root(), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
        for name in (f"refs/tags/v{version}", "HEAD")
    )
    return bool(tagged) and tagged != last


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _declared(path: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not valid TOML ({error}); correct it") from None
    return found
