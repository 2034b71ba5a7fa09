"""Exact tests of each design on the real panel: its past with its gaps, orders drawn on it, an effect put in.

The panel's first periods, or its last, stand for the years to come. Countries' paths about unit and period means are kept whole;
each phase's sign is drawn, so that what its countries share, how long it lasts and where it is missing stay as they were.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.panel.two_way import treated_cells, two_way_test
from crimjust_research.designs.rollout.layout import Layout
from crimjust_research.designs.rollout.nuisance import about_means
from crimjust_research.designs.rollout.permutation import (
    Reassignments,
    reassignments,
    rejection_rates,
    signed_panels,
)
from crimjust_research.designs.timing.statistics import Statistic
from crimjust_research.questions.rollout.plans import Laid

WINDOWS = ("earlier", "later")
"""Which periods of the past stand for those to come."""


class Exact(NamedTuple):
    """Rates at which an exact test rejects: with no effect, with half of one and with all of it; of 0 to 1."""

    size: float
    half: float
    whole: float
    error: float
    """Monte Carlo standard error of the last."""
    least_p: float


def past(outcomes: FloatArray, n_periods: int, window: str) -> FloatArray:
    """(n_units, n_periods) the "earlier" or "later" periods of a panel less unit and period effects, larger for those fitted.

    Units seen less than twice in them are missing throughout.
    """
    own = outcomes[:, :n_periods] if window == WINDOWS[0] else outcomes[:, -n_periods:]
    own = np.where(np.isfinite(own).sum(axis=1, keepdims=True) >= 2, own, np.nan)
    kept = np.isfinite(own).any(axis=1)
    left = np.full(own.shape, np.nan)
    left[kept] = about_means(own[kept])
    n = int(np.isfinite(left).sum())
    return np.asarray(left * np.sqrt(n / (n - kept.sum() - n_periods + 1)))


def orders(laid: Laid, draws: int, seed: int) -> Reassignments:
    """What the design's lot could have given."""
    phase, strata = (laid.block, None) if laid.whole_phases else (None, laid.block)
    return reassignments(laid.layout.starts, phase=phase, strata=strata, draws=draws, seed=seed)


def exact(
    laid: Laid,
    left: FloatArray,
    statistic: Statistic,
    effect: float,
    path: FloatArray,
    alpha: float,
    draws: int,
    seed: int,
) -> Exact:
    """Size and power of the exact test of a design on panels made from the past of as many periods."""
    panels = signed_panels(left, laid.block, draws, seed)
    rates = rejection_rates(
        panels,
        orders(laid, draws, seed),
        [0.0, effect / 2, effect],
        path=path,
        statistic=statistic,
        alpha=alpha,
        seed=seed,
    )
    size, half, whole = map(float, rates.rates)
    return Exact(size, half, whole, float(rates.errors[-1]), rates.least_p)


def clustered_size(laid: Laid, left: FloatArray, alpha: float, samples: int, seed: int) -> float:
    """Share of panels without effect in which two-way fixed effects with errors clustered by country find one."""
    panels = signed_panels(left, laid.block, samples, seed)
    rng = np.random.default_rng(seed)
    first = orders(laid, samples, seed).starts
    treated = treated_cells(first[rng.integers(len(first), size=samples)], np.arange(float(left.shape[1])))
    return float(np.mean(two_way_test(panels, treated).p_value <= alpha))


def restricted(laid: Laid, left: FloatArray) -> tuple[Laid, FloatArray]:
    """A layout and a past of the units that are seen in it, with its gaps."""
    kept = np.isfinite(left).any(axis=1)
    seen = np.isfinite(left[kept])
    layout = Layout(laid.layout.starts[kept], laid.layout.n_periods, seen)
    return Laid(laid.design, layout, laid.block[kept], laid.before, laid.months), left[kept]
