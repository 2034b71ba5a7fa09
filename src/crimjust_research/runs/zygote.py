"""The warm process that kernels are forked from: everything imported, one thread, nothing computed.

It serves one driver over a socket it inherits, and ends, with all it forked, when the driver's end closes: by a
farewell, a crash or a kill. Requests and replies are JSON, a line each:

    {"argv": [...], "env": {...}, "cwd": "..."}    a kernel, with the descriptors of stdin, stdout and stderr;
                                                   with "module": that module run as a program instead
    {"ready": 4710} or {"refused": "..."}          once, when imports are done
    {"forked": 4711}                               the kernel's process
    {"ended": 4711, "status": -9}                  its exit status, or a signal's number below zero

Started by `crimjust warm`, it listens on a socket of its own instead, and forks such a server for each driver that connects.

Only installed packages are kept imported, nothing of this project's own, so a kernel reads the project's code as it
stands when the kernel starts. What else to import is said when it is started: libraries of statistics, which not every
notebook needs, and for a sweep the project's own modules that its notebook imports, which its forks keep.
"""

import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

# What a kernel and every assessment import. A test holds both lists against what the assessments really load.
PRELOADED = (
    "numpy",
    "pandas",
    "scipy.special",
    "altair",
    "vl_convert",
    "pydantic",
    "yaml",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
)
# What some assessments import, and takes as long as all the rest.
STATISTICS = (
    "scipy.linalg",
    "scipy.optimize",
    "scipy.signal",
    "scipy.stats",
    "statsmodels.api",
    "statsmodels.formula.api",
    "statsmodels.tsa.api",
)
_CHUNK = 1 << 16


def main(place: str, modules: Sequence[str] = ()) -> None:
    """Import, `modules` as far as they can be besides, then serve forks until there is nobody to serve.

    `place` is the descriptor of a socket to one driver, or the path of a socket to listen on for any.
    """
    # Nothing of what is imported is garbage, and looking for some takes a sixth of the time.
    gc.disable()
    preload()
    for name in modules:
        # A name imported from a module is no module, and what cannot be imported fails where it is needed.
        with suppress(Exception):
            question = getattr(importlib.import_module(name), "QUESTION", None)
            if question is not None:
                question.prepare()
    # What is imported stays for good; out of the collector's sight its pages stay shared.
    gc.freeze()
    gc.enable()
    keep_project = any(name.partition(".")[0] == "crimjust_research" for name in modules)
    if place.isdigit():
        _welcome(socket.socket(fileno=int(place)), keep_project)
    else:
        _listen(Path(place), keep_project)


def _welcome(server: socket.socket, keep_project: bool) -> None:
    """Tell a driver whether it can have forks, and serve it."""
    with suppress(BrokenPipeError, ConnectionResetError):  # the driver was killed while this one imported
        if threads() != 1:
            server.sendall(_line({"refused": f"{threads()} threads after imports; a fork would keep only one of them"}))
            return
        server.sendall(_line({"ready": os.getpid()}))
        _serve(server, keep_project)


def _listen(place: Path, keep_project: bool) -> None:
    """Serve each driver of the same user that connects to the socket at `place` from a fork of its own, until interrupted.

    A driver being served then keeps its fork until it is done.
    """
    wake, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    # An exception raised by a handler is lost in the midst of a fork; a byte to wake up by is not.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)
    with socket.socket(socket.AF_UNIX) as listener, wake, woken:
        listener.bind(str(place))
        place.chmod(0o600)
        try:
            listener.listen()
            print("ready: crimjust run takes its kernels from here; Ctrl-C ends it", flush=True)
            while wake not in select.select([listener, wake], [], [])[0]:
                server, _ = listener.accept()
                with server:
                    if is_own(server) and os.fork() == 0:
                        _serve_alone(server, (listener, wake, woken), keep_project)
                with suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0]:
                        pass
        finally:
            place.unlink(missing_ok=True)


def is_own(connected: socket.socket) -> bool:
    """Whether the process at the other end is of the same user."""
    found = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", found)[1] == os.getuid())


def _serve_alone(server: socket.socket, others: Sequence[socket.socket], keep_project: bool) -> NoReturn:
    """Serve one driver in this fork, out of reach of the terminal; never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        for other in others:
            other.close()
        _welcome(server, keep_project)
    finally:
        os._exit(0)


def threads() -> int:
    """Threads of this process, those of libraries included where the system lists them."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return threading.active_count()


def preload() -> None:
    """Import, and use once, what is slow the first time: altair's schema and pydantic's machinery for models.

    A chart is built but not drawn: drawing starts threads in vl-convert that a forked process would lack, and wait
    for without end.
    """
    for name in PRELOADED:
        importlib.import_module(name)
    import altair
    import pandas
    from pydantic import Field, create_model

    create_model("Warm", value=(int, Field(1, ge=1)))
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 3.0, 2.0]})
    altair.Chart(frame).mark_line().encode(x="x:Q", y="y:Q").to_dict()


def _serve(server: socket.socket, keep_project: bool) -> None:
    wake, woken = socket.socketpair()
    wake.setblocking(False)
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    try:
        while True:
            ready, _, _ = select.select([server, wake], [], [])
            if wake in ready:
                wake.recv(4096)
                _report_ended(server, children)
            if server in ready:
                request, descriptors = _received(server)
                if request is None:
                    return
                pid = os.fork()
                if pid == 0:
                    _hear_of_none_ended()
                    for end in (server, wake, woken):
                        end.close()
                    _become(request, descriptors, keep_project)
                children.add(pid)
                _lead_group(pid)
                for each in descriptors:
                    os.close(each)
                server.sendall(_line({"forked": pid}))
    finally:
        _hear_of_none_ended()
        for pid in children:
            _kill_group(pid)


def _hear_of_none_ended() -> None:
    """Let the signal go before what it would be written to is closed: Python tells a trace of one that comes between."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


def _received(server: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """The next request with the descriptors that came along; None when the driver is gone."""
    message, descriptors, _, _ = socket.recv_fds(server, _CHUNK, 3)
    while message and not message.endswith(b"\n"):
        more = server.recv(_CHUNK)
        if not more:
            return None, descriptors
        message += more
    return (json.loads(message) if message else None), descriptors


def _report_ended(server: socket.socket, children: set[int]) -> None:
    while children:
        # While it is not reaped its number, and so that of its group, is nobody else's: what it left running is ended first.
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None:
            return
        _kill_group(found.si_pid)
        pid, status = os.waitpid(found.si_pid, 0)
        children.discard(pid)
        server.sendall(_line({"ended": pid, "status": os.waitstatus_to_exitcode(status)}))


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return


def _lead_group(pid: int) -> None:
    """Put a fork into a group of its own, which it leads; both sides try, so that neither has to wait."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        return


def _become(request: dict[str, Any], descriptors: list[int], keep_project: bool) -> NoReturn:
    """Turn this fresh fork into an ordinary IPython kernel, or into the module asked for; never returns."""
    code = 1
    try:
        _lead_group(os.getpid())
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        _die_first_when_memory_runs_out()
        _reseed()
        if not keep_project:
            _forget_project()
        module = request.get("module")
        sys.argv = [module or "ipykernel_launcher", *request["argv"]]
        if module:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            from ipykernel.kernelapp import IPKernelApp

            IPKernelApp.launch_instance(argv=request["argv"], parent_handle=os.getppid())
        code = 0
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _die_first_when_memory_runs_out() -> None:
    """Of all this program's processes the system shall end the one that took the memory, not the one that waits."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return


def _reseed() -> None:
    """Every fork would otherwise draw the same numbers from the generators it shares with the others."""
    import numpy

    random.seed()
    numpy.random.seed()  # noqa: NPY002  it is this global generator that forks share


def _forget_project() -> None:
    """Drop this package, so that the kernel reads the project's code as it stands now."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "crimjust_research"]:
        del sys.modules[name]


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder the driver happened to start in; a kernel puts its own there
    main(sys.argv[1], sys.argv[2:])
