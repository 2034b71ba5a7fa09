"""Recovered and true values of SIMULATED cases side by side."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.survival.cascade import STAGES
from crimjust_research.questions.cascade import simulation
from crimjust_research.questions.cascade.cases import COOPERATION, COVARIATES, ENDINGS, SUPPORT
from crimjust_research.questions.cascade.defendants import MEASURES
from crimjust_research.questions.cascade.params import Params
from crimjust_research.questions.cascade.steps import EVERYONE, GROUPS, HORIZONS

# Chance of more misses than are taken for right by luck, were the intervals right and independent.
_TOLERATED = 0.01
_POINTS = 60  # of a true curve
_SHORT = {name: words.split()[0] for name, words in COVARIATES.items()}
LONGEST_STAGE = max(simulation.TRUTH.longest_time)


def true_values(maturity: float) -> pd.DataFrame:
    """What the estimates of SIMULATED cases would be without error: id, label, true.

    Odds ratios are those of ever passing a stage, which a maturity as long as the longest stage recovers.
    """
    passing = simulation.true_passing(maturity)
    horizons = np.array(HORIZONS, np.float64)
    last, ended = HORIZONS[-1], simulation.true_endings(horizons[-1:])[0]
    rows: list[tuple[str, str, float]] = [
        *((f"pass.{b}", f"{a} to {b}", share) for (a, b), share in zip(pairwise(STAGES), passing, strict=True)),
        ("pass.seizure_to_conviction", f"{STAGES[0]} to {STAGES[-1]}", passing.prod()),
        (
            f"additional.{SUPPORT}",
            "additional convictions",
            simulation.true_additional_convictions(SUPPORT, maturity),
        ),
        *(
            (f"open.{h}y", f"open after {h} year{'s' * (h > 1)}", share)
            for h, share in zip(HORIZONS, simulation.true_open(horizons), strict=True)
        ),
        *(
            (f"ended.{way.replace(' ', '_')}.{last}y", f"{way}, year {last}", share)
            for (_, way), share in zip(ENDINGS.values(), ended, strict=True)
        ),
        ("median_years", "half have ended", simulation.true_median_years()),
        *(
            (f"odds.{stage}.{name}", f"to {stage}: {_SHORT[name]}", math.exp(effect))
            for name, effects in simulation.TRUTH.effects.items()
            for stage, effect in zip(STAGES[1:], effects, strict=True)
        ),
        *((f"hazard.{c}", f"end once charged: {words}", simulation.TRUE_HAZARD_RATIO) for c, words in _SHORT.items()),
        *(
            (f"defendants.{measure}", MEASURES[measure].label, value)
            for measure, value in simulation.true_defendants(maturity).items()
        ),
    ]
    return pd.DataFrame(rows, columns=["id", "label", "true"])


def recovered(estimates: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Estimates of SIMULATED cases that have a true value; no rows of other cases.

    Returns
    -------
    DataFrame: id, label, estimand, unit, true, recovered, ci_low, ci_high, held (whether the interval holds the true value).
    """
    columns = ["id", "estimand", "unit", "estimate", "ci_low", "ci_high"]
    truth = true_values(p.maturity_years)
    table = estimates[columns].merge(truth if p.simulated else truth.iloc[:0], on="id")
    table = table.rename(columns={"estimate": "recovered"})
    table["held"] = table["true"].between(table["ci_low"], table["ci_high"])
    return table[["id", "label", "estimand", "unit", "true", "recovered", "ci_low", "ci_high", "held"]]


def drawn(table: pd.DataFrame) -> list[tuple[pd.DataFrame, dict[str, Any]]]:
    """Rows of `recovered` as they are drawn, shares and ratios apart, each with what `charts.intervals` is to make of them."""
    shares, ratios = table[table["unit"] == "probability"], table[table["unit"].str.endswith("ratio")]
    return [
        (shares, {"x_title": "Share", "format": ".0%", "rule_at": None}),
        (ratios, {"x_title": "Odds or hazard ratio", "log": True, "rule_at": 1}),
    ]


def misses_tolerated(n_intervals: int, level: float) -> int:
    """Misses that intervals of that level exceed once in a hundred times, were they independent."""
    return int(binom.ppf(1 - _TOLERATED, n_intervals, 1 - level))


def true_open_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """True share of SIMULATED cases still open, for each group of curves over their time: group, time, survival."""
    given = {label: {COOPERATION: float(used)} for used, label in GROUPS.items()} | {EVERYONE: {}}
    time = _times(curves)
    parts = [
        pd.DataFrame({"group": group, "time": time, "survival": simulation.true_open(time, given[group])})
        for group in curves["group"].unique()
    ]
    return pd.concat(parts, ignore_index=True)


def true_ending_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """True share of SIMULATED cases ended in each way over the time of curves: ending, time, incidence."""
    time = _times(curves)
    shares = simulation.true_endings(time)
    ways = enumerate(way for _, way in ENDINGS.values())
    parts = [pd.DataFrame({"ending": way, "time": time, "incidence": shares[:, k]}) for k, way in ways]
    return pd.concat(parts, ignore_index=True)


def _times(curves: pd.DataFrame) -> FloatArray:
    return np.linspace(0, float(curves["time"].max()), _POINTS)
