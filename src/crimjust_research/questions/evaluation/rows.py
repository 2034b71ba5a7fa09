"""One figure of an indicator in one year, as a row: what `crimjust annual` and the notebook read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# What a family of figures returns; the indicator and its unit are added by `yearly`.
FIGURES = (
    *("year", "group_by", "group", "value", "ci_low", "ci_high", "n_obs", "n_units"),
    *("note", "change", "change_low", "change_high"),
)
# Figures of earlier years say little about a programme that began in 2016.
FIRST_YEAR = 2010


def row(year: Any, value: float, n_obs: float, n_units: int, note: str = "", **more: Any) -> dict[str, Any]:
    """A figure: `n_obs` observations of `n_units` units; `more` are a group, an interval, a change."""
    return {
        "year": int(year),
        "group_by": "",
        "group": "",
        "value": value,
        "n_obs": n_obs,
        "n_units": n_units,
        "note": note,
        **more,
    }


def table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a frame with all columns of `FIGURES`, missing where a row says nothing, from the first year that is told."""
    found = pd.DataFrame(list(rows), columns=list(FIGURES))
    found = found[found["year"] >= FIRST_YEAR].reset_index(drop=True)
    numeric = ["value", "ci_low", "ci_high", "change", "change_low", "change_high"]
    return found.astype(dict.fromkeys(numeric, "float64")).astype(dict.fromkeys(["year", "n_obs", "n_units"], "int64"))
