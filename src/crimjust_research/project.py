"""Where this checkout lies, how a file of it is read, and how one is written without ever being left half-written."""

import errno
import hashlib
import os
import re
import subprocess
from pathlib import Path, PurePath

from crimjust_research import locks
from crimjust_research.errors import DataError, naming

_MARKER = Path("data") / "raw" / "datapackage.json"
# Marks of a sentence, of Markdown, of mathematics and of HTML; what commands a terminal; what turns the direction of writing.
_MEANING = re.compile(r"[\[\]|$`*<>\\\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_WORD = re.compile(r"[A-Za-z0-9_]{1,80}")
# What Windows keeps for devices, whatever stands after a point.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def root() -> Path:
    """Folder of the checkout: `CRIMJUST_HOME` if set, else the nearest parent of the working directory or of
    this package that holds `data/raw/datapackage.json`.

    Raises
    ------
    DataError
        If none of them does.
    """
    home = os.environ.get("CRIMJUST_HOME")
    if home:
        return Path(home).resolve()
    for start in (Path.cwd(), Path(__file__).parent):
        for folder in (start, *start.parents):
            if (folder / _MARKER).is_file():
                return folder
    raise DataError(
        f"no folder above {Path.cwd()} holds {_MARKER.as_posix()}; run from inside the checkout, "
        "or set CRIMJUST_HOME to it"
    )


def content(path: Path, remedy: str) -> bytes:
    """What the file at `path` of this project holds; `remedy` says how to have it again.

    Raises
    ------
    DataError
        If it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {remedy}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); {remedy}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then move it into place: nobody ever sees half a file.

    A file that is replaced leaves its permissions; a new one has those that the user's mask gives.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except RecursionError:  # of a thousand folders within each other
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(path.name)) from None
    with naming(path), locks.replacing(path) as stream:
        stream.write(content)


def below(folder: Path, name: str) -> Path:
    """Where the file `name` lies below a folder. The folder may be a link; no folder between it and the file is one.

    Raises
    ------
    DataError
        If the name, or a link on the way, leads elsewhere.
    """
    if not is_below(name):
        raise DataError(f"{name!r} names no file below {folder}; name one without a leading slash and without '..'")
    *between, _ = PurePath(name).parts
    on_the_way = folder
    for part in between:
        on_the_way = on_the_way / part
        if on_the_way.is_symlink():
            raise DataError(
                f"{on_the_way} is a link, and nothing is written through one; put a folder in its place, or remove it, then "
                "type the same"
            )
    return folder / name


def is_below(name: str) -> bool:
    """Whether a path leads from a folder to something in it, and nowhere else.

    Examples
    --------
    >>> is_below("tables/seizures.csv")
    True
    >>> is_below("../seizures.csv")
    False
    """
    path = PurePath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def named(path: str) -> str:
    """What results and people are told of a file somebody supplied: outside this checkout its name without its folders.

    Characters that mean something in markup, or to a terminal, become underscores.
    """
    outside = Path(path).is_absolute() or ".." in Path(path).parts
    return _MEANING.sub("_", Path(path).name if outside else path)


# What stands for all that lies in a folder somebody supplied, beside the files of it that were read.
ALL_FILES = "all.files"


def names_digest(folder: Path) -> str:
    """sha256 of the names of what lies in a folder, hidden files aside: another once one is added, renamed or taken away."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith((".", "~$")))
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()


def is_plain_name(name: str) -> bool:
    """Whether every system takes `name` for that of a file, every page and table for a word: up to 80 letters without
    accents, digits and underscores.

    Examples
    --------
    >>> is_plain_name("to_2018")
    True
    >>> is_plain_name("con")
    False
    """
    return bool(_WORD.fullmatch(name)) and not is_device(name)


def is_device(name: str) -> bool:
    """Whether Windows would take a file of that name for a device."""
    return bool(_DEVICE.fullmatch(name))


def is_text(path: str) -> bool:
    """Whether a path can be written into a file: some systems' names cannot."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def git(folder: Path, *command: str) -> bytes | None:
    """What git prints in a folder; None where it is not installed, or knows nothing of this."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *command], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
