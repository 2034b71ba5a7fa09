"""Who is treated when: the layout of a roll-out before it starts, and how many other orders a lot could have given.

Registry: docs/methods/rollout.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import labelled, real_numbers, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.timing.studentised import number_of_assignments
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class Layout:
    """Units by periods, the period in which each unit starts, and the cells that are observed.

    Raises
    ------
    ParameterError : a start that is missing, negative or within a period, all units starting together, or observed cells of
        another shape.
    """

    starts: FloatArray
    """(n_units,) period in which a unit is first treated, counted from 0; inf if never."""
    n_periods: int
    observed: BoolArray | None = None
    """(n_units, n_periods); all, by default."""

    def __post_init__(self) -> None:
        starts = real_numbers(self.starts, "start")
        object.__setattr__(self, "starts", starts)
        require_whole(2, n_periods=self.n_periods)
        if starts.ndim != 1 or starts.size < 2:
            raise ParameterError(f"Starts have shape {starts.shape}; give one for each of two units or more.")
        wrong = ~((starts >= 0) & (starts == np.floor(starts)))
        if wrong.any():
            raise ParameterError(
                f"Unit {int(np.argmax(wrong))} starts in period {starts[wrong][0]:g}; count whole periods from 0, and give "
                "inf to a unit that never starts."
            )
        if np.unique(np.minimum(starts, self.n_periods)).size < 2:
            raise ParameterError(
                f"All units start together, or none within {self.n_periods} periods, so that nothing is compared; give at "
                "least two starts, or let some units never start."
            )
        shape = (starts.size, self.n_periods)
        if self.cells.shape != shape or self.cells.dtype.kind != "b":
            raise ParameterError(
                f"Observed cells have shape {self.cells.shape}; give true or false for {shape[0]} units by {shape[1]} periods."
            )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.starts.size)

    @property
    def cells(self) -> BoolArray:
        """(n_units, n_periods) which are observed."""
        return np.ones((self.n_units, self.n_periods), np.bool_) if self.observed is None else np.asarray(self.observed)

    @property
    def treated(self) -> BoolArray:
        """(n_units, n_periods) which are treated."""
        return treated_cells(self.starts, np.arange(float(self.n_periods))).astype(np.bool_)

    @property
    def since(self) -> IntArray:
        """(n_units, n_periods) the period of treatment that a cell is: 1 in that of the start, 0 before."""
        return periods_since(self.starts, self.n_periods)


def periods_since(starts: FloatArray, n_periods: int) -> IntArray:
    """(..., n_units, n_periods) 1 in the period of the start, 2 in the next, 0 before, from starts (..., n_units)."""
    first = np.minimum(starts, n_periods)[..., None]
    return np.maximum(np.arange(n_periods) - first + 1, 0).astype(np.int64)


def effect_path(path: ArrayLike, n_periods: int) -> FloatArray:
    """(n_periods,) the effect in the period of the start, the next and so on; the last that is given holds for all later ones.

    (1,) is an effect at once; (0, 0, 1) one that lags two periods; (.25, .5, .75, 1) one that grows for four.

    Raises
    ------
    ParameterError : a path that is empty, not finite or longer than the panel.
    """
    steps = real_numbers(path, "effect path")
    if steps.ndim != 1 or not steps.size or not np.isfinite(steps).all():
        raise ParameterError(f"The effect path is {path!r}; give one number for each period since the start.")
    if steps.size > n_periods:
        raise ParameterError(
            f"The effect path has {steps.size} periods and the panel {n_periods}; shorten the path, or lengthen the panel."
        )
    return np.pad(steps, (0, n_periods - steps.size), mode="edge")


def effect_cells(starts: FloatArray, n_periods: int, path: ArrayLike = (1.0,)) -> FloatArray:
    """(..., n_units, n_periods) the effect in each cell, zero before the start, from starts (..., n_units); see `effect_path`."""
    return np.asarray(np.append(0.0, effect_path(path, n_periods))[periods_since(starts, n_periods)])


def exposure(layout: Layout, path: ArrayLike = (1.0,)) -> FloatArray:
    """(n_units, n_periods) the effect in each cell of a layout; see `effect_path`."""
    return effect_cells(layout.starts, layout.n_periods, path)


@dataclass(frozen=True, repr=False)
class Assignments(Printed):
    """How many different ways there are of dealing the starts out, and the least p a test among them can give."""

    count: float
    mirrored: bool
    """Whether every one has a mirror image that changes the sign of the estimate alone: two starts, to halves of equal size."""

    @property
    def least_p(self) -> float:
        """Smallest two-sided p: one over their number, or twice that where mirror images tie."""
        return (2 if self.mirrored else 1) / self.count

    def facts(self) -> Mapping[str, object]:
        """The three."""
        return {"count": self.count, "mirrored": self.mirrored, "least_p": self.least_p}


def assignments(layout: Layout, *, phase: ArrayLike | None = None, strata: ArrayLike | None = None) -> Assignments:
    """How many distinguishable ways of dealing out the starts of a layout there are.

    Parameters
    ----------
    phase : (n_units,) labels, if phases exchange their starts as wholes: six of six starts in 720 ways. Otherwise units draw
        the starts one by one, within `strata` (n_units,) if given.

    Raises
    ------
    ParameterError : labels that are not one to a unit, a phase whose units start apart, or phases and strata at once.
    """
    starts = np.minimum(layout.starts, layout.n_periods)
    if phase is not None and strata is not None:
        raise ParameterError("Phases change places as wholes, so that strata say nothing; give one of the two.")
    if phase is not None:
        starts = starts_of_phases(phase, starts)[1]
    among = np.zeros(starts.size) if strata is None else labelled(strata, starts.size, "stratum")[0]
    early = starts == starts.min()
    halves = all(np.mean(early[among == one]) == 0.5 for one in np.unique(among))
    return Assignments(number_of_assignments(starts, among), halves and np.unique(starts).size == 2)


def starts_of_phases(phase: ArrayLike, starts: FloatArray) -> tuple[IntArray, FloatArray]:
    """(n_units,) number of each unit's phase, 0..P-1, and (P,) the start of each phase.

    Raises
    ------
    ParameterError : a unit without a phase, or a phase whose units start apart.
    """
    code, labels = labelled(phase, starts.size, "phase")
    for number, label in enumerate(labels):
        if np.unique(starts[code == number]).size > 1:
            raise ParameterError(f"Units of phase {label} start in different periods; give a phase one start.")
    return code, np.array([starts[code == number][0] for number in range(len(labels))])


def in_order(counts: ArrayLike, starts: ArrayLike) -> FloatArray:
    """(n_units,) starts of groups of `counts` units each that start in `starts`, one after the other; inf for never.

    Raises
    ------
    ParameterError : counts and starts that do not match, or a group without units.
    """
    sizes, dates = real_numbers(counts, "number of units"), real_numbers(starts, "start")
    if sizes.ndim != 1 or sizes.shape != dates.shape or not ((sizes >= 1) & (sizes == np.floor(sizes))).all():
        raise ParameterError(f"Groups are of {sizes} units and start in {dates}; give each a whole number and a start.")
    return np.repeat(dates, sizes.astype(np.int64))
