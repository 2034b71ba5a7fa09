"""Steps of the notebook on ratings: what evaluations say of countries by their years in the programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.counts.ordinal import separated_ratings
from crimjust_research.designs.counts.rating_scores import PENALTY, Link, drawn_ratings, fit_ratings, score_statistics
from crimjust_research.designs.resampling.inversion import equivalence_p, not_rejected, two_sided
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.questions.ratings import simulation
from crimjust_research.questions.ratings.joining import entries, histories, month, years_exposed
from crimjust_research.questions.ratings.measures import Measure
from crimjust_research.questions.ratings.params import Params
from crimjust_research.questions.ratings.simulation import (
    FEWER_DRAWS,
    POWER_SAMPLES,
    SIMULATION_DRAWS,
    Simulated,
    as_rows,
)

GROUPS = ("evaluated after joining", "others of the region", "elsewhere")
# Before any country joined: income and governance that the programme cannot have moved.
BEFORE = 2015
PROBIT_TO_LOGIT = np.pi / np.sqrt(3)  # the standard deviation of the logistic distribution
_OF_PENALTY = 0.01  # share of what is known of an effect that may be the penalty's
_SPANS = np.linspace(-5, 5, 11)  # standard errors about the estimate at which left-outs are tested


@dataclass(frozen=True)
class Choice:
    """One way to compare: who counts as joined and when, what is held, and how ratings are read."""

    dating: str
    any_tier: bool = False
    ever: bool = False
    """Whether exposed at all, for years."""
    held: tuple[str, ...] = ("income", "year")
    link: Link = "logit"
    at_least: int | None = None
    """Ratings of this or better against less."""
    programme_regions: bool = False


@dataclass(frozen=True)
class Rated:
    """Countries as compared under one choice, and the arrays of their model."""

    rows: pd.DataFrame
    """iso3, name, region, at (month of the evaluation), joined (month, infinite if not), exposure, rating and what is held."""
    choice: Choice

    @cached_property
    def rating(self) -> IntArray:
        """(n,) from 0, categories that nobody has left out."""
        return np.unique(self.rows["rating"].to_numpy(np.int64), return_inverse=True)[1].astype(np.int64)

    @property
    def categories(self) -> int:
        return int(self.rating.max()) + 1

    @cached_property
    def design(self) -> FloatArray:
        """(n, k): regions but the first, and what is held, about its mean."""
        regions = pd.get_dummies(self.rows["region"]).iloc[:, 1:]
        held = self.rows[list(self.choice.held)]
        return np.column_stack([regions, held - held.mean()]).astype(np.float64)

    @cached_property
    def unexposed(self) -> FloatArray:
        """(q,) thresholds and coefficients of the model without exposure."""
        fit = fit_ratings(self.rating[None], self.design, categories=self.categories, link=self.choice.link)
        return np.concatenate([fit.thresholds[0], fit.coefficients[0]])

    def exposure(self, order: IntArray) -> FloatArray:
        """(A, n) under shuffles of joining histories, each counted at the country's own evaluation."""
        return self._exposed(order, np.arange(len(self.rows)))

    def exposure_without(self, unit: int, exposure: FloatArray, order: IntArray, whose: IntArray) -> FloatArray:
        """(A, n) `exposure`, that of `order`, without one country: whoever had its history takes the one that it had.

        `whose` is who has each history, the inverse of `order`. The country left out is not exposed.
        """
        heir, without = whose[:, unit], exposure.copy()
        without[np.arange(len(order)), heir] = self._exposed(order[:, unit], heir)
        without[:, unit] = 0
        return without

    def _exposed(self, history: IntArray, country: IntArray) -> FloatArray:
        """To the programme, of the history of one country counted at the evaluation of another."""
        joined, at = (self.rows[name].to_numpy(np.float64) for name in ("joined", "at"))
        years = years_exposed(joined[history], at[country])
        return (years > 0).astype(np.float64) if self.choice.ever else years

    def shuffles(self, draws: int, seed: int) -> IntArray:
        return shuffled_within(self.rows["region"], draws, seed)


def countries(
    evaluations: pd.DataFrame, programme_entry: pd.DataFrame, country_year: pd.DataFrame, names: Mapping[str, str]
) -> pd.DataFrame:
    """A row for each country, its first evaluation of the round, with what is known of it before any country joined.

    Returns
    -------
    DataFrame: columns of `evaluations`, name, at (month), year, income (log GDP per head), rule_of_law, and by dating joined
    and left_out for tier I and for any tier (`joined.documented`, `joined.documented.any`, ...).
    """
    rows = evaluations.sort_values(["iso3", "evaluated"]).drop_duplicates("iso3").reset_index(drop=True)
    before = country_year[country_year["year"] == BEFORE].set_index("iso3")
    income = np.log(before["gdp"] / before["population"].astype("float64"))
    rows = rows.assign(
        name=rows["iso3"].map(dict(names)),
        at=rows["evaluated"].map(month),
        year=rows["evaluated"].str[:4].astype("int64"),
        income=rows["iso3"].map(income),
        rule_of_law=rows["iso3"].map(before["rule_of_law"]),
    )
    columns: dict[str, pd.Series[Any]] = {}
    for dating in ("earliest", "documented", "latest"):
        for any_tier in (False, True):
            found = histories(rows["iso3"], entries(programme_entry, dating), rows["at"], any_tier=any_tier)
            columns |= {f"{column}.{dating}{'.any' * any_tier}": found[column] for column in found}
    return rows.assign(**columns)


def rated(rows: pd.DataFrame, column: str, choice: Choice) -> Rated:
    """The countries that one choice compares on a column of ratings."""
    which = f"{choice.dating}{'.any' * choice.any_tier}"
    rows = rows.assign(joined=rows[f"joined.{which}"], left_out=rows[f"left_out.{which}"], rating=rows[column])
    used = rows[(rows["left_out"] == "") & rows[["rating", *choice.held]].notna().all(axis=1)]
    if choice.programme_regions:
        used = used[used["region"].isin(used.loc[np.isfinite(used["joined"]), "region"])]
    if choice.at_least is not None:
        used = used.assign(rating=(used["rating"] >= choice.at_least).astype("int64"))
    years = years_exposed(used["joined"].to_numpy(np.float64), used["at"].to_numpy(np.float64))
    used = used.assign(exposure=(years > 0).astype("float64") if choice.ever else years)
    kept = ["iso3", "name", "region", "evaluated", "at", "joined", "exposure", "rating", *choice.held]
    return Rated(used[kept].reset_index(drop=True), choice)


def part_in_programme(rows: pd.DataFrame, data: Rated) -> NDArray[np.str_]:
    """(n,) group of each country of `rows` (iso3, region): evaluated after joining, others of its regions, elsewhere."""
    exposed = data.rows[data.rows["exposure"] > 0]
    here = np.where(rows["region"].isin(exposed["region"]), GROUPS[1], GROUPS[2])
    return np.where(rows["iso3"].isin(exposed["iso3"]), GROUPS[0], here)


def statistics(data: Rated, exposure: FloatArray, log_ratios: FloatArray) -> FloatArray:
    """(S, A) studentised scores under each shuffle, observed first, an effect of each size taken out before."""
    return score_statistics(
        np.tile(data.rating, (log_ratios.size, 1)),
        data.design,
        exposure,
        categories=data.categories,
        offset=log_ratios[:, None] * exposure[0],
        link=data.choice.link,
        start=data.unexposed,
    )


def fitted(data: Rated) -> tuple[float, float]:
    """Log odds ratio of a higher rating for each year and its error; missing where exposure predicts ratings perfectly.

    It does as well where regions that are rated alike throughout hold all who are exposed: no row is separated that would not
    be without exposure, but of its effect the penalty alone knows.
    """
    exposure = data.rows["exposure"].to_numpy(np.float64)[:, None]
    whole = np.column_stack([data.design, exposure])
    scale = np.maximum(np.abs(whole).max(axis=0), 1.0)
    beside = separated_ratings(data.rating, whole / scale)
    if beside.any() and beside.sum() > separated_ratings(data.rating, data.design / scale[:-1]).sum():
        return np.nan, np.nan
    found = fit_ratings(data.rating[None], whole, categories=data.categories, link=data.choice.link)
    error = np.sqrt(np.linalg.pinv(found.information[0])[-1, -1])
    if PENALTY * error**2 > _OF_PENALTY:
        return np.nan, np.nan
    return float(found.coefficients[0, -1]), float(error)


def shuffle_test(data: Rated, draws: int, p: Params, sizes: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The registered test of one comparison: odds ratio, interval and p, and with `sizes` those of equivalence.

    Returns
    -------
    dict: estimate, ci_low, ci_high (odds ratios), p_value, null_value, n_obs, n_units, exposed, statistic, and equivalence.
    """
    exposure = data.exposure(data.shuffles(draws, p.seed))
    log_ratio, error = fitted(data)

    def shifted(log_ratios: FloatArray) -> FloatArray:
        return statistics(data, exposure, log_ratios)

    at_none = shifted(np.zeros(1))
    low, high = np.nan, np.nan
    if np.isfinite(log_ratio):
        low, high = not_rejected(lambda v: two_sided(shifted(v)), log_ratio, error, 1 - p.confidence_level)
    scale = PROBIT_TO_LOGIT if data.choice.link == "probit" else 1.0
    return {
        **odds(scale * log_ratio, scale * low, scale * high),
        "p_value": float(two_sided(at_none)[0]),
        "statistic": float(at_none[0, 0]),
        "equivalence": {name: equivalence_p(shifted, size) for name, size in (sizes or {}).items()},
        "n_obs": len(data.rows),
        "n_units": len(data.rows),
        "exposed": int((data.rows["exposure"] > 0).sum()),
    }


def shuffle_tests(
    compared: Mapping[str, Rated], sizes: Mapping[str, Mapping[str, float]], p: Params
) -> dict[str, dict[str, Any]]:
    """`shuffle_test` of every measure by name, with the registered number of draws."""
    return {name: shuffle_test(one, p.draws, p, sizes[name]) for name, one in compared.items()}


def odds(log_ratio: float, low: float, high: float) -> dict[str, float]:
    """An odds ratio and its interval from their logs."""
    return {
        "estimate": float(np.exp(log_ratio)),
        "ci_low": float(np.exp(low)),
        "ci_high": float(np.exp(high)),
        "null_value": 1.0,
    }


SPECIFICATIONS: Mapping[str, Mapping[str, Any]] = {
    "earliest_dating": {"dating": "earliest"},
    "latest_dating": {"dating": "latest"},
    "ever_exposed": {"ever": True},
    "any_tier": {"any_tier": True},
    "without_income": {"held": ("year",)},
    "given_rule_of_law": {"held": ("income", "year", "rule_of_law")},
    "probit": {"link": "probit"},
    "substantial": {"at_least": 2},
    "programme_regions": {"programme_regions": True},
}
# A change of model, or of how ratings are read, touches every row; of who is exposed, and for how long, some.
EVERY_ROW = ("without_income", "given_rule_of_law", "probit", "substantial")


def specifications(rows: pd.DataFrame, measure: Measure, p: Params) -> pd.DataFrame:
    """Every specification of the plan as a row: variant, its numbers, and the share of rows it alters."""
    base = Choice(p.dating)
    registered = rated(rows, measure.column, base)
    found = []
    for name, changes in SPECIFICATIONS.items():
        other = rated(rows, measure.column, replace(base, **changes))
        share = 1.0 if name in EVERY_ROW else altered(registered.rows, other.rows)
        found.append(as_rows(shuffle_test(other, FEWER_DRAWS, p), variant=name, altered=share))
    found.append(as_rows(likelihood_ratio(registered, p), variant="likelihood_ratio", altered=0.0))
    return pd.DataFrame(found)


def altered(registered: pd.DataFrame, other: pd.DataFrame) -> float:
    """Rows that another specification adds, drops or gives another exposure, over the rows of the registered one."""
    one, two = (frame.set_index("iso3")["exposure"] for frame in (registered, other))
    both = one.index.intersection(two.index)
    moved = int((one[both] != two[both]).sum())
    return (len(one) - len(both) + len(two) - len(both) + moved) / len(one)


def likelihood_ratio(data: Rated, p: Params) -> dict[str, Any]:
    """The same odds ratio by its likelihood against chi squared with one degree of freedom; interval of the profile."""
    exposure = data.rows["exposure"].to_numpy(np.float64)
    log_ratio, error = fitted(data)

    def profile(log_ratios: FloatArray) -> FloatArray:
        return fit_ratings(
            np.tile(data.rating, (log_ratios.size, 1)),
            data.design,
            categories=data.categories,
            offset=log_ratios[:, None] * exposure,
            start=data.unexposed,
        ).log_likelihood

    best = profile(np.array([log_ratio]))[0]

    def p_values(log_ratios: FloatArray) -> FloatArray:
        return np.asarray(chdtrc(1, 2 * np.maximum(best - profile(log_ratios), 0)))

    low, high = not_rejected(p_values, log_ratio, error, 1 - p.confidence_level)
    counts = {"n_obs": len(data.rows), "n_units": len(data.rows), "exposed": int((exposure > 0).sum())}
    return {**odds(log_ratio, low, high), "p_value": float(p_values(np.zeros(1))[0]), **counts}


def left_out(data: Rated, p: Params, draws: int = FEWER_DRAWS, level: float = 0.9) -> pd.DataFrame:
    """The registered estimate without each country in turn, fitted anew, with its p and an interval of `level`.

    Shuffles are those of all countries, the one left out taken out of each. Ends of the interval lie where the distance of
    the observed statistic meets the quantile of the shuffled ones, between the two nearest effects tried.

    Returns
    -------
    DataFrame: iso3, name, region, estimate, ci_low, ci_high, ci_level, p_value, null_value, n_obs, n_units.
    """
    order, n = data.shuffles(draws, p.seed), len(data.rows)
    observed = data.rows["exposure"].to_numpy(np.float64)
    whole = np.column_stack([data.design, observed])
    fits = fit_ratings(np.tile(data.rating, (n, 1)), whole, categories=data.categories, weight=1.0 - np.eye(n))
    log_ratios = fits.coefficients[:, -1]
    _, error = fitted(data)
    tried = log_ratios[:, None] + error * _SPANS
    hypotheses = np.column_stack([tried, np.zeros(n)])
    # A sample is a country left out and a hypothesis: all are fitted together, whoever is exposed under a shuffle.
    samples = np.arange(hypotheses.size).reshape(hypotheses.shape)
    rating = np.tile(data.rating, (samples.size, 1))
    offset, weight = hypotheses.reshape(-1, 1) * observed, np.repeat(1.0 - np.eye(n), hypotheses.shape[1], axis=0)
    unexposed = fit_ratings(
        rating, data.design, categories=data.categories, offset=offset, weight=weight, start=data.unexposed
    ).parameters

    def without(units: IntArray, exposure: FloatArray) -> FloatArray:
        """(units, hypotheses, A) statistics."""
        of = samples[units].ravel()
        found = score_statistics(
            rating[of],
            data.design,
            exposure,
            categories=data.categories,
            offset=offset[of],
            weight=weight[of],
            start=unexposed[of],
        )
        return found.reshape(len(units), -1, len(exposure))

    exposure, whose = data.exposure(order), np.argsort(order, axis=1, kind="stable")
    dealt = np.isfinite(data.rows["joined"].to_numpy(np.float64)[order]).any(axis=0)
    statistic = np.empty((n, hypotheses.shape[1], len(order)))
    # Without a country that no shuffle deals a date of joining, the others are exposed as they were.
    statistic[~dealt] = without(np.flatnonzero(~dealt), exposure)
    for unit in np.flatnonzero(dealt).tolist():
        statistic[unit] = without(np.array([unit]), data.exposure_without(unit, exposure, order, whose))[0]
    found = []
    for unit in range(n):
        low, high = _ends(tried[unit], np.abs(statistic[unit, :-1]), 1 - level)
        p_value = float(two_sided(statistic[unit, -1:])[0])
        found.append({**odds(log_ratios[unit], low, high), "p_value": p_value})
    rows = pd.DataFrame(found).assign(ci_level=level, n_obs=n - 1, n_units=n - 1)
    return pd.concat([data.rows[["iso3", "name", "region"]], rows], axis=1)


def _ends(tried: FloatArray, distance: FloatArray, alpha: float) -> tuple[float, float]:
    """Where the observed distance, first of each row, meets the largest one that is not rejected; infinite if nowhere."""
    limit = np.quantile(distance, 1 - alpha, axis=1, method="inverted_cdf")
    over = distance[:, 0] - limit
    inside = np.flatnonzero(over <= 0)
    if not inside.size:
        return float("nan"), float("nan")
    first, last = int(inside[0]), int(inside[-1])
    low = -np.inf if first == 0 else float(np.interp(0, over[[first, first - 1]], tried[[first, first - 1]]))
    high = np.inf if last == tried.size - 1 else float(np.interp(0, over[[last, last + 1]], tried[[last, last + 1]]))
    return low, high


def simulated(data: Rated, sizes: Mapping[str, float], level: float, p: Params) -> Simulated:
    """`simulation.simulated`, by the model without exposure, and with twice the spread of the unexplained among the joined."""
    return simulation.simulated(partial(p_values, data, p), "fitted", spread(data), sizes, level)


def spread(data: Rated) -> FloatArray:
    """(n,) by how much the unexplained is spread: twice among joined countries."""
    return np.where(np.isfinite(data.rows["joined"]), 2.0, 1.0)


def p_values(
    data: Rated,
    p: Params,
    *,
    effect: float = 0.0,
    spread: FloatArray | float = 1.0,
    samples: int = POWER_SAMPLES,
    stream: int = 0,
) -> FloatArray:
    """(samples,) p of the test in SIMULATED ratings: those of the model without exposure and a log odds ratio `effect`
    for each year added, the unexplained drawn with a logistic scale of `spread`."""
    exposure = data.exposure(data.shuffles(SIMULATION_DRAWS, p.seed))
    inner = data.categories - 1
    predictor = data.design @ data.unexposed[inner:] + effect * exposure[0]
    rating = drawn_ratings(data.unexposed[:inner], predictor, samples, p.seed + stream, spread)
    statistic = score_statistics(rating, data.design, exposure, categories=data.categories, start=data.unexposed)
    return two_sided(statistic)
