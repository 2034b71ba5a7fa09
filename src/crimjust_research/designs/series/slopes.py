"""Breaks in the slope of one series whose segments join: how many, when, how sure of the date, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray, SeriesLike
from crimjust_research.designs.checks import generator, require_draws, require_level, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.series.breaks import NO_NOISE, SHORTEST_SHARE
from crimjust_research.designs.series.checks import (
    complete_values,
    deterministic_terms,
    require_noise,
    series_index,
    series_name,
)
from crimjust_research.errors import ParameterError

MOST_BREAKS = 3  # beyond it the search over all sets of dates grows too long
PERSISTENCE = np.linspace(0, 1, 21)  # coefficients tried for the errors; at one they wander
PER_BREAK = 2  # coefficients that a break adds: its slope and its date
WARM_UP = 100  # dates before the first of simulated errors that do not wander
CELLS = 50_000  # sets of dates times samples searched together, few enough to stay near the processor


@dataclass(frozen=True, repr=False)
class SlopeBreaks(Printed):
    """A trend whose slope breaks, its errors a first-order autoregression, with intervals of the dates."""

    name: str
    n_obs: int
    n_breaks: int
    autoregression: float
    """Coefficient of the errors around the trend; at one they wander."""
    candidates: pd.DataFrame
    """Per number of breaks: breaks, deviance, criterion, autoregression, dates."""
    breaks: pd.DataFrame
    """Per break: at (last date of the old slope), ci_low, ci_high, slope_before, slope_after (per period)."""
    trend: FloatArray
    """(n,) the broken trend at the mean of the seasons."""

    def shown(self) -> pd.DataFrame:
        """The breaks."""
        return self.breaks


@dataclass(frozen=True)
class Search:
    """Regressions on terms and on (t - T)+ for one number of breaks, every set of dates T and every persistence."""

    terms: FloatArray
    """(n, q), a constant first and a trend second."""
    sets: IntArray
    """(sets, breaks) positions of the last observation of an old slope."""

    def deviance(self, values: FloatArray) -> tuple[FloatArray, IntArray]:
        """n log of the residual sum of squares of samples, values (n, S): for every set of dates at the coefficient
        of `PERSISTENCE` that makes it least, and the place of that coefficient, both (sets, S)."""
        least = np.full((len(self.sets), values.shape[1]), np.inf)
        place = np.zeros(least.shape, np.int64)
        for number, squares in enumerate(self._residual_squares(values)):
            better = squares < least
            np.copyto(least, squares, where=better)
            np.copyto(place, number, where=better)
        return self._log(least), place

    def least(self, values: FloatArray, among: Sequence[BoolArray]) -> tuple[FloatArray, IntArray]:
        """The least `deviance` among chosen sets, (len(among), S), and its coefficient's place for the first of them, (S,)."""
        found = np.full((len(among), values.shape[1]), np.inf)
        place = np.zeros(values.shape[1], np.int64)
        for number, squares in enumerate(self._residual_squares(values)):
            least = np.stack([squares[chosen].min(axis=0) for chosen in among])
            place[least[0] < found[0]] = number
            np.minimum(found, least, out=found)
        return self._log(found), place

    def _log(self, squares: FloatArray) -> FloatArray:
        return np.asarray(len(self.terms) * np.log(np.maximum(squares, NO_NOISE)))

    def _residual_squares(self, values: FloatArray) -> Iterator[FloatArray]:
        """(sets, S) for each coefficient of `PERSISTENCE`."""
        for coefficient, whitened in zip(PERSISTENCE, self._whitened, strict=True):
            left = changes(values, coefficient)
            left = left - whitened.basis @ (whitened.basis.T @ left)
            squares = np.repeat(np.sum(left**2, axis=0)[None], len(self.sets), axis=0)
            moments, parts = whitened.columns.T @ left, list[FloatArray]()
            for row, place in zip(whitened.triangle, self.sets.T - self._first, strict=True):
                part = moments[place]
                for factor, before in zip(row, parts, strict=False):
                    part -= factor[:, None] * before
                part /= row[-1][:, None]
                squares -= part**2
                parts.append(part)
            yield squares

    @property
    def _first(self) -> int:
        return int(self.sets.min(initial=len(self.terms)))

    @cached_property
    def _whitened(self) -> list[Whitened]:
        """What samples share, for each coefficient of `PERSISTENCE`."""
        first = self._first
        kinks = joined(len(self.terms), np.arange(first, int(self.sets.max(initial=first)) + 1))
        found = []
        for coefficient in PERSISTENCE:
            # A walk's changes hold no constant.
            terms = self.terms[:, 1:] if coefficient == 1 else self.terms
            basis = np.linalg.qr(changes(terms, coefficient))[0]
            columns = changes(kinks, coefficient)
            columns -= basis @ (basis.T @ columns)
            found.append(Whitened(basis, columns, triangles(columns.T @ columns, self.sets.T - first)))
        return found


@dataclass(frozen=True)
class Whitened:
    """Regressors in quasi-differences of one coefficient."""

    basis: FloatArray
    """(n, q) orthonormal, of the terms."""
    columns: FloatArray
    """(n, dates) what terms leave of (t - T)+, for every date of a break."""
    triangle: list[list[FloatArray]]
    """See `triangles`."""


def triangles(products: FloatArray, places: IntArray) -> list[list[FloatArray]]:
    """Cholesky factors of blocks of a matrix of cross-products, all sets at once: rows of elements (sets,).

    Parameters
    ----------
    products : (dates, dates); places : (breaks, sets), which dates each block is of.
    """
    rows: list[list[FloatArray]] = []
    for i, place in enumerate(places):
        row: list[FloatArray] = []
        for j, other in enumerate(places[: i + 1]):
            known = sum((a * b for a, b in zip(row, row if j == i else rows[j], strict=False)), start=0.0)
            left = products[place, other] - known
            row.append(np.sqrt(left) if j == i else left / rows[j][j])
        rows.append(row)
    return rows


def slope_breaks(
    series: SeriesLike,
    *,
    max_breaks: int = MOST_BREAKS,
    seasonal: bool = False,
    alpha: float = 0.05,
    draws: int = 999,
    seed: int = 1,
) -> SlopeBreaks:
    """Breaks in the slope of a trend whose segments join: y(t) = c + b t + sum of d (t - T)+ + season + u(t).

    The errors are u(t) = r u(t-1) + e(t), 0 <= r <= 1. For every number of breaks the dates T, no segment shorter than 15 % of
    the series, and r on a grid of 0.05 are found together by least squares of the quasi-differences y(t) - r y(t-1), the first
    observation scaled by the root of 1 - r² (Prais and Winsten 1954). The number of breaks has the least
    n log(rss) + 2 (number of breaks) log(n), the BIC.

    A date's interval is the range of dates at which, the others free, the deviance n log(rss) lies above its minimum
    by no more than the 1 - alpha quantile of that distance at the true date, in `draws` Gaussian samples from the fit. Its r is
    first corrected for bias by as many samples more: twice the estimate less their mean estimate (Kilian 1998).

    Parameters
    ----------
    series : n observations, 40 or more, evenly spaced.
    max_breaks : the largest number tried, 1 to 3.
    seasonal : adds month or quarter effects.

    Raises
    ------
    ParameterError : incomplete or constant series, one without noise, a bad option, or too few observations.
    """
    require_level(alpha)
    require_draws(draws)
    require_whole(1, max_breaks=max_breaks)
    if max_breaks > MOST_BREAKS:
        raise ParameterError(f"max_breaks is {max_breaks}; give 1 to {MOST_BREAKS}.")
    name, index = series_name(series, "series"), series_index(series)
    values = complete_values(series, "series", minimum=40)
    require_noise(values, name)
    n, level, scale = values.size, float(values.mean()), float(values.std())
    standard = (values - level) / scale
    terms = deterministic_terms(index, trend=True, seasonal=seasonal).to_numpy()
    rows = []
    searches = [Search(terms, sets_of_dates(n, number, int(SHORTEST_SHARE * n))) for number in range(max_breaks + 1)]
    for number, search in enumerate(searches):
        deviance, place = search.deviance(standard[:, None])
        best = int(deviance.argmin())
        price = PER_BREAK * number * np.log(n)
        rows.append((number, deviance.min(), deviance.min() + price, PERSISTENCE[place[best, 0]], search.sets[best]))
        if deviance.min() <= n * np.log(NO_NOISE * n):
            raise ParameterError(f"Series {name!r} is a broken line without noise; its breaks can be read off.")
    candidates = pd.DataFrame(rows, columns=["breaks", "deviance", "criterion", "autoregression", "dates"])
    chosen: Any = candidates.iloc[int(candidates["criterion"].argmin())]
    dates, coefficient = chosen["dates"], float(chosen["autoregression"])
    fit = quasi_differenced(terms, dates, standard, coefficient)
    slopes = scale * np.cumsum([fit[1], *fit[terms.shape[1] :]])
    low, high = dates, dates
    if dates.size:
        low, high = intervals(searches[dates.size], standard, dates, fit, coefficient, alpha, draws, generator(seed))
    table = pd.DataFrame(
        {
            "at": index[dates],
            "ci_low": index[low],
            "ci_high": index[high],
            "slope_before": slopes[:-1],
            "slope_after": slopes[1:],
        }
    )
    candidates["dates"] = [[str(index[date]) for date in found] for found in candidates["dates"]]
    return SlopeBreaks(
        name, n, int(dates.size), coefficient, candidates, table, level + scale * trend_of(terms, dates, fit)
    )


def joined(n: int, dates: IntArray) -> FloatArray:
    """(n, J) of (t - T)+, T positions of dates."""
    return np.maximum(np.arange(float(n))[:, None] - dates, 0.0)


def changes(values: FloatArray, coefficient: float) -> FloatArray:
    """Values (n, ...) less `coefficient` times those of the date before; the first scaled to the same variance.

    At one the first is zero: a walk may begin anywhere.
    """
    first = np.sqrt(1 - coefficient**2) * values[:1]
    return np.concatenate([first, values[1:] - coefficient * values[:-1]])


def sets_of_dates(n: int, breaks: int, shortest: int) -> IntArray:
    """(sets, breaks) of all positions that leave every segment so many observations."""
    # Sets of neighbours, moved apart by what a segment needs beyond one observation.
    apart = (shortest - 1) * np.arange(breaks)
    found = list(combinations(range(shortest - 1, n - shortest - (shortest - 1) * max(breaks - 1, 0)), breaks))
    if not found:
        raise ParameterError(
            f"{n} observations hold no {breaks} breaks with {shortest} observations to a segment; lower max_breaks."
        )
    return np.array(found, dtype=np.int64).reshape(len(found), breaks) + apart


def quasi_differenced(terms: FloatArray, dates: IntArray, values: FloatArray, coefficient: float) -> FloatArray:
    """Coefficients of terms and of (t - T)+ by least squares of quasi-differences.

    At one the constant is that of the first observation, which quasi-differences do not tell.
    """
    design = np.column_stack([terms, joined(len(terms), dates)])
    found = np.linalg.lstsq(changes(design, coefficient), changes(values, coefficient))[0]
    if coefficient == 1:
        found[0] = np.mean(values - design[:, 1:] @ found[1:])
    return np.asarray(found)


def trend_of(terms: FloatArray, dates: IntArray, fit: FloatArray) -> FloatArray:
    """(n,) constant, trend and breaks of a fit, and the mean of its seasons."""
    n_terms = terms.shape[1]
    smooth = terms[:, :2] @ fit[:2] + joined(len(terms), dates) @ fit[n_terms:]
    return np.asarray(smooth + np.mean(terms[:, 2:] @ fit[2:n_terms]))


def autoregressive(n: int, coefficient: float, samples: int, rng: np.random.Generator) -> FloatArray:
    """(n, samples) of first-order autoregressions with standard normal innovations; at one a walk from zero."""
    path = rng.standard_normal((n + WARM_UP, samples))
    if coefficient == 1:
        path[:WARM_UP] = 0
    for t in range(1, len(path)):
        path[t] += coefficient * path[t - 1]
    return path[WARM_UP:]


def intervals(
    search: Search,
    values: FloatArray,
    dates: IntArray,
    fit: FloatArray,
    coefficient: float,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[IntArray, IntArray]:
    """First and last position of each date's likelihood-ratio set, the critical distance simulated from the fit."""
    design = np.column_stack([search.terms, joined(len(values), dates)])
    innovations = changes(values, coefficient) - changes(design, coefficient) @ fit
    spread = float(np.sqrt(innovations @ innovations / (innovations.size - fit.size)))

    def drawn(persistence: float, among: Sequence[BoolArray]) -> tuple[FloatArray, IntArray]:
        errors = spread * autoregressive(len(values), persistence, draws, rng)
        at_once = max(1, CELLS // len(search.sets))
        found = [
            search.least((design @ fit)[:, None] + errors[:, start : start + at_once], among)
            for start in range(0, draws, at_once)
        ]
        return np.hstack([least for least, _ in found]), np.hstack([place for _, place in found])

    own = search.deviance(values[:, None])[0][:, 0]
    every = np.ones(len(search.sets), np.bool_)
    fitted = PERSISTENCE[drawn(coefficient, [every])[1]]
    less_biased = float(np.clip(2 * coefficient - fitted.mean(), 0, 1))
    fixed = [search.sets[:, place] == date for place, date in enumerate(dates)]
    least = drawn(less_biased, [every, *fixed])[0]
    near = own[None] <= own.min() + np.quantile(least[1:] - least[0], 1 - alpha, axis=1)[:, None]
    inside = [search.sets[kept, place] for place, kept in enumerate(near)]
    return np.array([found.min() for found in inside]), np.array([found.max() for found in inside])
