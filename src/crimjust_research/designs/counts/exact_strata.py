"""One odds ratio common to several two-by-two tables, exactly: given the margins of each.

Registry: docs/methods/counts.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import logsumexp
from scipy.stats import hypergeom

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import complete_columns, numbers, require_level
from crimjust_research.designs.fit import Printed, above_zero
from crimjust_research.errors import ParameterError

_LOG_REACH = 30.0  # an odds ratio beyond e to this is no number anyone can use
_SAME = 1e-7  # probabilities this near relative to each other are equal, as in R


@dataclass(frozen=True, repr=False)
class CommonOdds(Printed):
    """The odds ratio that all strata share, conditional on their margins."""

    odds_ratio: float
    """Conditional maximum likelihood; 0 or infinite where the total is the least or the most the margins allow."""
    ci_low: float
    ci_high: float
    p_value: float
    """Two-sided: the probability of all totals no likelier than the one seen."""
    least_p: float
    """The smallest p that these margins allow."""
    observed: int
    """Units with the outcome among the exposed, in all strata that say something."""
    expected: float
    n_obs: int
    n_strata: int
    """Units and strata that say something: in which both outcomes and both exposures are found."""


def common_odds(frame: pd.DataFrame, outcome: str, exposed: str, stratum: str, *, alpha: float = 0.05) -> CommonOdds:
    """The exact conditional test of no association within strata, with the common odds ratio and its interval.

    Given the margins of every table, the number of units with the outcome among the exposed is hypergeometric in each, and
    the total is their convolution; with odds ratio r its probabilities are multiplied by r to the power of the total. The
    interval holds the ratios under which neither tail from the total seen on is as small as half of `alpha`.

    Parameters
    ----------
    frame : one row a unit; `outcome` and `exposed` hold 0 and 1.

    Raises
    ------
    ParameterError : columns that are absent, incomplete or other than 0 and 1, or no stratum in which both are found.
    """
    require_level(alpha)
    used = complete_columns(frame, [outcome, exposed, stratum])
    coded = numbers(used, [outcome, exposed])
    if not np.isin(coded, (0.0, 1.0)).all():
        raise ParameterError(f"{outcome!r} and {exposed!r} must be 0 or 1; code them so.")
    log_chance, first, observed, n_obs, n_strata, expected = np.zeros(1), 0, 0, 0, 0, 0.0
    for _, own in used.groupby(stratum):
        had, under = own[outcome].to_numpy() == 1, own[exposed].to_numpy() == 1
        n, d, m = len(own), int(had.sum()), int(under.sum())
        if not (0 < d < n and 0 < m < n):
            continue
        low, high = max(0, d + m - n), min(d, m)
        log_chance = _convolved(log_chance, hypergeom.logpmf(np.arange(low, high + 1), n, d, m))
        first, observed = first + low, observed + int((had & under).sum())
        n_obs, n_strata, expected = n_obs + n, n_strata + 1, expected + d * m / n
    if not n_strata:
        raise ParameterError(
            f"No {stratum} has units with and without {exposed!r}, and with and without {outcome!r}; nothing is compared."
        )
    totals = first + np.arange(log_chance.size)

    def solved(rises: Callable[[FloatArray], float], at_end: bool, end: float) -> float:
        """The odds ratio at which what rises with it is zero; `end` where the total is at the end on that side."""
        if at_end:
            return end
        root = brentq(lambda r: rises(_tilted(log_chance, totals, r)), -_LOG_REACH, _LOG_REACH, xtol=1e-10)
        return float(np.exp(root))

    least, most = observed == totals[0], observed == totals[-1]
    return CommonOdds(
        0.0 if least else solved(lambda c: float(c @ totals) - observed, most, np.inf),
        solved(lambda c: float(c[totals >= observed].sum()) - alpha / 2, least, 0.0),
        solved(lambda c: alpha / 2 - float(c[totals <= observed].sum()), most, np.inf),
        _no_likelier(log_chance, observed - first),
        _no_likelier(log_chance, int(log_chance.argmin())),
        observed,
        expected,
        n_obs,
        n_strata,
    )


def _convolved(one: FloatArray, other: FloatArray) -> FloatArray:
    """Logs of the probabilities of a sum from those of its two parts: of a thousand units the least are below any number."""
    found = np.full(one.size + other.size - 1, -np.inf)
    for place, log_chance in enumerate(other):
        part = found[place : place + one.size]
        np.logaddexp(part, one + log_chance, out=part)
    return found


def _no_likelier(log_chance: FloatArray, place: int) -> float:
    """Probability of all that is no likelier than what stands at a place; never zero."""
    as_rare = log_chance <= log_chance[place] + _SAME
    return float(above_zero(min(1.0, float(np.exp(log_chance[as_rare]).sum()))))


def _tilted(log_chance: FloatArray, totals: IntArray, log_ratio: float) -> FloatArray:
    """Probabilities of the totals under an odds ratio."""
    weight = log_chance + log_ratio * totals
    return np.asarray(np.exp(weight - logsumexp(weight)))
