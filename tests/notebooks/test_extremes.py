"""The shortest windows that are admitted, and every other parameter at its lowest or highest, can be run.

What is no extreme is tested in the file of each notebook. Two kinds of limits are known from the figures alone, and refused in
words by the first cell that needs them: how many cases or kinds of drug the rarest must have, and how old records are.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from crimjust_research.data import opening
from crimjust_research.designs.series import description, vector_autoregression
from crimjust_research.errors import ParameterError
from crimjust_research.questions.evaluation import params as evaluation
from crimjust_research.questions.joining.params import JOINED
from crimjust_research.questions.markets import params as markets
from crimjust_research.questions.parameters import length, unbroken
from crimjust_research.runs import notebooks, parameters, steps
from crimjust_research.runs.notebooks import Notebook

# The scorecard reads the others' results and has no window.
NOTEBOOKS = [n for n in notebooks.find("all") if n.name != "90_scorecard"]
COSTLY = ("draws", "growth_draws", "sensitivity_draws", "simulated_cases")
OF_THE_FIGURES = ("min_cases", "fewest_kinds")
# As others of the same notebook allow.
HIGHEST = {
    "01_outcome1_markets": {"max_lag": 6, "drug": "fentanyl"},
    "06_outcome2_cascade": {"maturity_years": 8.0},
    "14_evaluation": {"year": evaluation.newest_year()},
}
LOWEST = {"03_outcome1_routes": {"states": 22, "most_sources": 12}}


def every_period(start: Any) -> list[Any]:
    """Periods of the kind of `start` over which figures could run, in order."""
    years = range(2000, 2031)
    if isinstance(start, int):
        return list(years)
    parts = ("H1", "H2") if "H" in start else tuple(f"-{month:02d}" for month in range(1, 13))
    return [f"{year}{part}" for year in years for part in parts]


def admitted(notebook: Notebook, **given: Any) -> bool:
    try:
        parameters.resolve([notebook], given)
    except ParameterError:
        return False
    return True


def shortest_window(notebook: Notebook, latest: bool, **given: Any) -> dict[str, Any]:
    """The shortest window that is admitted beside the values given of those that begin first, or that end last."""
    if "start" not in notebook.defaults:
        return {}
    periods = every_period(notebook.defaults["start"])
    fixed, sought = ("end", "start") if latest else ("start", "end")
    inwards = periods[::-1] if latest else periods
    edge = next(period for period in inwards if admitted(notebook, **{fixed: period}, **given))
    return {fixed: edge, sought: next(p for p in inwards if admitted(notebook, **{fixed: edge, sought: p}, **given))}


def extremes(notebook: Notebook, highest: bool) -> dict[str, Any]:
    """Every parameter but those of the window at one end of what its type admits; what costs time at its least."""
    properties = parameters.model(notebook).model_json_schema()["properties"]
    ends = {name: _end(schema, highest and name not in COSTLY) for name, schema in properties.items()}
    found = {n: end for n, end in ends.items() if end is not None and n not in ("start", "end", *OF_THE_FIGURES)}
    return found | (HIGHEST if highest else LOWEST).get(notebook.name, {})


def _end(schema: Mapping[str, Any], highest: bool) -> Any:
    """The highest or lowest value that a field's schema admits, or nothing if it has no such end."""
    if "enum" in schema:
        return schema["enum"][-1 if highest else 0]
    if schema["type"] == "boolean":
        return highest
    if highest:
        return schema.get("maximum", schema["exclusiveMaximum"] - 0.001 if "exclusiveMaximum" in schema else None)
    return schema.get("minimum", schema["exclusiveMinimum"] + 0.001 if "exclusiveMinimum" in schema else None)


@pytest.mark.parametrize("highest", [False, True], ids=["lowest", "highest"])
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_the_extremes_that_are_admitted_run(notebook: Notebook, highest: bool) -> None:
    given = extremes(notebook, highest)
    window = shortest_window(notebook, latest=highest, **given)
    until = "registered" if highest else None  # one of the two all the way, the other as far as it takes no time
    study = steps.run(notebook.name, until=until, skip={"answer", "power"}, **given, **window)["study"]
    assert not study.frame().empty


def test_what_the_window_of_markets_is_held_to_is_what_the_designs_take() -> None:
    assert description.MAX_ORDER == markets.LAGS_ADDED
    assert vector_autoregression.FEWEST_RESIDUAL_DF == markets._LEFT
    assert vector_autoregression.RESIDUAL_LAGS == markets._RESIDUAL_LAGS


def test_years_that_parameters_name_are_those_of_the_figures() -> None:
    countries, _ = opening.open_panel("country_year")
    joined = countries.loc[countries["entry_tier"] == "I", "entry_documented"]
    assert (joined.min(), joined.max()) == JOINED
    events, _ = opening.open_panel("cooperation_events")
    seizures, _ = opening.open_panel("seizures_country_year")
    met = set(events.loc[events["n_states"] > 1, "year"]) & set(seizures["year"])
    first, last = map(int, unbroken("seizures_country_year", "kilograms"))
    assert first - 1 not in set(seizures["year"])
    assert set(range(first, last + 1)) <= met


def test_periods_are_counted_with_both_ends() -> None:
    assert [length("2017H1", end)[0] for end in ("2017H1", "2017H2", "2018H1", "2024H2")] == [1, 2, 3, 16]
    assert length("2018-10", "2024-12") == (75, "months")
    assert length(2018, 2022) == (5, "years")
    assert all(length(a, b)[0] == 2 for a, b in pairwise(every_period("2017-01")))
