"""Which totals to leave untold so that those who must not be known cannot be worked out from the rest.

Totals are sums over atoms, the finest cells there are; tables that share units share atoms, so that what one table tells of
another is seen. A total is protected if there are atoms, as they are and otherwise, that agree with everything told and in which
it differs by what it needs: whoever reads what is told cannot say which is true. Registry: docs/methods/disclosure.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.errors import ParameterError

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Totals:
    """Totals over atoms: what they are, which may be told and what each needs.

    Attributes
    ----------
    members : (m, n) scipy sparse matrix of 0 and 1, the atoms of each total.
    links : (r, n) scipy sparse matrix of sums of atoms that are known to be 0: the same units counted twice.
    atoms : (n,) amounts of zero or more.
    tellable : (m,) totals that are told unless hidden; the others are never told, and may need protection all the same.
    need : (m,) how far apart the least and the greatest value must lie that a total may have for whoever reads; 0 for
        totals that need no protection.
    cost : (m,) above zero, what is lost by hiding a total.
    whole : whether atoms are counts. A reader then knows that a hidden total is at least 1, unless it is 0.
    """

    members: Any
    links: Any
    atoms: FloatArray
    tellable: BoolArray
    need: FloatArray
    cost: FloatArray
    whole: bool = True


def hidden_totals(totals: Totals) -> BoolArray:
    """(m,) totals to hide: those that may be told but need protection, and the cheapest found that protect all who do.

    Each total in need, smallest first, is held against the tables already found that agree with all that is told. Where
    they leave it too narrow a range, an integer programme looks for another table in which it is far enough from the least
    it may be, at the least cost of what would have to be hidden for it (the whole problem at once: Fischetti and Salazar
    2000). Hiding more never undoes a table found.

    Raises
    ------
    ParameterError : a total that nothing can protect.
    """
    search = _Search(totals)
    for total in sorted(np.flatnonzero(totals.need > 0).tolist(), key=lambda i: (search.values[i], i)):
        if search.lacking[total] and not search.widen(total):
            search.hide_for(total)
    return search.hidden


class _Search:
    """What is hidden so far, and between which values each total has been seen in tables that agree with the rest."""

    def __init__(self, totals: Totals) -> None:
        self.totals = totals
        self.hidden: BoolArray = totals.tellable & (totals.need > 0)
        self.values: FloatArray = totals.members @ totals.atoms
        self.floor = np.where(totals.tellable & (self.values > 0) & totals.whole, 1.0, 0.0)
        self.least, self.greatest = self.values.copy(), self.values.copy()
        self.reach = 2 * float(totals.need.max(initial=0.0))
        self.random = np.random.default_rng(0)

    @property
    def lacking(self) -> BoolArray:
        """(m,) totals whose range is still too narrow."""
        return np.asarray(self.greatest - self.least < self.totals.need - _ROUNDING)

    def widen(self, total: int) -> bool:
        """Whether what is hidden already protects the total."""
        for sign in (1.0, -1.0):
            change = self._table(total, sign=sign)
            if change is not None:
                self._see(change)
            if not self.lacking[total]:
                return True
            if self.least[total] <= self.floor[total]:
                return False
        return False

    def hide_for(self, total: int) -> None:
        """Hide what lets the total rise far enough from the least it may be; zeros only if nothing else does."""
        rise = float(self.least[total] + self.totals.need[total] - self.values[total])
        for zeros_too in (False, True):
            change = self._table(total, rise=rise, zeros_too=zeros_too)
            if change is not None:
                return self._see(change)
        raise ParameterError(f"Nothing can be hidden that protects a total of {self.values[total]:g}.")

    def _see(self, change: FloatArray) -> None:
        moved: FloatArray = self.totals.members @ change
        self.least = np.minimum(self.least, self.values + moved)
        self.greatest = np.maximum(self.greatest, self.values + moved)
        self.hidden = self.hidden | (self.totals.tellable & (np.abs(moved) > _ROUNDING))

    def _table(
        self, total: int, *, sign: float = 0.0, rise: float | None = None, zeros_too: bool = False
    ) -> FloatArray | None:
        """(n,) change of atoms to another table of amounts, in which what is hidden keeps the least a reader knows of it.

        Without `rise` all that is told stays, the total moves furthest up or down by `sign`, and others that lack protection
        move by the way. With it the total rises so far, and totals that are told and move for it cost least: one variable
        takes each up and another down. None if there is no such table.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array, hstack, vstack

        totals, n = self.totals, self.totals.atoms.size
        hidden, told = np.flatnonzero(self.hidden), np.flatnonzero(totals.tellable & ~self.hidden)
        free = told[zeros_too | (self.values[told] > 0)] if rise is not None else told[:0]
        k = free.size
        known = self.floor - self.values
        apart = csr_array((np.ones(k), (np.searchsorted(told, free), np.arange(k))), shape=(told.size, k))
        rows = [hstack([totals.members[told], -apart, apart])]
        low, high = [np.zeros(told.size)], [np.zeros(told.size)]
        for part, least, most in (
            (totals.members[hidden], known[hidden], np.inf),
            (totals.links, np.zeros(totals.links.shape[0]), 0.0),
            (totals.members[[total]], np.array([-np.inf if rise is None else rise]), np.inf),
        ):
            rows.append(hstack([part, csr_array((part.shape[0], 2 * k))]))
            low.append(least)
            high.append(np.full(least.size, most))
        if rise is None:
            wanted = np.where(self.lacking, self.random.uniform(-1, 1, len(self.values)) / self.lacking.sum(), 0.0)
            wanted[total] = 2 * sign
            cost = -(totals.members.T @ wanted)
        else:
            cost = np.concatenate([np.zeros(n), totals.cost[free], totals.cost[free]])
        bounds = Bounds(
            np.concatenate([-totals.atoms, np.zeros(2 * k)]),
            np.concatenate([np.full(n, self.reach), np.full(k, np.inf), -known[free]]),
        )
        constraints = LinearConstraint(csr_array(vstack(rows)), np.concatenate(low), np.concatenate(high))
        # Mostly the programme without whole numbers has an answer in whole numbers, and sooner.
        for whole in (0, 1):
            integrality = np.append(np.full(n, whole), np.zeros(2 * k))
            solution = milp(cost, integrality=integrality, bounds=bounds, constraints=constraints)
            if solution.x is None:
                return None
            change: FloatArray = solution.x[:n]
            if not totals.whole:
                return change
            if np.abs(change - np.rint(change)).max() < _ROUNDING:
                break
        return np.rint(change)
