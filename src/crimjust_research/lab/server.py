"""JupyterLab for this machine alone, which asks no other machine and leaves kept results as they are."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote
from uuid import UUID

from crimjust_research import computed, locks, project
from crimjust_research.errors import RunError
from crimjust_research.results import OUTPUT_VARIABLE
from crimjust_research.runs import sockets
from crimjust_research.runs.environment import kernel_environment
from crimjust_research.shown import LAB_VARIABLE

# How JupyterLab starts out: it asks nobody for news, writes no file unless it is told to, keeps no state of forms in notebooks.
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": False},
}
# Tables of words read from the left; JupyterLab sets all cells to the right, as suits numbers.
_LOOKS = ".jp-RenderedHTMLCommon table:not(.dataframe) :is(th, td) { text-align: left; }\n"
# What a kernel has to tell stands in its notebook; on the terminal it would tell what else stops when it is stopped.
_KERNELS = "c.Application.log_level = 'CRITICAL'\n"
# The name of the sockets of one of Jupyter's kernels, and the bytes that they and a private folder add to a path.
_SOCKET = f"kernel-{UUID(int=0)}-ipc"
_PRIVATE = 80


def serve(opened: Path, *, browser: bool, say: Callable[[str], None]) -> None:
    """Serve this checkout's notebooks until somebody ends it, with the file or folder `opened` in sight.

    It listens on 127.0.0.1 alone, at the first free port from 8888 on, and asks whoever comes for a token that it drew. Where
    `browser` is true and there is one, the page is opened in it; the address is told in any case.

    Raises
    ------
    RunError
        If there is nothing of that name, or no port is free.
    """
    root = project.root()
    if not opened.exists():
        raise RunError(f"{opened} does not exist; restore it from git or the release")
    with locks.scratch(sockets.folder(_PRIVATE)) as scratch, _environment(root, scratch):
        from jupyterlab.labapp import LabApp  # where a person's settings lie it settles once for all as it is imported

        try:
            server = LabApp.initialize_server(argv=_arguments(root, opened, scratch, browser and _has_browser()))
        except SystemExit:
            raise RunError(
                "JupyterLab could not begin to listen; end other servers on this machine, then type the same"
            ) from None
        _end_on_signals(server)
        server.io_loop.add_callback(_tell, server, opened.relative_to(root).as_posix(), say)  # once it listens
        server.start()


def _tell(server: Any, place: str, say: Callable[[str], None]) -> None:
    say(f"{server.connection_url}lab/tree/{quote(place)}?token={server.identity_provider.token}")
    say("JupyterLab runs at this address, for this machine alone. Ctrl-C ends it, and its kernels with it.")
    if not os.access(Path(server.root_dir) / "notebooks", os.W_OK):
        say(
            "This checkout can only be read: notebooks run, but neither changes in them nor what they find can be saved."
        )


def _arguments(root: Path, opened: Path, scratch: Path, browser: bool) -> list[str]:
    """What JupyterLab is told; that is stronger than any file of settings on this machine."""
    told = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.allow_remote_access": False,
        "IdentityProvider.token": token_hex(24),
        "PasswordIdentityProvider.hashed_password": "",
        "ServerApp.allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        "ServerApp.open_browser": browser,
        "ServerApp.root_dir": root,
        "ServerApp.file_to_run": opened,
        "ServerApp.contents_manager_class": "crimjust_research.lab.contents.Contents",
        "ServerApp.session_manager_class": "crimjust_research.lab.contents.Sessions",
        "LabApp.expose_app_in_browser": True,
        "LabApp.custom_css": True,
        "LabApp.extension_manager": "readonly",
        "LabApp.news_url": None,
        "LabApp.workspaces_dir": scratch
        / "workspaces",  # what was open last time is not opened again, each with a kernel
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "Application.log_level": "ERROR",
    }
    # Where the system has them, kernels are spoken to by sockets in a folder that its owner alone can enter, not by ports.
    if sockets.fits(scratch / _SOCKET):
        told["KernelManager.transport"] = "ipc"
    return [f"--{name}={value}" for name, value in told.items()]


@contextmanager
def _environment(root: Path, scratch: Path) -> Iterator[None]:
    """Within it, this process has the environment of its kernels and terminals, and Jupyter's own settings are out of reach.

    What a person sets in JupyterLab stays with the checkout, or, where that can only be read, goes with the server.
    """
    home = (root / computed.FOLDER if os.access(root, os.W_OK) else scratch) / "lab"
    settings = home / "settings"
    project.write_atomically(settings / "labconfig/default_setting_overrides.json", json.dumps(_SETTINGS).encode())
    project.write_atomically(settings / "custom/custom.css", _LOOKS.encode())
    project.write_atomically(scratch / "profile_default/ipython_kernel_config.py", _KERNELS.encode())
    ours = kernel_environment(scratch, root, scratch) | {
        LAB_VARIABLE: "1",
        "JUPYTER_CONFIG_DIR": str(settings),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
    }
    before = dict(os.environ)
    os.environ.update(ours)
    del os.environ[OUTPUT_VARIABLE]  # what kernels save is by hand
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _end_on_signals(server: Any) -> None:
    """Whatever asks this process to end has the server end its kernels first; it asks nobody whether that is meant."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: server.stop(from_signal=True))


def _has_browser() -> bool:
    """Whether there is a browser with a window: one that would take the terminal is none."""
    import webbrowser

    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys():
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
