"""Kernels forked from a process that has everything imported: a provisioner for Jupyter's kernel managers.

The kernelspec `crimjust` names it, so papermill, nbclient, nbval and JupyterLab can all use it. Each kernel is a
process of its own that shares nothing with the others. Where a process cannot be forked (Windows), or not safely
(macOS, or threads after the imports), the same kernelspec starts an ordinary kernel.
"""

import asyncio
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
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from crimjust_research.runs.environment import ARITHMETIC
from crimjust_research.runs.zygote import STATISTICS

KERNEL = "crimjust"
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

    Started at once, ready some seconds later; `fork` waits for that. Ends with this process, whatever ends it.
    """

    def __init__(self, environment: Mapping[str, str], modules: Sequence[str] = ()) -> None:
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
        if self._ready is None:  # still importing, and would not hear a farewell before it is done
            self.process.kill()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self.process.wait()

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
                fork.end(-signal.SIGKILL)
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
    read_at_start = frozenset((k, v) for k, v in environment.items() if k.startswith(("PYTHON", "LD_")))
    key = read_at_start, tuple(modules)
    with _starting:
        found = _zygotes.get(key)
        if found is None or found.process.poll() is not None:
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


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as forks of the warm process, or as ordinary processes where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch the kernel `cmd`, `python -m ipykernel_launcher` with its arguments."""
        streams = [kwargs.get(name) for name in ("stdout", "stderr")]
        if can_fork() and subprocess.PIPE not in streams:
            warm = zygote(kwargs["env"])
            if await asyncio.to_thread(warm.is_usable):
                fork = await asyncio.to_thread(self._fork, warm, cmd, kwargs)
                self.process = fork  # type: ignore[assignment]
                self.pid = self.pgid = fork.pid
                self.cwd = kwargs.get("cwd") or Path.cwd()
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    @staticmethod
    def _fork(warm: Zygote, cmd: list[str], kwargs: dict[str, Any]) -> Fork:
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        with Path(os.devnull).open("r+b") as nowhere:

            def descriptor(stream: Any, default: int) -> int:
                if stream is None:
                    return default
                if stream == subprocess.DEVNULL:
                    return nowhere.fileno()
                return stream if isinstance(stream, int) else int(stream.fileno())

            out = descriptor(kwargs.get("stdout"), 1)
            error = out if kwargs.get("stderr") == subprocess.STDOUT else descriptor(kwargs.get("stderr"), 2)
            cwd = str(kwargs.get("cwd") or Path.cwd())
            return warm.fork(arguments, kwargs["env"], cwd, [nowhere.fileno(), out, error])
