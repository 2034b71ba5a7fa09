"""The driver's end of the warm processes that its kernels and cells are forked from.

Nothing of Jupyter is imported here, so that a warm process is started before the driver has imported what drives kernels.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from crimjust_research.errors import RunError
from crimjust_research.runs import warm_session
from crimjust_research.runs.environment import ARITHMETIC
from crimjust_research.runs.zygote import STATISTICS

# Set for a kernel whose notebook is known: the modules its warm process is to have, in place of all libraries of statistics.
IMPORTS_VARIABLE = "CRIMJUST_IMPORTS"
# Set before the imports, when the libraries read it: the arithmetic of every kernel, no thread for pyarrow's allocator,
# and no word from the debugger, which would talk to the driver's terminal.
_SETTINGS = {
    **ARITHMETIC,
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
START_TIMEOUT = 60.0
# In place of an exit status: whatever ended the warm process ended all it had forked.
ENDED_WITH_IT = -1000


class Fork:
    """A forked kernel, with as much of `subprocess.Popen` as jupyter_client asks of a process."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended = threading.Event()
        self._status: int | None = None

    def end(self, status: int) -> None:
        """Note that the process is gone, with its exit status or the signal's number below zero."""
        self._status = status
        self._ended.set()

    def poll(self) -> int | None:
        return self._status

    def wait(self) -> int | None:
        self._ended.wait()
        return self._status

    def send_signal(self, signum: int) -> None:
        if self._status is None:
            with suppress(ProcessLookupError):  # it may have ended before word of it came
                os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Zygote:
    """The driver's end of one warm process.

    Started at once, ready some seconds later; `fork` waits for that. Ends with this process, whatever ends it. Where
    `crimjust warm` has one waiting, it is a fork of that, and `process` is None.
    """

    def __init__(self, environment: Mapping[str, str], modules: Sequence[str] = ()) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        # What is asked to have the project's own modules must be started now, as these stand.
        waiting = None if _of_project(modules) else warm_session.connection({**environment, **_SETTINGS})
        if waiting is not None:
            self._socket = waiting
        else:
            self._socket, theirs = socket.socketpair()
            with theirs:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "crimjust_research.runs.zygote", str(theirs.fileno()), *modules],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env={**environment, **_SETTINGS},
                    start_new_session=True,
                )
        self._request = threading.Lock()
        self._replied = threading.Condition()
        self._replies: list[Fork] = []
        self._forks: dict[int, Fork] = {}
        self._ready: bool | None = None
        self._listener = threading.Thread(target=self._listen, name="zygote", daemon=True)
        self._listener.start()

    def is_usable(self) -> bool:
        """Whether forks can be had of it; waits until that is known."""
        with self._replied:
            self._replied.wait_for(lambda: self._ready is not None, START_TIMEOUT)
            return bool(self._ready)

    def fork(
        self,
        argv: list[str],
        environment: Mapping[str, str],
        cwd: str,
        descriptors: list[int],
        module: str | None = None,
    ) -> Fork:
        """A kernel, or the program `module`, run with `argv`, `environment` and `cwd`.

        `descriptors` become its stdin, stdout and stderr.

        Raises
        ------
        RuntimeError
            If the warm process is gone.
        """
        request = {"argv": argv, "env": {**environment, **_SETTINGS}, "cwd": cwd, "module": module}
        with self._request:
            try:
                self._send(json.dumps(request).encode() + b"\n", descriptors)
            except OSError as error:
                raise RuntimeError(f"the warm process is gone ({error})") from error
            with self._replied:
                self._replied.wait_for(lambda: self._replies or not self._ready, START_TIMEOUT)
                if not self._replies:
                    raise RuntimeError("the warm process ended before it forked a kernel")
                return self._replies.pop()

    def close(self) -> None:
        """End it, and every kernel it forked."""
        if (
            self.process is not None and self._ready is None
        ):  # still importing, and would not hear a farewell before that
            self.process.kill()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        if self.process is not None:
            self.process.wait()

    def has_ended(self) -> bool:
        """Whether nothing more can be had of it."""
        return self._ready is False or (self.process is not None and self.process.poll() is not None)

    def _send(self, message: bytes, descriptors: list[int]) -> None:
        sent = socket.send_fds(self._socket, [message], descriptors)
        self._socket.sendall(message[sent:])

    def _listen(self) -> None:
        with suppress(OSError), self._socket.makefile("rb") as lines:
            for line in lines:
                self._hear(json.loads(line))
        with self._replied:
            self._ready = False
            for fork in self._forks.values():
                # Nobody is left to say how it ends, so it is ended here.
                with suppress(OSError):
                    os.killpg(fork.pid, signal.SIGKILL)
                fork.end(ENDED_WITH_IT)
            self._replied.notify_all()
        self._socket.close()

    def _hear(self, message: dict[str, Any]) -> None:
        with self._replied:
            if "ended" in message:
                self._forks.pop(message["ended"]).end(message["status"])
                return
            if "forked" in message:
                fork = self._forks[message["forked"]] = Fork(message["forked"])
                self._replies.append(fork)
            else:
                self._ready = "ready" in message
            self._replied.notify_all()


def _of_project(modules: Sequence[str]) -> bool:
    return any(name.partition(".")[0] == "crimjust_research" for name in modules)


_zygotes: dict[tuple[frozenset[tuple[str, str]], tuple[str, ...]], Zygote] = {}
_starting = threading.Lock()


def can_fork() -> bool:
    """Whether this system forks processes that have threads of system libraries without harm: Linux and BSD do."""
    return hasattr(os, "fork") and sys.platform != "darwin"


def zygote(environment: Mapping[str, str], modules: Sequence[str] = ()) -> Zygote:
    """The warm process whose forks can stand for kernels started with `environment`, started when there is none.

    What Python and the loader read only when a process starts cannot be changed in a fork, so each such setting has
    a warm process of its own; so has each set of `modules` to be imported before, which `forget` ends. Without them it is
    those that the environment names, or else all libraries of statistics.
    """
    modules = modules or environment.get(IMPORTS_VARIABLE, " ".join(STATISTICS)).split()
    key = frozenset(warm_session.read_at_start(environment).items()), tuple(modules)
    with _starting:
        found = _zygotes.get(key)
        if found is not None and found.has_ended():
            _zygotes.pop(key).close()
            found = None
        if found is None:
            if not _zygotes:
                atexit.register(close_all)
            _zygotes[key] = found = Zygote(environment, modules)
        return found


def forget(modules: Sequence[str]) -> None:
    """End the warm processes that have imported `modules`: their code may be another by now."""
    with _starting:
        for key in [key for key in _zygotes if key[1] == tuple(modules)]:
            _zygotes.pop(key).close()


def close_all() -> None:
    """End every warm process this one has started."""
    with _starting:
        while _zygotes:
            _zygotes.popitem()[1].close()


def wait_for_commands(environment: Mapping[str, str]) -> NoReturn:
    """Become a warm process that waits for commands whose kernels are started with `environment`, until it is interrupted.

    Raises
    ------
    RunError
        If processes cannot be forked here, or one is waiting already.
    """
    if not can_fork() or not hasattr(socket, "SO_PEERCRED"):
        raise RunError("on this system no kernel is forked from another process; run notebooks without `crimjust warm`")
    started = {**environment, **_SETTINGS}
    warm_session.make_folder()
    place = warm_session.place(started)
    if (already := warm_session.connection(started)) is not None:
        already.close()
        raise RunError("a warm process is waiting already; end it first with Ctrl-C in its terminal")
    place.unlink(missing_ok=True)  # left by one that was killed
    modules = ["crimjust_research.runs.zygote", str(place), *STATISTICS]
    os.execve(sys.executable, [sys.executable, "-m", *modules], started)
