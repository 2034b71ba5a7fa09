"""Where this checkout lies, and how files are written into it without ever being left half-written."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from crimjust_research.errors import DataError

_MARKER = Path("data") / "raw" / "datapackage.json"
# Marks of a sentence, of Markdown, of mathematics and of HTML; what commands a terminal; what turns the direction of writing.
_MEANING = re.compile(r"[\[\]|$`*<>\\\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


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


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then move it into place: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def named(path: str) -> str:
    """What results and people are told of a file somebody supplied: outside this checkout its name without its folders.

    Characters that mean something in markup, or to a terminal, become underscores.
    """
    return _MEANING.sub("_", Path(path).name if Path(path).is_absolute() else path)


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
