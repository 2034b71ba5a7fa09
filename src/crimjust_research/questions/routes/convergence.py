"""How far drugs share routes: the registered test, its sensitivity, pairs of drugs, and years."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from crimjust_research.designs.composition.overlap import Measure, OverlapTest, overlap_interval, overlap_test
from crimjust_research.questions.routes.cases import (
    COLOMBIA,
    NOT_DRUGS,
    between_two,
    drugs_with,
    largest_reporter,
    reporters_of_every_year,
)
from crimjust_research.questions.routes.params import Params
from crimjust_research.vocabulary import countries
from crimjust_research.vocabulary.seized_drugs import PRECURSORS

REGISTERED, ACROSS_BORDERS, PRECURSORS_WITH_DRUGS = "overlap", "across_borders", "precursors_with_drugs"
MEASURES: Mapping[str, str] = {"morisita_horn": "Morisita-Horn", "cosine": "cosine", "jaccard": "Jaccard"}
OTHER_MEASURES: tuple[Measure, ...] = ("cosine", "jaccard")
# A drug with fewer cases in a part of the data says nothing of its routes there.
FEWEST_IN_PART = 10
FEWEST_REPORTERS = 5  # to be resampled


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


def registered(known: pd.DataFrame, drugs: Sequence[str], p: Params) -> OverlapTest:
    """The registered test."""
    return overlap_test(compared(known, drugs), draws=p.draws, seed=p.seed)


def interval(known: pd.DataFrame, drugs: Sequence[str], p: Params) -> dict[str, float]:
    """Percentile interval of the mean overlap, reporting countries resampled: ci_low, ci_high; missing if they are few."""
    cases = compared(known, drugs)
    if cases["cluster"].nunique() < FEWEST_REPORTERS:
        return {"ci_low": math.nan, "ci_high": math.nan}
    limits = overlap_interval(cases, draws=p.sensitivity_draws, seed=p.seed, alpha=1 - p.confidence_level)
    return {end: float(limits[end].iloc[-1]) for end in ("ci_low", "ci_high")}


def row(test: OverlapTest, cases: pd.DataFrame, key: str, specification: str) -> dict[str, Any]:
    """A test as a row of the table of specifications: what was observed and what permuted labels give."""
    pairs = len(test.pairs)
    return {
        "key": key,
        "specification": specification,
        "measure": MEASURES[test.measure],
        "drugs": cases["group"].nunique(),
        "pairs": f"{pairs} pair{'' if pairs == 1 else 's'}",
        "reporters": cases["cluster"].nunique(),
        "cases": test.cases,
        "informative_cases": test.informative_cases,
        **{str(name): value for name, value in test.mean.items()},
        "draws": test.draws,
    }


def selection(
    known: pd.DataFrame,
    drugs: Sequence[str],
    p: Params,
    key: str,
    specification: str,
    measure: Measure = "morisita_horn",
) -> dict[str, Any] | None:
    """The test on those cases as a row, drugs with too few of them left out; None where fewer than two drugs remain."""
    counts = known.groupby("family")["cases"].sum()
    left = [drug for drug in drugs if counts.get(drug, 0) >= min(FEWEST_IN_PART, p.min_cases)]
    if len(left) < 2:
        return None
    cases = compared(known, left)
    test = overlap_test(cases, measure=measure, draws=p.sensitivity_draws, seed=p.seed)
    return row(test, cases, key, specification)


def sensitivity(routes: pd.DataFrame, known: pd.DataFrame, drugs: Sequence[str], p: Params) -> pd.DataFrame:
    """The registered departures, a row each; those that leave fewer than two drugs are left out."""
    steady = known["seizing"].isin(reporters_of_every_year(routes))
    samples = {
        "without_colombia": ("without cases reported by Colombia", known[known["seizing"] != COLOMBIA]),
        "every_year": ("only reporters of every year", known[steady]),
        **{f"year_{year}": (f"year {year}", part) for year, part in known.groupby("year")},
    }
    rows = [selection(known, drugs, p, name, f"{MEASURES[name]} overlap", name) for name in OTHER_MEASURES]
    rows += [selection(part, drugs, p, key, words) for key, (words, part) in samples.items()]
    return pd.DataFrame([row for row in rows if row is not None])


def further(known: pd.DataFrame, drugs: Sequence[str], p: Params) -> pd.DataFrame:
    """Selections that were not registered but that the reading of the registered one hangs on, a row each."""
    across = between_two(known)
    largest = largest_reporter(known)
    every_record = known.assign(cases=known["cases"] + known["duplicates"])
    samples = {
        ACROSS_BORDERS: ("only routes between two countries", across),
        "without_largest": (
            f"without cases reported by {countries.short_name(largest)}",
            known[known["seizing"] != largest],
        ),
        "repeats": ("repeated records counted as cases", every_record),
        **{
            f"{ACROSS_BORDERS}_{year}": (f"between two countries, {year}", part)
            for year, part in across.groupby("year")
        },
    }
    rows = [selection(part, drugs, p, key, words) for key, (words, part) in samples.items()]
    rows += [
        selection(known, drugs_with(known, least), p, key, f"drugs with at least {least} cases")
        for key, least in (("rarer_drugs", max(p.min_cases // 4, 1)), ("common_drugs", p.min_cases * 4))
    ]
    named = known[~known["family"].isin([name for name in NOT_DRUGS if name != PRECURSORS])]
    grouped = named.assign(family=named["family"].where(named["family"] == PRECURSORS, "drugs"))
    words = "precursors and all drugs together"
    rows.append(selection(grouped, (PRECURSORS, "drugs"), p, PRECURSORS_WITH_DRUGS, words))
    return pd.DataFrame([row for row in rows if row is not None])


def pairs(test: OverlapTest, known: pd.DataFrame) -> pd.DataFrame:
    """Every pair of drugs of the registered test, a row each: name, first, second, cases, reporters and its numbers."""
    cases = known.groupby("family")["cases"].sum()
    groups = {*test.pairs["first"], *test.pairs["second"]}
    first, second = test.pairs["first"], test.pairs["second"]
    return test.pairs.assign(
        name=[f"{_slug(a)}.{_slug(b)}" for a, b in zip(first, second, strict=True)],
        cases=first.map(cases) + second.map(cases),
        reporters=known.loc[known["family"].isin(groups), "seizing"].nunique(),
        draws=test.draws,
    )


def of_all_years(specifications: pd.DataFrame) -> pd.DataFrame:
    """Specifications but for single years of routes between two countries."""
    return specifications[~specifications["key"].str.fullmatch(f"{ACROSS_BORDERS}_[0-9]{{4}}")]


def by_year(specifications: pd.DataFrame) -> pd.DataFrame:
    """Rows of single years, with `year` and `routes`: all of them, or those between two countries."""
    kinds = {"year_": "All pairs of departure and destination", f"{ACROSS_BORDERS}_": "Two different countries"}
    found = [
        part.assign(routes=title, year=part["key"].str[-4:].astype("int64"))
        for prefix, title in kinds.items()
        for part in [specifications[specifications["key"].str.fullmatch(f"{prefix}[0-9]{{4}}")]]
    ]
    return pd.concat(found, ignore_index=True)


def _slug(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")
