"""Results whose every text is hostile: what somebody may put into records, parameters or an export, to see it stay text."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from crimjust_research import charts, written
from crimjust_research.evidence.estimates import Check, Estimate, csv_bytes
from crimjust_research.evidence.words import refer
from crimjust_research.results import Assessment

# What is set on a page's window if a text of a record runs there.
FLAG = "hostileTextRan"
RUNS = f"window.{FLAG}=1"
TEXTS = (
    f"<script>{RUNS}</script>",
    f'"><img src=x onerror="{RUNS}">',
    f"'><svg onload='{RUNS}'>",
    f"</style></title><script>{RUNS}</script>",
    f"--><iframe srcdoc='<script>parent.{FLAG}=1</script>'></iframe>",
    f"javascript:{RUNS}",
    "`<u>code</u>`",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eexe.tluser\u202c (right to left), שלום, مرحبا",
    "👩🏽\u200d⚖️ 🇨🇴 e\u0301",
    "W" * 400,
    '=HYPERLINK("https://example.org","open")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
)
ALL = " ".join(TEXTS)
REFERENCE = "[[x|y]]"  # how a sentence marks a number: elsewhere it is a text like any other
RUNS_OF = ("01_hostile_markets", "03_hostile_cooperation")


def publish(results: Path) -> None:
    """Results of two runs in a folder, in the form in which `crimjust run` leaves them."""
    for place, run in enumerate(RUNS_OF):
        _publish(_assessment(run, simulated=bool(place)), results, run)
    rows = [{"run": run, **row} for run in RUNS_OF for row in _assessment(run, False).frame().to_dict("records")]
    (results / "estimates.csv").write_bytes(csv_bytes(pd.DataFrame(rows)))
    for name, table in _opening().items():
        (results / "tables" / RUNS_OF[0] / f"{name}.csv").write_bytes(csv_bytes(table))


def _assessment(run: str, simulated: bool) -> Assessment:
    estimates = tuple(_estimates(simulated))
    return Assessment(
        name=run,
        outcome="1" if simulated else "3",
        title=ALL,
        question=ALL,
        answer=f"{ALL} {refer(ALL.replace('|', '').replace(']', ''), estimates[0].id)}",
        estimates=estimates,
        checks=tuple(
            Check(text, passed, ALL, pd.DataFrame({text: [text, REFERENCE], "value": [1.5, None]}))
            for text, passed in zip((*TEXTS, REFERENCE), (True, False, None) * len(TEXTS), strict=False)
        ),
        figures=() if simulated else (_figure(),),  # one is enough, and takes seconds
        tables={"records": pd.DataFrame({"record": [*TEXTS, REFERENCE], ALL: range(len(TEXTS) + 1)})},
        used=(),
        parameters={"note": ALL, ALL: [*TEXTS, REFERENCE]},
        departures=TEXTS,
        says={} if simulated else {"records": ALL},
        cells={"first": 1, "figure:records": 1},
    )


def _estimates(simulated: bool) -> Iterator[Estimate]:
    first = Estimate(
        id="first",
        outcome="1",
        question=ALL,
        estimand=ALL,
        method=ALL,
        specification=ALL,
        estimate=0.5,
        unit=ALL,
        n_obs=75,
        n_units=12,
        role="primary",
        ci_low=-0.2,
        ci_high=1.2,
        ci_level=0.95,
        p_value=0.04,
        data_status="simulated" if simulated else "observed",
    )
    yield first
    for place, text in enumerate((*TEXTS, REFERENCE)):
        role = ("secondary", "sensitivity", "own")[place % 3]
        words = {"estimand": text, "method": text, "specification": text, "unit": text}
        yield replace(first, id=f"further.{place}", role=role, **words)  # type: ignore[arg-type]


def _figure() -> charts.Figure:
    data = pd.DataFrame({"record": [*TEXTS, REFERENCE], "count": range(1, len(TEXTS) + 2)})
    drawn = charts.bars(data, "record", "count", horizontal=True, x_title=TEXTS[0], y_title=TEXTS[1])
    return charts.Figure("records", TEXTS[0], drawn.chart, ALL, ALL, ALL, data)


def _opening() -> dict[str, pd.DataFrame]:
    """What a page opens with, as the run that reads all others saves it."""
    numbers = ("estimate", "ci_low", "ci_high", "p_value", "calibrated_p", "p_adjusted", "margin")
    words = ("question", "unit", "says", "grade", "direction", "half", "double", "first_grade", "threat", "reasons")
    more = {"asked": ALL, "would_answer": ALL, "matters": True}
    question = {**dict.fromkeys(words, ALL), **dict.fromkeys(numbers, 0.5), **more}
    asked = {"outcome": "1", "id": "markets.first", "registered": 1, "notebook": RUNS_OF[0]}
    unasked = {"outcome": "3", "id": "cooperation.none", **dict.fromkeys(numbers, math.nan), "notebook": RUNS_OF[1]}
    mark = f"[[0.5|{RUNS_OF[0]}|first]]"
    return {
        "scorecard": pd.DataFrame([question | asked, question | unasked]),
        "outcomes": pd.DataFrame({"outcome": ["1", "3"], "place": [1, 1], "sentence": [f"{ALL} {mark}", ALL]}),
        "unknown": pd.DataFrame({"outcome": ["1"], "unknown": [ALL], "tells": [ALL], "questions": ["markets.first"]}),
        "changes": pd.DataFrame({"question": [ALL], "was": [ALL], "is": [ALL], "why": [ALL]}),
    }


def _publish(assessment: Assessment, results: Path, run: str) -> None:
    aside = results / "aside"
    assessment.save(aside)
    moves = {
        "assessment.json": f"assessments/{run}.json",
        "figures": f"figures/{run}",
        "tables": f"tables/{run}",
        "estimates.csv": f"tables/{run}/estimates.csv",
    }
    (aside / "figures").mkdir(exist_ok=True)
    for source, target in moves.items():
        (results / target).parent.mkdir(parents=True, exist_ok=True)
        (aside / source).rename(results / target)
    (aside / written.MARK).unlink()
    aside.rmdir()
    made = {**{name: {} for name in ("parameters", "code", "outputs")}, "tables": [], "versions": {"pandas": ALL}}
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": list(TEXTS)}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for path, content in ((f"notebooks/{run}.ipynb", notebook), (f"records/{run}.json", made)):
        (results / path).parent.mkdir(exist_ok=True)
        (results / path).write_text(json.dumps(content), encoding="utf-8")
