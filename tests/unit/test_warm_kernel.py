"""Kernels forked from a warm process: fresh, honest about their end, and gone with their driver."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from crimjust_research.runs import warm_kernel, warm_process

pytestmark = pytest.mark.skipif(not warm_process.can_fork(), reason="this system does not fork")

# The seven that an assessment cannot do without; a kernel that has them at birth need not wait for them.
WARM = ("numpy", "pandas", "scipy.stats", "statsmodels.api", "altair", "vl_convert", "pydantic")


@contextmanager
def kernel(
    folder: Path, name: str = warm_kernel.KERNEL, **options: object
) -> Iterator[tuple[KernelManager, BlockingKernelClient, Callable[[str], str]]]:
    """A running kernel, its client, and a function that returns what some code prints in it."""
    manager = KernelManager(kernel_name=name, transport="ipc", ip=str(folder / f"{time.monotonic_ns()}"))
    manager.start_kernel(**options)
    client: BlockingKernelClient = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=600)

        def printed(code: str) -> str:
            shown: list[str] = []

            def keep(message: dict) -> None:
                if message["msg_type"] == "stream":
                    shown.append(message["content"]["text"])
                elif message["msg_type"] == "error":
                    shown.append(message["content"]["ename"])

            client.execute_interactive(code, output_hook=keep, timeout=600)
            return "".join(shown).strip()

        yield manager, client, printed
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy(linger=0)


@pytest.fixture(scope="module", autouse=True)
def _end_warm_processes() -> Iterator[None]:
    """Warm processes leave out libraries of statistics, which take as long to import as all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(warm_process.IMPORTS_VARIABLE, "")
        yield
    warm_process.close_all()


def waiting() -> psutil.Process:
    """The warm process for kernels with this process' environment."""
    return psutil.Process(warm_process.zygote(os.environ).process.pid)


def wait_until(condition: Callable[[], bool], seconds: float = 600) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_kernel_is_a_fork_with_everything_imported_and_nothing_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(warm_process.IMPORTS_VARIABLE)
    with kernel(tmp_path) as (manager, _, printed):
        assert psutil.Process(manager.provisioner.pid).ppid() == waiting().pid
        loaded = set(json.loads(printed("import sys, json; print(json.dumps(sorted(sys.modules)))")))
    assert set(WARM) <= loaded
    assert not {name for name in loaded if name.partition(".")[0] == "crimjust_research"}


def test_kernels_share_nothing(tmp_path: Path) -> None:
    draws = "import random, numpy; print(random.random(), numpy.random.random())"
    with kernel(tmp_path) as (_, _, first):
        first("import os, pandas; os.environ['LEFT'] = 'behind'; pandas.left = 1; left = 1")
        drawn = first(draws)
        with kernel(tmp_path) as (_, _, second):
            assert second("print('LEFT' in os.environ)") == "NameError"
            assert second("import os, pandas; print('LEFT' in os.environ, hasattr(pandas, 'left'))") == "False False"
            assert second("left") == "NameError"
            # Forks inherit the state of every generator; two that went on from it would draw the same numbers.
            assert not set(drawn.split()) & set(second(draws).split())


def test_environment_folder_and_path_are_those_of_an_ordinary_kernel(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    environment = {**os.environ, "CRIMJUST_OUTPUT": "somewhere"}
    asked = "import os, sys, json; print(json.dumps([os.getcwd(), os.environ.get('CRIMJUST_OUTPUT'), sys.path]))"
    found = []
    for name in (warm_kernel.KERNEL, "python3"):
        with kernel(tmp_path, name, env=environment, cwd=str(tmp_path / "here")) as (_, _, printed):
            found.append(json.loads(printed(asked)))
    assert found[0] == found[1]
    assert found[0][:2] == [str(tmp_path / "here"), "somewhere"]


def test_linear_algebra_has_one_thread(tmp_path: Path) -> None:
    with kernel(tmp_path, env={**os.environ, "OPENBLAS_NUM_THREADS": "8"}) as (manager, _, printed):
        assert printed("import os; print(os.environ['OPENBLAS_NUM_THREADS'])") == "1"
        before = psutil.Process(manager.provisioner.pid).num_threads()
        printed("import numpy; a = numpy.ones((800, 800)); a @ a")
        assert psutil.Process(manager.provisioner.pid).num_threads() == before


def test_when_memory_runs_out_the_kernel_goes_first(tmp_path: Path) -> None:
    with kernel(tmp_path) as (manager, _, _):
        score = int(Path(f"/proc/{manager.provisioner.pid}/oom_score_adj").read_text())
        assert score > int(Path(f"/proc/{waiting().pid}/oom_score_adj").read_text())


def test_charts_are_drawn_in_a_fork(tmp_path: Path) -> None:
    """Drawing in the parent would leave the fork without vl-convert's threads, waiting for them without end."""
    code = (
        "import altair as alt, pandas as pd, vl_convert\n"
        "chart = alt.Chart(pd.DataFrame({'x': [1, 2]})).mark_point().encode(x='x')\n"
        "print(vl_convert.vegalite_to_svg(chart.to_dict())[:4])"
    )
    with kernel(tmp_path) as (_, _, printed):
        assert printed(code) == "<svg"


def test_interrupting_stops_the_cell_and_keeps_the_kernel(tmp_path: Path) -> None:
    with kernel(tmp_path) as (manager, client, printed):
        printed("kept = 7")
        sign = tmp_path / "asleep"
        sleep = f"import pathlib, time; pathlib.Path({str(sign)!r}).touch(); time.sleep(600)"
        # A kernel drops what arrives just after an error, unless told otherwise.
        asked = client.execute(sleep, stop_on_error=False)
        assert wait_until(sign.exists)
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=600)
        assert reply["parent_header"]["msg_id"] == asked
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert printed("print(kept)") == "7"


@pytest.mark.parametrize(
    ("code", "status"),
    [("import os; os._exit(3)", 3), ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV)],
)
def test_an_end_is_reported_as_what_it_was(tmp_path: Path, code: str, status: int) -> None:
    with kernel(tmp_path) as (manager, client, _):
        client.execute(code)
        assert wait_until(lambda: not manager.is_alive())
        assert manager.provisioner.process.poll() == status


def test_what_a_kernel_left_running_ends_when_it_ends_itself(tmp_path: Path) -> None:
    with kernel(tmp_path) as (manager, client, printed):
        child = int(printed("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
        client.execute("import os; os._exit(0)")
        assert wait_until(lambda: not manager.is_alive())
        assert wait_until(
            lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", seconds=20
        )


def test_no_zombies_and_no_kernels_are_left(tmp_path: Path) -> None:
    for _ in range(3):
        with kernel(tmp_path) as (manager, _, printed):
            # A kernel's own children go with it.
            child = int(printed("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
            pid = manager.provisioner.pid
        assert wait_until(lambda pid=pid: not psutil.pid_exists(pid))
        assert wait_until(
            lambda child=child: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"
        )
    assert waiting().children() == []


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None])
def test_everything_ends_with_the_driver(tmp_path: Path, ending: signal.Signals | None) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(
        "import sys\nfrom jupyter_client.manager import KernelManager\n"
        f"manager = KernelManager(kernel_name={warm_kernel.KERNEL!r}, transport='ipc', ip={str(tmp_path / 'k')!r})\n"
        "manager.start_kernel()\nprint(manager.provisioner.pid, flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, str(driver)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        started = psutil.Process(int(process.stdout.readline()))
        family = [started, started.parent()]
        if ending is not None:
            process.send_signal(ending)
        else:
            assert process.stdin is not None
            process.stdin.close()
        process.wait(timeout=600)
    assert wait_until(lambda: not any(p.is_running() and p.status() != "zombie" for p in family))


def test_a_driver_that_is_gone_before_imports_are_done_leaves_no_trace_on_the_terminal() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        started = subprocess.Popen(
            [sys.executable, "-m", "crimjust_research.runs.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
        )
    ours.close()
    assert started.communicate(timeout=600) == (b"", None)
    assert started.returncode == 0


def test_after_the_warm_process_died_its_kernels_are_dead_and_new_ones_start(tmp_path: Path) -> None:
    with kernel(tmp_path) as (manager, _, _):
        waiting().kill()
        assert wait_until(lambda: not manager.is_alive())
        assert wait_until(lambda: not psutil.pid_exists(manager.provisioner.pid))
    with kernel(tmp_path) as (_, _, printed):
        assert printed("print(1 + 1)") == "2"


def test_where_nothing_can_be_forked_the_same_kernel_is_an_ordinary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_kernel, "can_fork", lambda: False)
    with kernel(tmp_path) as (manager, _, printed):
        assert psutil.Process(manager.provisioner.pid).ppid() == os.getpid()
        assert printed("print(1 + 1)") == "2"


def test_where_imports_left_threads_the_kernel_is_an_ordinary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    # Imported by every Python that starts with this path: a thread before anything else.
    (tmp_path / "lib" / "sitecustomize.py").write_text(
        "import sys, threading, time\nif 'crimjust_research.runs.zygote' in sys.orig_argv:\n"
        "    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    with kernel(tmp_path) as (manager, _, printed):
        assert psutil.Process(manager.provisioner.pid).ppid() == os.getpid()
        assert printed("print(1 + 1)") == "2"


def test_settings_read_at_start_get_a_warm_process_of_their_own(tmp_path: Path) -> None:
    order = "print(hash('seizures'))"
    seen = []
    for seed in ("0", "0", "1"):
        with kernel(tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}) as (_, _, printed):
            seen.append(printed(order))
    assert seen[0] == seen[1] != seen[2]


def test_everything_a_notebook_imports_is_preloaded() -> None:
    """A package missing from both lists would be imported anew by every kernel."""
    code = """
import importlib, json, pkgutil, sys
from crimjust_research.runs import zygote
zygote.preload()
for name in zygote.STATISTICS: importlib.import_module(name)
warm = set(sys.modules)
from crimjust_research import charts, questions
for module in pkgutil.walk_packages(questions.__path__, questions.__name__ + "."): importlib.import_module(module.name)
own = {"crimjust_research"}
print(json.dumps(sorted({m.partition(".")[0] for m in set(sys.modules) - warm} - own - sys.stdlib_module_names)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_nbclient_and_the_server_behind_jupyterlab_can_name_it(tmp_path: Path) -> None:
    import asyncio

    import nbformat
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os; print(os.getppid())")])
    done = NotebookClient(notebook, kernel_name=warm_kernel.KERNEL).execute()
    assert int(done.cells[0].outputs[0].text) == waiting().pid

    async def served() -> int:
        manager = AsyncMappingKernelManager(root_dir=str(tmp_path), connection_dir=str(tmp_path))
        kernel_id = await manager.start_kernel(kernel_name=warm_kernel.KERNEL)
        parent = psutil.Process(manager.get_kernel(kernel_id).provisioner.pid).ppid()
        await manager.shutdown_kernel(kernel_id, now=True)
        return parent

    assert asyncio.run(served()) == waiting().pid


# A driver that is gone from the beginning ends it; what its signals would be written to is closed then.
SERVED = """
import signal, socket
from crimjust_research.runs import zygote
server, driver = socket.socketpair()
driver.close()
zygote._serve(server, keep_project=False)
print(signal.set_wakeup_fd(-1), signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL)
"""


def test_at_its_end_it_lets_go_of_the_signal_before_what_that_is_written_to() -> None:
    done = subprocess.run([sys.executable, "-c", SERVED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["-1", "True"]
