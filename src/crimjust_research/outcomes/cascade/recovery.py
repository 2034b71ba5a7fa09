"""Recovered and true values of SIMULATED cases side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import binom

from crimjust_research.designs.survival.cascade import STAGES
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.cascade import simulation
from crimjust_research.outcomes.cascade.findings import ENDING_NAMES, HORIZONS, SUPPORT, WHOLE_WAY

# Chance of more misses than are taken for right by luck, were the intervals right and independent.
_TOLERATED = 0.01


def true_values(maturity: float) -> dict[str, float]:
    """What the estimates of SIMULATED cases would be without error, by id.

    Odds ratios are those of ever passing a stage, which a maturity as long as the longest stage recovers.
    """
    passing = simulation.true_passing(maturity)
    horizons = np.array(HORIZONS, dtype=np.float64)
    ended = simulation.true_endings(horizons[-1:])[0]
    return {
        **{f"pass.{following}": float(p) for following, p in zip(STAGES[1:], passing, strict=True)},
        f"pass.{WHOLE_WAY}": float(passing.prod()),
        **{
            f"odds.{following}.{name}": math.exp(effect)
            for name, effects in simulation.TRUTH.effects.items()
            for following, effect in zip(STAGES[1:], effects, strict=True)
        },
        f"additional.{SUPPORT}": simulation.true_additional_convictions(SUPPORT, maturity),
        "median_years": simulation.true_median_years(),
        **{f"open.{h}y": float(share) for h, share in zip(HORIZONS, simulation.true_open(horizons), strict=True)},
        **{f"ended.{ENDING_NAMES[k]}.{HORIZONS[-1]}y": float(share) for k, share in enumerate(ended, start=1)},
        **{f"hazard.{name}": simulation.TRUE_HAZARD_RATIO for name in simulation.TRUTH.effects},
    }


def recovery(estimates: Iterable[Estimate], maturity: float) -> pd.DataFrame:
    """id, estimand, unit, true, recovered, ci_low, ci_high, held (whether the interval holds the true value)."""
    truth = true_values(maturity)
    rows = [
        (e.id, e.estimand, e.unit, truth[e.id], e.estimate, e.ci_low, e.ci_high, e.ci_low <= truth[e.id] <= e.ci_high)
        for e in estimates
        if e.id in truth
    ]
    return pd.DataFrame(rows, columns=["id", "estimand", "unit", "true", "recovered", "ci_low", "ci_high", "held"])


def misses_tolerated(n_intervals: int, level: float) -> int:
    """Misses that intervals of that level exceed once in a hundred times, were they independent."""
    return int(binom.ppf(1 - _TOLERATED, n_intervals, 1 - level))
