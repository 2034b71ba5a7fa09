"""The server of `crimjust lab`: for this machine alone, for whoever has the token, and gone with its kernels."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from toy_checkout import ROOT, Checkout

from crimjust_research.errors import RunError
from crimjust_research.lab import server, start
from crimjust_research.shown import LAB_VARIABLE

# What a person may have set for servers of their own, and must not hold here.
CARELESS = "c.ServerApp.ip = '0.0.0.0'\nc.IdentityProvider.token = ''\nc.ServerApp.allow_origin = '*'\n"


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    root: Path
    address: str
    token: str
    told: str

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        sent = {**({"Authorization": f"token {token}"} if token else {}), **headers}
        return httpx.get(f"{self.address}{path}", headers=sent, trust_env=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of a checkout in a folder whose name has blanks and accents, started while the usual port is taken."""
    root = tmp_path_factory.mktemp("lab") / "Évaluation à José"
    root.mkdir()
    Checkout.make(root).notebook("01_toy")
    copytree(ROOT / "notebooks" / "start", root / "notebooks" / "start")
    home = tmp_path_factory.mktemp("home")
    (home / ".jupyter").mkdir()
    (home / ".jupyter" / "jupyter_server_config.py").write_text(CARELESS)
    theirs = home / ".jupyter" / "lab" / "user-settings" / "@jupyterlab" / "docmanager-extension"
    theirs.mkdir(parents=True)
    (theirs / "plugin.jupyterlab-settings").write_text('{"autosave": true}')
    environment = {**os.environ, "HOME": str(home), "CRIMJUST_HOME": str(root), "CRIMJUST_OUTPUT": "of another run"}
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody else's server may have it
            taken.bind(("127.0.0.1", 8888))
            taken.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "crimjust_research", "lab", "--no-browser"],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout
        first, told = process.stdout.readline().strip(), process.stdout.readline()
    parts = urlsplit(first)
    assert parts.path == f"/lab/tree/{start.PLACE}", first
    (token,) = parse_qs(parts.query)["token"]
    yield Running(process, root, f"{parts.scheme}://{parts.netloc}", token, told)
    if process.poll() is None:
        process.kill()
    process.stdout.close()
    process.wait()


def test_it_listens_to_this_machine_alone(running: Running) -> None:
    listens = {c.laddr for c in psutil.Process(running.process.pid).net_connections() if c.status == "LISTEN"}
    assert {address.ip for address in listens} == {"127.0.0.1"}
    assert 8888 not in {address.port for address in listens}
    assert "for this machine alone" in running.told


def test_whoever_has_no_token_is_refused(running: Running) -> None:
    assert len(running.token) >= 32
    for token in (None, "", "0" * 48):
        assert running.get("/api/contents", token).status_code == 403
        assert "/login" in running.get(f"/lab/tree/{start.PLACE}", token).headers.get("location", "")
    assert running.get("/api/contents", running.token).status_code == 200


def test_a_site_that_calls_itself_this_machine_is_refused(running: Running) -> None:
    assert running.get("/api/contents", running.token, Host="evil.example").status_code == 403


def test_jupyterlab_asks_nobody_for_news_and_saves_nothing_unasked(running: Running) -> None:
    def setting(name: str, key: str) -> object:
        found = running.get(f"/lab/api/settings/{name}", running.token).json()
        assert found["settings"] == {}, "what a person has set for other JupyterLabs"
        return found["schema"]["properties"][key]["default"]

    assert setting("@jupyterlab/apputils-extension:notification", "fetchNews") == "false"
    assert setting("@jupyterlab/docmanager-extension:plugin", "autosave") is False
    # First that none is asked for, which the page is told: with nobody to ask there is no news either.
    page = running.get(f"/lab/tree/{start.PLACE}", running.token).text
    (told,) = re.findall(r'<script id="jupyter-config-data"[^>]*>(.+?)</script>', page, re.DOTALL)
    assert json.loads(told)["news"] == {"disabled": True}
    assert running.get("/lab/api/news", running.token).json() == {"news": []}
    assert running.get("/lab/api/update", running.token).json() == {"notification": None}


def said(process: psutil.Process) -> list[str]:
    """Its command line; nothing of one that has ended."""
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def test_kernels_and_their_environment_end_with_it(running: Running) -> None:
    body = {"path": "notebooks/01_toy.ipynb", "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    sent = {"Authorization": f"token {running.token}"}
    begun = httpx.post(f"{running.address}/api/sessions", json=body, headers=sent, trust_env=False, timeout=60)
    assert begun.status_code == 201, begun.text
    # The server may have other children for a moment, which ask for something and end.
    named = f"kernel-{begun.json()['kernel']['id']}.json"
    (kernel,) = [
        child for child in psutil.Process(running.process.pid).children() if any(named in each for each in said(child))
    ]
    connection = Path(kernel.environ()["JUPYTER_RUNTIME_DIR"]) / named
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    client.kernel_info()
    client.get_shell_msg(timeout=120)  # it is up
    client.stop_channels()
    told = kernel.environ()
    assert told[LAB_VARIABLE] == "1"
    assert told["CRIMJUST_HOME"] == str(running.root)
    assert told["OMP_NUM_THREADS"] == "1"
    assert "CRIMJUST_OUTPUT" not in told
    assert json.loads(connection.read_text())["transport"] == "ipc"
    assert {c.laddr.ip for c in kernel.net_connections() if c.status == "LISTEN"} <= {"127.0.0.1"}
    scratch = Path(told["JUPYTER_RUNTIME_DIR"])
    assert scratch.stat().st_mode & 0o077 == 0
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=60) == 0
    assert not kernel.is_running()
    assert not scratch.exists()
    assert running.process.stdout
    assert running.process.stdout.read() == ""


def test_nothing_starts_without_what_it_is_to_open(checkout: Checkout) -> None:
    with pytest.raises(RunError, match=r"start_here\.ipynb does not exist; restore it from git or the release"):
        server.serve(checkout.root / start.PLACE, browser=False, say=print)
