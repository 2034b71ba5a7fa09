"""What the registered test could have found, among States reviewed when and governed as these were."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.questions.reviews.hazard import history
from crimjust_research.questions.reviews.many_fits import many_hazard_fits
from crimjust_research.questions.reviews.params import Params
from crimjust_research.questions.simulated_power import SAMPLES, SMALLEST_EFFECT, monte_carlo_error

# The plan's smallest effect of interest is half a standard deviation of what the model leaves unexplained. A
# complementary log-log model leaves a smallest-extreme-value error of log time, whose standard deviation is pi / sqrt 6.
UNEXPLAINED = math.pi / math.sqrt(6)
STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.4, SMALLEST_EFFECT)


def power_curve(known: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Power of the registered test by effect: strength (standard deviations of log time that the model leaves
    unexplained), hazard_ratio, power, std_error."""
    ratios = np.exp(np.array(STRENGTHS) * UNEXPLAINED)
    power = np.array([rejection_rate(known, p, math.log(each)) for each in ratios])
    return pd.DataFrame(
        {"strength": STRENGTHS, "hazard_ratio": ratios, "power": power, "std_error": monte_carlo_error(power)}
    )


def rejection_rate(known: pd.DataFrame, p: Params, effect: float) -> float:
    """Share of SIMULATED samples in which the registered test rejects a hazard ratio of one.

    Second summaries are drawn year by year from the fitted yearly hazards, shifted by `effect` (log hazard ratio) per
    standard deviation of the indicator about its mean, until each State's listing ends.
    """
    x = known[p.covariate].to_numpy(np.float64)
    observed_at_risk, happened = history(known)
    fit = many_hazard_fits(x[None], observed_at_risk[None], happened[None])
    level = fit.level[0] + fit.log_hazard_ratio[0] * x.mean()
    hazard = -np.expm1(-np.exp(level + effect * (x - x.mean())[:, None]))
    possible = np.arange(hazard.shape[1]) <= known["years_possible"].to_numpy()[:, None]
    rng = np.random.default_rng(p.seed)
    drawn = (rng.uniform(size=(SAMPLES, *hazard.shape)) < hazard) & possible
    # A State is at risk up to and in the year of its first event.
    at_risk = possible & (np.cumsum(drawn, axis=2) - drawn == 0)
    fits = many_hazard_fits(x[None], at_risk, drawn & at_risk)
    z = np.abs(fits.log_hazard_ratio / fits.std_error)
    return float((z > ndtri(0.5 + p.confidence_level / 2)).mean())
