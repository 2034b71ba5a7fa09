"""The way from a kernel into the notebook that is open before a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from comm import get_comm_manager
from ipykernel.connect import get_connection_file
from ipywidgets import Output

from crimjust_research import parameters_cell
from crimjust_research.errors import ParameterError
from crimjust_research.runs.notebooks import INJECTED_TAG

TAGS = (parameters_cell.TAG, INJECTED_TAG)
_SCRIPT = Path(__file__).with_name("write.js")


def into_notebook(
    page: Output,
    rewritten: Callable[[Mapping[str, str]], Mapping[str, str]],
    done: Callable[[str], object],
    *,
    run: bool,
) -> None:
    """Have the page before a person put into the cells of parameters of their notebook what `rewritten` makes of them.

    A kernel reaches no cell, and a page no function of the kernel: a script in `page` sends the sources of these cells, by
    tag, and puts the answer in their place. Where JupyterLab does not let it, nothing happens, and `done` is never told.

    Parameters
    ----------
    done : told, when it is over, what was wrong with the cells, or nothing.
    run : whether all cells are to be run then.
    """
    manager = get_comm_manager()
    target = f"crimjust.form.{uuid4().hex}"

    def opened(comm: Any, message: Mapping[str, Any]) -> None:
        manager.unregister_target(target, opened)
        try:
            sources = rewritten(message["content"]["data"]["sources"])
        except ParameterError as error:
            done(str(error))
            return
        comm.on_close(lambda _: done(""))
        comm.send({"sources": sources})

    manager.register_target(target, opened)
    kernel = Path(get_connection_file()).stem.removeprefix("kernel-")
    given = ", ".join(map(json.dumps, (kernel, target, TAGS, run)))
    code = f"({_SCRIPT.read_text(encoding='utf-8')})({given})"
    page.outputs = ({"output_type": "display_data", "data": {"application/javascript": code}, "metadata": {}},)
