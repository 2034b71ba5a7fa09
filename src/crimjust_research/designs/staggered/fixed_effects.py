"""The two-way fixed effects coefficient of a treatment that reaches units at different times, and its decomposition.

Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import require_residual_freedom
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.staggered.aggregation import StaggeredResult, effect_table, unknown_error_notes
from crimjust_research.designs.staggered.panel import (
    Timing,
    least_known_error,
    staggered_panel,
    without_unclear_periods,
)
from crimjust_research.errors import ParameterError

FEW_TREATED = 10
"""Treated units below which the clustered error of the coefficient is told to be too small: with 5 of 49 it rejects 14 %
of true nulls at 5 %, with 15 of 49 6 %."""


EARLIER = "earlier against later, not yet treated"
LATER = "later against earlier, already treated"
KINDS = {np.inf: "treated against never treated", -np.inf: "treated against always treated"}


@dataclass(frozen=True, repr=False)
class TwoWayDecomposition(Printed):
    """Goodman-Bacon decomposition of the two-way fixed effects coefficient into two-by-two comparisons."""

    comparisons: pd.DataFrame
    """treated, control (first treated period, inf if never), kind, estimate, weight, n_treated, n_control, timing."""
    by_kind: pd.DataFrame
    """kind, weight, estimate (weighted mean within the kind)."""
    two_way: float
    """The two-way fixed effects coefficient; equal to the weighted sum of the comparisons."""
    timing: Timing
    n_obs: int
    notes: tuple[str, ...]

    def shown(self) -> pd.DataFrame:
        """Weight and mean estimate of each kind of comparison."""
        return self.by_kind


class Coefficient(NamedTuple):
    """A coefficient beside unit and period effects, with its error clustered by unit."""

    estimate: float
    std_error: float
    n_obs: int


def two_way_effect(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    weights: str | None = None,
    keep_always_treated: bool = False,
    alpha: float = 0.05,
) -> StaggeredResult:
    """Coefficient of "treated" in least squares with unit and period effects, for comparison with the others.

    With staggered entry it weights comparisons that are no effect (see `two_way_decomposition`). Standard error
    clustered by unit (CR1), p-value and interval normal.

    Parameters
    ----------
    weights : column of weights above zero of the squared residuals; they may change with time.
    keep_always_treated : let units that are always treated inform the period effects.

    Raises
    ------
    ParameterError : a panel that is refused, or one that leaves no comparison.
    """
    checked = staggered_panel(panel, timing, weights=weights, keep_always_treated=keep_always_treated)
    rows = without_unclear_periods(checked)
    rows = rows.assign(treated=(rows["time"] >= rows["first_treated"]).astype(np.float64))
    fit = two_way_coefficient(
        rows["outcome"].to_numpy(),
        rows["treated"].to_numpy(),
        rows["code"].to_numpy(),
        np.searchsorted(checked.periods, rows["time"].to_numpy()),
        rows["weight"].to_numpy() if weights is not None else np.ones(len(rows)),
    )
    treated_share = rows.groupby("code")["treated"].mean()
    changing = checked.cohort[treated_share[treated_share.between(0, 1, inclusive="neither")].index]
    if changing.size == 0:
        raise ParameterError(
            "The effect of treatment is not identified: no unit is seen both untreated and treated; widen the panel."
        )
    compared = checked.n_units - int(np.sum(changing == changing.min()))
    least_error, few = least_known_error(checked, changing.size, compared)
    if 1 < changing.size < FEW_TREATED:
        few.append(
            f"Only {changing.size} units change to treated; standard errors are then too small. Rely on randomisation "
            "inference."
        )
    name = "Two-way fixed effects"
    estimate, std_error = np.array([fit.estimate]), np.array([fit.std_error])
    table = effect_table(name, "simple", [np.nan], estimate, std_error, alpha, timing, least_error=least_error)
    return StaggeredResult(
        name,
        table,
        None,
        timing,
        "all other rows, already treated ones among them",
        fit.n_obs,
        checked.n_units,
        checked.n_treated_units,
        (*checked.notes, *few, *unknown_error_notes(table)),
    )


def two_way_coefficient(
    outcome: FloatArray, treated: FloatArray, unit: IntArray, period: IntArray, weight: FloatArray
) -> Coefficient:
    """Weighted least-squares coefficient of `treated` beside unit and period effects, clustered by unit.

    Units and periods seen once say nothing and are left out. The sandwich carries G / (G - 1) (n - 1) / (n - k), with
    k the treatment and the periods; the units are nested in the clusters and do not count (as in `two_way_test`).

    Parameters
    ----------
    all (n,); unit and period numbered from 0; weight above zero.

    Raises
    ------
    ParameterError : effects that explain the treatment fully, or as many of them as rows.
    """
    kept = np.ones(outcome.size, dtype=bool)
    while True:
        once = np.zeros(outcome.size, dtype=bool)
        for code in (unit, period):
            once |= kept & (np.bincount(code[kept], minlength=int(code.max()) + 1)[code] == 1)
        if not once.any():
            break
        kept &= ~once
    y, d, w = outcome[kept], treated[kept], weight[kept]
    unit, period = (np.unique(code[kept], return_inverse=True)[1] for code in (unit, period))
    if y.size == 0:
        raise ParameterError("No unit is observed twice in periods that others share; nothing can be compared.")
    n_units, n_periods = int(unit.max()) + 1, int(period.max()) + 1
    require_residual_freedom(y.size, 1, n_units + n_periods - 1)
    dummies = (period[:, None] == np.arange(1, n_periods)).astype(np.float64)
    mass = np.bincount(unit, w)

    def within(columns: FloatArray) -> FloatArray:
        sums = np.zeros((n_units, columns.shape[1]))
        np.add.at(sums, unit, w[:, None] * columns)
        return np.asarray(columns - (sums / mass[:, None])[unit])

    # Outcomes are counted from their mean, so that a far-off level costs no digits.
    columns = within(np.column_stack([y - y.mean(), d, dummies]))
    root = np.sqrt(w)[:, None]
    slopes = np.linalg.lstsq(root * columns[:, 2:], root * columns[:, :2], rcond=None)[0]
    free_y, free_d = (columns[:, :2] - columns[:, 2:] @ slopes).T
    own = float(np.sum(w * free_d**2))
    if own <= 1e-10 * float(np.sum(w * d)):
        raise ParameterError(
            "The effect of treatment is not identified: no comparison is left for it; widen the panel."
        )
    estimate = float(np.sum(w * free_d * free_y)) / own
    scores = np.bincount(unit, w * free_d * (free_y - estimate * free_d))
    factor = n_units / (n_units - 1) * (y.size - 1) / (y.size - n_periods - 1)
    return Coefficient(estimate, float(np.sqrt(factor * np.sum(scores**2))) / own, y.size)


def two_way_decomposition(
    panel: pd.DataFrame, timing: Timing, *, keep_always_treated: bool = False
) -> TwoWayDecomposition:
    """Goodman-Bacon (2021) decomposition of the two-way fixed effects coefficient, exact weights.

    Comparisons of a later group with an earlier one that is already treated carry weight in the coefficient although
    they are no estimate of an effect when effects change with time; `by_kind` shows how much.

    Parameters
    ----------
    keep_always_treated : keep units that are treated whenever observed, as a group of its own that the others are
        compared with (its first treated period is shown as minus infinity).

    Raises
    ------
    ParameterError : a panel that is refused, unbalanced, or with unclear periods (the decomposition has no place for
        rows that are neither treated nor untreated).
    """
    checked = staggered_panel(panel, timing, keep_always_treated=keep_always_treated)
    if not checked.balanced:
        raise ParameterError("The decomposition needs every unit in every period; keep units observed throughout.")
    if timing.unclear_periods:
        raise ParameterError(f"The decomposition has no place for unclear periods ({timing}); use a plain convention.")
    periods, outcomes = np.asarray(checked.periods, np.float64), checked.outcomes()
    cohort = np.where(checked.cohort <= periods[0], -np.inf, checked.cohort)
    groups, member, sizes = np.unique(cohort, return_inverse=True, return_counts=True)
    paths = np.stack([outcomes[member == g].mean(axis=0) for g in range(groups.size)])
    share, treated_share = sizes / sizes.sum(), (groups[:, None] <= periods).mean(axis=1)
    timed = np.flatnonzero(np.isfinite(groups))
    pairs = [(one, other) for other in np.flatnonzero(np.isinf(groups)) for one in timed]
    pairs += [pair for early, late in combinations(timed, 2) for pair in ((early, late), (late, early))]
    rows = []
    for one, other in pairs:
        # The window in which the group compared with does not change, and how much of it the treated group is treated.
        after = periods >= groups[one]
        start, stop = 0.0, 1.0
        kind = KINDS[groups[other]] if np.isinf(groups[other]) else ""
        window = np.ones(periods.size, dtype=bool)
        if not kind and groups[one] < groups[other]:
            kind, start, window = EARLIER, treated_share[other], periods < groups[other]
        elif not kind:
            kind, stop, window = LATER, treated_share[other], periods >= groups[other]
        late, early = window & after, window & ~after
        change = paths[:, late].mean(axis=1) - paths[:, early].mean(axis=1)
        length, inside = stop - start, treated_share[one] - start
        weight = share[one] * share[other] * inside * (length - inside)
        rows.append((groups[one], groups[other], kind, change[one] - change[other], weight, sizes[one], sizes[other]))
    columns = ["treated", "control", "kind", "estimate", "weight", "n_treated", "n_control"]
    comparisons = pd.DataFrame(rows, columns=columns).assign(timing=str(timing))
    comparisons["weight"] /= comparisons["weight"].sum()
    weighted = comparisons.assign(product=comparisons["estimate"] * comparisons["weight"]).groupby("kind", sort=True)
    by_kind = weighted[["weight", "product"]].sum().reset_index()
    by_kind["estimate"] = by_kind.pop("product") / by_kind["weight"]
    two_way = float(np.sum(comparisons["estimate"].to_numpy() * comparisons["weight"].to_numpy()))
    return TwoWayDecomposition(comparisons, by_kind, two_way, timing, checked.n_obs, checked.notes)
