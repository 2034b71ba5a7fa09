"""Has cooperation grown as fast as the drugs seized have diversified? Two growth factors and the ratio between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.composition.diversity import hill_number
from crimjust_research.designs.series.growth import Equivalence, equivalent_growth_factors, log_growth
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.match.association import OUTCOME, QUESTION
from crimjust_research.outcomes.match.parameters import Params
from crimjust_research.questions.diversification.diversity import compositions

Counted = Literal["pairs", "countries"]
_PRIMARY = "growth_ratio"
# Kinds of drug a country must report over its years, as `diversification.trend` is registered.
_FEWEST_KINDS = 3
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

    @property
    def std_error(self) -> float:
        return float(self.rates.std(ddof=1))


@dataclass(frozen=True)
class GrowthResults:
    """What grew, how fast, and the estimates of the ratio."""

    pairs: Growth
    countries: Growth
    kinds: Growth
    registered: Equivalence
    redrawn: float
    """Share of draws of events that left a year without a pair and were drawn again."""
    estimates: tuple[Estimate, ...]


def log_slopes(values: FloatArray) -> FloatArray:
    """Least-squares slopes of the log over evenly spaced steps along the last axis."""
    step = np.arange(values.shape[-1]) - (values.shape[-1] - 1) / 2
    return np.asarray(np.log(values) @ step / (step @ step))


def meeting_growth(events: pd.DataFrame, params: Params) -> tuple[Growth, Growth, float]:
    """Growth of the pairs of countries that met in a year and of the countries that took part, and what was redrawn.

    Events of the window are drawn with replacement and keep their years; a pair or country counts once a year.

    Raises
    ------
    ParameterError
        If a year has no two countries at one event, or most draws leave a year without any.
    """
    window = events[events["year"].between(params.start, params.end)]
    years = np.arange(params.start, params.end + 1)
    table = pd.crosstab([window["year"], window["event"]], window["iso3"]).astype("bool")
    year_of = table.index.get_level_values("year").to_numpy()
    present = table.to_numpy()
    first, second = np.triu_indices(present.shape[1], 1)
    met = present[:, first] & present[:, second]
    empty = [int(year) for year in years if not met[year_of == year].any()]
    if empty:
        raise ParameterError(
            f"no two countries are named at one public event in {', '.join(map(str, empty))}; choose years that have any"
        )
    rng = np.random.default_rng(params.seed)
    kept: list[FloatArray] = []
    drawn = 0
    while sum(map(len, kept)) < params.growth_draws:
        chosen = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=params.growth_draws) > 0
        counts = np.stack([_distinct(chosen, what, year_of, years) for what in (met, present)], axis=1)
        drawn += len(counts)
        kept.append(counts[counts[:, 0].min(axis=1) > 0])
        if drawn - sum(map(len, kept)) > _MOST_REDRAWN * drawn:
            raise ParameterError(
                f"most draws of the {len(table)} events from {params.start} to {params.end} leave a year without a pair; "
                "choose a window with more events"
            )
    slopes = log_slopes(np.concatenate(kept)[: params.growth_draws])
    growths = []
    for position, what in enumerate((met, present)):
        points = _distinct(np.ones((1, len(table)), dtype=bool), what, year_of, years)[0]
        growths.append(
            Growth(pd.Series(points, index=years), float(log_slopes(points)), slopes[:, position], len(table))
        )
    return growths[0], growths[1], 1 - sum(map(len, kept)) / drawn


def _distinct(chosen: np.ndarray, what: np.ndarray, year_of: np.ndarray, years: np.ndarray) -> FloatArray:
    """How many columns of `what` (events, columns) occur in each year among chosen events (draws, events)."""
    counts = [
        ((chosen[:, year_of == year].astype(np.float32) @ what[year_of == year].astype(np.float32)) > 0).sum(axis=1)
        for year in years
    ]
    return np.stack(counts, axis=1).astype(np.float64)


def kinds_growth(seizures: pd.DataFrame, params: Params, order: float = 1, *, every_year: bool = False) -> Growth:
    """Growth of the effective number of kinds of drugs, mean over the countries that report in a year.

    Countries are drawn with replacement and bring their whole histories.

    Parameters
    ----------
    order : of the Hill number; every_year : only countries with a report in every year of the window.

    Raises
    ------
    ParameterError
        If a year has no report.
    """
    table = compositions(seizures, params.start, params.end, _FEWEST_KINDS)
    measured = table.index.to_frame(index=False).assign(hill=hill_number(table.to_numpy(), order))
    hill = measured.pivot_table(index="iso3", columns="year", values="hill")
    years = list(range(params.start, params.end + 1))
    if missing := sorted(set(years) - set(hill.columns)):
        raise ParameterError(
            f"no country reported seizures in {', '.join(map(str, missing))}; choose years with reports"
        )
    hill = hill[years].dropna() if every_year else hill[years]
    values, reported = hill.fillna(0.0).to_numpy(), hill.notna().to_numpy().astype(np.float64)
    rng = np.random.default_rng(params.seed + 1)
    weights = rng.multinomial(len(hill), np.full(len(hill), 1 / len(hill)), size=params.growth_draws).astype(np.float64)
    # A draw of few countries may hold none that reported in some year; it has no mean then.
    weights = weights[(weights @ reported).min(axis=1) > 0]
    points = values.sum(axis=0) / reported.sum(axis=0)
    return Growth(
        pd.Series(points, index=years),
        float(log_slopes(points)),
        log_slopes((weights @ values) / (weights @ reported)),
        len(hill),
    )


def ratio(first: Growth, second: Growth, params: Params) -> Equivalence:
    """Two one-sided tests of the ratio of two growth factors, on as many degrees of freedom as yearly points leave."""
    return equivalent_growth_factors(
        (first.rate, first.std_error),
        (second.rate, second.std_error),
        margin=(params.margin_low, params.margin_high),
        df=len(first.points) - 2,
        alpha=1 - params.confidence_level,
    )


def assess_growth(events: pd.DataFrame, seizures: pd.DataFrame, params: Params) -> GrowthResults:
    """The registered ratio with its power, its registered departures, and the growth of each side.

    Raises
    ------
    ParameterError
        If a year of the window has no pair that met or no report of seizures, or too few events for its draws.
    """
    pairs, countries, redrawn = meeting_growth(events, params)
    kinds = kinds_growth(seizures, params)
    registered = ratio(pairs, kinds, params)
    variants = {
        "countries": (countries, kinds, "countries that took part, for pairs that met"),
        "order_0": (pairs, kinds_growth(seizures, params, 0), "all kinds of drugs alike (order 0)"),
        "order_2": (pairs, kinds_growth(seizures, params, 2), "dominant kinds of drugs (order 2)"),
        "reporters_every_year": (
            pairs,
            kinds_growth(seizures, params, every_year=True),
            "seizures of countries that report in every year",
        ),
    }
    primary = _ratio_estimate(
        registered, pairs, kinds, params, _PRIMARY, "pairs that met; common kinds of drugs (order 1)"
    )
    estimates = [replace(primary, role="primary"), _power(registered, pairs, kinds, params)]
    for name, (first, second, specification) in variants.items():
        found = ratio(first, second, params)
        estimates.append(_ratio_estimate(found, first, second, params, f"{_PRIMARY}.{name}", specification))
    estimates += _sides(pairs, kinds, params)
    return GrowthResults(pairs, countries, kinds, registered, redrawn, tuple(estimates))


def _ratio_estimate(
    found: Equivalence, first: Growth, second: Growth, params: Params, identifier: str, specification: str
) -> Estimate:
    # What the null excludes lies on both sides of one, so the estimate has no sign that could agree with another's.
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand="Ratio of the yearly growth factor of country pairs that met in public events to that of the effective "
        "number of drugs seized",
        method="Log-linear trends, errors by resampling events and countries; two one-sided tests, p of a ratio outside "
        f"{params.margin_low:g} to {params.margin_high:g}",
        specification=specification,
        estimate=found.ratio,
        std_error=math.hypot(first.std_error, second.std_error),
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_level=2 * params.confidence_level - 1,
        p_value=found.p_value,
        unit="ratio of yearly growth factors (standard error of its logarithm)",
        null_value=math.nan,
        n_obs=len(first.points),
        n_units=first.n_units,
        role="sensitivity",
    )


def _power(found: Equivalence, first: Growth, second: Growth, params: Params) -> Estimate:
    """Chance of showing that growth is alike if the two growth factors were the same, at the errors found."""
    error = math.hypot(first.std_error, second.std_error)
    reach = float(student.ppf(params.confidence_level, found.df)) * error
    inside = (math.log(params.margin_high) - reach) / error, (math.log(params.margin_low) + reach) / error
    return Estimate(
        id=f"{_PRIMARY}.power",
        outcome=OUTCOME,
        question=QUESTION,
        estimand="Chance that the registered tests would show growth to be alike if both growth factors were the same",
        method="Normal distribution of the log ratio at the standard error found",
        specification=f"standard error {number(error, 2)} of the log ratio, {found.df:g} degrees of freedom",
        estimate=max(0.0, float(norm.cdf(inside[0]) - norm.cdf(inside[1]))),
        unit="probability",
        n_obs=len(first.points),
        n_units=first.n_units,
        role="secondary",
        null_value=1 - params.confidence_level,
    )


def _sides(pairs: Growth, kinds: Growth, params: Params) -> list[Estimate]:
    """Growth of each side, and the ratio with errors from the scatter of the yearly points about their trend."""
    found = []
    quantile = float(student.ppf(0.5 + params.confidence_level / 2, len(pairs.points) - 2))
    for identifier, side, what in (
        ("growth_pairs", pairs, "country pairs that met in public events"),
        ("growth_kinds", kinds, "the effective number of drugs seized (order 1, mean over countries)"),
    ):
        reach = quantile * side.std_error
        found.append(
            Estimate(
                id=identifier,
                outcome=OUTCOME,
                question=QUESTION,
                estimand=f"Yearly growth factor of {what}",
                method="Log-linear trend, errors by resampling",
                specification=f"{params.start} to {params.end}",
                estimate=math.exp(side.rate),
                std_error=side.std_error,
                ci_low=math.exp(side.rate - reach),
                ci_high=math.exp(side.rate + reach),
                ci_level=params.confidence_level,
                p_value=2 * float(student.sf(abs(side.rate / side.std_error), len(side.points) - 2)),
                unit="growth factor a year (standard error of its logarithm)",
                null_value=1.0,
                n_obs=len(side.points),
                n_units=side.n_units,
                role="secondary",
            )
        )
    scatter = [log_growth(side.points) for side in (pairs, kinds)]
    found_again = equivalent_growth_factors(
        (scatter[0].rate, scatter[0].std_error),
        (scatter[1].rate, scatter[1].std_error),
        margin=(params.margin_low, params.margin_high),
        df=scatter[0].df,
        alpha=1 - params.confidence_level,
    )
    by_scatter = _ratio_estimate(found_again, pairs, kinds, params, "growth_by_scatter", "registered trends")
    found.append(
        replace(
            by_scatter,
            role="secondary",
            method="Log-linear trends, errors from the scatter of yearly points; two one-sided tests",
            std_error=math.hypot(scatter[0].std_error, scatter[1].std_error),
        )
    )
    return found
