"""Has cooperation grown as fast as the drugs seized have diversified? Two growth factors and the ratio between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.composition.diversity import hill_number
from crimjust_research.designs.fit import inference
from crimjust_research.designs.networks.other_events import without_one
from crimjust_research.designs.series.growth import Equivalence, equivalent_growth_factors, log_growth, log_slopes
from crimjust_research.errors import ParameterError
from crimjust_research.questions.diversification.diversity import compositions
from crimjust_research.questions.match.params import Params

# Drug types are those of the registered question of diversification: of countries that report at least three.
FEWEST_KINDS = 3
# Columns of the yearly points, as a chart calls them.
SERIES = {
    "pairs": "pairs that met",
    "countries": "countries that took part",
    "effective_number_of_drugs": "effective number of drugs",
}
# Draws that leave a year without a pair are drawn again; a window that loses most of them holds too few events.
_MOST_REDRAWN = 0.5


@dataclass(frozen=True)
class Growth:
    """Growth of one quantity: its yearly points, the slope of its log, and the slopes of its resamples."""

    points: pd.Series[float]
    rate: float
    rates: FloatArray
    n_units: int
    """Events or countries that are resampled."""
    without: pd.Series[float] = field(default_factory=lambda: pd.Series(dtype="float64"))
    """Slopes without each event in turn, by event, missing where a year is left without a pair; none if no event is in it."""

    @property
    def std_error(self) -> float:
        return float(self.rates.std(ddof=1))


@dataclass(frozen=True)
class Meetings:
    """Growth of the pairs that met in a year and of the countries that took part.

    `redrawn` is the share of draws of events that left a year without a pair and were drawn again.
    """

    pairs: Growth
    countries: Growth
    redrawn: float


def meeting_growth(events: pd.DataFrame, p: Params) -> Meetings:
    """Growth of meetings. Events of the window are drawn with replacement and keep their years; a pair or country counts
    once a year.

    Raises
    ------
    ParameterError
        If a year has no two countries at one event, or most draws leave a year without any.
    """
    window = events[events["year"].between(p.start, p.end)]
    years = np.arange(p.start, p.end + 1)
    table = pd.crosstab([window["year"], window["event"]], window["iso3"]).astype("bool")
    year_of = table.index.get_level_values("year").to_numpy()
    present = table.to_numpy()
    first, second = np.triu_indices(present.shape[1], 1)
    met = present[:, first] & present[:, second]
    if empty := [str(year) for year in years if not met[year_of == year].any()]:
        raise ParameterError(
            f"no two countries are named at one public event in {', '.join(empty)}; choose years that have any"
        )
    rng = np.random.default_rng(p.seed)
    kept: list[FloatArray] = []
    drawn = 0
    while sum(map(len, kept)) < p.growth_draws:
        chosen = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=p.growth_draws) > 0
        counts = np.stack([_distinct(chosen, what, year_of, years) for what in (met, present)], axis=1)
        drawn += len(counts)
        kept.append(counts[counts[:, 0].min(axis=1) > 0])
        if drawn - sum(map(len, kept)) > _MOST_REDRAWN * drawn:
            raise ParameterError(
                f"most draws of the {len(table)} events from {p.start} to {p.end} leave a year without a pair; choose a "
                "window with more events"
            )
    slopes = log_slopes(np.concatenate(kept)[: p.growth_draws])
    every = np.vstack([np.ones(len(table), dtype=bool), ~np.eye(len(table), dtype=bool)])
    points = np.stack([_distinct(every, what, year_of, years) for what in (met, present)])
    left = np.full(points.shape[:2], np.nan)
    whole = points[0].min(axis=1) > 0
    left[:, whole] = log_slopes(points[:, whole])
    events_left = table.index.get_level_values("event")
    pairs, countries = (
        Growth(
            pd.Series(counts[0], index=years),
            float(without[0]),
            slopes[:, position],
            len(table),
            pd.Series(without[1:], index=events_left),
        )
        for position, (counts, without) in enumerate(zip(points, left, strict=True))
    )
    return Meetings(pairs, countries, 1 - sum(map(len, kept)) / drawn)


def _distinct(chosen: BoolArray, what: BoolArray, year_of: IntArray, years: IntArray) -> FloatArray:
    """How many columns of `what` (events, columns) occur in each year among chosen events (draws, events)."""
    counts = [
        ((chosen[:, year_of == year].astype(np.float32) @ what[year_of == year].astype(np.float32)) > 0).sum(axis=1)
        for year in years
    ]
    return np.stack(counts, axis=1).astype(np.float64)


def kinds_growth(seizures: pd.DataFrame, p: Params, order: float = 1, *, every_year: bool = False) -> Growth:
    """Growth of the effective number of kinds of drugs, mean over the countries that report in a year.

    Countries are drawn with replacement and bring their whole histories.

    Parameters
    ----------
    order : of the Hill number; every_year : only countries with a report in every year of the window.

    Raises
    ------
    ParameterError
        If a year has no report, or no country reports in every year where only those are asked for.
    """
    table = compositions(seizures, p.start, p.end, FEWEST_KINDS)
    measured = table.index.to_frame(index=False).assign(hill=hill_number(table.to_numpy(), order))
    hill = measured.pivot_table(index="iso3", columns="year", values="hill")
    years = list(range(p.start, p.end + 1))
    if missing := sorted(set(years) - set(hill.columns)):
        raise ParameterError(
            f"no country reported seizures in {', '.join(map(str, missing))}; choose years with reports"
        )
    hill = hill[years].dropna() if every_year else hill[years]
    if hill.empty:
        raise ParameterError(
            f"no country reported seizures in every year from {p.start} to {p.end}, which a specification compares; choose "
            "fewer years"
        )
    values, reported = hill.fillna(0.0).to_numpy(), hill.notna().to_numpy().astype(np.float64)
    rng = np.random.default_rng(p.seed + 1)
    weights = rng.multinomial(len(hill), np.full(len(hill), 1 / len(hill)), size=p.growth_draws).astype(np.float64)
    # A draw of few countries may hold none that reported in some year; it has no mean then.
    weights = weights[(weights @ reported).min(axis=1) > 0]
    points = values.sum(axis=0) / reported.sum(axis=0)
    rates = log_slopes((weights @ values) / (weights @ reported))
    return Growth(pd.Series(points, index=years), float(log_slopes(points)), rates, len(hill))


def yearly_points(meetings: Meetings, kinds: Growth) -> pd.DataFrame:
    """What the trends are fitted to: year, pairs, countries, effective_number_of_drugs."""
    points = {
        "pairs": meetings.pairs.points,
        "countries": meetings.countries.points,
        "effective_number_of_drugs": kinds.points,
    }
    return pd.DataFrame(points).rename_axis("year").reset_index()


def multiples(points: pd.DataFrame) -> pd.DataFrame:
    """Columns of `yearly_points` as multiples of their first year: year, series, multiple."""
    by_year = points.set_index("year").rename(columns=SERIES)
    return (by_year / by_year.iloc[0]).reset_index().melt("year", var_name="series", value_name="multiple")


def ratio(first: Growth, second: Growth, p: Params) -> Equivalence:
    """Two one-sided tests of the ratio of two growth factors, on as many degrees of freedom as yearly points leave."""
    errors = first.std_error, second.std_error
    return _equivalence((first.rate, errors[0]), (second.rate, errors[1]), len(first.points) - 2, p)


def ratio_row(first: Growth, second: Growth, p: Params, **about: Any) -> dict[str, Any]:
    """The ratio as the row of an estimate; its error is that of the logarithm."""
    return _row(ratio(first, second, p), math.hypot(first.std_error, second.std_error), first, p) | about


def variants(meetings: Meetings, seizures: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The ratio under each specification the plan lists; a row each, with name and words."""
    pairs = meetings.pairs
    every_year = kinds_growth(seizures, p, every_year=True)
    sides = {
        "countries": (
            meetings.countries,
            kinds_growth(seizures, p),
            "countries that took part, for pairs that met",
        ),
        "order_0": (pairs, kinds_growth(seizures, p, 0), "all kinds of drugs alike (order 0)"),
        "order_2": (pairs, kinds_growth(seizures, p, 2), "dominant kinds of drugs (order 2)"),
        "reporters_every_year": (pairs, every_year, "seizures of countries that report in every year"),
    }
    return pd.DataFrame(
        # Each changes every yearly point on one side.
        ratio_row(first, second, p, name=name, words=words, altered=1.0)
        for name, (first, second, words) in sides.items()
    )


def by_scatter(first: Growth, second: Growth, p: Params) -> dict[str, Any]:
    """The ratio with errors from the scatter of the yearly points about their trends, as a row."""
    a, b = log_growth(first.points), log_growth(second.points)
    found = _equivalence((a.rate, a.std_error), (b.rate, b.std_error), a.df, p)
    return _row(found, math.hypot(a.std_error, b.std_error), first, p)


def factor_row(side: Growth, p: Params, **about: Any) -> dict[str, Any]:
    """The growth factor a year of one side as a row; its error is that of the logarithm."""
    n = len(side.points)
    found = inference(np.array([side.rate]), np.array([side.std_error]), 1 - p.confidence_level, n - 2)
    row = {name: float(value[0]) for name, value in found.items()}
    row |= {name: math.exp(row[name]) for name in ("estimate", "ci_low", "ci_high")}
    return row | {"n_obs": n, "n_units": side.n_units} | about


def without_one_event(meetings: Meetings, kinds: Growth, p: Params) -> pd.DataFrame:
    """What leaving one event out makes of growth, and of the ratios that hold it: rows of `without_one` with words, the interval
    and errors (of the logarithm)."""
    # Other orders and reporters change the side that no event is in.
    rows = []
    for words, side, other in (
        ("ratio of growth, pairs over drugs", meetings.pairs, kinds),
        ("ratio of growth, countries over drugs", meetings.countries, kinds),
        ("growth of pairs a year", meetings.pairs, None),
    ):
        found = without_one(side.rate, side.without)
        moved = abs(found["farthest"] - found["estimate"])
        base, error = (other.rate, math.hypot(side.std_error, other.std_error)) if other else (0.0, side.std_error)
        told = {name: math.exp(found[name] - base) for name in ("estimate", "farthest", "least", "most")}
        row = ratio_row(side, other, p) if other else factor_row(side, p)
        ends = {name: row[name] for name in ("ci_low", "ci_high")}
        rows.append(found | told | ends | {"words": words, "errors": moved / error})
    return pd.DataFrame(rows)


def error_wanted(side: Growth, p: Params) -> float:
    """The largest standard error of the log ratio with which the interval could lie within the margin: it is as wide then."""
    reach = float(stdtrit(len(side.points) - 2, p.confidence_level))
    return (math.log(p.margin_high) - math.log(p.margin_low)) / 2 / reach


def _equivalence(first: tuple[float, float], second: tuple[float, float], df: int, p: Params) -> Equivalence:
    margin = (p.margin_low, p.margin_high)
    return equivalent_growth_factors(first, second, margin=margin, df=df, alpha=1 - p.confidence_level)


def _row(found: Equivalence, error: float, first: Growth, p: Params) -> dict[str, Any]:
    """The interval lies within the margin exactly where both one-sided tests reject, so its level is another."""
    ends = {"ci_low": found.ci_low, "ci_high": found.ci_high, "ci_level": 2 * p.confidence_level - 1}
    counts = {"n_obs": len(first.points), "n_units": first.n_units}
    return {"estimate": found.ratio, "std_error": error, "p_value": found.p_value} | ends | counts
