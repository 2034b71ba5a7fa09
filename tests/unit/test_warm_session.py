"""A warm process that outlives a command: its owner's alone, taken only where it agrees, and no result is another by it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from toy_checkout import Checkout

from crimjust_research.errors import RunError
from crimjust_research.runs import runner, warm_process, warm_session
from crimjust_research.runs.environment import kernel_environment

pytestmark = pytest.mark.skipif(not warm_process.can_fork(), reason="this system does not fork")


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that is to hold the folder of sockets; its name is short, as a socket's must be."""
    warm_process.close_all()
    with TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@contextmanager
def waiting() -> Iterator[subprocess.Popen[str]]:
    """`crimjust warm` in another terminal, ready."""
    command = [sys.executable, "-m", "crimjust_research", "warm"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            assert "ready" in process.stdout.readline()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0


def test_a_run_gives_the_same_bytes_with_it_and_it_ends_cleanly(checkout: Checkout, place: Path) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    cold = checkout.files()
    warm_process.close_all()
    with waiting() as process:
        (socket,) = place.glob("*/*.sock")
        assert (socket.parent.stat().st_mode & 0o777, socket.stat().st_mode & 0o777) == (0o700, 0o600)
        runner.run("all", force=True)
        assert checkout.files() == cold
        # What is edited meanwhile is read as it stands: nothing of the project's is kept.
        code = checkout.module("helper")
        code.write_text(code.read_text().replace("value * factor", "value * factor * 2"))
        runner.run("all")
        assert checkout.files() != cold
        assert [each.process for each in warm_process._zygotes.values()] == [None]  # none was started
        with pytest.raises(RunError, match="waiting already"):
            warm_process.wait_for_commands(kernel_environment(checkout.root, checkout.root, checkout.root))
        assert process.poll() is None
    assert list(place.glob("*/*.sock")) == []


def test_after_it_was_killed_a_run_starts_a_process_of_its_own(checkout: Checkout, place: Path) -> None:
    checkout.notebook("01_toy")
    with pytest.raises(AssertionError), waiting() as process:
        process.kill()
    assert len(list(place.glob("*/*.sock"))) == 1
    runner.run("all")
    assert checkout.files()


def test_it_is_not_taken_where_lock_or_environment_are_others(checkout: Checkout) -> None:
    environment = dict(os.environ)
    warm_session.make_folder()
    places = {warm_session.place(environment)}
    places.add(warm_session.place(environment | {"PYTHONHASHSEED": "7"}))
    (checkout.root / "requirements.lock").write_text("other==1\n")
    places.add(warm_session.place(environment))
    assert len(places) == 3


def test_a_folder_of_too_long_a_name_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = place / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    warm_session.make_folder()
    with pytest.raises(RunError, match="too long for a socket; set XDG_RUNTIME_DIR to a folder with a shorter one"):
        warm_session.place(os.environ)
    assert warm_session.connection(os.environ) is None


def test_a_folder_that_others_may_enter_is_refused(place: Path) -> None:
    warm_session.make_folder()
    folder = warm_session.place(os.environ).parent
    folder.chmod(0o755)
    with pytest.raises(RunError, match="you alone can enter"):
        warm_session.place(os.environ)
    assert warm_session.connection(os.environ) is None
    folder.rmdir()
    folder.symlink_to(place)
    with pytest.raises(RunError, match="you alone can enter"):
        warm_session.place(os.environ)


def test_who_is_somebody_else_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    from socket import socketpair

    from crimjust_research.runs import zygote

    ours, theirs = socketpair()
    with ours, theirs:
        assert zygote.is_own(ours)
        monkeypatch.setattr(zygote.os, "getuid", lambda: 12345)
        assert not zygote.is_own(ours)
