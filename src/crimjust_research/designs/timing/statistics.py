"""Statistics linear in the outcomes, of many assignments of treatment dates at once: one array, a few matrix products."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.panel.two_way import TwoWayEffects, treated_cells

Controls = Literal["never treated", "not yet treated"]


class Statistic(Protocol):
    """A statistic linear in the outcomes, of many assignments at once."""

    def __call__(self, outcomes: FloatArray, assignments: FloatArray, periods: FloatArray) -> FloatArray: ...


def two_way_coefficients(outcomes: FloatArray, assignments: FloatArray, periods: FloatArray) -> FloatArray:
    """Two-way fixed effects coefficient of every assignment on every outcome; missing outcomes are left out.

    Parameters
    ----------
    outcomes : (S, n_units, T), NaN where not observed (the same cells in all S).
    assignments : (A, n_units); periods : (T,).

    Returns (A, S), NaN where the unit and period effects explain the treatment.

    Unbalanced panels cost no more than balanced ones (see `TwoWayEffects`).
    """
    effects = TwoWayEffects.of(np.isfinite(outcomes[0]))
    y, d = effects.within(outcomes), effects.within(treated_cells(assignments, periods))
    period_d = d.sum(axis=1)
    adjusted = (effects.inverse @ period_d[..., None])[..., 0]
    cross = d.reshape(len(d), -1) @ y.reshape(len(y), -1).T - adjusted @ y.sum(axis=1).T
    own = np.sum(d**2, axis=(1, 2)) - np.sum(adjusted * period_d, axis=1)
    return np.where(own[:, None] > 1e-9, cross / np.where(own > 1e-9, own, 1.0)[:, None], np.nan)


def group_time_averages(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> FloatArray:
    """Average effect on the treated of every assignment, cells weighted by group size.

    The "simple" average of Callaway and Sant'Anna's group-time effects without covariates. A cell uses the units
    observed in both of its periods and is left out where it has no treated or no control unit.

    Parameters
    ----------
    outcomes, assignments, periods : as in `two_way_coefficients`.
    controls : "never treated", or also those "not yet treated" by the period of the cell.
    unclear : periods before the first treated one that count as neither (see `Timing.unclear_periods`).

    Returns (A, S), NaN where no cell can be estimated.
    """
    observed = np.isfinite(outcomes[0])
    total, mass = np.zeros((len(assignments), len(outcomes))), np.zeros(len(assignments))
    for start in np.unique(assignments[np.isfinite(assignments)]):
        base = np.flatnonzero(periods < start - unclear)
        if base.size == 0:
            continue
        group = (assignments == start).astype(np.float64)
        size = group.sum(axis=1)
        for t in np.flatnonzero(periods >= start):
            both = observed[:, t] & observed[:, base[-1]]
            change = np.where(both, outcomes[:, :, t] - outcomes[:, :, base[-1]], 0.0).T
            clear = np.isinf(assignments) if controls == "never treated" else assignments - unclear > periods[t]
            treated, control = group * both, clear * both
            n_treated, n_control = treated.sum(axis=1), control.sum(axis=1)
            usable = (n_treated > 0) & (n_control > 0)
            effect = (treated @ change) / np.maximum(n_treated, 1)[:, None]
            effect -= (control @ change) / np.maximum(n_control, 1)[:, None]
            total += np.where(usable, size, 0.0)[:, None] * effect
            mass += np.where(usable, size, 0.0)
    return np.where(mass[:, None] > 0, total / np.where(mass > 0, mass, 1.0)[:, None], np.nan)
