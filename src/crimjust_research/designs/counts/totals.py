"""Shares and means as ratios of totals, of units that are alike within clusters, and what one of a count cost.

Registry: docs/methods/counts.md.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtri, expit, logit, stdtrit

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import cluster_codes, complete_columns, numbers, require_level
from crimjust_research.errors import ParameterError

_ROUNDING = 1e-12


def wilson_shares(successes: ArrayLike, trials: ArrayLike, *, alpha: float = 0.05) -> pd.DataFrame:
    """Shares of independent units, with Wilson's interval: a row each, as `differences` takes them.

    Returns
    -------
    DataFrame: estimate, std_error, ci_low, ci_high, n_obs, n_units; no error where none or all have it.

    Raises
    ------
    ParameterError : more successes than trials, or no trial.

    Examples
    --------
    >>> wilson_shares([8], [20]).round(3).to_dict("records")
    [{'estimate': 0.4, 'std_error': 0.11, 'ci_low': 0.219, 'ci_high': 0.613, 'n_obs': 20, 'n_units': 20}]
    """
    from statsmodels.stats.proportion import proportion_confint

    require_level(alpha)
    had, of = (np.atleast_1d(np.asarray(given, np.float64)) for given in (successes, trials))
    if not (np.all(of > 0) and np.all((had >= 0) & (had <= of))):
        raise ParameterError(
            f"There are {had.tolist()} of {of.tolist()}; give trials, and no more successes than those."
        )
    share = had / of
    low, high = proportion_confint(had, of, alpha, method="wilson")
    error = np.sqrt(share * (1 - share) / of)
    return pd.DataFrame(
        {
            "estimate": share,
            "std_error": np.where(error > 0, error, np.nan),
            # Rounding would else put a share of nothing or of all outside its own interval.
            "ci_low": np.minimum(low, share),
            "ci_high": np.maximum(high, share),
            "n_obs": of.astype(np.int64),
            "n_units": of.astype(np.int64),
        }
    )


def ratio_of_totals(
    frame: pd.DataFrame, numerator: str, denominator: str, cluster: str, *, alpha: float = 0.05, bounded: bool = False
) -> dict[str, float]:
    """One total over another, such as what was confiscated over what was frozen, with errors clustered.

    The error is the jackknife's: from what the ratio is without each cluster of G, its square is (G - 1) / G times the sum of
    squared differences from the ratio. The interval has Student's t on G - 1; with `bounded`, for a part over its whole, on the
    logit scale, so that it stays within 0 to 1. With a denominator of one in each row it is the mean, clustered.

    Parameters
    ----------
    frame : one row a unit; `numerator` and `denominator` numbers, the latter not negative; `cluster` names.

    Returns
    -------
    estimate, std_error, ci_low, ci_high, n_obs, n_units (rows and clusters). Neither error nor interval of one cluster, where
    clusters do not differ, where one cluster holds all of the denominator, or where a bounded ratio is nothing or all.

    Raises
    ------
    ParameterError : a column that is absent or incomplete, or a denominator that is negative or nothing in all.
    """
    require_level(alpha)
    used = complete_columns(frame, [numerator, denominator, cluster])
    part, whole = numbers(used, [numerator, denominator]).T
    if not (np.all(whole >= 0) and whole.sum() > 0):
        raise ParameterError(
            f"{denominator!r} adds up to {whole.sum():g}; give numbers that are not negative, and some."
        )
    code, clusters = cluster_codes(used, cluster, 1)
    above, below = np.bincount(code, part), np.bincount(code, whole)
    ratio = float(above.sum() / below.sum())
    found = {"estimate": ratio, "std_error": math.nan, "ci_low": math.nan, "ci_high": math.nan}
    counts = {"n_obs": len(used), "n_units": clusters}
    others = below.sum() - below
    if clusters < 2 or np.any(others <= 0):
        return found | counts
    error = error_over_clusters((above.sum() - above) / others, ratio)
    if not error or (bounded and not 0 < ratio < 1):
        return found | counts
    reach = float(stdtrit(clusters - 1, 1 - alpha / 2)) * error
    ends = [ratio - reach, ratio + reach]
    if bounded:
        scaled = reach / (ratio * (1 - ratio))
        ends = [float(expit(logit(ratio) + sign * scaled)) for sign in (-1, 1)]
    return {"estimate": ratio, "std_error": error, "ci_low": ends[0], "ci_high": ends[1], **counts}


def spent_for_each(spent: float, count: int, *, alpha: float = 0.05) -> dict[str, float]:
    """What was spent over how many there are of something: estimate, ci_low, ci_high, n_obs, n_units (the count).

    Arithmetic: nothing says that the spending bought them. The interval is that of the count alone, were it Poisson (Garwood
    1936), with the spending taken as known; there is none of a count of nothing.

    Raises
    ------
    ParameterError : spending or a count below zero.
    """
    require_level(alpha)
    if spent < 0 or count < 0:
        raise ParameterError(f"{spent:g} were spent for {count:g}; give numbers that are not negative.")
    found = {"n_obs": int(count), "n_units": int(count)}
    if count == 0:
        return {"estimate": math.nan, "ci_low": math.nan, "ci_high": math.nan, **found}
    low, high = chdtri(2 * count, 1 - alpha / 2) / 2, chdtri(2 * count + 2, alpha / 2) / 2
    return {"estimate": spent / count, "ci_low": float(spent / high), "ci_high": float(spent / low), **found}


def error_over_clusters(without: FloatArray, whole: float) -> float:
    """The jackknife's error of what is found of all, `whole`, from what is found without each cluster, (G,).

    Its square is (G - 1) / G times the sum of squared differences from `whole`. What is left by rounding alone is none: 0.
    """
    error = float(np.sqrt((without.size - 1) / without.size * ((without - whole) ** 2).sum()))
    return error if error > _ROUNDING * max(abs(whole), float(np.abs(without).max())) else 0.0
