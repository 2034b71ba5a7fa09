"""The registered test under every specification the plan lists, and with other inference."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.series.causality import TodaYamamotoTest
from crimjust_research.designs.series.simulation import toda_yamamoto_bootstrap
from crimjust_research.designs.series.slopes import SlopeBreaks, joined
from crimjust_research.errors import ParameterError
from crimjust_research.questions.markets.params import Params
from crimjust_research.questions.markets.series import logs_of
from crimjust_research.questions.markets.steps import both_ways, long_run, named, pair, settings

# Ends of the window that the plan names.
EARLIER_ENDS = {"to_december_2022": "2022-12", "to_december_2023": "2023-12"}

Tests = dict[str, TodaYamamotoTest]


def break_dates(found: dict[str, SlopeBreaks], logs: pd.DataFrame) -> list[int]:
    """Positions in the window of all dates at which the slope of deaths or of what was seized breaks."""
    dates = {date for breaks in found.values() for date in breaks.breaks["at"]}
    return [list(logs.index).index(date) for date in sorted(dates)]


def model_rows(panel: pd.DataFrame, logs: pd.DataFrame, tests: Tests, dates: list[int], p: Params) -> pd.DataFrame:
    """The long-run elasticity both ways under each change of model or of sample, a row each.

    What cannot be computed, such as a window too short for its lags, is a row without an estimate that says why.

    Parameters
    ----------
    panel : monthly figures; logs : those of the parameters. dates : positions at which slopes break.

    Returns
    -------
    DataFrame: what `steps.named` and `steps.long_run` tell, slug (the plan's name), words, altered, n_obs, settings, role.
    """
    other = "events" if p.measure == "kilograms" else "kilograms"
    measured, trended = (p.model_copy(update=change) for change in ({"measure": other}, {"trend": not p.trend}))
    broken = p.model_copy(update={"trend": True})
    changes: dict[str, tuple[str, Params, Callable[[], Tests]]] = {
        f"measured_in_{other}": (
            f"measured in {other}",
            measured,
            partial(_made, panel, measured),
        ),
        f"{'without' if p.trend else 'with'}_linear_trend": (
            f"{'without' if p.trend else 'with'} linear trend",
            trended,
            lambda: both_ways(logs, trended),
        ),
        "slope_breaks": (
            "slopes that break",
            broken,
            lambda: both_ways(logs, broken, further=joined(len(logs), np.array(dates, np.int64))),
        ),
        "lag_by_bic": ("lag by BIC", p, lambda: both_ways(logs, p, "bic")),
    }
    rows = []
    for slug, (words, changed, made) in changes.items():
        rows += _rows(slug, words, changed, made, tests)
    rows += [
        named(direction, p)
        | long_run(test.all_lags, p.confidence_level)
        | {"slug": "all_lags", "words": "all lags counted", "altered": 1.0, "n_obs": test.n_obs}
        | {"settings": settings(test, p, "all lags counted")}
        for direction, test in tests.items()
    ]
    for slug, end in EARLIER_ENDS.items():
        if p.start < end < p.end:
            shorter = p.model_copy(update={"end": end})
            made = partial(_made, panel, shorter)
            rows += _rows(slug, f"to December {end[:4]}", shorter, made, tests)
    # Under other parameters the change is another than the plan's, which lists no such specification.
    opposite = {f"measured_in_{other}": other != "events", "without_linear_trend": True}
    roles = {row["slug"]: "secondary" if opposite.get(row["slug"]) else "sensitivity" for row in rows}
    return pd.DataFrame([row | {"role": roles[row["slug"]]} for row in rows])


def _made(panel: pd.DataFrame, p: Params) -> Tests:
    return both_ways(logs_of(panel, p), p)


def _rows(slug: str, words: str, p: Params, made: Callable[[], Tests], registered: Tests) -> list[dict[str, Any]]:
    """Rows of both directions; if the test cannot be made, without numbers and with the reason."""
    try:
        found = made()
    except ParameterError as error:
        missing = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value", "altered"), math.nan)
        said = {"slug": slug, "words": words, "n_obs": 0, "interval": "", "settings": f"{words}: {error}"}
        return [named(direction, p) | missing | said for direction in registered]
    return [
        named(direction, p)
        | long_run(test.long_run, p.confidence_level)
        | {"slug": slug, "words": words, "n_obs": test.n_obs, "settings": settings(test, p, words)}
        | {"altered": altered(slug, test, registered[direction])}
        for direction, test in found.items()
    ]


def altered(slug: str, test: TodaYamamotoTest, registered: TodaYamamotoTest) -> float:
    """Share of the registered rows that a specification drops or changes: all where the model is another."""
    if slug in EARLIER_ENDS:
        return 1 - test.n_obs / registered.n_obs
    return 0.0 if slug == "lag_by_bic" and test.lags == registered.lags else 1.0


def inference_rows(logs: pd.DataFrame, tests: Tests, p: Params) -> pd.DataFrame:
    """F of each direction, its p, and p by resampling residuals under the null, with the settings of each."""
    rows = [
        named(direction, p)
        | {"estimate": test.f, "p_value": test.p_f, "lags": test.lags, "df": test.residual_df, "n_obs": test.n_obs}
        | {"p_bootstrap": _resampled(logs, direction, test, p), "settings": settings(test, p), "altered": 0.0}
        for direction, test in tests.items()
    ]
    return pd.DataFrame(rows)


def _resampled(logs: pd.DataFrame, direction: str, test: TodaYamamotoTest, p: Params) -> float:
    return toda_yamamoto_bootstrap(
        *pair(logs, direction),
        lags=test.lags,
        d_max=test.d_max,
        draws=p.draws,
        seed=p.seed,
        seasonal=True,
        trend=p.trend,
    ).p_value
