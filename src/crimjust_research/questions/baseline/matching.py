"""Differences between a group of countries and others of the same stratum, with a permutation test.

Exact matching on strata: each member is compared with the mean of the comparison countries of its stratum, and the
differences are averaged over members. Members of a stratum without comparison countries are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import require_draws
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.timing.randomisation import constant_effects_not_rejected


@dataclass(frozen=True, repr=False)
class MatchedDifference(Printed):
    """Mean of a group less the mean of its matched comparison countries."""

    estimate: float
    ci_low: float
    ci_high: float
    """Constant differences that the permutation test does not reject; infinite where it cannot."""
    p_value: float
    """Two-sided: share of permutations within strata at least as far from zero, the observed one among them."""
    group_mean: float
    comparison_mean: float
    """Weighted to the strata of the group."""
    compared: tuple[str, ...]
    comparisons: tuple[str, ...]
    left_out: tuple[str, ...]
    """Members with a figure but no comparison country with one."""
    weights: pd.Series[float]
    """Of each country in the difference; with its standard errors they give that of measurement."""


def matched_difference(
    values: pd.Series[float],
    member: pd.Series[bool],
    comparison: pd.Series[bool],
    stratum: pd.Series[str],
    *,
    draws: int,
    seed: int,
    alpha: float,
) -> MatchedDifference | None:
    """The matched difference of `values`, None if no member has a comparison country in its stratum.

    Parameters
    ----------
    values, member, comparison, stratum : one row a country, missing value or stratum where there is none.

    Raises
    ------
    ParameterError
        If there are fewer than 99 draws.
    """
    require_draws(draws)
    known = values.notna() & stratum.notna() & (member | comparison)
    data = pd.DataFrame({"value": values, "member": member.astype("float64"), "stratum": stratum})[known]
    # Plain arrays from here on: a grid has dozens of these, and each takes longer in tables than in numbers.
    code, of = np.unique(data["stratum"].to_numpy(object), return_inverse=True)[1], data["member"].to_numpy(np.float64)
    share = np.bincount(code, of) / np.bincount(code)
    both = ((share > 0) & (share < 1))[code]
    left_out = tuple(str(country) for country in data.index[~both & (of == 1)])
    order = np.argsort(code, kind="stable")
    order = order[both[order]]
    data, code = data.iloc[order], code[order]
    if data.empty:
        return None
    observed, y = data["member"].to_numpy(np.float64), data["value"].to_numpy(np.float64)
    size, members = np.bincount(code)[code].astype(np.float64), np.bincount(code, observed)[code]
    total = observed.sum()
    # A member weighs 1 / N; a comparison country the members of its stratum over those it shares them with.
    as_comparison = members / (size - members) / total
    as_member = 1 / total + as_comparison
    assignments = np.vstack([observed, np.tile(observed, (draws, 1))])
    rng = np.random.default_rng(seed)
    for stratum_rows in np.split(np.arange(len(data)), np.flatnonzero(np.diff(code)) + 1):
        assignments[1:, stratum_rows] = rng.permuted(assignments[1:, stratum_rows], axis=1)

    def differences(outcome: FloatArray) -> FloatArray:
        return np.asarray(assignments @ (as_member * outcome) - as_comparison @ outcome)

    null, response = differences(y), differences(observed)
    low, high = constant_effects_not_rejected(null, response, alpha)
    weights = np.where(observed == 1, 1 / total, -as_comparison)
    return MatchedDifference(
        float(null[0]),
        low,
        high,
        float(np.mean(np.abs(null) >= abs(null[0]) * (1 - TIE))),
        float(y @ observed / total),
        float(y @ (as_comparison * (1 - observed))),
        tuple(str(code) for code in data.index[observed == 1]),
        tuple(str(code) for code in data.index[observed == 0]),
        left_out,
        pd.Series(weights, data.index),
    )


def measurement_error(difference: MatchedDifference, std_error: pd.Series[float]) -> float:
    """Standard error of a matched difference that comes from the figures' own, taken as independent."""
    own = std_error.loc[difference.weights.index]
    return float(np.sqrt(np.sum((difference.weights * own) ** 2)))
