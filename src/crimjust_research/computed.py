"""What this checkout has computed itself, as opposed to what came with it: marks that no commit carries.

A mark is a small file that names a result and what it came out as. Without one a result is computed once more, and so
compared with what came with the checkout, before it counts as up to date.
"""

from pathlib import Path

from crimjust_research import project

FOLDER = ".computed"


def mark(name: str, digest: str) -> None:
    """Note that the result `name` was computed here and came out as `digest`."""
    project.write_atomically(_path(name), f"{digest}\n".encode())


def is_marked(name: str, digest: str) -> bool:
    """Whether the result `name` was computed here and came out as `digest`."""
    return marked(name) == digest


def is_marked_otherwise(name: str, digest: str) -> bool:
    """Whether the result `name` was computed here and came out as something else than `digest`."""
    return marked(name) not in ("", digest)


def marked(name: str) -> str:
    """What the result `name` last came out as here; empty where nothing that can be read says so."""
    try:
        return _path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _path(name: str) -> Path:
    return project.root() / FOLDER / name
