"""Where a warm process that outlives a command is found: a socket in a folder that is its owner's alone.

It is named after all that its forks inherit: Python, the lock, the code that forks, and the environment that is read when a
process starts. Where any of these is another, there is no socket of that name, and a command starts a process of its own.
Notebooks, plan, data and the project's own code are read by each kernel as they stand, so they need not agree.
"""

import hashlib
import json
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from crimjust_research import project
from crimjust_research.errors import RunError
from crimjust_research.runs import zygote

_SECONDS = 5.0  # in which a warm process answers whoever connects
_LONGEST = 100  # bytes of a socket's path that every system takes


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment Python and the loader read only when a process starts, so that no fork can have it otherwise."""
    return {name: environment[name] for name in sorted(environment) if name.startswith(("PYTHON", "LD_"))}


def place(environment: Mapping[str, str]) -> Path:
    """The socket of a warm process whose forks can stand for processes started with `environment`.

    Raises
    ------
    FileNotFoundError
        If the folder for it is not there.
    RunError
        If the folder for it is somebody else's, or others may enter it, or its name is too long for a socket.
    """
    lock = project.root() / "requirements.lock"
    made_of = [sys.executable, sys.version, read_at_start(environment)]
    digest = hashlib.sha256(json.dumps(made_of).encode())
    for file in (lock, Path(zygote.__file__)):
        digest.update(file.read_bytes() if file.is_file() else b"")
    found = _own(_folder()) / f"{digest.hexdigest()[:16]}.sock"
    if len(os.fsencode(found)) > _LONGEST:
        raise RunError(
            f"the name of {found} is too long for a socket; set XDG_RUNTIME_DIR to a folder with a shorter one"
        )
    return found


def make_folder() -> None:
    """Make the folder of sockets, if it is not there."""
    with suppress(FileExistsError):
        _folder().mkdir(mode=0o700)


def connection(environment: Mapping[str, str]) -> socket.socket | None:
    """A connection to a waiting warm process of this owner, as if it had been started for it; None where there is none."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    found = socket.socket(socket.AF_UNIX)
    with suppress(OSError, RunError):
        found.settimeout(_SECONDS)
        found.connect(str(place(environment)))
        found.settimeout(None)
        if zygote.is_own(found):
            return found
    found.close()
    return None


def _folder() -> Path:
    return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"crimjust-warm-{os.getuid()}"


def _own(folder: Path) -> Path:
    """The folder, which its owner alone can enter and which is no link."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise RunError(
            f"{folder} is not a folder that you alone can enter; remove it, or set XDG_RUNTIME_DIR to another"
        )
    return folder
