"""Notebooks as text: a cell for each line that begins with `# %%`, as several editors write them.

`# %% [markdown]` begins a cell of words, `# %% tags=figure,power` a cell of code with tags. The first line of the file names
the class that checks the parameters: `# params: module:Class`, and ` reads=results` where other notebooks' results are read.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crimjust_research import hand_written, project, written
from crimjust_research.errors import RunError
from crimjust_research.runs import notebooks

_HEAD = re.compile(r"# params: (?P<params>\S+:\S+)(?P<reads> reads=results)?")
_CELL = re.compile(r"^# %%(?P<words> \[markdown\])?(?: tags=(?P<tags>\S+))?[ \t]*$", re.MULTILINE)


def parse(text: str, place: str) -> dict[str, Any]:
    """The notebook that a text describes, without outputs; `place` names it in messages.

    Raises
    ------
    RunError
        If its first line names no parameter class, or it has no cell.
    """
    head = _HEAD.match(text)
    if head is None:
        raise RunError(
            f"{place}: its first line must name the class that checks the parameters: # params: module:Class"
        )
    starts = list(_CELL.finditer(text))
    if not starts:
        raise RunError(f"{place}: it has no cell; begin each with a line `# %%`, or `# %% [markdown]`")
    ends = [*(start.start() for start in starts[1:]), len(text)]
    cells = [
        {
            "cell_type": "markdown" if start["words"] else "code",
            "id": f"cell-{number}",
            "metadata": {"tags": start["tags"].split(",") if start["tags"] else []},
            "source": text[start.end() : end].strip("\n"),
        }
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
    of = {"params": head["params"]} | ({"reads": "results"} if head["reads"] else {})
    return notebooks.stripped({"cells": cells, "metadata": {"crimjust": of}})


def as_text(content: Mapping[str, Any]) -> str:
    """The text that `parse` turns into the notebook again."""
    of = content["metadata"]["crimjust"]
    lines = [f"# params: {of['params']}{' reads=results' if of.get('reads') == 'results' else ''}"]
    for cell in content["cells"]:
        words = " [markdown]" if cell["cell_type"] == "markdown" else ""
        tags = f" tags={','.join(notebooks.tags(cell))}" if notebooks.tags(cell) else ""
        lines += [f"# %%{words}{tags}", notebooks.source(cell)]
    return "\n".join(lines) + "\n"


def write(path: Path) -> Path:
    """Write the notebook that the file describes under `notebooks/`, in the file's name; returns its path.

    One of that name that was edited since it was written so, or that git cannot bring back, is set aside.

    Raises
    ------
    ParameterError
        If the file is missing, is none, or longer than any such text.
    RunError
        If it describes no notebook.
    """
    try:
        text = hand_written.content(path, "notebook's text", "name a file with a cell for each line `# %%`").decode()
    except UnicodeDecodeError as error:
        raise RunError(f"{path} cannot be read as text ({error}); save it in UTF-8") from error
    root, target = project.root(), f"notebooks/{path.name.split('.')[0]}.ipynb"
    written.checkout(root, {target: notebooks.dump(parse(text, path.name))})
    return root / target
