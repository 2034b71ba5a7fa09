"""The registered correlation of precursors and drugs seized, over country-years that report both and cannabis too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.checks import generator
from crimjust_research.designs.resampling.partial_correlation import (
    PartialCorrelation,
    partial_correlation,
    percentile_test,
    resampled_partial_ranks,
    residuals,
    standardised,
)
from crimjust_research.designs.resampling.wild_scores import by_cluster, p_values, rejected
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions import seizure_years
from crimjust_research.questions.precursors.chain import MADE, country_years
from crimjust_research.questions.precursors.params import Params
from crimjust_research.vocabulary import countries

PRECURSORS, DRUGS, CANNABIS = SEIZED = ("precursors", "drugs", "cannabis")
POPULATION = "population"
# Samples of the simulations of power and of size.
POWER_SAMPLES, SIZE_SAMPLES = 2_000, 4_000
# Of the intervals from which equivalence without one country is read: two one-sided tests at .05.
LEFT_OUT_LEVEL = 0.90


def reported(pairs: pd.DataFrame) -> pd.DataFrame:
    """The country-years that report all three: nothing is filled."""
    return pairs.dropna(subset=list(SEIZED)).reset_index(drop=True)


def ranked(rows: pd.DataFrame, columns: Sequence[str] = SEIZED) -> pd.DataFrame:
    """The table with columns as ranks over all its rows, ties sharing their mean rank."""
    return rows.assign(**{column: rows[column].rank() for column in columns})


def related(
    rows: pd.DataFrame, p: Params, level: float, others: tuple[str, str, str] = SEIZED, also: Sequence[str] = ()
) -> PartialCorrelation:
    """Partial correlation of the first two columns given the third and `also`: ranks, unless the caller has other values."""
    x, y, given = others
    return partial_correlation(rows, x, y, (given, *also), unit="iso3", draws=p.draws, seed=p.seed, alpha=1 - level)


def control(rows: pd.DataFrame, p: Params) -> PartialCorrelation:
    """The negative control: precursors and cannabis, which they do not make, given the drugs they make."""
    return related(ranked(rows), p, p.confidence_level, (PRECURSORS, CANNABIS, DRUGS))


def specifications(seized: pd.DataFrame, pairs: pd.DataFrame, p: Params) -> pd.DataFrame:
    """What the plan lists for the question, a row each: name, numbers, and the share of registered rows altered.

    Parameters
    ----------
    seized : the panel of seizures; pairs : `country_years` of it, with population.
    """
    rows = reported(pairs)
    peopled = rows.dropna(subset=[POPULATION])
    several = rows[rows.groupby("iso3")["year"].transform("size") > 1]
    logs = rows.assign(**{column: np.log1p(rows[column]) for column in SEIZED})
    models = {
        "year_effects": related(_ranked_within(rows, "year"), p, p.confidence_level),
        "logarithms": related(logs, p, p.confidence_level),
        "given_population": related(ranked(peopled, (*SEIZED, POPULATION)), p, p.confidence_level, also=[POPULATION]),
        "within_country": related(ranked(_from_own_mean(several)), p, p.confidence_level),
        "country_means": related(
            ranked(rows.groupby("iso3", as_index=False)[list(SEIZED)].mean()), p, p.confidence_level
        ),
    }
    samples = {_slug(target): reported(country_years(seized, (target,))) for target in MADE}
    samples |= {_slug(name): rows[rows["year"].between(*years)] for name, years in seizure_years.PERIODS.items()}
    found = [{"name": name, **vars(fit), "altered": 1.0} for name, fit in models.items()]
    # All country-years stand behind the countries' means.
    found[-1]["n_obs"] = len(rows)
    found += [
        {"name": name, **vars(related(ranked(sample), p, p.confidence_level)), "altered": altered(rows, sample)}
        for name, sample in samples.items()
    ]
    return pd.DataFrame([*found, {"name": "country_bootstrap", **resampled(rows, p), "altered": 0.0}])


def resampled(rows: pd.DataFrame, p: Params) -> dict[str, float]:
    """The registered correlation with interval and p from countries drawn with replacement."""
    draws = resampled_partial_ranks(
        rows[PRECURSORS], rows[DRUGS], rows[CANNABIS], rows["iso3"], draws=p.draws, seed=p.seed
    )
    whole = related(ranked(rows), p, p.confidence_level)
    about = {"correlation": whole.correlation, "std_error": float(draws.std(ddof=1))}
    return about | percentile_test(draws, 1 - p.confidence_level) | {"n_obs": whole.n_obs, "n_units": whole.n_units}


def unadjusted(pairs: pd.DataFrame) -> pd.DataFrame:
    """Rank correlations of precursors not given anything, a row each: name, words, correlation, n_obs, n_units.

    With the drugs they make and with cannabis where all are reported; and with the drugs as version 1 of the plan had it, what
    was not reported counted as none.
    """
    rows, filled = reported(pairs), pairs.fillna({PRECURSORS: 0.0, DRUGS: 0.0})
    of = {
        "drugs": (rows, DRUGS, "country-years that report both, and cannabis"),
        "cannabis": (rows, CANNABIS, "country-years that report both, and the drugs"),
        "drugs_as_in_version_1": (filled, DRUGS, "as in version 1: what was not reported counted as none"),
    }
    return pd.DataFrame(
        {
            "name": name,
            "other": "cannabis" if other == CANNABIS else "the drugs they make",
            "words": words,
            "correlation": data[PRECURSORS].corr(data[other], method="spearman"),
            "n_obs": len(data),
            "n_units": data["iso3"].nunique(),
        }
        for name, (data, other, words) in of.items()
    )


def altered(rows: pd.DataFrame, sample: pd.DataFrame) -> float:
    """Share of the registered rows that a sample drops, or has with other figures."""
    kept = rows.merge(sample, on=["iso3", "year", *SEIZED])
    return 1 - len(kept) / len(rows)


def left_out(rows: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The registered correlation without each country: iso3, country and its numbers, with intervals of 90 %."""
    found = [
        {"iso3": iso3, "country": countries.short_name(iso3), "ci_level": LEFT_OUT_LEVEL}
        | vars(related(ranked(rows[rows["iso3"] != iso3]), p, LEFT_OUT_LEVEL))
        for iso3 in sorted(rows["iso3"].unique())
    ]
    return pd.DataFrame(found)


def power(fit: PartialCorrelation, sizes: Mapping[str, float], level: float, seed: int) -> dict[str, Share]:
    """Power of the test at `level` against correlations of these sizes, in SIMULATED samples.

    A sample keeps what is left of x, and has as y a mixture of it, in the proportion that makes the correlation, with what it
    leaves of y, given a random sign for each unit and freed of cannabis anew.
    """
    rng = generator(seed)
    shares = {}
    for name, size in sizes.items():
        sign = rng.choice([-1.0, 1.0], size=(POWER_SAMPLES, fit.n_units)) @ fit.unit.T
        noise = standardised(residuals(sign * fit.residual, fit.given))
        y = standardised(size * fit.x_left + np.sqrt(1 - size**2) * noise)
        scores = by_cluster(y * fit.x_left, fit.unit)
        shares[name] = Share.of(rejected(scores, fit.test.squares, fit.test.signs, level))
    return shares


def of_signs(fit: PartialCorrelation, seed: int) -> Simulated:
    """p of the test in SIMULATED samples in which every country's score has a random sign."""
    sign = generator(seed).choice([-1.0, 1.0], size=(SIZE_SAMPLES, fit.n_units))
    found = p_values(sign * fit.test.products, fit.test.squares, fit.test.signs)
    return Simulated(found, fit.test.signs.smallest_p)


def of_exchanged(rows: pd.DataFrame, p: Params) -> Simulated:
    """p of the test in SIMULATED samples in which countries have others' histories of precursors.

    A history goes to another country with as many country-years, by their order in time; cannabis and drugs stay. A country
    alone in its number loses its first years until it has company.
    """
    kept = ranked(with_company(rows))
    fit = related(kept, p, p.confidence_level)
    x = kept[PRECURSORS].to_numpy(np.float64)[dealt(kept["iso3"], SIZE_SAMPLES, p.seed)]
    x = standardised(residuals(x, fit.given))
    scores, squares = by_cluster(x * fit.y_left, fit.unit), by_cluster(x**2, fit.unit)
    return Simulated(p_values(scores, squares, fit.test.signs), fit.test.signs.smallest_p)


def with_company(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by country and year, without the first years of a country that no other has as many rows as."""
    rows = rows.sort_values(["iso3", "year"], ignore_index=True)
    while True:
        counts = rows.groupby("iso3").size()
        alone = counts[~counts.duplicated(keep=False)]
        if alone.empty:
            return rows
        most = alone.idxmax()
        rows = rows.drop(index=rows.index[rows["iso3"] == most][0]).reset_index(drop=True)


def dealt(unit: pd.Series[Any], samples: int, seed: int) -> np.ndarray:
    """(samples, n) the row whose x each row receives: histories go round a random circle of units with as many rows.

    Parameters
    ----------
    unit : (n,) sorted, every number of rows shared by at least two units.
    """
    rng = generator(seed)
    rows = unit.groupby(unit.to_numpy()).indices
    giver = np.tile(np.arange(len(unit)), (samples, 1))
    for count in sorted({len(own) for own in rows.values()}):
        block = np.array([own for own in rows.values() if len(own) == count])
        circle = rng.permuted(np.tile(np.arange(len(block)), (samples, 1)), axis=1)
        from_whom = np.empty_like(circle)
        np.put_along_axis(from_whom, circle, np.roll(circle, 1, axis=1), axis=1)
        giver[:, block.ravel()] = block[from_whom].reshape(samples, -1)
    return giver


def _ranked_within(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Ranks within each value of a column, as shares of its country-years less one half of one."""
    ranks, size = rows.groupby(column)[list(SEIZED)].rank(), rows.groupby(column)[column].transform("size")
    return rows.assign(**{name: (ranks[name] - 0.5) / size for name in SEIZED})


def _from_own_mean(rows: pd.DataFrame) -> pd.DataFrame:
    """Logarithms of kilograms and one, less the country's own mean of them."""
    logs = rows.assign(**{name: np.log1p(rows[name]) for name in SEIZED})
    own = logs.groupby("iso3")[list(SEIZED)].transform("mean")
    return logs.assign(**{name: logs[name] - own[name] for name in SEIZED})


def _slug(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")
