"""The server of `crimjust lab`: for this machine alone, for whoever has the token, and gone with its kernels."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
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
    listens: set[object] = set()
    for _ in range(100):  # the system's list may miss a socket at a moment when others come and go
        listens |= {c.laddr for c in psutil.Process(running.process.pid).net_connections() if c.status == "LISTEN"}
        if listens:
            break
        time.sleep(0.1)
    assert {address.ip for address in listens} == {"127.0.0.1"}
    assert 8888 not in {address.port for address in listens}
    assert "for this machine alone" in running.told


def test_whoever_has_no_token_is_refused(running: Running) -> None:
    assert len(running.token) >= 32
    for token in (None, "", "0" * 48):
        assert running.get("/api/contents", token).status_code == 403
        assert "/login" in running.get(f"/lab/tree/{start.PLACE}", token).headers.get("location", "")
    assert running.get("/api/contents", running.token).status_code == 200


PAGES = ("lab", "files/notebooks/01_toy.ipynb", "view/notebooks/01_toy.ipynb", "nbconvert/html/notebooks/01_toy.ipynb")
ANSWERS = (
    *(
        "api/status",
        "api/kernels",
        "api/sessions",
        "api/terminals",
        "api/kernelspecs",
        "api/config/x",
        "api/me",
        "metrics",
    ),
    *("lab/api/settings", "lab/api/workspaces", "lab/api/translations"),
)


@pytest.mark.parametrize("path", [*PAGES, *ANSWERS])
def test_nothing_but_the_looks_of_jupyterlab_is_had_without_the_token(running: Running, path: str) -> None:
    refused = running.get(f"/{path}")
    assert refused.status_code == 403 or refused.headers["location"].startswith("/login?")
    assert running.get(f"/{path}", running.token).status_code == 200
    assert running.get("/static/lab/index.html").status_code == 200


def knock(running: Running, path: str, **headers: str) -> int:
    """What a socket of the web at `path` answers whoever asks to have it opened: 101 if it is."""
    asked = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    asked["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    with httpx.stream("GET", f"{running.address}/{path}", headers={**asked, **headers}, trust_env=False) as answer:
        return answer.status_code


@pytest.fixture
def browser(running: Running) -> Iterator[httpx.Client]:
    """A browser that was let in, and keeps the cookie."""
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        assert client.get("/lab", params={"token": running.token}).status_code == 200
        yield client


@pytest.fixture
def spoken_to(running: Running) -> Iterator[tuple[str, ...]]:
    """Where a kernel, a terminal and the server itself are spoken to."""
    headers = {"Authorization": f"token {running.token}"}
    with httpx.Client(base_url=running.address, headers=headers, trust_env=False, timeout=60) as client:
        kernel = client.post("/api/kernels", json={"name": "python3"}).json()["id"]
        terminal = client.post("/api/terminals", json={}).json()["name"]
        yield f"api/kernels/{kernel}/channels", f"terminals/websocket/{terminal}", "api/events/subscribe"
        assert client.delete(f"/api/kernels/{kernel}").status_code == 204
        assert client.delete(f"/api/terminals/{terminal}").status_code == 204


def test_kernels_and_terminals_are_not_spoken_to_from_another_site(
    running: Running, browser: httpx.Client, spoken_to: tuple[str, ...]
) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for path in spoken_to:
        assert knock(running, path) == 403
        for elsewhere in ("http://evil.example", "null", "http://127.0.0.1:1", f"{running.address}.evil.example"):
            assert knock(running, path, Cookie=cookies, Origin=elsewhere) == 403, elsewhere
        assert knock(running, path, Authorization=f"token {running.token}", Host="evil.example") == 403
    assert knock(running, spoken_to[2], Cookie=cookies, Origin=running.address) == 101


def test_another_site_has_a_browser_that_was_let_in_do_nothing(browser: httpx.Client) -> None:
    asked = [("POST", f"/api/{what}") for what in ("kernels", "sessions", "terminals", "contents", "shutdown")]
    for method, path in (*asked, ("PUT", "/api/contents/x.txt"), ("PUT", "/lab/api/settings/x")):
        # As a form of another site sends it, and as a script there does.
        assert browser.request(method, path, json={}).status_code == 403, path
        assert browser.request(method, path, json={}, headers={"Origin": "http://evil.example"}).status_code >= 400


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


def holds(path: Path, text: str) -> bool:
    return path.is_file() and text.encode() in path.read_bytes()


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
    # The token lies where its owner alone can enter, and on no command line.
    holding = [place for place in (running.root, scratch) for path in place.rglob("*") if holds(path, running.token)]
    assert set(holding) == {scratch}
    everyone = [psutil.Process(running.process.pid), *psutil.Process(running.process.pid).children(recursive=True)]
    assert not [each for each in everyone if running.token in " ".join(said(each))]
    if os.geteuid() == 0:
        seen = subprocess.run(["ls", str(scratch)], user=65534, group=65534, extra_groups=[], capture_output=True)
        assert (seen.returncode > 0, seen.stdout) == (True, b"")
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=60) == 0
    assert not kernel.is_running()
    assert not scratch.exists()
    assert running.process.stdout
    assert running.process.stdout.read() == ""


def test_nothing_starts_without_what_it_is_to_open(checkout: Checkout) -> None:
    with pytest.raises(RunError, match=r"start_here\.ipynb does not exist; restore it from git or the release"):
        server.serve(checkout.root / start.PLACE, browser=False, say=print)
