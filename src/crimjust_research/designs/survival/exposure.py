"""Events among units that come to be exposed in time, beside what units not yet exposed of the same stratum would make them.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.checks import labelled, require_level
from crimjust_research.designs.fit import above_zero
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class ExposedEvents:
    """Events among the exposed of B data sets, (B,) each: as they were, and as they would be did exposure make no difference."""

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    """Of the observed, were it drawn from its stratum and period without looking at exposure; 0 where nothing is compared."""

    @property
    def z(self) -> FloatArray:
        """Standardised difference; 0 where nothing is compared."""
        compared = self.variance > 0
        return np.where(
            compared, (self.observed - self.expected) / np.sqrt(np.where(compared, self.variance, 1.0)), 0.0
        )

    def ratios(self, alpha: float) -> pd.DataFrame:
        """One-step hazard ratios, a row a data set: estimate, std_error (of the ratio), ci_low, ci_high, p_value, observed,
        expected; missing where nothing is compared.

        The logarithm is (observed - expected) / variance with variance 1 / variance (Peto). Far from 1 it is too near to 1.
        """
        require_level(alpha)
        information = np.where(self.variance > 0, self.variance, np.nan)
        log_ratio, error = (self.observed - self.expected) / information, 1 / np.sqrt(information)
        reach = float(ndtri(1 - alpha / 2)) * error
        return pd.DataFrame(
            {
                "estimate": np.exp(log_ratio),
                "std_error": np.exp(log_ratio) * error,
                "ci_low": np.exp(log_ratio - reach),
                "ci_high": np.exp(log_ratio + reach),
                "p_value": np.where(self.variance > 0, above_zero(2 * ndtr(-np.abs(self.z))), np.nan),
                "observed": self.observed,
                "expected": self.expected,
            }
        )


def exposed_events(at_risk: BoolArray, happened: BoolArray, exposed: BoolArray, strata: ArrayLike) -> ExposedEvents:
    """The log-rank comparison of an exposure that may begin in any period, within strata.

    Of d events among n units of a stratum at risk in a period, m of them exposed, d m / n are expected among the exposed, with
    the hypergeometric variance d (m / n) (1 - m / n) (n - d) / (n - 1). Both are summed over periods and strata, so that a
    stratum or period in which all or none are exposed says nothing.

    Parameters
    ----------
    at_risk, happened, exposed : (B, U, T) for U units over T periods; dimensions of 1 are repeated.
    strata : (U,) labels.

    Raises
    ------
    ParameterError : labels that are missing or not one to a unit, or an event of a unit that is not at risk.
    """
    at_risk, happened, exposed = np.broadcast_arrays(at_risk, happened, exposed)
    if at_risk.ndim != 3 or np.size(strata) != at_risk.shape[1]:
        raise ParameterError(
            f"{np.size(strata)} strata for arrays of shape {at_risk.shape}; give (sets, units, periods)."
        )
    code, names = labelled(strata, at_risk.shape[1], "stratum")
    if (happened & ~at_risk).any():
        raise ParameterError("A unit has an event in a period in which it is not at risk; mend its periods.")
    observed, expected, variance = (np.zeros(len(at_risk)) for _ in range(3))
    for stratum in range(len(names)):
        own = code == stratum
        risk, event, with_it = at_risk[:, own], happened[:, own], exposed[:, own]
        n, d, m = risk.sum(axis=1), event.sum(axis=1), (risk & with_it).sum(axis=1)
        share = m / np.maximum(n, 1)
        observed += (event & with_it).sum(axis=(1, 2))
        expected += (d * share).sum(axis=1)
        variance += (d * share * (1 - share) * (n - d) / np.maximum(n - 1, 1)).sum(axis=1)
    return ExposedEvents(observed, expected, variance)


def yearly_rates(at_risk: BoolArray, happened: BoolArray, strata: ArrayLike) -> FloatArray:
    """(U, T) cumulative hazards of each unit in each period, were all of a stratum alike in proportion to all.

    The hazard of a period is that of all units; that of a stratum is larger or smaller by its events divided by those expected
    of it (indirect standardisation). Data sets are drawn from these.

    Parameters
    ----------
    at_risk, happened : (U, T); strata : (U,) labels.

    Raises
    ------
    ParameterError : labels that are missing, or not one to a unit.
    """
    code = labelled(strata, len(at_risk), "stratum")[0]
    n, d = at_risk.sum(axis=0), happened.sum(axis=0)
    # Where all at risk have the event the hazard has no finite cumulative one; half an event less has.
    share = np.where(d < n, d, d - 0.5) / np.maximum(n, 1)
    events = np.bincount(code, happened.sum(axis=1))
    expected = np.bincount(code, (at_risk * share).sum(axis=1))
    relative = np.divide(events, expected, out=np.zeros_like(expected), where=expected > 0)
    return np.asarray(relative[code][:, None] * -np.log1p(-share)[None, :])
