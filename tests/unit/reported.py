"""Results of two assessments as runs leave them, one of them as hostile as it gets, and a page as tests ask of it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from crimjust_research import written
from crimjust_research.charts.figure import Figure
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.panels import behind
from crimjust_research.data.tables import Field, Licence, Release, Source, Table
from crimjust_research.evidence.estimates import Check, Estimate, Used
from crimjust_research.evidence.words import refer
from crimjust_research.results import Assessment

HOSTILE = "<script>alert('x')</script> & \"quoted\" שלום 😀 =1+1 " + "W" * 400
HOSTILE_ID = "own \"x\" onclick='y' <i>~é"
FIRST, SECOND = "01_outcome1_markets", "02_outcome3_cooperation"
MODEL = """## The registered estimate

With $y_t$ log deaths,

$$y_t = \\alpha + \\varepsilon_t < 1.$$

In words: <b>so</b>.

No more."""
NOTEBOOK = {
    "metadata": {},
    "cells": [
        {"cell_type": "code", "metadata": {}, "source": "read('</script><b>')", "execution_count": 1},
        {"cell_type": "markdown", "metadata": {}, "source": MODEL},
        {"cell_type": "code", "metadata": {"tags": ["registered"]}, "source": "estimate()", "execution_count": 2},
        {"cell_type": "markdown", "metadata": {}, "source": "Further, $z$."},
        {"cell_type": "code", "metadata": {}, "source": "draw()", "execution_count": 3},
    ],
}
VOID = {"meta", "link", "br", "img", "input", "hr", "col"}


def copied(project: Path, home: Path, patch: pytest.MonkeyPatch) -> Path:
    """A copy at `home` of a project with published results, which this process takes for the project while patched so."""
    shutil.copytree(project, home)
    patch.setenv("CRIMJUST_HOME", str(home))
    patch.setattr(behind, "columns_of", lambda _, raw: {name: rows[["month"]] for name, rows in raw.items()})
    return home


class Page(HTMLParser):
    """Everything the tests ask of a page: elements with their attributes, and the text within each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[tuple[str, ...], str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.words.append((tuple(self.open), data))

    def all(self, *tags: str) -> Iterator[dict[str, str]]:
        return (attributes for tag, attributes in self.elements if tag in tags)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def text(self) -> str:
        return " ".join("".join(w for path, w in self.words if not {"style", "script"} & set(path)).split())


def raw_table(name: str, title: str, caveats: tuple[str, ...] = ()) -> Table:
    return Table(
        name=name,
        title=title,
        description="One row is a month.",
        fields=(
            Field("month", "yearmonth", "Month.", constraints={"required": True}),
            Field("count", "integer", "Count.", "events", {"required": True}),
        ),
        primary_key=("month",),
        licences=(Licence("us-government-work", "Public domain in the United States", "https://www.usa.gov/terms"),),
        sources=(Source(f"Publisher of {name}", f"https://example.gov/{name}", f"https://archive.example/{name}"),),
        time="month",
        caveats=caveats,
    )


def store_data(home: Path) -> None:
    """What the source document says, two raw tables and the panel made of them, in a project at `home`."""
    root = Path(__file__).parents[2]
    data = root / "data"
    (home / "docs").mkdir(exist_ok=True)
    shutil.copy(root / "docs" / "analysis_plan.toml", home / "docs")
    (home / "docs" / "methods").mkdir(exist_ok=True)
    shutil.copy(root / "docs" / "methods" / "references.yaml", home / "docs" / "methods")
    shutil.copy(root / "CITATION.cff", home)
    shutil.copytree(data / "document", home / "data" / "document")
    shutil.copy(data / "corrections.yaml", home / "data")
    frame = pd.DataFrame({"month": ["2020-01", "2020-02"], "count": [10, 12]})
    raw = Catalog(home / "data" / "raw")
    stored = raw.store(
        [
            Release(raw_table("seizures", "Seizures", ("Pounds, not kilograms.", HOSTILE)), "2025-12", frame),
            Release(raw_table("deaths", "Deaths"), "2024-12", frame),
        ]
    )
    panel = replace(
        raw_table("monthly", "Seizures and deaths by month"),
        sources=tuple(Source(f"raw table {name}", f"data/raw/{name}") for name in ("deaths", "seizures")),
    )
    notes = tuple(f"made of {r.table.name} {r.vintage}, sha256 {r.sha256}" for r in stored)
    Catalog(home / "data" / "processed").store([Release(panel, "2025-12", frame, notes=notes)])


def estimate(identifier: str, **changes: object) -> Estimate:
    return replace(
        Estimate(
            id=identifier,
            outcome="1",
            question="Do they?",
            estimand="Predictive content of past seizures for deaths",
            method="Toda-Yamamoto, F version",
            specification="lag 3, 1 added, month effects",
            estimate=5.4051,
            unit="F(3, 60)",
            n_obs=75,
            n_units=1,
            role="primary",
            p_value=0.00297,
            p_adjusted=0.00594,
        ),
        **changes,  # type: ignore[arg-type]
    )


def line(name: str, alternative: str = "Seizures rise from 1 to 4 in three months.") -> Figure:
    data = pd.DataFrame({"month": [1, 2, 3], "count": [1, 2, 4]})
    # A clipped mark makes the drawing carry ids of its own.
    chart = alt.Chart(data).mark_line(point=True, clip=True).encode(x="month:Q", y="count:Q")
    return Figure(name, "Seizures", chart, alternative, "Seizures by month.", "Customs service", data)


def markets(home: Path) -> Assessment:
    panel = Catalog(home / "data" / "processed").resource("monthly")
    return Assessment(
        name="markets",
        outcome="1",
        title="Seizures and deaths",
        question="Do seizures and deaths foretell each other?",
        answer=f"Seizures improve the forecast ({refer('F = 5.41', 'forward.f')}); lag by BIC: "
        f"{refer('4.2', 'forward.bic')}.",
        estimates=(
            estimate("forward.f"),
            estimate("forward.sum", role="secondary", ci_low=-0.2, ci_high=0.31, ci_level=0.95, unit="log points"),
            estimate("forward.bic", role="sensitivity", estimate=4.2),
            estimate("forward.trend", role="sensitivity", estimate=3.9),
            estimate("forward.without.2020", role="left_out", specification="2020"),
            estimate("forward.power.margin", role="diagnostic", estimate=0.7, unit="probability"),
        ),
        checks=(
            Check("Window", None, "75 months.", pd.DataFrame({"first_month": ["2018-10"], "year": [2018]})),
            Check(
                "Stability", True, "The largest root is 0.98.", pd.DataFrame({"largest_root": [0.98], "p": [0.0002]})
            ),
            Check(
                "Residuals",
                False,
                f"They remain ({refer('5.41', 'forward.f')}).",
                pd.DataFrame(),
                of="seizures_to_deaths",
                power=0.93,
            ),
        ),
        figures=(line("series"), line("lead_lag")),
        tables={"lag_choice": pd.DataFrame({"lag": [1, 2], "aic": [-3.25, None], "code": ["01", "02"]})},
        used=(Used("monthly", panel.vintage, panel.sha256),),
        parameters={"drug": "fentanyl", "trend": False, "countries": ["PAN", "GHA"], "until": None},
        cells={"forward.f": 2, "check:Window": 1, "figure:lead_lag": 3, "table:lag_choice": 1, "forward.sum": 9},
        key_figure="lead_lag",
    )


def cooperation(home: Path) -> Assessment:
    """As hostile as it gets: simulated estimates, markup in every text, a name used by the other assessment too."""
    deaths = Catalog(home / "data" / "raw").resource("deaths")
    hostile = line("series", HOSTILE)
    return Assessment(
        name="cooperation",
        outcome="Outcome 3",
        title=HOSTILE,
        question=HOSTILE,
        answer=f"{HOSTILE} {refer('<b>0.5</b>', 'forward.f')} {refer('own', HOSTILE_ID)}",
        estimates=(
            estimate("forward.f", estimand=HOSTILE, unit=HOSTILE, data_status="simulated", n_units=12),
            estimate(HOSTILE_ID, specification=HOSTILE, method=HOSTILE, data_status="simulated", role="own"),
            estimate("power", role="diagnostic"),
        ),
        checks=(Check(HOSTILE, True, HOSTILE, pd.DataFrame({HOSTILE: [HOSTILE]})),),
        figures=(replace(hostile, caption=HOSTILE, source=HOSTILE),),
        tables={},
        used=(Used("deaths", deaths.vintage, deaths.sha256),),
        parameters={"note": HOSTILE, "empty": ""},
        cells={"forward.f": 2, HOSTILE_ID: 2},
        key_figure="series",
        departures=("Window cut to 2020.", HOSTILE),
    )


CARD = {
    "outcome": ["1", "2"],
    "registered": ["1", None],
    "notebook": [FIRST, None],
    "id": ["markets.forward.f", "cascade.none"],
    "asked": ["Do they, in short?", "Do none?"],
    "question": ["Do they?", HOSTILE],
    "estimate": [0.1234, None],
    "unit": ["log points", None],
    "ci_low": [-0.5, None],
    "ci_high": [float("inf"), None],
    "p_value": [0.00001, None],
    "calibrated_p": [0.002, None],
    "p_adjusted": [0.04, None],
    "margin": [0.2, None],
    "says": ["13 % fewer deaths", None],
    "grade": ["suggestive", "no public data"],
    "direction": ["as asked", None],
    "matters": [True, None],
    "half": ["undecided", "no public data"],
    "double": ["suggestive", "no public data"],
    "first_grade": ["none found", None],
    "threat": ["One series", None],
    "reasons": ["it rests on 2020", "Nobody publishes it"],
    "would_answer": ["More series", "Case records"],
}


def open_with(reports: Path, card: pd.DataFrame, changes: str = "") -> Path:
    """Save what a page opens with as the run that reads all others does; where."""
    folder = reports / "tables" / SECOND
    card.to_csv(folder / "scorecard.csv", index=False)
    mark = f"[[0.5|{FIRST}|forward.trend]]"
    (folder / "outcomes.csv").write_text(
        f'outcome,place,sentence\n1,2,{mark} was found.\n1,1,"Seizures, and {HOSTILE.replace(chr(34), chr(34) * 2)}"\n'
    )
    (folder / "unknown.csv").write_text(
        f"outcome,unknown,tells,questions\n1,<i>Whether</i>,More,{card['id'][0]} none\n"
    )
    (folder / "changes.csv").write_text(f"question,was,is,why\n{changes}")
    return folder


def publish(assessment: Assessment, reports: Path, run: str, **versions: str) -> None:
    """What a run leaves in `reports/`."""
    aside = reports / "aside"
    assessment.save(aside)
    (reports / "assessments").mkdir(parents=True, exist_ok=True)
    (aside / "assessment.json").rename(reports / "assessments" / f"{run}.json")
    for kind in ("figures", "tables"):
        (aside / kind).mkdir(exist_ok=True)
        (reports / kind).mkdir(exist_ok=True)
        (aside / kind).rename(reports / kind / run)
    (aside / "estimates.csv").rename(reports / "tables" / run / "estimates.csv")
    (aside / written.MARK).unlink()
    aside.rmdir()
    made = {**{name: {} for name in ("parameters", "code", "outputs")}, "tables": [], "versions": versions}
    for folder, content in ((f"notebooks/{run}.ipynb", NOTEBOOK), (f"records/{run}.json", made)):
        path = reports / folder
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
