"""What a roll-out could find, in closed form: error, power and least effect of generalised least squares, many layouts at once.

Period effects are fitted, for each stratum its own if asked; units are fitted too or are part of the covariance. Registry:
docs/methods/rollout.md. Reference: Hussey and Hughes (2007), Contemporary Clinical Trials 28:182-191.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import chndtr, ncfdtr, ndtri, stdtrit

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import labelled, real_numbers, require_level, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import is_symmetric
from crimjust_research.designs.rollout.layout import Layout, effect_path, periods_since
from crimjust_research.errors import ParameterError

Covariance = ArrayLike | Callable[[Layout], ArrayLike]
"""(T, T) for all units or (n_units, T, T), of which cells of a unit not observed are not used; or what gives it for a layout."""
AT_ONCE = 4_000_000
"""Numbers in the largest array held."""
SINGULAR = 1e-12
"""Share of a variance below which what is left of it, given other periods, is none."""
RANK = 1e-9
"""Share of the largest eigenvalue below which one is zero."""


@dataclass(frozen=True, repr=False)
class Precision(Printed):
    """Errors of the estimates that layouts allow, and what follows from them."""

    std_error: FloatArray
    """(D,) infinite where the effect is not identified."""
    df: FloatArray
    """(D,) units that tell of an effect, less one and less one for each stratum."""

    def power(self, effect: ArrayLike, *, alpha: float = 0.05, normal: bool = False) -> FloatArray:
        """(D,) probability that a two-sided test finds an effect; Student's t on `df` unless `normal`."""
        return power(self.std_error, effect, df=np.inf if normal else self.df, alpha=alpha)

    def minimum_detectable(self, power: float = 0.8, *, alpha: float = 0.05, normal: bool = False) -> FloatArray:
        """(D,) the effect that a two-sided test finds with that probability."""
        return minimum_detectable(self.std_error, power, df=np.inf if normal else self.df, alpha=alpha)

    def shown(self) -> pd.DataFrame:
        """Errors, degrees of freedom and the effect found four times in five."""
        found = self.minimum_detectable()
        return pd.DataFrame({"std_error": self.std_error, "df": self.df, "minimum_detectable": found})


def precision(
    layouts: Layout | Sequence[Layout],
    covariance: Covariance,
    *,
    path: ArrayLike = (1.0,),
    horizon: int | None = None,
    units: Literal["fixed", "random"] = "fixed",
    strata: ArrayLike | None = None,
) -> Precision:
    """Standard error of the effect by generalised least squares under a known covariance, for each layout.

    Parameters
    ----------
    covariance : of one unit's periods (see `covariance.py`), the same or by unit, or a function of the layout.
    path : the effect estimated is what this multiplies; see `layout.effect_path`.
    horizon : each period since the start has an effect of its own, and their average over the first `horizon` is estimated (the
        exposure time indicator model); `path` is then not used.
    units : fitted one by one, or "random": as the covariance has them, whose variance between units then counts.
    strata : (n_units,) labels; period effects are fitted for each stratum.

    Raises
    ------
    ParameterError : no layout, a covariance that is none or of another shape, a path longer than the panel, or a horizon that is.
    """
    std_error, df = [], []
    for information, n_periods, free in _informations(layouts, covariance, units, strata):
        if horizon is None:
            steps = effect_path(path, n_periods)
            std_error.append(_root(float(steps @ information.left @ steps), float(steps @ information.all @ steps)))
        else:
            std_error.append(_of_average(information, horizon, n_periods))
        df.append(free)
    return Precision(np.array(std_error), np.array(df, np.float64))


def expected_estimate(
    layouts: Layout | Sequence[Layout],
    covariance: Covariance,
    true_path: ArrayLike,
    *,
    path: ArrayLike = (1.0,),
    units: Literal["fixed", "random"] = "fixed",
    strata: ArrayLike | None = None,
) -> FloatArray:
    """(D,) what the estimate of `precision` is on average where the effect follows another path than the one assumed.

    An estimate of one effect weights the effects of all periods since the start, some of them below zero, so that an effect that
    grows can be estimated as one of the other sign (Kenny et al. 2022). Missing where the effect is not identified.

    Parameters
    ----------
    true_path : the effect by period since the start; the others as in `precision`.
    """
    found = []
    for information, n_periods, _ in _informations(layouts, covariance, units, strata):
        steps, truth = effect_path(path, n_periods), effect_path(true_path, n_periods)
        own = steps @ information.left @ steps
        known = own > RANK * (steps @ information.all @ steps)
        found.append(steps @ information.left @ truth / own if known else np.nan)
    return np.array(found, np.float64)


def power(std_error: ArrayLike, effect: ArrayLike, *, df: ArrayLike = np.inf, alpha: float = 0.05) -> FloatArray:
    """Probability that a two-sided test finds an effect: Student's t on `df`, normal where that is infinite.

    Both tails count, as in R's swPwr. Missing where `df` is zero or less.

    Raises
    ------
    ParameterError : an error that is not above zero, an effect that is not finite, or a level outside (0, 1).

    Examples
    --------
    >>> power(std_error=0.1, effect=[0.1, 0.2, 0.3]).round(2).tolist()
    [0.17, 0.52, 0.85]
    """
    require_level(alpha)
    error, size = real_numbers(std_error, "standard error"), real_numbers(effect, "effect")
    if not (error > 0).all():
        raise ParameterError(f"The standard error is {error}; give numbers above zero.")
    if not np.isfinite(size).all():
        raise ParameterError(f"The effect is {size}; give finite numbers in units of the outcome.")
    return _found(size / error, real_numbers(df, "degrees of freedom"), alpha)


def minimum_detectable(
    std_error: ArrayLike, power: float = 0.8, *, df: ArrayLike = np.inf, alpha: float = 0.05
) -> FloatArray:
    """The effect, without sign, that a two-sided test finds with a given probability; see `power`.

    Raises
    ------
    ParameterError : a probability that is not between the level and 1, or as in `power`.

    Examples
    --------
    >>> round(float(minimum_detectable(std_error=0.1, power=0.8)), 3)
    0.28
    """
    require_level(alpha)
    if not alpha < power < 1:
        raise ParameterError(f"The power is {power!r}; give a number between the level {alpha:g} and 1, such as 0.8.")
    error, free = np.broadcast_arrays(real_numbers(std_error, "standard error"), real_numbers(df, "degrees of freedom"))
    if not (error > 0).all():
        raise ParameterError(f"The standard error is {error}; give numbers above zero.")
    distinct, which = np.unique(free, return_inverse=True)
    needed = np.array([_needed(float(one), power, alpha) for one in distinct])
    return np.asarray(error * needed[which].reshape(error.shape))


def _found(distance: ArrayLike, df: ArrayLike, alpha: float) -> FloatArray:
    """Probability that a statistic, so many errors from zero on average, is beyond the limits of its test."""
    distance, df = np.broadcast_arrays(np.asarray(distance, np.float64), np.asarray(df, np.float64))
    free = np.where(df > 0, df, np.nan)
    limit = stdtrit(np.where(np.isinf(free), 1.0, free), 1 - alpha / 2)
    normal = 1 - chndtr(ndtri(1 - alpha / 2) ** 2, 1, distance**2)
    missed = ncfdtr(1, free, distance**2, limit**2)
    # Where hardly anything is missed, some 36 errors from zero, the library has no number for it now and then.
    missed = np.where(np.isnan(missed) & (free > 0), 0.0, missed)
    return np.asarray(np.where(np.isinf(free), normal, 1 - missed))


def _needed(df: float, power: float, alpha: float) -> float:
    """How many errors from zero an effect must lie."""
    if not df > 0:
        return np.nan
    most = 1.0
    while _found(most, df, alpha) < power:
        most *= 2
    return float(brentq(lambda distance: float(_found(distance, df, alpha)) - power, 0.0, most, xtol=1e-13))


class _Information(NamedTuple):
    """Of the effects of each period since the start, (T, T)."""

    all: FloatArray
    """If period effects were known."""
    left: FloatArray
    """After they are fitted."""


def _informations(
    layouts: Layout | Sequence[Layout], covariance: Covariance, units: str, strata: ArrayLike | None
) -> Iterator[tuple[_Information, int, float]]:
    """Information, number of periods and degrees of freedom of each layout, in turn."""
    each = [layouts] if isinstance(layouts, Layout) else list(layouts)
    if not each:
        raise ParameterError("No layout is given; give one or more.")
    if units not in ("fixed", "random"):
        raise ParameterError(f"units is {units!r}; give 'fixed' or 'random'.")
    found: dict[int, tuple[_Information, int, float]] = {}
    for which in _alike(each):
        some = [each[number] for number in which]
        code = np.zeros(some[0].n_units, np.int64)
        if strata is not None:
            code = labelled(strata, some[0].n_units, "stratum")[0]
        matrices = [_checked(covariance(one) if callable(covariance) else covariance, one) for one in some]
        made = _computed(some, matrices if callable(covariance) else matrices[:1], units == "fixed", code)
        for number, one in zip(which, made, strict=True):
            found[number] = (one[0], some[0].n_periods, one[1])
    yield from (found[number] for number in range(len(each)))


def _alike(layouts: Sequence[Layout]) -> Iterator[list[int]]:
    """Numbers of the layouts of one shape, no more at a time than memory should hold."""
    shapes: dict[tuple[int, int], list[int]] = {}
    for number, layout in enumerate(layouts):
        shapes.setdefault((layout.n_units, layout.n_periods), []).append(number)
    for (n_units, n_periods), numbers in shapes.items():
        size = max(1, AT_ONCE // (max(n_units, n_periods) * n_periods**2))
        yield from (numbers[first : first + size] for first in range(0, len(numbers), size))


def _checked(covariance: ArrayLike, layout: Layout) -> FloatArray:
    """(1, T, T) or (n_units, T, T), once it is known to be symmetric and finite."""
    matrix = real_numbers(covariance, "covariance")
    side = (layout.n_periods, layout.n_periods)
    if matrix.shape not in (side, (layout.n_units, *side)):
        raise ParameterError(
            f"The covariance has shape {matrix.shape}; give {side[0]} by {side[0]} periods, or one such for each of "
            f"{layout.n_units} units."
        )
    if not np.isfinite(matrix).all() or not is_symmetric(matrix):
        raise ParameterError("The covariance is not symmetric, or not finite; mend it.")
    return matrix if matrix.ndim == 3 else matrix[None]


def _computed(
    layouts: Sequence[Layout], matrices: Sequence[FloatArray], fixed: bool, stratum: IntArray
) -> Iterator[tuple[_Information, float]]:
    """Sums over units of layouts of one shape, of whom those alike in start and covariance are taken together."""
    n_units, n_periods = layouts[0].n_units, layouts[0].n_periods
    strata = np.eye(stratum.max() + 1)[:, stratum]
    starts = np.stack([np.minimum(layout.starts, n_periods) for layout in layouts])
    cells = np.stack([layout.cells for layout in layouts])
    shared = cells.all() and all(len(matrix) == 1 for matrix in matrices)
    if shared:
        precise = _precisions(np.stack(matrices), np.ones((1, 1, n_periods), np.bool_), fixed)
        at = np.arange(n_periods + 1.0)
        count = strata @ (starts[:, :, None] == at).astype(np.float64)
        starts = at[None]
    else:
        whole = np.stack([np.broadcast_to(matrix, (n_units, n_periods, n_periods)) for matrix in matrices])
        precise = _precisions(whole, cells, fixed)
        count = np.broadcast_to(strata, (len(layouts), *strata.shape))
    since = periods_since(starts, n_periods)[..., None]
    indicator = (since == np.arange(1, n_periods + 1)).astype(np.float64)
    of_period, of_effect = precise, precise @ indicator
    of_both = np.swapaxes(indicator, -1, -2) @ of_effect
    sums = [_summed(count, one) for one in (of_period, of_effect)]
    every = _summed(count.sum(axis=1, keepdims=True), of_both)[:, 0]
    solved = np.linalg.pinv(sums[0], rcond=RANK, hermitian=True) @ sums[1]
    left = every - np.sum(np.swapaxes(sums[1], -1, -2) @ solved, axis=1)
    seen = cells.sum(axis=2) >= (2 if fixed else 1)
    of_strata = np.array([np.unique(stratum[some]).size for some in seen])
    yield from zip(map(_Information, every, left), seen.sum(axis=1) - 1.0 - of_strata, strict=True)


def _summed(count: FloatArray, matrices: FloatArray) -> FloatArray:
    """(D, G, T, T) sums over kinds of units, of which there are `count` (D, G, C), of matrices (1 or D, 1 or C, T, T)."""
    side = matrices.shape[-2:]
    flat = np.broadcast_to(matrices, (len(matrices), count.shape[-1], *side)).reshape(
        len(matrices), -1, side[0] * side[1]
    )
    if len(flat) == 1:
        return np.asarray((count.reshape(-1, count.shape[-1]) @ flat[0]).reshape(*count.shape[:2], *side))
    return np.asarray((count @ flat).reshape(*count.shape[:2], *side))


def _precisions(covariance: FloatArray, cells: BoolArray, fixed: bool) -> FloatArray:
    """Inverse covariances of observed cells, zero elsewhere; of what is left once each unit's mean is fitted, if asked."""
    both = cells[..., :, None] & cells[..., None, :]
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    apart = np.eye(cells.shape[-1]) * np.where(variance > 0, variance, 1.0)[..., None]
    matrix = np.where(both, covariance, np.where(cells[..., None], 0.0, apart))
    try:
        left = np.diagonal(np.linalg.cholesky(matrix), axis1=-2, axis2=-1) ** 2
    except np.linalg.LinAlgError:
        left = np.zeros(1)
    if not (left > SINGULAR * np.diagonal(matrix, axis1=-2, axis2=-1).max(initial=0.0)).all():
        raise ParameterError(
            "The covariance leaves a period nothing of its own, so that others foretell it without error; give a correlation "
            "below 1, or noise."
        )
    inverse = np.where(both, np.linalg.inv(matrix), 0.0)
    if not fixed:
        return np.asarray(inverse)
    of_mean = inverse.sum(axis=-1, keepdims=True)
    total = of_mean.sum(axis=-2, keepdims=True)
    return np.asarray(inverse - of_mean @ np.swapaxes(of_mean, -1, -2) / np.where(total > 0, total, 1.0))


def _root(left: float, every: float) -> float:
    """Error of one effect from its information; infinite where fitting the periods leaves none."""
    return float(1 / np.sqrt(left)) if left > RANK * every else np.inf


def _of_average(information: _Information, horizon: int, n_periods: int) -> float:
    """Error of the average of the effects of the first periods since the start; infinite where one of them is not identified."""
    require_whole(1, horizon=horizon)
    if horizon > n_periods:
        raise ParameterError(f"The horizon is {horizon} periods and the panel {n_periods}; shorten it.")
    weights = np.where(np.arange(n_periods) < horizon, 1 / horizon, 0.0)
    values, vectors = np.linalg.eigh(information.left)
    known = values > RANK * np.diagonal(information.all).max()
    parts = weights @ vectors
    if np.abs(parts[~known]).max(initial=0.0) > np.sqrt(RANK) / horizon:
        return np.inf
    return float(np.sqrt(np.sum(parts[known] ** 2 / values[known])))
