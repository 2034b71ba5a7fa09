"""Where a person begins who opens JupyterLab: every question with what was found, the picture of all, and what else is kept.

The notebook holds the words and calls these; each reads what stands now, and shows it with links that JupyterLab follows.
"""

import base64
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crimjust_research import project
from crimjust_research.errors import CrimjustError, printable
from crimjust_research.evidence.words import first_sentence, plain
from crimjust_research.report import opening
from crimjust_research.runs import kept, notebooks, record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.record import Layout

PLACE = "notebooks/start/start_here.ipynb"
_CALL = re.compile(r"start\.(\w+)\(\)\Z")


@dataclass(frozen=True)
class Shown:
    """HTML, and the same as plain text."""

    html: str
    text: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": printable(self.text)}


def questions() -> Shown:
    """Every notebook with a link that opens it, in what it was changed by hand, what it asks, and what the reference results
    say: first sentence and grades.

    Raises
    ------
    CrimjustError
        If a notebook or its results cannot be read.
    """
    reports = project.root() / "reports"
    graded = opening.grades(reports)
    rows, lines = [], []
    for notebook in notebooks.find():
        asks, outcome, says = _title(notebook), "", f"not run yet: crimjust run {notebook.name}"
        if (layout := Layout(reports, notebook.name)).results[1].is_file():
            saved = record.assessment(layout)
            asks, outcome, says = saved["question"], saved["outcome"], first_sentence(plain(saved["answer"]))
        grades = "; ".join(f"{count} {grade}" for grade, count in graded.get(notebook.name, Counter()).items())
        differs = f"changed by hand: {'; '.join(notebook.differs)}" if notebook.differs else ""
        link = _link(notebook.path, notebook.name) + (f"<br><small>{escape(differs)}</small>" if differs else "")
        rows.append((link, escape(outcome), escape(asks), escape(says), escape(grades)))
        lines.append("\n    ".join(filter(None, (f"{notebook.name}: {asks}", says, grades, differs))))
    heads = ("Notebook", "Outcome", "It asks", "The reference results say", "Registered questions, by grade")
    return Shown(_table(heads, rows), "\n".join(lines))


def picture() -> Shown:
    """All questions in one picture, as the reference results have it; a sentence where there is none yet.

    Raises
    ------
    CrimjustError
        If the results that hold it cannot be read.
    """
    reports = project.root() / "reports"
    opens = opening.read(reports)
    if opens is None:
        return _sentence("There is no picture of all questions yet: crimjust run all makes it.")
    saved = record.assessment(Layout(reports, opens.run))
    (figure,) = (each for each in saved["figures"] if each["name"] == saved["key_figure"])
    drawn = base64.b64encode((reports / "figures" / opens.run / f"{figure['name']}.svg").read_bytes()).decode()
    alt, caption = (escape(printable(figure[part])) for part in ("alt", "caption"))
    return Shown(
        f'<figure style="margin:1em 0"><img style="max-width:100%" alt="{alt}" src="data:image/svg+xml;base64,{drawn}">'
        f"<figcaption>{caption}</figcaption></figure>",
        f"{figure['caption']}\n{figure['alt']}",
    )


def variants() -> Shown:
    """Every variant that is kept: a link to each executed notebook, where it departs from which plan, and what it says.

    Raises
    ------
    CrimjustError
        If there is no such checkout.
    """
    found = kept.kept_variants()
    if not any(variant.runs for variant in found):
        return _sentence("No variant is kept yet.")
    rows, lines = [], []
    for variant in found:
        folder = project.root() / "reports" / "variants" / variant.name
        name = f"{variant.name}, by the plan of {variant.own.whose}" if variant.own else variant.name
        for run in variant.runs:
            unlike = (*run.departures, *(f"changed by hand: {each}" for each in run.by_hand))
            departs = "; ".join(unlike) or "nowhere"
            state = (
                f"no longer as it would come out: {'; '.join(run.moved)}" if run.moved else "as it would come out now"
            )
            link = _link(folder / "notebooks" / f"{run.run}.ipynb", run.run)
            rows.append((escape(name), link, escape(departs), escape(run.answer), escape(state)))
            lines.append(f"{name}, {run.run}: {run.answer}\n    departs from the plan: {departs}; {state}")
    return Shown(_table(("Variant", "Notebook", "Departs from the plan", "It says", "Now"), rows), "\n".join(lines))


def fill(content: dict[str, Any]) -> None:
    """Put below each cell of this notebook that calls one of the above what it shows now, as if it had been run.

    Nothing of the notebook is executed. Where results cannot be read, cells stay empty: to run one tells why.
    """
    shows = {"questions": questions, "picture": picture, "variants": variants}
    for cell in content["cells"]:
        call = _CALL.search(notebooks.source(cell).rstrip())
        if cell["cell_type"] != "code" or call is None or call[1] not in shows:
            continue
        with suppress(CrimjustError, OSError):
            data = shows[call[1]]()._repr_mimebundle_()
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": data}]
            cell["metadata"]["trusted"] = True


def _title(notebook: Notebook) -> str:
    """The heading of a notebook."""
    text = notebooks.source(notebook.cells[0])
    return text.partition("\n")[0].lstrip("# ")


def _link(path: Path, text: str) -> str:
    """A link from the notebook that shows it; JupyterLab opens what it leads to."""
    way = os.path.relpath(path, (project.root() / PLACE).parent)
    return f'<a href="{escape(quote(Path(way).as_posix()))}">{escape(text)}</a>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _sentence(text: str) -> Shown:
    return Shown(f"<p>{escape(text)}</p>", text)
