"""How far drugs share routes: the registered test, its sensitivity, pairs of drugs, and years."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.data.panels.routes import TWO_COUNTRIES
from crimjust_research.designs.composition.overlap import Measure, OverlapTest, overlap_interval, overlap_test
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.routes.parameters import NOT_DRUGS, PRECURSORS, Params, drugs_with

OUTCOME = "1"
QUESTION = (
    "Do different drugs travel the same routes more than the sizes of the routes and of the drugs' markets alone would "
    "give?"
)
PRIMARY = "overlap"
ACROSS_BORDERS = "across_borders"
PRECURSORS_WITH_DRUGS = "precursors_with_drugs"
COLOMBIA = "COL"
_OTHER_MEASURES: tuple[Measure, ...] = ("cosine", "jaccard")
MEASURES: Mapping[str, str] = {"morisita_horn": "Morisita-Horn", "cosine": "cosine", "jaccard": "Jaccard"}
# A drug with fewer cases in a part of the data says nothing of its routes there.
_FEWEST_IN_PART = 10
_PERMUTED = "drug labels permuted within reporting country and year"


@dataclass(frozen=True)
class Specification:
    """The overlap of one selection of cases by one measure; `key` ends the id of its estimate."""

    key: str
    label: str
    test: OverlapTest
    reporters: int
    drugs: int


def compared(known: pd.DataFrame, drugs: Sequence[str]) -> pd.DataFrame:
    """Cases of the drugs compared, as designs read them: stratum, cluster, group, category, cases."""
    rows = known[known["family"].isin(drugs)]
    return pd.DataFrame(
        {
            "stratum": rows["seizing"] + " " + rows["year"].astype("str"),
            "cluster": rows["seizing"],
            "group": rows["family"],
            "category": rows["route"],
            "cases": rows["cases"],
        }
    )


def specification(
    known: pd.DataFrame,
    drugs: Sequence[str],
    params: Params,
    *,
    key: str,
    label: str,
    measure: Measure = "morisita_horn",
    draws: int | None = None,
) -> Specification | None:
    """The test on those cases, drugs with too few of them left out; None where fewer than two remain."""
    counts = known.groupby("family")["cases"].sum()
    left = [drug for drug in drugs if counts.get(drug, 0) >= min(_FEWEST_IN_PART, params.min_cases)]
    if len(left) < 2:
        return None
    cases = compared(known, left)
    test = overlap_test(cases, measure=measure, draws=draws or params.sensitivity_draws, seed=params.seed)
    return Specification(key, label, test, cases["cluster"].nunique(), len(left))


def registered(known: pd.DataFrame, drugs: Sequence[str], params: Params) -> Specification:
    """The registered test."""
    cases = compared(known, drugs)
    test = overlap_test(cases, draws=params.draws, seed=params.seed)
    return Specification("", "registered", test, cases["cluster"].nunique(), len(drugs))


def interval(known: pd.DataFrame, drugs: Sequence[str], params: Params) -> tuple[float, float]:
    """Percentile interval of the mean overlap, reporting countries resampled; missing below five of them."""
    cases = compared(known, drugs)
    if cases["cluster"].nunique() < 5:
        return math.nan, math.nan
    limits = overlap_interval(
        cases, draws=params.sensitivity_draws, seed=params.seed, alpha=1 - params.confidence_level
    )
    mean = limits.iloc[-1]
    return float(mean["ci_low"]), float(mean["ci_high"])


def reporters_of_every_year(routes: pd.DataFrame) -> list[str]:
    """Countries that reported some case, with or without its route, in every year of the window."""
    years = routes.groupby("seizing")["year"].nunique()
    return sorted(years.index[years == routes["year"].nunique()])


def largest_reporter(known: pd.DataFrame) -> str:
    """Country that reported most of the cases with both ends known."""
    return str(known.groupby("seizing")["cases"].sum().idxmax())


def sensitivity(
    routes: pd.DataFrame, known: pd.DataFrame, drugs: Sequence[str], params: Params
) -> tuple[Specification, ...]:
    """The registered departures; those that leave fewer than two drugs are left out."""
    steady = known["seizing"].isin(reporters_of_every_year(routes))
    samples = {
        "without_colombia": ("without cases reported by Colombia", known[known["seizing"] != COLOMBIA]),
        "every_year": ("only reporters of every year", known[steady]),
        **{f"year_{year}": (f"year {year}", part) for year, part in known.groupby("year")},
    }
    found = [
        specification(known, drugs, params, key=measure, label=f"{MEASURES[measure]} overlap", measure=measure)
        for measure in _OTHER_MEASURES
    ]
    found += [specification(part, drugs, params, key=key, label=label) for key, (label, part) in samples.items()]
    return tuple(one for one in found if one is not None)


def further(
    known: pd.DataFrame, drugs: Sequence[str], params: Params, country_names: Mapping[str, str]
) -> tuple[Specification, ...]:
    """Selections that were not registered but that the reading of the registered one hangs on."""
    across = known[known["ends"] == TWO_COUNTRIES]
    largest = largest_reporter(known)
    every_record = known.assign(cases=known["cases"] + known["duplicates"])
    samples = {
        ACROSS_BORDERS: ("only routes between two countries", across),
        "without_largest": (f"without cases reported by {country_names[largest]}", known[known["seizing"] != largest]),
        "repeats": ("repeated records counted as cases", every_record),
        **{
            f"{ACROSS_BORDERS}_{year}": (f"between two countries, {year}", part)
            for year, part in across.groupby("year")
        },
    }
    found = [specification(part, drugs, params, key=key, label=label) for key, (label, part) in samples.items()]
    found += [
        specification(known, drugs_with(known, least), params, key=key, label=f"drugs with at least {least} cases")
        for key, least in (("rarer_drugs", max(params.min_cases // 4, 1)), ("common_drugs", params.min_cases * 4))
    ]
    return tuple(one for one in found if one is not None)


def precursors_and_drugs(known: pd.DataFrame, params: Params) -> Specification | None:
    """Overlap of the routes of precursors with those of all drugs together; None where too few are known."""
    named = known[~known["family"].isin([name for name in NOT_DRUGS if name != PRECURSORS])]
    grouped = named.assign(family=named["family"].where(named["family"] == PRECURSORS, "drugs"))
    return specification(
        grouped, (PRECURSORS, "drugs"), params, key=PRECURSORS_WITH_DRUGS, label="precursors and all drugs together"
    )


def overlap_estimates(
    primary: Specification,
    sensitive: Sequence[Specification],
    others: Sequence[Specification],
    limits: tuple[float, float],
    params: Params,
) -> list[Estimate]:
    """The primary estimate, alone in its family here, its sensitivity, and the further selections adjusted together."""
    estimate = _estimate(
        primary, PRIMARY, f"{primary.test.draws:,} permutations, drugs with at least {params.min_cases} cases"
    )
    first = replace(
        estimate,
        role="primary",
        ci_low=limits[0],
        ci_high=limits[1],
        ci_level=params.confidence_level,
        p_adjusted=estimate.p_value,
    )
    found = [first]
    found += [replace(_estimate(one, f"{PRIMARY}.{one.key}", one.label), role="sensitivity") for one in sensitive]
    explored = [_estimate(one, one.key, one.label) for one in others]
    return found + _adjusted(explored)


def pair_estimates(primary: Specification, cases: Mapping[str, int]) -> list[Estimate]:
    """Overlap of every pair of drugs: a grid, explored, so adjusted by Benjamini-Hochberg.

    `cases` has the number of cases of each drug.
    """
    test = primary.test
    found = [
        Estimate(
            id=f"pair.{_slug(row['first'])}.{_slug(row['second'])}",
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Overlap of the routes of {row['first']} and {row['second']}",
            method=f"Morisita-Horn overlap, {_PERMUTED}",
            specification=f"{test.draws:,} permutations",
            estimate=row["observed"],
            unit="overlap, 0 to 1",
            n_obs=cases[row["first"]] + cases[row["second"]],
            n_units=primary.reporters,
            role="secondary",
            p_value=row["p_value"],
            null_value=row["null_mean"],
        )
        for row in test.pairs.to_dict("records")
    ]
    return _adjusted(found)


def specification_table(specifications: Sequence[Specification]) -> pd.DataFrame:
    """One row a specification: label, measure, what was observed and what permuted labels give."""
    return pd.DataFrame(
        [
            {
                "key": one.key or PRIMARY,
                "specification": one.label,
                "measure": MEASURES[one.test.measure],
                "drugs": one.drugs,
                "reporters": one.reporters,
                "cases": one.test.cases,
                "informative_cases": one.test.informative_cases,
                **one.test.mean.to_dict(),
                "draws": one.test.draws,
            }
            for one in specifications
        ]
    )


def _estimate(one: Specification, identifier: str, settings: str) -> Estimate:
    test = one.test
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand=f"Mean overlap, over {len(test.pairs)} pair(s) of {one.drugs} drugs, of their shares of cases by pair of "
        "departure and destination",
        method=f"{MEASURES[test.measure]} overlap, {_PERMUTED}",
        specification=settings,
        estimate=float(test.mean["observed"]),
        unit="overlap, 0 to 1",
        n_obs=test.cases,
        n_units=one.reporters,
        role="secondary",
        p_value=float(test.mean["p_value"]),
        null_value=float(test.mean["null_mean"]),
    )


def _adjusted(explored: list[Estimate]) -> list[Estimate]:
    if not explored:
        return explored
    adjusted = multipletests([e.p_value for e in explored], method="fdr_bh")[1]
    return [replace(e, p_adjusted=float(p)) for e, p in zip(explored, adjusted, strict=True)]


def _slug(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")
