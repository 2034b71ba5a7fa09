"""How what is registered, sentences, figures, numbers and warnings read in a notebook: the same on every machine."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from crimjust_research.errors import printable
from crimjust_research.evidence import words
from crimjust_research.numbers import number
from crimjust_research.results import OUTPUT_VARIABLE, not_as_registered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crimjust_research.charts.figure import Figure
    from crimjust_research.evidence.plan import OwnPlan, Primary

LAB_VARIABLE = "CRIMJUST_LAB"
"""Set to 1 for kernels of the JupyterLab that `crimjust lab` starts: a person looks on."""
_FORM = "crimjust_research.forms"

# Addresses in memory, and paths from the root: what a warning says of them is another thing on every machine.
_OF_THIS_MACHINE = re.compile(r"\b0x[0-9a-fA-F]{6,}|(?<![\w.:/])/[^\s'\",;:()]+/[^\s'\",;:()]+")


@dataclass(frozen=True)
class Sentence:
    """A sentence of the template, shown between cells."""

    marked: str

    def __str__(self) -> str:
        return words.plain(self.marked)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": f"<p>{escape(str(self), quote=False)}</p>", "text/plain": printable(str(self))}


@dataclass(frozen=True)
class Shown:
    """A figure with the sentence that says what is seen in it."""

    figure: Figure
    says: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        drawn, sentence = self.figure._repr_mimebundle_(), Sentence(self.says)._repr_mimebundle_()
        return {kind: f"{drawn[kind]}\n{sentence[kind]}" for kind in sentence}


def registered(
    question: str,
    primaries: Sequence[Primary],
    departures: Sequence[str],
    changed: Sequence[str],
    own: OwnPlan | None = None,
) -> dict[str, str]:
    """What a study shows as it begins: its question, what the plan asks of it, whose `own` that is if it is not the registered
    one, and where it departs from that, or from the notebook's own cells."""
    plans = [
        (p.id, p.estimand, p.method, p.null, f"{number(p.margin.value)} ({p.margin.scale}): {p.margin.says}")
        for p in primaries
    ]
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in plans)
    columns = ("Asked" if own else "Registered", "Estimand", "Method", "Null hypothesis", "Margin")
    heads = "".join(f"<th>{head}</th>" for head in columns)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>" if plans else ""
    warned, lines = not_as_registered(departures, changed)
    whose = [f"By {own.named}, laid over the registered one."] if own else []
    said = "".join(f"<p>{escape(line)}</p>" for line in whose)
    return {
        "text/html": f"{said}{warned}<p><strong>{escape(question)}</strong></p>{table}",
        "text/plain": printable("\n".join([*whose, question, *lines])),
    }


def with_form(namespace: Mapping[str, Any]) -> None:
    """Where a person looks on, let the IPython of a notebook's `namespace` show each study with a form of its parameters.

    An extension of IPython knows how: no study depends on it, and nothing of it is in what runs save.
    """
    if os.environ.get(LAB_VARIABLE) == "1" and OUTPUT_VARIABLE not in os.environ and "get_ipython" in namespace:
        namespace["get_ipython"]().extension_manager.load_extension(_FORM)


def warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A library's warning as a note in the notebook: what it says and who says it, without a path of this machine."""
    del lineno, file, line
    parts = Path(filename).parts
    package = parts[parts.index("site-packages") + 1] if "site-packages" in parts[:-1] else "this analysis"
    told = _OF_THIS_MACHINE.sub("…", str(message))
    print(printable(f"Note by {package}: {told} ({category.__name__})"))


def shown_number(value: float) -> str:
    """A number in a printed table: whole numbers whole, others with four significant digits."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.4g}".replace("-", "−")
