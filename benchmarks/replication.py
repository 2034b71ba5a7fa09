"""What whoever repeats the results needs: time, memory and disk of the commands that do it, as a section of docs/PERFORMANCE.md.

    python benchmarks/replication.py

Memory is that of a command and every process it starts, together: each page of memory counts once, shared or not. It is read
off Linux's /proc every 50 ms, so that a shorter peak can be missed.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import psutil

from benchmarks.beside import section
from benchmarks.copied_checkout import PROCESSORS, ROOT, copied, crimjust
from benchmarks.tables import markdown

COMMANDS = (("run", "all", "--force"), ("report",), ("verify",))
_EVERY = 0.05  # seconds
_GB = 1e9


def main() -> None:
    """Print the section."""
    rows = []
    with copied() as copy:
        for command in COMMANDS:
            with most_memory() as held:
                took = crimjust(copy, *command)
            rows.append(
                {"command": f"`crimjust {' '.join(command)}`", "s": took, "GB at most": f"{max(held) / _GB:.2f}"}
            )
    came = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    )
    files = sum((ROOT / name).stat().st_size for name in came if name)
    environment = sum(path.stat().st_size for path in Path(sys.prefix).rglob("*") if path.is_file())
    print(
        section(
            "What a replication needs",
            f"On {PROCESSORS} processors with {psutil.virtual_memory().total / _GB:.0f} GB, in seconds on the clock (of "
            "processors); memory is that of all processes of a command together, each page of it counted once. "
            "Other work on the machine stretches the clock. "
            f"On disk the repository without its history takes {files / _GB:.2f} GB, and the environment that `make setup` "
            f"installs {environment / _GB:.2f} GB.",
            markdown(pd.DataFrame(rows)),
        )
    )


@contextmanager
def most_memory() -> Iterator[list[float]]:
    """Bytes that the processes started within held together, reading by reading."""
    held, ended = [0.0], threading.Event()

    def read() -> None:
        while not ended.wait(_EVERY):
            held.append(sum(map(proportional, psutil.Process().children(recursive=True))))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield held
    finally:
        ended.set()
        reader.join()


def proportional(process: psutil.Process) -> float:
    """Bytes of a process, of pages shared with others its share; nothing of one that has ended."""
    with suppress(psutil.Error):
        return float(process.memory_full_info().pss)
    return 0.0


if __name__ == "__main__":
    main()
