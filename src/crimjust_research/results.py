"""What an assessment returns: estimates, checks, figures and the sentence they support.

The tidy frame of estimates (`frame`) is the one currency of notebooks, sweeps, tables and the report.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crimjust_research import project
from crimjust_research.figures import Figure

if TYPE_CHECKING:
    import pandas as pd

# Set for a kernel by whoever runs it: where `Assessment.save` puts what it saves.
OUTPUT_VARIABLE = "CRIMJUST_OUTPUT"

DEPARTS = "This run departs from the registered plan:"

Role = Literal["primary", "secondary", "sensitivity"]
_REFERENCE = re.compile(r"\[\[([^|\]]+)\|([^\]]+)\]\]")


@dataclass(frozen=True)
class Estimate:
    """One estimated quantity with everything needed to judge it; what a method does not give is NaN.

    `id` names it within its assessment. `estimate`, `std_error`, `ci_low` and `ci_high` are in `unit`; the
    interval covers `ci_level`. `p_adjusted` is corrected for the family the estimate was tested in. `null_value` is
    what the estimate would be if there were nothing: 0 for differences, 1 for ratios, NaN for statistics without sign.
    """

    id: str
    outcome: str
    question: str
    estimand: str
    method: str
    specification: str
    estimate: float
    unit: str
    n_obs: int
    n_units: int
    role: Role
    std_error: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    ci_level: float = math.nan
    p_value: float = math.nan
    p_adjusted: float = math.nan
    null_value: float = 0.0
    data_status: Literal["observed", "simulated"] = "observed"


ESTIMATE_COLUMNS = tuple(f.name for f in fields(Estimate))


def frame(estimates: Iterable[Estimate]) -> "pd.DataFrame":
    """Estimates as a tidy frame: one row each, columns as `Estimate` orders its fields."""
    import pandas as pd

    return pd.DataFrame([asdict(e) for e in estimates], columns=list(ESTIMATE_COLUMNS))


@dataclass(frozen=True)
class Check:
    """A condition the estimates rest on. `passed` is None where the check informs and cannot pass or fail."""

    name: str
    passed: bool | None
    sentence: str
    table: "pd.DataFrame"

    @property
    def verdict(self) -> str:
        return {True: "passed", False: "failed", None: "for information"}[self.passed]


@dataclass(frozen=True)
class Used:
    """A table an assessment read, at the vintage it read."""

    table: str
    vintage: str
    sha256: str


def refer(text: str, estimate_id: str) -> str:
    """`text`, marked as read off the estimate of that id, so that a page can link the number to it."""
    return f"[[{text}|{estimate_id}]]"


def plain(marked: str) -> str:
    """A marked sentence as plain text."""
    return _REFERENCE.sub(r"\1", marked)


def linked(marked: str, href: str = "#estimate-{id}") -> str:
    """A marked sentence as HTML, each number a link to its estimate."""
    return _REFERENCE.sub(lambda m: f'<a href="{escape(href.format(id=m[2]))}">{m[1]}</a>', escape(marked, quote=False))


def number(value: float, digits: int = 3) -> str:
    """`value` to that many significant digits, thousands separated, never in exponent form below 10^15."""
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}".replace("-", "−")


def p_text(value: float) -> str:
    """A p-value as papers print it: three decimals, and never as zero."""
    if math.isnan(value):
        return "n/a"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


@dataclass(frozen=True)
class Assessment:
    """The answer to one question, with all it stands on.

    `answer` is a sentence made by code, numbers marked with `refer`. `tables` are further results by name.
    `departures` are where its parameters differ from the registered plan; they stand at the top wherever it is
    shown. Rich HTML in JupyterLab, plain text elsewhere.

    Raises
    ------
    ValueError
        If two estimates or figures share a name, or the answer refers to an estimate there is not.
    """

    name: str
    outcome: str
    title: str
    question: str
    answer: str
    estimates: tuple[Estimate, ...]
    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]
    tables: Mapping[str, "pd.DataFrame"]
    used: tuple[Used, ...]
    parameters: Mapping[str, Any]
    departures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ids = [e.id for e in self.estimates]
        for kind, names in (("estimates", ids), ("figures", [f.name for f in self.figures])):
            if len(set(names)) != len(names):
                raise ValueError(f"assessment {self.name!r}: {kind} must have distinct names, got {names}")
        texts = (self.answer, *(c.sentence for c in self.checks))
        unknown = {ref for text in texts for _, ref in _REFERENCE.findall(text)} - set(ids)
        if unknown:
            raise ValueError(f"assessment {self.name!r} refers to estimates it does not hold: {sorted(unknown)}")

    def figure(self, name: str) -> Figure:
        return next(f for f in self.figures if f.name == name)

    def estimate(self, estimate_id: str) -> Estimate:
        return next(e for e in self.estimates if e.id == estimate_id)

    def frame(self) -> "pd.DataFrame":
        """The estimates as a tidy frame, one row each."""
        return frame(self.estimates)

    def save(self, folder: Path | str | None = None) -> "Saved":
        """Write everything under `folder`: assessment.json, estimates.csv, figures/, tables/.

        Without a folder: the one a run has set aside for its kernel, or `reports/interactive/<name>` when a
        person runs the notebook by hand. Each figure is written as SVG, PNG, Vega-Lite and CSV.
        """
        if folder is None:
            given = os.environ.get(OUTPUT_VARIABLE)
            folder = Path(given) if given else project.root() / "reports" / "interactive" / self.name
        target = Path(folder)
        files: dict[str, bytes] = {
            "assessment.json": (json.dumps(self._record(), indent=1, ensure_ascii=False) + "\n").encode(),
            "estimates.csv": csv_bytes(self.frame()),
        }
        for figure in self.figures:
            stem = f"figures/{figure.name}"
            files[f"{stem}.svg"] = figure.svg.encode()
            files[f"{stem}.png"] = figure.png()
            files[f"{stem}.vl.json"] = (json.dumps(figure.specification, indent=1) + "\n").encode()
            files[f"{stem}.csv"] = csv_bytes(figure.data)
        for name, table in self.tables.items():
            files[f"tables/{name}.csv"] = csv_bytes(table)
        for name, content in files.items():
            project.write_atomically(target / name, content)
        return Saved(len(self.estimates), len(self.figures), len(self.tables))

    def _record(self) -> dict[str, Any]:
        """What the report needs beyond the files of estimates, figures and tables."""
        return {
            "name": self.name,
            "outcome": self.outcome,
            "title": self.title,
            "question": self.question,
            "answer": self.answer,
            "parameters": dict(self.parameters),
            "departures": list(self.departures),
            "used": [asdict(u) for u in self.used],
            "checks": [
                {"name": c.name, "passed": c.passed, "sentence": c.sentence, "table": _records(c.table)}
                for c in self.checks
            ],
            "figures": [{"name": f.name, "alt": f.alt, "caption": f.caption, "source": f.source} for f in self.figures],
            "tables": list(self.tables),
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        checks = "".join(
            f"<li><strong>{escape(c.name)}</strong> ({c.verdict}): {linked(c.sentence)}</li>" for c in self.checks
        )
        departs = "".join(f"<li>{escape(d)}</li>" for d in self.departures)
        html = (f"<p><strong>{DEPARTS}</strong></p><ul>{departs}</ul>" if departs else "") + (
            f"<p><strong>{escape(self.question)}</strong></p><p>{linked(self.answer)}</p>"
            f"{estimates_html(self.estimates)}<ul>{checks}</ul>"
        )
        text = [DEPARTS, *(f"- {d}" for d in self.departures)] if self.departures else []
        text += [self.question, plain(self.answer)]
        text += [f"- {c.name} ({c.verdict}): {plain(c.sentence)}" for c in self.checks]
        return {"text/html": html, "text/plain": "\n".join(text)}


@dataclass(frozen=True)
class Saved:
    """What was saved. Shown without a path, so that an executed notebook reads the same on every machine."""

    estimates: int
    figures: int
    tables: int

    def __repr__(self) -> str:
        return f"saved {self.estimates} estimates, {self.figures} figures, {self.tables} tables"


def estimates_html(estimates: Iterable[Estimate]) -> str:
    """Estimates as an HTML table for reading; all digits are in the CSV."""
    rows = "".join(
        f'<tr id="estimate-{escape(e.id)}"><td>{escape(e.estimand)}</td>'
        f"<td>{escape(e.method)}<br><small>{escape(e.specification)}</small></td>"
        f"<td>{number(e.estimate)} <small>{escape(e.unit)}</small></td>"
        f"<td>{interval_text(e)}</td><td>{p_text(e.p_value)}</td><td>{p_text(e.p_adjusted)}</td>"
        f"<td>{e.n_obs}</td><td>{e.role}{' SIMULATED' if e.data_status == 'simulated' else ''}</td></tr>"
        for e in estimates
    )
    heads = ("Estimand", "Method", "Estimate", "Interval", "p", "Adjusted p", "n", "Role")
    return (
        "<table><thead><tr>"
        + "".join(f'<th scope="col">{h}</th>' for h in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def interval_text(estimate: Estimate) -> str:
    """The interval of an estimate as text, or n/a where its method gives none."""
    if math.isnan(estimate.ci_low) and math.isnan(estimate.ci_high):
        return "n/a"
    return f"{number(estimate.ci_low)} to {number(estimate.ci_high)}"


def csv_bytes(table: "pd.DataFrame") -> bytes:
    """`table` as CSV with twelve significant digits: more than the figures carry, fewer than machines differ in."""
    return bytes(table.to_csv(index=False, lineterminator="\n", float_format="%.12g").encode())


def _records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=10, date_format="iso"))
    return records
