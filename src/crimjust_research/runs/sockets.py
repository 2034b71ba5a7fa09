"""Where the sockets lie by which kernels are spoken to: files in a private folder, where the system has such sockets."""

import os
import tempfile
from pathlib import Path

# Systems allow from 103 bytes for the path of a socket; a dash and a number are added to one of a kernel.
LONGEST = 98


def folder(added: int) -> Path | None:
    """The folder of temporary files to make theirs in: None for the usual one, or the system's own where the name of that,
    with as many bytes `added`, is too long for a socket's path."""
    usual, own = Path(tempfile.gettempdir()), Path("/tmp")
    return own if len(os.fsencode(usual)) > LONGEST - added and os.access(own, os.W_OK) else None


def fits(path: Path) -> bool:
    """Whether this system has such sockets, and one may have that path."""
    return os.name == "posix" and len(os.fsencode(path)) <= LONGEST
