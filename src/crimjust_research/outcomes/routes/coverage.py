"""How much of the record says where a seizure came from and was bound for, and who reports it."""

from __future__ import annotations

import math

import pandas as pd

from crimjust_research.data.panels.routes import NO_END, ONE_COUNTRY, ONE_END, TWO_COUNTRIES
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.routes.convergence import COLOMBIA, OUTCOME, QUESTION, largest_reporter
from crimjust_research.outcomes.routes.parameters import known_cases

ENDS = (TWO_COUNTRIES, ONE_COUNTRY, ONE_END, NO_END)


def coverage_by_year(routes: pd.DataFrame) -> pd.DataFrame:
    """By year: cases, repeated records, cases by how much of the route is known, Colombia's, and reporters.

    `reporters` reported any case, `reporters_with_route` one with both ends known, `new` were not among the
    reporters of the year before (missing in the first year), `gone` were and are not.
    """
    by_ends = routes.pivot_table(index="year", columns="ends", values="cases", aggfunc="sum", fill_value=0)
    table = by_ends.reindex(columns=list(ENDS), fill_value=0)
    by_year = routes.groupby("year")
    sets = {year: set(part["seizing"]) for year, part in by_year}
    before = dict(zip(list(sets)[1:], list(sets)[:-1], strict=True))
    table.insert(0, "cases", by_year["cases"].sum())
    table.insert(1, "repeated_records", by_year["duplicates"].sum())
    colombia = routes[routes["seizing"] == COLOMBIA].pivot_table(
        index="year", columns="ends", values="cases", aggfunc="sum", fill_value=0
    )
    colombia = colombia.reindex(index=table.index, columns=list(ENDS), fill_value=0)
    table["of_colombia"] = colombia.sum(axis=1)
    table["one_end_colombia"], table["no_end_colombia"] = colombia[ONE_END], colombia[NO_END]
    table["reporters"] = by_year["seizing"].nunique()
    table["reporters_with_route"] = known_cases(routes).groupby("year")["seizing"].nunique()
    table["reporters_with_route"] = table["reporters_with_route"].fillna(0).astype("int64")
    table["new"] = pd.array([len(sets[y] - sets[before[y]]) if y in before else None for y in sets], dtype="Int64")
    table["gone"] = pd.array([len(sets[before[y]] - sets[y]) if y in before else None for y in sets], dtype="Int64")
    return table.rename_axis(columns=None).reset_index()


def coverage_estimates(routes: pd.DataFrame) -> list[Estimate]:
    """Shares that say what the comparison of routes stands on."""
    known = known_cases(routes)
    largest = largest_reporter(known)
    reporters = known["seizing"].nunique()
    shares = {
        "coverage.known": ("Cases whose departure and destination are both known", _share(routes, known), routes),
        "coverage.domestic": (
            "Cases that leave and end in one country, of those with both ends known",
            _share(known, known[known["ends"] == ONE_COUNTRY]),
            known,
        ),
        "coverage.largest": (
            f"Cases reported by {largest}, of those with both ends known",
            _share(known, known[known["seizing"] == largest]),
            known,
        ),
        "coverage.colombia": (
            "Cases reported by Colombia, of all cases",
            _share(routes, routes[routes["seizing"] == COLOMBIA]),
            routes,
        ),
        "coverage.colombia_known": (
            "Cases reported by Colombia, of those with both ends known",
            _share(known, known[known["seizing"] == COLOMBIA]),
            known,
        ),
    }
    return [
        Estimate(
            id=identifier,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=estimand,
            method="Share of cases",
            specification="records alike in every column counted once",
            estimate=share,
            unit="share of cases",
            n_obs=int(whole["cases"].sum()),
            n_units=reporters if whole is known else routes["seizing"].nunique(),
            role="secondary",
            null_value=math.nan,
        )
        for identifier, (estimand, share, whole) in shares.items()
    ]


def busiest_routes(known: pd.DataFrame) -> pd.DataFrame:
    """Routes between two countries, the busiest first: departure, destination, cases, commonest drug and its share,
    and how many drugs, reporting countries and years it was seen for."""
    between = known[known["ends"] == TWO_COUNTRIES]
    key = ["departure", "destination"]
    by_drug = between.groupby([*key, "family"])["cases"].sum().reset_index()
    commonest = by_drug.sort_values(["cases", "family"], ascending=[False, True]).drop_duplicates(key).set_index(key)
    groups = between.groupby(key)
    table = groups.agg(
        cases=("cases", "sum"),
        drugs=("family", "nunique"),
        reporters=("seizing", "nunique"),
        years=("year", "nunique"),
    )
    table.insert(1, "commonest_drug", commonest["family"])
    table.insert(2, "commonest_share", commonest["cases"] / table["cases"])
    return table.reset_index().sort_values(["cases", *key], ascending=[False, True, True], ignore_index=True)


def _share(whole: pd.DataFrame, part: pd.DataFrame) -> float:
    return float(part["cases"].sum() / whole["cases"].sum())
