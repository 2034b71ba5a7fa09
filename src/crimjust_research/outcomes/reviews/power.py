"""What the registered test could have found, among States reviewed when and governed as these were."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.reviews.hazard import PRIMARY, with_indicator
from crimjust_research.outcomes.reviews.many_fits import many_hazard_fits
from crimjust_research.outcomes.reviews.parameters import OUTCOME, QUESTION, Params

SAMPLES = 500
# The plan's smallest effect of interest is half a standard deviation of what the model leaves unexplained. A
# complementary log-log model leaves a smallest-extreme-value error of log time, whose standard deviation is pi / sqrt 6.
SMALLEST_EFFECT = 0.5 * math.pi / math.sqrt(6)


def rejection_rate(known: pd.DataFrame, params: Params, effect: float) -> float:
    """Share of SIMULATED samples in which the registered test rejects a hazard ratio of one.

    Second summaries are drawn year by year from the fitted yearly hazards, shifted by `effect` (log hazard ratio) per
    standard deviation of the indicator about its mean, until each State's listing ends.
    """
    x = known[params.covariate].to_numpy(np.float64)
    period = np.arange(known["years_possible"].max() + 1)
    years = known["years"].to_numpy()[:, None]
    observed = (period == years) & (known["happened"] == 1).to_numpy()[:, None]
    fit = many_hazard_fits(x[None], (period <= years)[None], observed[None])
    level = fit.level[0] + fit.log_hazard_ratio[0] * x.mean()
    hazard = -np.expm1(-np.exp(level + effect * (x - x.mean())[:, None]))
    rng = np.random.default_rng(params.seed)
    possible = period <= known["years_possible"].to_numpy()[:, None]
    drawn = (rng.uniform(size=(SAMPLES, *hazard.shape)) < hazard) & possible
    # A State is at risk up to and in the year of its first event.
    at_risk = possible & (np.cumsum(drawn, axis=2) - drawn == 0)
    fits = many_hazard_fits(x[None], at_risk, drawn & at_risk)
    z: FloatArray = np.abs(fits.log_hazard_ratio / fits.std_error)
    return float((z > ndtri(0.5 + params.confidence_level / 2)).mean())


def power_estimate(second: pd.DataFrame, params: Params) -> Estimate:
    """Power of the registered test against the smallest effect of interest."""
    known = with_indicator(second, params.covariate)
    power = rejection_rate(known, params, SMALLEST_EFFECT)
    return Estimate(
        id=f"{PRIMARY}.power",
        outcome=OUTCOME,
        question=QUESTION,
        estimand=f"Power of the registered test against a hazard ratio of {number(math.exp(SMALLEST_EFFECT), 2)} per standard "
        "deviation",
        method="Simulation from the fitted model",
        specification=f"{SAMPLES} SIMULATED samples of the same States; effect of half a standard deviation of log time that "
        "the model leaves unexplained",
        estimate=power,
        std_error=math.sqrt(power * (1 - power) / SAMPLES),
        unit="share of samples",
        n_obs=SAMPLES,
        n_units=len(known),
        role="secondary",
        null_value=1 - params.confidence_level,
        data_status="simulated",
    )
