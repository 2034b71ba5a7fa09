"""A copy of the checkout in which commands are typed as they stand in the documents.

Each `crimjust` is a process of its own that reads the copy's code, like any other; but it is forked from `crimjust warm`, as
kernels are, so that installed packages are imported once for all commands and not once for each. `cold=True` starts it plainly.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
STARTS = f"""#!/bin/sh
exec "{sys.executable}" -m crimjust_research "$@"
"""
# Without the site's packages Python starts at once, and all that remains to do is to ask for a fork. It is named by the shell:
# a file's first line holds no blanks of a path, and no long one.
ASKS = f"""#!/bin/sh
exec "{sys.executable}" -IS "$0.py" "$@"
"""
ASKING = """import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as warm:
    warm.connect(os.environ["CRIMJUST_TYPED"])
    asked = {"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "module": "crimjust_research"}
    with warm.makefile("rb") as replies:
        assert "ready" in json.loads(replies.readline())
        socket.send_fds(warm, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
        assert "forked" in json.loads(replies.readline())
        sys.exit(json.loads(replies.readline())["status"])
"""


class Typed:
    """A copy of the checkout and a shell in it."""

    def __init__(self, home: Path, sockets: Path) -> None:
        self.home = home
        self.bin = home / ".venv" / "bin"
        self.environment = os.environ | {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(home / "src"),
            "CRIMJUST_HOME": str(home),
            "COLUMNS": "100",
            "XDG_RUNTIME_DIR": str(sockets),
        }
        self._sockets = sockets
        python = self.bin / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    def __call__(self, text: str, *, cold: bool = False) -> tuple[int, str]:
        """Status and output of a block of commands."""
        command = self.bin / "crimjust"
        command.write_text(STARTS if cold else ASKS)
        command.with_suffix(".py").write_text(ASKING)
        command.chmod(0o755)
        places = {} if cold else {"CRIMJUST_TYPED": str(next(self._sockets.glob("*/*.sock")))}
        done = subprocess.run(
            ["sh", "-e"],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home,
            env=self.environment | places,
            timeout=300,
        )
        return done.returncode, done.stdout


@contextmanager
def copy_of_checkout(
    home: Path, names: Sequence[str], ignore: Callable[..., set[str]] | None = None
) -> Iterator[Typed]:
    """A copy at `home` of the files and folders `names`, with a command `crimjust` and a warm process of its own."""
    for name in names:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, home / name, ignore=ignore)
        else:
            shutil.copy(source, home / name)
    (home / ".venv" / "bin").mkdir(parents=True)
    (home / ".venv" / "bin" / "activate").write_text(f'PATH="{home}/.venv/bin:$PATH"\n')
    # A socket's path may be no longer than a hundred bytes, so it is not kept within the copy.
    with TemporaryDirectory(prefix="crimjust-typed-") as sockets:
        typed = Typed(home, Path(sockets))
        # Pipes, as those of a block of commands are: a fork keeps what Python has noted of its streams.
        warm = subprocess.Popen(
            [sys.executable, "-m", "crimjust_research", "warm"],
            env=typed.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert warm.stdout is not None
            assert warm.stdout.readline().startswith("ready"), "the warm process did not begin"
            yield typed
        finally:
            warm.terminate()
            warm.communicate()
