"""Inference for few treated units: exact phase orders, random adoption dates, wild clusters, leave-one-out.

A randomisation test compares the estimate with what the same outcomes give under every other assignment of treatment
dates that could have been made. It needs no standard error, so shocks shared by neighbouring units, which break
clustered standard errors, do no harm as long as the shuffle moves whole blocks. Everything is batched: one array
of assignments, a few matrix products. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crimjust_research.designs.panel.panel_regression import treated_cells, two_way_test
from crimjust_research.designs.series.checks import FloatArray
from crimjust_research.errors import ParameterError

MOST_EXACT_ORDERS = 40_320
TIE = 1e-9
"""Relative difference below which two statistics count as equal."""


class Statistic(Protocol):
    """A statistic linear in the outcomes, of many assignments at once."""

    def __call__(
        self,
        outcomes: FloatArray,
        assignments: FloatArray,
        periods: FloatArray,
        included: NDArray[np.bool_] | None = None,
    ) -> FloatArray: ...


@dataclass(frozen=True)
class RandomisationTest:
    """An estimate against its distribution over the assignments that could have been made."""

    estimate: float
    p_value: float
    """Two-sided. Exact share of assignments, or (1 + count) / (1 + draws) if they were sampled."""
    ci_low: float
    ci_high: float
    """Constant effects that the test does not reject; infinite where it never does."""
    exact: bool
    n_assignments: int
    """Assignments compared, the observed one among them."""
    smallest_p: float
    """The least p-value this many assignments can give."""
    null: FloatArray
    """(n_assignments,) statistic of each, observed first."""


# --- Assignments ------------------------------------------------------------------------------------------------


def phase_assignments(phase: ArrayLike, start: ArrayLike) -> FloatArray:
    """First treated period of each unit under every order in which the phases could have started.

    Parameters
    ----------
    phase : (n_units,) 0..P-1; start : (P,) period in which each phase starts, inf if it never does.

    Returns (P!, n_units), the actual order first.

    Raises
    ------
    ParameterError : phases that are not numbered 0..P-1, or more than eight of them.
    """
    unit_phase, starts = np.asarray(phase, np.int64), np.asarray(start, np.float64)
    if sorted(set(unit_phase.tolist())) != list(range(starts.size)):
        raise ParameterError(f"Phases must be numbered 0 to {starts.size - 1} and each hold a unit.")
    if factorial(starts.size) > MOST_EXACT_ORDERS:
        raise ParameterError(f"{starts.size} phases have more than {MOST_EXACT_ORDERS} orders; sample them instead.")
    orders = np.array(list(permutations(range(starts.size))))
    return np.asarray(starts[orders][:, unit_phase])


def shuffled_assignments(
    first_treated: ArrayLike, draws: int, seed: int, strata: ArrayLike | None = None
) -> FloatArray:
    """Observed first treated periods dealt out again at random among units, within strata if given.

    Parameters
    ----------
    first_treated : (n_units,), inf if never; strata : (n_units,) labels.

    Returns (1 + draws, n_units), the observed assignment first.

    Raises
    ------
    ParameterError : fewer than 99 draws, or nothing to shuffle.
    """
    dates = np.asarray(first_treated, np.float64)
    if draws < 99:
        raise ParameterError(f"{draws} draws are too few for a p-value; use 99 or more.")
    labels = np.zeros(dates.size, np.int64) if strata is None else pd.factorize(np.asarray(strata))[0]
    groups = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    if all(np.unique(dates[members]).size == 1 for members in groups):
        raise ParameterError("Every stratum has one date only; shuffling within strata changes nothing.")
    rng = np.random.default_rng(seed)
    result = np.tile(dates, (1 + draws, 1))
    for members in groups:
        result[1:, members] = rng.permuted(result[1:, members], axis=1)
    return result


# --- Statistics -------------------------------------------------------------------------------------------------


def two_way_coefficients(
    outcomes: FloatArray, assignments: FloatArray, periods: FloatArray, included: NDArray[np.bool_] | None = None
) -> FloatArray:
    """Two-way fixed effects coefficient of every assignment on every outcome; missing outcomes are left out.

    Parameters
    ----------
    outcomes : (S, n_units, T), NaN where not observed (the same cells in all S).
    assignments : (A, n_units); periods : (T,).
    included : (A, n_units) units used under each assignment; all if not given.

    Returns (A, S), NaN where the unit and period effects explain the treatment.

    With unit effects swept out, every sum that the coefficient needs is a sum over units of T x T or smaller blocks,
    which is what makes unbalanced panels and dropped units cost no more than balanced ones.
    """
    observed = np.isfinite(outcomes[0])
    seen = observed.sum(axis=1)
    keep = (seen > 0).astype(np.float64)

    def within(values: FloatArray) -> FloatArray:
        values = np.where(observed, values, 0.0)
        return np.where(observed, values - values.sum(axis=-1, keepdims=True) / np.maximum(seen, 1)[:, None], 0.0)

    y = within(outcomes)
    d = within(treated_cells(assignments, periods))
    blocks = observed[:, :, None] * (np.eye(periods.size) - observed[:, None, :] / np.maximum(seen, 1)[:, None, None])
    if included is None:
        use, gram = keep[None], blocks.sum(axis=0)[None]
    else:
        use = keep * included
        gram = np.tensordot(use, blocks, axes=1)
    d = d * use[:, :, None]
    # Period effects beside unit effects leave one direction free; its eigenvalue is zero only to rounding.
    inverse = np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
    period_d = d.sum(axis=1)
    period_y = np.tensordot(use, y.transpose(1, 2, 0), axes=1)
    adjusted = (inverse @ period_d[..., None])[..., 0]
    shared = adjusted @ period_y[0] if included is None else (adjusted[:, None, :] @ period_y)[:, 0]
    cross = d.reshape(len(d), -1) @ y.reshape(len(y), -1).T - shared
    own = np.sum(d**2, axis=(1, 2)) - np.sum(adjusted * period_d, axis=1)
    return np.where(own[:, None] > 1e-9, cross / np.where(own > 1e-9, own, 1.0)[:, None], np.nan)


def group_time_averages(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    included: NDArray[np.bool_] | None = None,
    *,
    unclear: int = 0,
) -> FloatArray:
    """Average effect on the treated of every assignment, controls not yet treated, cells weighted by group size.

    The "simple" average of Callaway and Sant'Anna's group-time effects without covariates. A cell uses the units
    observed in both of its periods and is left out where it has no treated or no control unit.

    Parameters
    ----------
    outcomes, assignments, periods, included : as in `two_way_coefficients`.
    unclear : periods before the first treated one that count as neither (see `Timing.unclear_periods`).

    Returns (A, S), NaN where no cell can be estimated.
    """
    use = np.ones_like(assignments) if included is None else included.astype(np.float64)
    observed = np.isfinite(outcomes[0])
    total, mass = np.zeros((len(assignments), len(outcomes))), np.zeros(len(assignments))
    for start in np.unique(assignments[np.isfinite(assignments)]):
        base = np.flatnonzero(periods < start - unclear)
        if base.size == 0:
            continue
        group = (assignments == start) * use
        size = group.sum(axis=1)
        for t in np.flatnonzero(periods >= start):
            both = observed[:, t] & observed[:, base[-1]]
            change = np.where(both, outcomes[:, :, t] - outcomes[:, :, base[-1]], 0.0).T
            treated, control = group * both, (assignments - unclear > periods[t]) * use * both
            n_treated, n_control = treated.sum(axis=1), control.sum(axis=1)
            usable = (n_treated > 0) & (n_control > 0)
            effect = (treated @ change) / np.maximum(n_treated, 1)[:, None]
            effect -= (control @ change) / np.maximum(n_control, 1)[:, None]
            total += np.where(usable, size, 0.0)[:, None] * effect
            mass += np.where(usable, size, 0.0)
    return np.where(mass[:, None] > 0, total / np.where(mass > 0, mass, 1.0)[:, None], np.nan)


# --- Tests ------------------------------------------------------------------------------------------------------


def randomisation_test(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: ArrayLike,
    *,
    statistic: Statistic = two_way_coefficients,
    exact: bool,
    alpha: float = 0.05,
) -> RandomisationTest:
    """Two-sided randomisation test of no effect on any unit, with the interval of constant effects not rejected.

    Parameters
    ----------
    outcomes : (n_units, T), NaN where not observed.
    assignments : (A, n_units), the observed one first; all possible ones if `exact`, else sampled.
    statistic : linear in the outcomes, such as `two_way_coefficients` or `group_time_averages`.

    Raises
    ------
    ParameterError : shapes that do not fit, or an observed assignment without a comparison.
    """
    when = np.asarray(periods, np.float64)
    if outcomes.shape != (assignments.shape[1], when.size):
        raise ParameterError(
            f"Outcomes have shape {outcomes.shape}; {assignments.shape[1]} units and {when.size} periods are expected."
        )
    effect_of_one = np.where(np.isfinite(outcomes), treated_cells(assignments[0], when), np.nan)
    values = statistic(np.stack([outcomes, effect_of_one]), assignments, when)
    if not np.isfinite(values[0]).all():
        raise ParameterError("The observed assignment leaves no comparison; widen the panel.")
    values = values[np.isfinite(values).all(axis=1)]
    null, response = values[:, 0], values[:, 1]
    extreme = np.abs(null) >= abs(null[0]) * (1 - TIE)
    low, high = constant_effects_not_rejected(null, response, alpha)
    return RandomisationTest(float(null[0]), float(extreme.mean()), low, high, exact, null.size, 1 / null.size, null)


def constant_effects_not_rejected(null: FloatArray, response: FloatArray, alpha: float) -> tuple[float, float]:
    """Least and largest constant effect whose removal leaves a p-value above `alpha`.

    Parameters
    ----------
    null : (A,) statistic of each assignment, observed first; response : (A,) the same statistic of the observed
        treatment indicator, so that removing an effect e turns null into null - e * response.

    Each assignment is at least as extreme as the observed one on one or two sides of at most two values of e, so the
    p-value is a step function whose steps are known.
    """
    observed, others, slope = null[0], null[1:], response[1:]
    same = (np.abs(others - observed) <= TIE * (1 + abs(observed))) & (np.abs(slope - 1) <= TIE)
    always = 1 + int(same.sum())
    others, slope = others[~same], slope[~same]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.column_stack([(others - observed) / (slope - 1), (others + observed) / (slope + 1)])
    steps = np.sort(np.where(np.isfinite(steps), steps, np.inf), axis=1)
    finite = np.isfinite(steps)
    first = np.where(finite[:, 0], steps[:, 0], observed) - 1.0
    starts_in = np.abs(others - first * slope) >= np.abs(observed - first)
    change = np.where(starts_in, -1, 1)[:, None] * np.array([1, -1])
    order = np.argsort(steps[finite], kind="stable")
    where = steps[finite][order]
    counts = always + int(starts_in.sum()) + np.concatenate([[0], np.cumsum(change[finite][order])])
    accepted = np.flatnonzero(counts / null.size > alpha)
    edges = np.concatenate([[-np.inf], where, [np.inf]])
    return float(edges[accepted[0]]), float(edges[accepted[-1] + 1])


def leave_one_out(
    outcomes: FloatArray,
    first_treated: ArrayLike,
    periods: ArrayLike,
    units: Sequence[Any],
    *,
    statistic: Statistic = group_time_averages,
) -> pd.DataFrame:
    """The estimate without each unit in turn: unit, estimate, change, treated; the largest change first.

    Parameters
    ----------
    outcomes : (n_units, T); first_treated : (n_units,), inf if never; units : n_units labels.

    Raises
    ------
    ParameterError : labels and outcomes of different length.
    """
    dates = np.asarray(first_treated, np.float64)
    if not len(units) == dates.size == len(outcomes):
        raise ParameterError(f"{len(units)} labels, {dates.size} dates and {len(outcomes)} outcome rows do not match.")
    included = np.vstack([np.ones((1, dates.size), dtype=bool), ~np.eye(dates.size, dtype=bool)])
    assignments = np.tile(dates, (1 + dates.size, 1))
    values = statistic(outcomes[None], assignments, np.asarray(periods, np.float64), included)[:, 0]
    table = pd.DataFrame(
        {"unit": list(units), "estimate": values[1:], "change": values[1:] - values[0], "treated": np.isfinite(dates)}
    )
    return table.sort_values("change", key=np.abs, ascending=False, ignore_index=True)


# --- Size of the headline test ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhaseRejectionRates:
    """How often three tests reject a true null at level alpha in a roll-out by phases."""

    permutation: float
    """Exact permutation of the phase orders."""
    unit_clustered: float
    """Two-way fixed effects, standard errors clustered by unit."""
    phase_clustered: float
    """The same, clustered by phase."""
    n_sim: int
    alpha: float

    def monte_carlo_error(self, rate: float) -> float:
        """Standard error of a rate over `n_sim` simulated panels."""
        return float(np.sqrt(rate * (1 - rate) / self.n_sim))


def phase_rejection_rates(
    sizes: Sequence[int],
    start: Sequence[float],
    n_periods: int,
    *,
    shared_variance: float,
    n_sim: int,
    seed: int,
    random_order: bool = True,
    alpha: float = 0.05,
) -> PhaseRejectionRates:
    """Rejection rates on simulated panels without any effect, whose units share shocks within a phase.

    y(i, t) = unit effect + period effect + shock(phase of i, t) + error(i, t). With a random order, as a randomised
    roll-out would draw it anew in each panel, the permutation test is exact whatever the outcomes; with the order
    given it is exact only if phases are exchangeable, which unequal sizes break a little.

    Parameters
    ----------
    sizes : units in each phase; start : first treated period (1..n_periods) of each position in the order.
    shared_variance : share of the variance within a period that is common to a phase.

    Raises
    ------
    ParameterError : sizes and starts of different length, or a share outside 0 to 1.
    """
    if len(sizes) != len(start) or not 0 <= shared_variance < 1:
        raise ParameterError(
            f"{len(sizes)} phases, {len(start)} starts and a shared variance of {shared_variance}; give as many "
            "starts as phases and a share from 0 to below 1."
        )
    phase = np.repeat(np.arange(len(sizes)), sizes)
    periods = np.arange(1.0, n_periods + 1)
    assignments = phase_assignments(phase, start)
    rng = np.random.default_rng(seed)
    shock = np.sqrt(shared_variance) * rng.standard_normal((n_sim, len(sizes), n_periods))
    outcomes = shock[:, phase] + np.sqrt(1 - shared_variance) * rng.standard_normal((n_sim, phase.size, n_periods))
    actual = rng.integers(len(assignments), size=n_sim) if random_order else np.zeros(n_sim, np.int64)
    statistics = np.abs(two_way_coefficients(outcomes, assignments, periods))
    extreme = statistics >= statistics[actual, np.arange(n_sim)] * (1 - TIE)
    treated = treated_cells(assignments, periods)[actual]
    return PhaseRejectionRates(
        float(np.mean(extreme.mean(axis=0) <= alpha)),
        float(np.mean(two_way_test(outcomes, treated).p_value <= alpha)),
        float(np.mean(two_way_test(outcomes, treated, phase).p_value <= alpha)),
        n_sim,
        alpha,
    )
