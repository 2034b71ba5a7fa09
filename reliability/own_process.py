"""A case in a process of its own: what it dies of, or takes for ever over, is told, and the others go on."""

import importlib
import multiprocessing
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from crimjust_research.runs import worker
from crimjust_research.runs.notebooks import Notebook

_SECONDS = 600.0  # no case takes a tenth of it


def prepare(notebooks: Sequence[Notebook]) -> None:
    """Import here what these notebooks do, so that no process forked from this one need."""
    imported = {name for notebook in notebooks for name in worker.preloaded(notebook)}
    for name in ("altair", "pandas", *sorted(imported)):
        with suppress(ImportError):  # a name imported from a module is no module
            importlib.import_module(name)


def answer(work: Callable[..., Any], *given: Any) -> Any:
    """What `work` comes to in a process forked from this one.

    Raises
    ------
    RuntimeError
        If the process dies, or is not done after ten minutes.
    """
    forked = multiprocessing.get_context("fork")
    here, there = forked.Pipe(duplex=False)
    process = forked.Process(target=_work, args=(there, work, given))
    process.start()
    there.close()
    try:
        if not here.poll(_SECONDS):
            raise RuntimeError(f"it was not done after {_SECONDS:g} s")
        return here.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"its process died with status {process.exitcode}") from None
    finally:
        process.kill()
        process.join()
        here.close()


def _work(there: Any, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    there.send(work(*given))
    there.close()
