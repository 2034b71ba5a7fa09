"""Values of a notebook's parameters, drawn from what their class admits, and values that it must refuse.

Numbers of draws and of SIMULATED cases are drawn among the lowest that are admitted: a run takes time in proportion to them,
and they do not alter what it does.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError
from crimjust_research.questions.membership import JOINED_STATES
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.vocabulary import country_groups
from reliability import supplied

COSTLY = ("draws", "growth_draws", "sensitivity_draws", "samples", "simulated_cases")
_MORE = 20  # than the lowest that is admitted, of what is costly
_EDGE, _SHORTEST = 0.25, 0.3  # chances of a value at an end of what is admitted, and of the shortest window
_MOST_TRIES = 1000
_FIRST_YEAR, _LAST_YEAR = 2000, 2030
_PATHS = ("1", "0, 0.5, 1", "0,1", "0.25,0.5,0.75,1", "0,0,0,1e-300", " 1 ", "1,0", "0.001")


def schemas(notebook: Notebook) -> dict[str, dict[str, Any]]:
    """What each parameter may be, as JSON Schema, in the order of the notebook's cell."""
    properties = parameters.model(notebook).model_json_schema()["properties"]
    return {name: properties[name] for name in notebook.defaults}


def least(notebook: Notebook) -> dict[str, Any]:
    """The lowest that is admitted of whatever costs time, and nothing else."""
    return {name: schema["minimum"] for name, schema in schemas(notebook).items() if name in COSTLY}


def admitted(notebook: Notebook, given: Mapping[str, Any]) -> bool:
    """Whether a run would start with these values in place of the notebook's own."""
    try:
        parameters.resolve([notebook], given)
    except ParameterError:
        return False
    return True


def drawn_set(
    notebook: Notebook, rng: np.random.Generator, folder: Path
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Values that are admitted together, of some or all parameters, and the sets drawn before that are not.

    Parameters
    ----------
    folder : where files are made for parameters that name one.
    """
    refused = []
    for _ in range(_MOST_TRIES):
        given = _set(notebook, rng, folder)
        if admitted(notebook, given):
            return given, refused
        refused.append(given)
    raise RuntimeError(f"{notebook.name}: of {_MOST_TRIES} sets none is admitted")


def _set(notebook: Notebook, rng: np.random.Generator, folder: Path) -> dict[str, Any]:
    share = rng.choice([0.2, 0.5, 1.0])
    changed = {
        name: value(name, schema, rng, folder)
        for name, schema in schemas(notebook).items()
        if name not in ("start", "end") and rng.random() < share
    }
    given = least(notebook) | changed
    return given | _window(notebook, given, rng) if "start" in notebook.defaults and rng.random() < 0.7 else given


def value(name: str, schema: Mapping[str, Any], rng: np.random.Generator, folder: Path) -> Any:
    """A value that the type of this parameter admits, of those that are of use in a test."""
    if "enum" in schema:
        return schema["enum"][rng.integers(len(schema["enum"]))]
    if schema.get("format") in ("file-path", "directory-path"):
        return "" if rng.random() < 0.4 else str(supplied.path(folder, name, rng))
    kind = schema["type"]
    if kind == "boolean":
        return bool(rng.random() < 0.5)
    if kind == "array":
        return _countries(name, rng)
    return _number(name, schema, rng) if kind in ("integer", "number") else _TEXTS[name](rng)


def _number(name: str, schema: Mapping[str, Any], rng: np.random.Generator) -> Any:
    whole = schema["type"] == "integer"
    low = schema.get("minimum", np.nextafter(schema.get("exclusiveMinimum", 0), math.inf))
    high = schema.get("maximum", np.nextafter(schema.get("exclusiveMaximum", 1e9), -math.inf))
    high = min(high, low + _MORE) if name in COSTLY else high
    if rng.random() < _EDGE:
        found = low if rng.random() < 0.5 else high
    elif rng.random() < 0.5 and low >= 0:
        found = math.exp(rng.uniform(math.log1p(low), math.log1p(high))) - 1
    else:
        found = rng.uniform(low, high)
    return int(min(max(round(found), low), high)) if whole else float(min(max(found, low), high))


def _countries(name: str, rng: np.random.Generator) -> list[str]:
    known = sorted(country_groups.load().region)
    among = {
        "countries": sorted(JOINED_STATES),
        "control_pool": [code for code in known if code not in JOINED_STATES],
        "exclude": known,
    }[name]
    count = int(rng.choice([0, 1, 2, 5, len(among) // 2]))
    return [str(code) for code in rng.choice(among, count, replace=False)]


@cache
def _vintages() -> list[str]:
    """Every date that a stored raw table is of."""
    return sorted({release.vintage for releases in catalog.raw().tables().values() for release in releases})


def _month(rng: np.random.Generator) -> str:
    return f"{rng.integers(2016, 2026)}-{rng.integers(1, 13):02d}"


_TEXTS: dict[str, Callable[[np.random.Generator], str]] = {
    "vintage": lambda rng: str(rng.choice(["latest", "2025", *_vintages()])),
    "listed_to": _month,
    "period_start": lambda rng: "" if rng.random() < 0.3 else _month(rng),
    "period_end": lambda rng: "" if rng.random() < 0.3 else _month(rng),
    "effect_path": lambda rng: str(rng.choice(_PATHS)),
}


@cache
def _periods(name: str) -> tuple[Any, ...]:
    """Periods in which a window of the notebook may begin or end, in order."""
    (notebook,) = notebooks.find(name)
    start = notebook.defaults["start"]
    years = range(_FIRST_YEAR, _LAST_YEAR + 1)
    if isinstance(start, int):
        every: Sequence[Any] = years
    else:
        parts = ("H1", "H2") if "H" in start else tuple(f"-{month:02d}" for month in range(1, 13))
        every = [f"{year}{part}" for year in years for part in parts]
    # From where a window may begin that ends as the notebook's own does, to where one may end that begins as it does.
    least_lags = {"max_lag": 1, "horizons": 1, "correlation_lags": 1} if "max_lag" in notebook.defaults else {}
    known = [
        p
        for p in every
        if admitted(notebook, {**least_lags, "start": p}) or admitted(notebook, {**least_lags, "end": p})
    ]
    return tuple(known)


def _window(notebook: Notebook, given: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A window that is anywhere within what is on record, or the shortest that is admitted from somewhere on."""
    periods = _periods(notebook.name)
    start, end = sorted(rng.integers(len(periods), size=2))
    if rng.random() < _SHORTEST:
        ends = periods[start:]
        end = start + next(
            (n for n, p in enumerate(ends) if admitted(notebook, {**given, "start": periods[start], "end": p})), 0
        )
    return {"start": periods[start], "end": periods[end]}


_WRONG: tuple[Any, ...] = (
    math.nan,
    math.inf,
    -math.inf,
    "NaN",
    "-inf",
    10**400,
    -(10**30),
    1e308,
    None,
    True,
    {},
    {"a": [1]},
    [[]],
    [None],
    "ten",
    "1; rm -rf ~",
    "' OR ''='",
    '"; DROP TABLE --',
    "<script>alert(1)</script>",
    "\x00",
    "\x1b[31m\u202e",
    "\ud800",
    "٢٠١٩-٠١",
    "x" * 100_000,
    "2018-13",
    "2018H3",
    "~nobody_of_that_name/x",
    "a/" * 3000,
    "nowhere.csv",
    -1e-300,
    1.5e-7,
)
_NO_NAMES = ("", "drgu", "start ", "__class__", "seed; rm", "sеed", "model_config", "\x00", "p", "[x](y)")


def wrong(notebook: Notebook, rng: np.random.Generator) -> dict[str, Any]:
    """A value, or a name, that the notebook's class does not admit, however the others are."""
    if rng.random() < 0.1:
        return {str(rng.choice(_NO_NAMES)): 1}
    for _ in range(_MOST_TRIES):
        name = str(rng.choice(list(notebook.defaults)))
        found = _wrong_value(schemas(notebook)[name], rng)
        if not _of_type(schemas(notebook)[name], found):
            return {name: found}
    raise RuntimeError(f"{notebook.name}: no value is wrong")


def _wrong_value(schema: Mapping[str, Any], rng: np.random.Generator) -> Any:
    beyond = [schema[limit] + sign for limit, sign in _BEYOND.items() if limit in schema]
    if beyond and rng.random() < 0.3:
        return beyond[rng.integers(len(beyond))]
    return _WRONG[rng.integers(len(_WRONG))]


_BEYOND = {"minimum": -1, "maximum": 1, "exclusiveMinimum": 0, "exclusiveMaximum": 0}


def _of_type(schema: Mapping[str, Any], given: Any) -> bool:
    """Whether a value of the list is admitted after all."""
    if schema["type"] == "boolean":
        return isinstance(given, bool)
    if schema["type"] != "number" or isinstance(given, bool) or not isinstance(given, int | float):
        return False
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    return bool(above < given < below and schema.get("minimum", above) <= given <= schema.get("maximum", below))
