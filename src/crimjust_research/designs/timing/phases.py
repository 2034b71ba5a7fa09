"""Roll-outs by phases: every order in which they could have started, and how often tests reject a true null there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import generator, real_numbers, require_level, require_list, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.panel.two_way import treated_cells, two_way_test
from crimjust_research.designs.timing.statistics import two_way_coefficients
from crimjust_research.errors import ParameterError

MOST_EXACT_ORDERS = 40_320


def phase_assignments(phase: ArrayLike, start: ArrayLike) -> FloatArray:
    """First treated period of each unit under every order in which the phases could have started.

    Parameters
    ----------
    phase : (n_units,) 0..P-1; start : (P,) period in which each phase starts, inf if it never does.

    Returns (P!, n_units), the actual order first.

    Raises
    ------
    ParameterError : phases that are not numbered 0..P-1, or more than eight of them.

    Examples
    --------
    >>> phase_assignments(phase=[0, 0, 1], start=[2020, 2021])
    array([[2020., 2020., 2021.],
           [2021., 2021., 2020.]])
    """
    numbered, starts = real_numbers(phase, "phase"), real_numbers(start, "start")
    if numbered.ndim != 1 or starts.ndim != 1 or np.isnan(starts).any():
        raise ParameterError("phase and start must be one list of numbers each, the start infinite if there is none.")
    if not starts.size or sorted(set(numbered.tolist())) != list(range(starts.size)):
        raise ParameterError(f"Phases must be numbered 0 to {starts.size - 1} and each hold a unit.")
    unit_phase = numbered.astype(np.int64)
    if factorial(starts.size) > MOST_EXACT_ORDERS:
        raise ParameterError(f"{starts.size} phases have more than {MOST_EXACT_ORDERS} orders; sample them instead.")
    orders = np.array(list(permutations(range(starts.size))))
    return np.asarray(starts[orders][:, unit_phase])


@dataclass(frozen=True, repr=False)
class PhaseRejectionRates(Printed):
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
    require_level(alpha)
    require_list(sizes=sizes, start=start)
    require_whole(3, n_periods=n_periods)
    require_whole(1, n_sim=n_sim)
    for size in sizes:
        require_whole(1, sizes=size)
    if not isinstance(shared_variance, int | float):
        raise ParameterError(f"shared_variance is {shared_variance!r}; give a number.")
    if len(sizes) != len(start) or not 0 <= shared_variance < 1:
        raise ParameterError(
            f"{len(sizes)} phases, {len(start)} starts and a shared variance of {shared_variance}; give as many "
            "starts as phases and a share from 0 to below 1."
        )
    phase = np.repeat(np.arange(len(sizes)), sizes)
    periods = np.arange(1.0, n_periods + 1)
    assignments = phase_assignments(phase, start)
    rng = generator(seed)
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
