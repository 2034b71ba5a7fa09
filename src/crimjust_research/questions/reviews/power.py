"""What the registered test could have found and how often it errs, among States reviewed when and governed as these were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.margins import equivalence_p
from crimjust_research.designs.survival.many_hazards import many_hazard_fits
from crimjust_research.evidence.calibration import Simulated, calibrated_level
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.reviews.hazard import history
from crimjust_research.questions.reviews.params import Params

# SIMULATED samples for the power against each size, and for the size of the test under each generator.
POWER_SAMPLES, SIZE_SAMPLES = 1_000, 2_000
FRAILTY_VARIANCE = 1.0


def of_the_test(known: pd.DataFrame, sizes: Mapping[str, float], level: float, p: Params) -> dict[str, Any]:
    """Power, equivalence, p without an effect and least p of the registered test, as `Study.evidence` takes them.

    Parameters
    ----------
    known : rows of `hazard.with_indicator`.
    sizes : log hazard ratios, by name; level : of the calibrated test, at which its power is told.
    """
    x = known[p.covariate].to_numpy(np.float64)
    at_risk, happened = history(known)
    fit = many_hazard_fits(x[None], at_risk[None], happened[None])
    estimate, error = float(fit.log_hazard_ratio[0]), float(fit.std_error[0])
    rng = np.random.default_rng(p.seed)
    without_effect = {
        name: Simulated(p_values(known, simulated(known, p, 0.0, SIZE_SAMPLES, rng, variance), p))
        for name, variance in (("fitted", 0.0), ("frailty", FRAILTY_VARIANCE))
    }
    at = calibrated_level(level, without_effect)

    def rejected(size: float) -> BoolArray:
        return np.asarray(p_values(known, simulated(known, p, size, POWER_SAMPLES, rng), p) <= at)

    return {
        # Not known where all who govern well publish at once in some sample, as no ratio is estimated there.
        "power": {name: Share.simulated(rejected, size) for name, size in sizes.items()},
        "equivalence": {name: equivalence_p(estimate, error, size) for name, size in sizes.items()},
        "without_effect": without_effect,
        "least_p": 0.0,  # z has no least p
    }


def simulated(
    known: pd.DataFrame,
    p: Params,
    effect: float,
    samples: int,
    rng: np.random.Generator,
    frailty_variance: float = 0.0,
) -> tuple[BoolArray, BoolArray]:
    """Who is at risk and who publishes its second summary in SIMULATED samples: (samples, States, years) each.

    Summaries are drawn year by year from the fitted yearly hazards of a State with the mean indicator, shifted by `effect`
    (log hazard ratio) per standard deviation of the indicator about its mean, until each State's listing ends. With a
    variance, each State's hazard is multiplied by a gamma variable of mean one.
    """
    x = known[p.covariate].to_numpy(np.float64)
    observed_at_risk, happened = history(known)
    fit = many_hazard_fits(x[None], observed_at_risk[None], happened[None])
    level = fit.level[0] + fit.log_hazard_ratio[0] * x.mean()
    rate = np.exp(level + effect * (x - x.mean())[:, None])
    frailty: FloatArray = np.ones((samples, len(x)))
    if frailty_variance:
        frailty = rng.gamma(1 / frailty_variance, frailty_variance, size=frailty.shape)
    hazard = -np.expm1(-rate * frailty[:, :, None])
    possible = np.arange(hazard.shape[2]) <= known["years_possible"].to_numpy()[:, None]
    drawn = (rng.uniform(size=hazard.shape) < hazard) & possible
    # A State is at risk up to and in the year of its first event.
    at_risk = possible & (np.cumsum(drawn, axis=2) - drawn == 0)
    return at_risk, drawn & at_risk


def p_values(known: pd.DataFrame, drawn: tuple[BoolArray, BoolArray], p: Params) -> FloatArray:
    """(samples,) p of the registered test of a hazard ratio of one."""
    fits = many_hazard_fits(known[p.covariate].to_numpy(np.float64)[None], *drawn)
    return np.asarray(2 * ndtr(-np.abs(fits.log_hazard_ratio / fits.std_error)))
