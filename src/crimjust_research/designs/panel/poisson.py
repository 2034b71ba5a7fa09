"""Poisson regression of a panel of counts with unit effects and errors clustered by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import (
    complete_columns,
    numbers,
    require_list,
    require_one_row_each,
    require_residual_freedom,
)
from crimjust_research.designs.separation import separated_rows
from crimjust_research.designs.series.checks import require_even_spacing
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class Panel:
    """A checked panel as arrays of n rows, sorted by unit and time; units without any count are left out."""

    counts: FloatArray
    exposure: FloatArray
    """(n,) each; exposure above zero."""
    unit: IntArray
    """(n,) 0..G-1."""
    unit_starts: IntArray
    """(G,) first row of each unit."""
    period: IntArray
    """(n,) place in `times`."""
    times: list[Any]
    controls: pd.DataFrame
    """(n rows) further terms."""
    units_without_counts: tuple[str, ...]
    """Left out."""

    @property
    def n_units(self) -> int:
        """Units that count something."""
        return self.unit_starts.size


@dataclass(frozen=True)
class UnitEffectsFit:
    """Poisson regression with unit effects; `covariance` is clustered by unit."""

    coefficients: FloatArray
    """(k,)"""
    covariance: FloatArray
    """(k, k)"""
    fitted: FloatArray
    """(n,) expected counts."""

    @property
    def std_error(self) -> FloatArray:
        """(k,)"""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


def checked_panel(
    frame: pd.DataFrame, *, unit: str, time: str, count: str, exposure: str, controls: Sequence[str] = ()
) -> Panel:
    """Arrays of a panel that is complete, without repeats and positive where it must be.

    Parameters
    ----------
    frame : one row per unit and period, in any order; units may miss periods.
    unit, time, count, exposure : its columns; times sort in order and are one step apart.
    controls : further numeric columns, such as a season.

    Raises
    ------
    ParameterError : a missing column or value, a repeated row, a negative count, exposure of zero or less, periods that
        are not one step apart, or fewer than two units with counts.
    """
    require_list(controls=controls)
    data = complete_columns(frame, [unit, time, count, exposure, *controls])
    numbers(data, [count, exposure, *controls])
    kinds = {type(value).__name__ for value in data[time]}
    if "str" in kinds and len(kinds) > 1:
        raise ParameterError(f"Column {time!r} holds {', '.join(sorted(kinds))}; write all times alike.")
    data = data.sort_values([unit, time], ignore_index=True)
    require_one_row_each(data, unit, time)
    bad = data[(data[count] < 0) | (data[exposure] <= 0)]
    if len(bad):
        row = bad.iloc[0]
        raise ParameterError(
            f"Unit {row[unit]} at {row[time]} has count {row[count]:g} and exposure {row[exposure]:g}; counts may "
            "not be negative and exposure must be positive."
        )
    times = sorted(data[time].unique())
    require_even_spacing(pd.Index(times), time)
    total = data.groupby(unit)[count].transform("sum")
    silent = tuple(str(u) for u in data.loc[total == 0, unit].unique())
    data = data[total > 0]
    codes = pd.factorize(data[unit])[0].astype(np.int64)
    if codes.size == 0 or codes.max() < 1:
        raise ParameterError(
            "The panel needs at least two units with counts, so that errors can be clustered; give more."
        )
    return Panel(
        counts=data[count].to_numpy(np.float64),
        exposure=data[exposure].to_numpy(np.float64),
        unit=codes,
        unit_starts=np.flatnonzero(np.diff(codes, prepend=-1)),
        period=data[time].map({t: i for i, t in enumerate(times)}).to_numpy(np.int64),
        times=times,
        controls=data[list(controls)],
        units_without_counts=silent,
    )


def within_units(panel: Panel, design: FloatArray) -> FloatArray:
    """Columns (n, k) less their means over each unit."""
    sums = np.add.reduceat(design, panel.unit_starts)
    return np.asarray(design - (sums / np.bincount(panel.unit)[:, None])[panel.unit])


def unit_effects_poisson(panel: Panel, design: FloatArray) -> UnitEffectsFit:
    """Newton's method on the likelihood with unit effects concentrated out (Hausman, Hall and Griliches 1984).

    The clustered covariance is H^-1 (sum over units of s s') H^-1 G / (G - 1) (n - 1) / (n - k), s a unit's score.

    Raises
    ------
    ParameterError : as many coefficients as rows, a term that separates zero counts from the rest, or no convergence
        in 50 steps.
    """
    from scipy.sparse import csr_array, hstack

    y, unit, starts = panel.counts, panel.unit, panel.unit_starts
    require_residual_freedom(y.size, design.shape[1], panel.n_units)
    members = csr_array((np.ones(y.size), (np.arange(y.size), unit)))
    if separated_rows(hstack([csr_array(design), members]), np.where(y == 0, -1, 0)).any():
        raise ParameterError(
            "A term predicts counts of zero perfectly and has no finite estimate; leave it out, or widen the window."
        )
    totals = np.add.reduceat(y, starts)
    x = design - design.mean(axis=0)

    def expected(b: FloatArray) -> FloatArray:
        rate = panel.exposure * np.exp(x @ b)
        return np.asarray(rate * (totals / np.add.reduceat(rate, starts))[unit])

    b = np.zeros(design.shape[1])
    mu = expected(b)
    for _ in range(50):
        within = x - (np.add.reduceat(mu[:, None] * x, starts) / totals[:, None])[unit]
        information = within.T @ (mu[:, None] * within)
        step = np.linalg.solve(information, within.T @ (y - mu))
        # A step that would change any rate more than e-fold is cut, which keeps the first steps from overshooting.
        step /= max(1.0, float(np.abs(within @ step).max()))
        b = b + step
        mu = expected(b)
        if np.abs(step).max() < 1e-10 * (1 + np.abs(b).max()):
            break
    else:
        raise ParameterError("The Poisson fit did not converge; use fewer terms.")
    within = x - (np.add.reduceat(mu[:, None] * x, starts) / totals[:, None])[unit]
    bread = np.linalg.inv(within.T @ (mu[:, None] * within))
    scores = np.add.reduceat((y - mu)[:, None] * within, starts)
    n, k, groups = y.size, design.shape[1], starts.size
    correction = groups / (groups - 1) * (n - 1) / (n - k)
    return UnitEffectsFit(b, correction * bread @ (scores.T @ scores) @ bread, mu)
