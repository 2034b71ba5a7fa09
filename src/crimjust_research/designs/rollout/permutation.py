"""Exact permutation tests of a roll-out: the starts that could have been drawn, and how often the test then finds an effect.

Where the order of a roll-out is drawn by lot, comparing its estimate with those of all orders that could have been drawn needs
no standard error and keeps its level, whatever units of a phase share. Its least p is known before anything starts. The
statistic of all assignments on all panels is one matrix product; being linear, it moves under an effect by what it makes of the
effect alone, so that a curve of power costs no more than its first point. Registry: docs/methods/rollout.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import TIE, BoolArray, FloatArray, IntArray
from crimjust_research.designs.batches import slices
from crimjust_research.designs.checks import (
    generator,
    labelled,
    real_numbers,
    require_draws,
    require_level,
    require_whole,
)
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import is_symmetric
from crimjust_research.designs.rollout.layout import effect_cells, starts_of_phases
from crimjust_research.designs.timing.phases import MOST_EXACT_ORDERS, phase_assignments
from crimjust_research.designs.timing.randomisation import shuffled_assignments
from crimjust_research.designs.timing.statistics import Statistic, two_way_coefficients
from crimjust_research.designs.timing.studentised import number_of_assignments, studentised_averages
from crimjust_research.errors import ParameterError

MOST_LISTED = 5_040
"""Assignments up to which all are listed; of more, some are drawn."""
AT_ONCE = 4_000_000
"""Numbers in the largest array of statistics held."""


@dataclass(frozen=True, repr=False)
class Reassignments(Printed):
    """The starts a lot could have given, as far as they differ."""

    starts: FloatArray
    """(A, n_units) first treated period, inf if never; the design's own first."""
    exact: bool
    """Whether these are all of them, or as many as were drawn at random."""

    def facts(self) -> Mapping[str, object]:
        """How many there are, and whether these are all."""
        return {"n_assignments": len(self.starts), "exact": self.exact}


def reassignments(
    starts: ArrayLike,
    *,
    phase: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    draws: int = 999,
    seed: int = 0,
    most: int = MOST_LISTED,
) -> Reassignments:
    """All distinguishable ways in which starts could have been dealt out, or `draws` of them where they are many.

    Parameters
    ----------
    starts : (n_units,) first treated period, inf if never.
    phase : (n_units,) labels, if phases exchange their starts as wholes; otherwise units are dealt the starts one by one,
        within `strata` (n_units,) if given.
    draws : how many to draw, beside the design's own, where there are more than `most`.

    Raises
    ------
    ParameterError : a start that is missing, one start for all, a unit without a phase or stratum, a phase whose units start
        apart, or phases and strata at once.
    """
    dates = real_numbers(starts, "start")
    if dates.ndim != 1 or np.isnan(dates).any():
        raise ParameterError(f"The starts are {dates}; give each unit its period, infinite if it never starts.")
    if np.unique(dates).size < 2:
        raise ParameterError("All units start together, so that no other order is possible; give at least two starts.")
    require_draws(draws)
    if phase is None:
        labels = np.zeros(dates.size) if strata is None else np.asarray(strata)
        labelled(labels, dates.size, "stratum")
        if number_of_assignments(dates, labels) > most:
            return Reassignments(shuffled_assignments(dates, draws, seed, labels), False)
        return Reassignments(_units_dealt(dates, labels), True)
    if strata is not None:
        raise ParameterError("Phases change places as wholes, so that strata say nothing; give one of the two.")
    code, first_of = starts_of_phases(phase, dates)
    if (
        number_of_assignments(first_of, np.zeros(first_of.size)) <= most
        and factorial(first_of.size) <= MOST_EXACT_ORDERS
    ):
        return Reassignments(_distinct(phase_assignments(code, first_of)), True)
    return Reassignments(shuffled_assignments(first_of, draws, seed)[:, code], False)


def _units_dealt(dates: FloatArray, strata: FloatArray) -> FloatArray:
    """Every distinguishable way of dealing dates out within strata, the one that is first."""
    members = [np.flatnonzero(strata == label) for label in np.unique(strata)]
    dealt = [list(_orders(Counter(dates[its].tolist()))) for its in members]
    all_of_them = np.empty((int(np.prod([len(one) for one in dealt])), dates.size))
    all_of_them[:, np.concatenate(members)] = [sum(parts, ()) for parts in product(*dealt)]
    return _distinct(np.vstack([dates, all_of_them]))


def _orders(left: Counter[float]) -> Iterator[tuple[float, ...]]:
    """Every distinguishable order of what is left."""
    if not left.total():
        yield ()
    for value in sorted(left):
        for rest in _orders(left - Counter([value])):
            yield (value, *rest)


def _distinct(assignments: FloatArray) -> FloatArray:
    """Rows without those that come again, in the order in which they first come."""
    _, first = np.unique(assignments, axis=0, return_index=True)
    return np.asarray(assignments[np.sort(first)])


@dataclass(frozen=True, repr=False)
class PermutationPower(Printed):
    """How often a permutation test rejects no effect, by the true effect: its size at zero, its power elsewhere."""

    effects: FloatArray
    """(E,) what the effect path is multiplied by."""
    rates: FloatArray
    """(E,) share of panels, and of the starts drawn on them, that are rejected."""
    n_panels: int
    """Pairs of a panel and a drawn assignment."""
    n_assignments: int
    exact: bool
    least_p: float
    """The least p that any assignment can give, an assignment and its mirror image being one to a two-sided test."""
    alpha: float

    @property
    def errors(self) -> FloatArray:
        """(E,) Monte Carlo standard error of each rate."""
        return np.asarray(np.sqrt(self.rates * (1 - self.rates) / self.n_panels))

    def shown(self) -> pd.DataFrame:
        """Rates by effect."""
        return pd.DataFrame({"effect": self.effects, "rejected": self.rates, "monte_carlo_error": self.errors})

    def facts(self) -> Mapping[str, object]:
        """What the rates rest on."""
        return {
            "n_panels": self.n_panels,
            "n_assignments": self.n_assignments,
            "exact": self.exact,
            "least_p": self.least_p,
            "alpha": self.alpha,
        }


def rejection_rates(
    outcomes: ArrayLike,
    reassigned: Reassignments,
    effects: Sequence[float],
    *,
    path: ArrayLike = (1.0,),
    statistic: Statistic | None = two_way_coefficients,
    alpha: float = 0.05,
    seed: int = 0,
) -> PermutationPower:
    """Size and power of the permutation test: an order is drawn, the effect put into the panel, and the test made.

    Parameters
    ----------
    outcomes : (S, n_units, T) panels without the effect, NaN where not observed (the same cells in all); of one panel alone every
        assignment takes its turn as the one drawn, of several each is drawn one at random.
    effects : multiples of `path` that are put in; see `effect_cells` for the path.
    statistic : linear in the outcomes; None for the studentised average of group-time effects (`studentised_averages`), of which
        each effect is computed anew.

    Raises
    ------
    ParameterError : panels that do not fit the assignments, an infinite outcome, no effect, or no assignment that leaves a
        comparison.
    """
    panels, multiples = real_numbers(outcomes, "outcome"), real_numbers(effects, "effect")
    require_level(alpha)
    starts = reassigned.starts
    if panels.ndim != 3 or panels.shape[1] != starts.shape[1] or not panels.size:
        raise ParameterError(f"Panels have shape {panels.shape}; give panels by {starts.shape[1]} units by periods.")
    observed = np.isfinite(panels[0])
    if np.isinf(panels).any() or (np.isfinite(panels) != observed).any():
        raise ParameterError("Panels must be finite, and missing in the same cells; correct or drop what is not.")
    if multiples.ndim != 1 or not multiples.size or not np.isfinite(multiples).all():
        raise ParameterError(f"The effects are {effects}; give a list of numbers, zero for the size of the test.")
    periods = np.arange(float(panels.shape[2]))
    starts = starts[comparable(starts, observed)]
    rng = generator(seed)
    if len(panels) == 1:
        drawn, panel = np.arange(len(starts)), np.zeros(len(starts), np.int64)
    else:
        drawn, panel = rng.integers(len(starts), size=len(panels)), np.arange(len(panels))
    put_in = np.where(observed, effect_cells(starts, periods.size, path), np.nan)
    rejected = np.zeros(multiples.size)
    slack = 64 * np.finfo(np.float64).eps * float(np.nanmax(np.abs(panels)))
    if statistic is None:
        for number, effect in enumerate(multiples):
            for some in slices(drawn.size, len(starts), AT_ONCE):
                t = studentised_averages(panels[panel[some]] + effect * put_in[drawn[some]], starts, periods).t.T
                rejected[number] += np.sum(ranks(t, drawn[some]) <= alpha)
    else:
        used, which = np.unique(drawn, return_inverse=True)
        null, response = statistic(panels, starts, periods), statistic(put_in[used], starts, periods)
        for some in slices(drawn.size, len(starts), AT_ONCE):
            base, moved = null[:, panel[some]], response[:, which[some]]
            for number, effect in enumerate(multiples):
                rejected[number] += np.sum(ranks(base + effect * moved, drawn[some], slack) <= alpha)
    least = least_p(starts, observed, statistic)
    return PermutationPower(multiples, rejected / drawn.size, drawn.size, len(starts), reassigned.exact, least, alpha)


def ranks(statistics: FloatArray, drawn: IntArray, slack: float = 0.0) -> FloatArray:
    """(N,) two-sided p of statistics (A, N), of which that of assignment `drawn` (N,) was observed."""
    size = np.abs(statistics)
    own = size[drawn, np.arange(drawn.size)]
    return np.asarray((size >= own * (1 - TIE) - slack).mean(axis=0))


def comparable(starts: FloatArray, observed: BoolArray) -> FloatArray:
    """(A,) which assignments leave a comparison in the cells observed (n_units, T).

    Raises
    ------
    ParameterError : if none does.
    """
    flat = np.where(observed, 0.0, np.nan)[None]
    kept = np.isfinite(two_way_coefficients(flat, starts, np.arange(float(observed.shape[1]))))[:, 0]
    if not kept.any():
        raise ParameterError("No assignment leaves treated and untreated units to compare; widen the panel.")
    return np.asarray(kept)


def least_p(starts: FloatArray, observed: BoolArray, statistic: Statistic | None = two_way_coefficients) -> float:
    """Least two-sided p that any of the assignments (A, n_units) can give with cells observed (n_units, T).

    An assignment and its mirror image, as three units first and three others first, have statistics of one size whatever the
    outcomes; which do is seen from noise, in which only such can tie.
    """
    noise = np.where(observed, generator(0).standard_normal(observed.shape), np.nan)[None]
    periods = np.arange(float(observed.shape[1]))
    made = studentised_averages(noise, starts, periods).t.T if statistic is None else statistic(noise, starts, periods)
    size = np.sort(np.abs(made[:, 0]))
    with np.errstate(invalid="ignore"):  # what is infinite, having no error, ties with what is
        apart = [at for at, (one, other) in enumerate(pairwise(size), 1) if other - one > TIE * other]
    return float(np.diff([0, *apart, size.size]).min() / size.size)


def simulated_panels(
    covariance: ArrayLike,
    n_units: int,
    n_panels: int,
    seed: int,
    *,
    phase: ArrayLike | None = None,
    shared: float = 0.0,
) -> FloatArray:
    """(n_panels, n_units, T) SIMULATED outcomes without an effect: normal, of covariance (T, T) over periods.

    Parameters
    ----------
    phase : (n_units,) labels; `shared`, the share of variance and covariance that units of one phase have in common.

    Raises
    ------
    ParameterError : a covariance that is none, a share outside 0 to 1, or a unit without a phase.
    """
    matrix = real_numbers(covariance, "covariance")
    require_whole(1, n_units=n_units, n_panels=n_panels)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not is_symmetric(matrix):
        raise ParameterError(f"The covariance has shape {matrix.shape}; give a symmetric matrix of periods by periods.")
    if not 0 <= shared <= 1:
        raise ParameterError(f"The shared part is {shared}; give a share from 0 to 1.")
    values, vectors = np.linalg.eigh(matrix)
    if values.min() < -TIE * values.max():
        raise ParameterError("The covariance is of nothing that varies so: an eigenvalue is negative; mend it.")
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng = generator(seed)
    own = rng.standard_normal((n_panels, n_units, len(matrix)))
    if phase is not None and shared:
        code, labels = labelled(phase, n_units, "phase")
        common = rng.standard_normal((n_panels, len(labels), len(matrix)))[:, code]
        own = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    return np.asarray(own @ root.T)


def signed_panels(left: FloatArray, block: IntArray, samples: int, seed: int) -> FloatArray:
    """(samples, n_units, T) panels made of one: the sign of each block of units drawn, all else as it is.

    What units of a block share, how long it lasts and where it is missing stay; nothing in the panels has an effect.

    Parameters
    ----------
    left : (n_units, T) outcomes less unit and period effects, NaN where not observed.
    block : (n_units,) of each unit.
    """
    names, code = np.unique(block, return_inverse=True)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(samples, names.size))
    return np.asarray(signs[:, code, None] * left)
