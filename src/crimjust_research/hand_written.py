"""Files that a person writes and names on the command line: a plan, a grid, a list of parameters. Read within bounds, whoever
wrote them; what is none, or is more than anybody writes, is refused in words.
"""

import codecs
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from crimjust_research import json_files
from crimjust_research.errors import ParameterError

LONGEST = 1_000_000  # bytes; the registered plan has a twentieth of it
# Of one line: a name of so many parts takes the library the square of the time, and as much memory.
_MOST_DOTS = 1_000
_MOST_NUMBER = 10**300  # beyond it none is computed with, and with some digits more Python prints none


def content(path: Path, kind: str, remedy: str) -> bytes:
    """What the file at `path` holds, called `kind` in messages, such as "plan"; `remedy` says what to do about one that is none.

    Raises
    ------
    ParameterError
        If it cannot be read, or is longer than any such file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe might wait for ever
            raise ParameterError(f"the {kind} {path} is no file; {remedy}")
        with path.open("rb") as stream:
            found = stream.read(LONGEST + 1)
    except (OSError, ValueError) as error:  # ValueError of a name that none can have
        why = error.strerror if isinstance(error, OSError) else error
        raise ParameterError(f"the {kind} {path} cannot be read ({why}); {remedy}") from None
    if len(found) > LONGEST:
        raise ParameterError(f"{path.name} holds more than {LONGEST:,} bytes, which no {kind} does; name another file")
    return found


def toml(found: bytes, name: str, kind: str, remedy: str) -> dict[str, Any]:
    """What the content of a file of TOML says, called `name` in messages; `kind` and `remedy` as of `content`.

    Raises
    ------
    ParameterError
        If it is no TOML, nested too deeply, or holds a number of hundreds of digits.
    """
    too_deep = ParameterError(f"{name} is nested too deeply to be a {kind}; {remedy}")
    # Editors and terminals of Windows mark their files, and write UTF-16.
    of_windows = found.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = found.decode("utf-16" if of_windows else "utf-8-sig")
        if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
            raise too_deep
        sections = tomllib.loads(text)
    except UnicodeDecodeError:
        raise ParameterError(f"{name} is not in UTF-8; save it so") from None
    except ValueError as error:  # of TOML, or of a number without end
        said = re.sub("; use sys.*", "", str(error))
        raise ParameterError(f"{name} is not valid TOML: {said}; mend it there") from None
    except RecursionError:
        raise too_deep from None
    if json_files.is_too_deep(sections):
        raise too_deep
    if json_files.has_number_beyond(sections, _MOST_NUMBER):
        raise ParameterError(f"{name} holds a number of more digits than any that is computed with; mend it there")
    return sections
