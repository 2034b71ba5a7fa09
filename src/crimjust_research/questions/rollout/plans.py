"""Designs of the roll-out as data, and how each lays out the countries an outcome covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.rollout.layout import Assignments, Layout, assignments
from crimjust_research.errors import ParameterError
from crimjust_research.questions.rollout.params import PROGRAMME_YEARS

Dealt = Literal["given", "phases", "countries"]


@dataclass(frozen=True)
class Design:
    """When phases start, and what is drawn by lot.

    `starts` are months from the first, or none where each phase has a start of its own; `dealt`, who gets them: the phases in a
    given order, the phases by lot, or the countries of each phase by lot, so that every language has early and late ones.
    `compared`: other Majors, never treated, stand beside.
    """

    name: str
    title: str
    starts: tuple[int, ...]
    dealt: Dealt
    years: int = PROGRAMME_YEARS
    compared: bool = False
    says: str = ""

    @property
    def months(self) -> int:
        return 12 * self.years

    def begins(self, n_phases: int) -> tuple[int, ...]:
        """Months from the first start to each, where there are so many phases."""
        return self.starts or tuple(self.months * place // n_phases for place in range(n_phases))


DESIGNS = (
    Design("given", "Phases in their order", (), "given", says="a start for each phase, evenly over four years"),
    Design("order", "Order drawn among phases", (), "phases", says="the same, the order of phases by lot"),
    Design(
        "halves",
        "Half of the phases, then the rest",
        (0, 24),
        "phases",
        says="two starts, half of the phases each by lot",
    ),
    Design(
        "two",
        "Countries drawn, two starts",
        (0, 24),
        "countries",
        says="within each phase half of the countries start by lot",
    ),
    Design(
        "three",
        "Countries drawn, three starts",
        (0, 16, 32),
        "countries",
        says="within each phase a third of the countries",
    ),
    Design(
        "four",
        "Countries drawn, four starts",
        (0, 12, 24, 36),
        "countries",
        says="starts a year apart, within each phase",
    ),
    Design(
        "six",
        "Countries drawn, six starts",
        tuple(range(0, 48, 8)),
        "countries",
        says="starts eight months apart, within each phase",
    ),
    Design(
        "beside",
        "Two starts, other Majors beside",
        (0, 24),
        "countries",
        compared=True,
        says="as two starts; Majors of no phase are measured too",
    ),
    Design(
        "long",
        "Six starts, six years",
        tuple(range(0, 72, 12)),
        "countries",
        6,
        says="starts a year apart, for six years",
    ),
)


@dataclass(frozen=True)
class Laid:
    """A design laid out over the countries and periods of one outcome."""

    design: Design
    layout: Layout
    block: IntArray
    """(n_units,) the phase each country belongs to: whoever shares shocks, and within which lots are drawn."""
    before: int
    """Periods before the first start."""
    months: int
    """In a period."""

    @property
    def whole_phases(self) -> bool:
        return self.design.dealt != "countries"

    @property
    def assignments(self) -> Assignments:
        """Other orders the lot could have given; one where nothing is drawn."""
        if self.design.dealt == "given":
            return Assignments(1, False)
        return assignments(self.layout, **({"phase": self.block} if self.whole_phases else {"strata": self.block}))

    @property
    def starts_seen(self) -> int:
        """Different periods in which somebody starts."""
        return int(np.unique(self.layout.starts[np.isfinite(self.layout.starts)]).size)

    @property
    def compared_until(self) -> float:
        """Months from the first start to the end of the last period in which treated and untreated are compared."""
        treated, seen = self.layout.treated, self.layout.cells
        strata = np.zeros_like(self.block) if self.whole_phases else self.block
        both = np.zeros(self.layout.n_periods, np.bool_)
        for one in np.unique(strata):
            own = (strata == one)[:, None] & seen
            both |= (own & treated).any(axis=0) & (own & ~treated).any(axis=0)
        return self.months * (int(np.flatnonzero(both)[-1]) + 1 - self.before) if both.any() else np.nan


def laid_out(
    design: Design, block: IntArray, in_phase: BoolArray, observed: BoolArray, months: int, n_phases: int
) -> Laid:
    """A design over the countries that an outcome covers.

    Parameters
    ----------
    block : (n_units,) the phase each belongs to, from 1; in_phase : which are treated at all, the others standing beside.
    observed : (n_units, before) which were seen before the first start; all are taken to be seen after it.
    months : in a period.
    n_phases : of the roll-out, whether or not the outcome covers them all.

    Raises
    ------
    ParameterError
        If all start in one period of the outcome, or fewer than two countries are there.
    """
    before = observed.shape[1]
    during = int(np.ceil(design.months / months))
    starts = np.full(block.size, np.inf)
    periods = before + np.array(design.begins(n_phases)) // months
    if design.dealt == "countries":
        order = np.flatnonzero(in_phase)[np.argsort(block[in_phase], kind="stable")]
        starts[order] = periods[np.arange(order.size) % periods.size]
    else:
        # Phases start one after the other, as many together as there are more of them than starts.
        starts[in_phase] = periods[(block[in_phase] - 1) * periods.size // n_phases]
    cells = np.hstack([observed, np.ones((block.size, during), np.bool_)])
    return Laid(design, Layout(starts, before + during, cells), block, before, months)


def phase_means(laid: Laid) -> tuple[Layout, IntArray]:
    """Whole phases as the units of a design, and how many countries each has: its mean is all that it tells."""
    blocks, first, count = np.unique(laid.block, return_index=True, return_counts=True)
    cells = np.array([laid.layout.cells[laid.block == one].any(axis=0) for one in blocks])
    return Layout(laid.layout.starts[first], laid.layout.n_periods, cells), count


def by_period(path: tuple[float, ...], months: int) -> FloatArray:
    """The effect by period since the start, from that by year.

    Raises
    ------
    ParameterError
        If no period of treatment has any effect.
    """
    middle = np.arange(max(1, int(np.ceil(12 * len(path) / months)))) * months + months / 2
    steps = np.array(path)[np.minimum(middle // 12, len(path) - 1).astype(np.int64)]
    if not steps.any():
        raise ParameterError(f"The effect path {path} has no effect in any period of {months} months; lengthen it.")
    return np.asarray(steps)
