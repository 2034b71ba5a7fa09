"""Every parameter of every notebook counts: another value moves an estimate, a figure or a check.

A notebook is run once as it stands, but with as little as is admitted of what costs time, and its estimates, figures and checks
are noted before each cell. For each parameter it is run again under another value, until they are not what they were there.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.runs import notebooks, parameters, steps
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.study import Study
from reliability import supplied
from reliability.parameter_values import COSTLY, least, schemas

# What an estimate is, without the words and the level, which would only repeat a parameter.
NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted", "n_obs", "n_units", "altered"]
EVERYWHERE: dict[str, Any] = {"confidence_level": 0.9, "seed": 1, "dating": "latest"}
OTHER: dict[str, dict[str, Any]] = {
    "00_sources_and_claims": {"vintage": "2025-09", "measure": "reported"},
    "01_outcome1_markets": {
        "measure": "events",
        "start": "2018-11",
        "end": "2024-11",
        "max_lag": 3,
        "horizons": 6,
        "correlation_lags": 3,
        "trend": True,
        "vintage": "2025-12",
    },
    "02_outcome1_precursors": {"start": "2017H2", "end": "2024H1"},
    "03_outcome1_routes": {"start": 2012, "end": 2015, "min_cases": 500, "states": 190, "most_sources": 40},
    "04_outcome2_baseline": {"start": 2017, "end": 2022},
    "05_outcome2_joining": {
        "control": "all_regions",
        "countries": ["COL", "PAN", "PER"],
        "control_pool": ["CHL", "CRI", "MEX", "SEN"],
        "exclude": ["COL"],
        "start": 2015,
        "end": 2024,
    },
    "06_outcome2_cascade": {"maturity_years": 2.0},
    "07_outcome3_cooperation": {"start": 2017, "end": 2022, "tolerance": 0},
    "08_outcome3_diversification": {"start": 2013, "end": 2021, "order": 0, "fewest_kinds": 5},
    "09_outcome3_match": {
        "listed_to": "2022-12",
        "start": 2019,
        "end": 2021,
        "margin_low": 0.99,
        "margin_high": 1.5,
    },
    "10_reviews": {"covariate": "control_of_corruption"},
    "11_own_records": {
        "period_start": "2016-01",
        "period_end": "2018-12",
        "min_cell": 20,
        "by": "sex",
        "maturity_years": 2.0,
        "effect": 1.0,
        "selection": 0.0,
    },
    "12_rollout_design": {
        "years_before": 3,
        "records_before": 2,
        "effect_path": "0, 0.5, 1",
        "margins": 2.0,
        "shared": 0.5,
        "refusals": 8,
        "delay_months": 12,
        "spillover": 0.5,
        "dropout": 0.3,
        "record_cost_low": 10_000.0,
        "record_cost_high": 90_000.0,
    },
    "13_assistance": {"regions": "m49", "dating": "document", "simulate_coding": True},
    "14_evaluation": {"year": 2023},
    "90_scorecard": {"size": "half"},
}
# Beside which values of others a parameter is seen to count: defendants are of cases; the lower margin binds if the upper is far.
BESIDE: dict[str, dict[str, Any]] = {"defendants_file": {"cases_file": None}, "margin_low": {"margin_high": 10.0}}
CASES = [(notebook.name, name) for notebook in notebooks.find("all") for name in notebook.defaults]


class Moved(Exception):
    """Ends a run that has shown what was asked of it."""


def noted(study: Study | None) -> str:
    """What the estimates, figures and checks so far come to, without their words."""
    if study is None:
        return ""
    tables = [study.frame()[NUMBERS], *(figure.data for figure in study._figures.values())]
    tables += [check.table for check in study.checks.values()]
    return sha256(b"\n".join(map(csv_bytes, tables))).hexdigest()


@pytest.fixture
def studies(monkeypatch: pytest.MonkeyPatch) -> list[Study]:
    """Studies that notebooks begin, the last one last."""
    begun: list[Study] = []
    begin = Study.begin

    def beginning(*given: Any) -> Study:
        begun.append(begin(*given))
        return begun[-1]

    monkeypatch.setattr(Study, "begin", beginning)
    return begun


BASES: dict[str, dict[int, str]] = {}


def base(notebook: Notebook, beside: Mapping[str, Any], studies: list[Study]) -> dict[int, str]:
    """What is noted before each cell of the notebook as it stands but for `beside`, and under 0 at its end."""
    key = f"{notebook.name} {sorted(beside)}"
    if key not in BASES:
        at: dict[int, str] = {}
        (resolved,) = parameters.resolve([notebook], least(notebook) | beside)
        steps.execute(
            notebook,
            resolved.injected,
            skip={"answer"},
            on_cell=lambda cell: at.setdefault(cell, noted(studies[-1] if studies else None)),
        )
        BASES[key] = at | {0: noted(studies[-1])}
        studies.clear()
    return BASES[key]


def other(notebook: Notebook, name: str, folder: Path) -> Any:
    """Another value of the parameter, or None if it admits no other as figures stand."""
    schema = schemas(notebook)[name]
    if name in OTHER.get(notebook.name, {}):
        return OTHER[notebook.name][name]
    if name in EVERYWHERE:
        return EVERYWHERE[name]
    if name in COSTLY:
        return 2 * schema["minimum"]
    if "enum" in schema:
        return next((v for v in schema["enum"] if v != notebook.defaults[name] and admitted(notebook, name, v)), None)
    return file(name, folder)


def file(name: str, folder: Path) -> str:
    """A file or folder with records for that parameter."""
    if name == "folder":
        return str(supplied.path(folder, name, np.random.default_rng(3)))
    path = folder / f"{name}.csv"
    path.write_text(supplied.text(supplied.KINDS[name], 120, np.random.default_rng(3)), encoding="utf-8")
    return str(path)


def admitted(notebook: Notebook, name: str, value: Any) -> bool:
    try:
        parameters.resolve([notebook], {name: value})
    except ParameterError:
        return False
    return True


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_another_value_moves_an_estimate_a_figure_or_a_check(
    name: str, parameter: str, studies: list[Study], tmp_path: Path
) -> None:
    (notebook,) = notebooks.find(name)
    value = other(notebook, parameter, tmp_path)
    if value is None:  # every other is refused, and the refusal says why, until figures are on record
        assert parameter == "drug"
        return
    beside = {n: file(n, tmp_path) if v is None else v for n, v in BESIDE.get(parameter, {}).items()}
    before = base(notebook, beside, studies)
    (resolved,) = parameters.resolve([notebook], least(notebook) | beside | {parameter: value})

    def compare(cell: int) -> None:
        if noted(studies[-1] if studies else None) != before[cell]:
            raise Moved(cell)

    def whole() -> None:
        steps.execute(notebook, resolved.injected, skip={"answer"}, on_cell=compare)
        compare(0)

    with pytest.raises(Moved):
        whole()
