"""Cases whose departure and destination are known, how many those are, and who reports them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crimjust_research.data.panels.routes import NO_END, ONE_COUNTRY, ONE_END, TWO_COUNTRIES
from crimjust_research.errors import ParameterError
from crimjust_research.questions.outlines import points as points_of
from crimjust_research.vocabulary import countries
from crimjust_research.vocabulary.seized_drugs import PRECURSORS

# Chemicals are no drugs, and `other` gathers names too vague to place.
NOT_DRUGS = (PRECURSORS, "other")
# Reports most of all cases, and no route.
COLOMBIA = "COL"
# More lines than these cannot be told apart at the width of a page.
DRAWN = 80
ENDS = (TWO_COUNTRIES, ONE_COUNTRY, ONE_END, NO_END)
# What the map tells apart; what else is commonest on a route is rare.
KINDS = {
    "cocaine": "cocaine",
    "heroin": "heroin",
    "amphetamine": "amphetamine, ecstasy",
    "ecstasy": "amphetamine, ecstasy",
}


def known_cases(routes: pd.DataFrame) -> pd.DataFrame:
    """Rows whose departure and destination are both countries, the same one or two, with the pair as `route`."""
    known = routes[routes["ends"].isin([TWO_COUNTRIES, ONE_COUNTRY])]
    return known.assign(route=known["departure"] + " > " + known["destination"]).reset_index(drop=True)


def between_two(known: pd.DataFrame) -> pd.DataFrame:
    """Cases that crossed a border."""
    return known[known["ends"] == TWO_COUNTRIES]


def drugs_with(known: pd.DataFrame, min_cases: int, drug: str = "family") -> tuple[str, ...]:
    """Families of drugs, or what else the column `drug` names, with at least `min_cases` cases, in alphabetical order."""
    cases = known.loc[~known["family"].isin(NOT_DRUGS)].groupby(drug)["cases"].sum()
    return tuple(str(name) for name in cases.index[cases >= min_cases])


def compared_drugs(between: pd.DataFrame, min_cases: int) -> tuple[str, ...]:
    """The drugs that are compared: those with at least `min_cases` cases.

    Raises
    ------
    ParameterError
        If there are fewer than two: nothing can be compared.
    """
    drugs = drugs_with(between, min_cases)
    if len(drugs) < 2:
        cases = between.loc[~between["family"].isin(NOT_DRUGS)].groupby("family")["cases"].sum()
        fewer = f"set min_cases to {cases.nlargest(2).min()} or less, or " if len(cases) > 1 else ""
        raise ParameterError(
            f"{f'only {drugs[0]} has' if drugs else 'no drug has'} at least {min_cases} "
            f"{'case' if min_cases == 1 else 'cases'} between two countries; two drugs are needed: {fewer}widen the window"
        )
    return drugs


def largest_reporter(known: pd.DataFrame) -> str:
    """Country that reported most of the cases with both ends known."""
    return str(known.groupby("seizing")["cases"].sum().idxmax())


def reporters_of_every_year(routes: pd.DataFrame) -> list[str]:
    """Countries that reported some case, with or without its route, in every year of the window."""
    years = routes.groupby("seizing")["year"].nunique()
    return sorted(years.index[years == routes["year"].nunique()])


def coverage_by_year(routes: pd.DataFrame) -> pd.DataFrame:
    """By year: cases, repeated records, cases by how much of the route is known, Colombia's, and reporters.

    `reporters` reported any case, `reporters_with_route` one with both ends known, `new` were not among the
    reporters of the year before (missing in the first year), `gone` were and are not.
    """
    by_year = routes.groupby("year")
    sets = {year: set(part["seizing"]) for year, part in by_year}
    before = dict(zip(list(sets)[1:], list(sets)[:-1], strict=True))
    table = _by_ends(routes)
    table.insert(0, "cases", by_year["cases"].sum())
    table.insert(1, "repeated_records", by_year["duplicates"].sum())
    colombia = _by_ends(routes[routes["seizing"] == COLOMBIA]).reindex(table.index, fill_value=0)
    table["of_colombia"] = colombia.sum(axis=1)
    table["one_end_colombia"], table["no_end_colombia"] = colombia[ONE_END], colombia[NO_END]
    table["reporters"] = by_year["seizing"].nunique()
    with_route = known_cases(routes).groupby("year")["seizing"].nunique()
    table["reporters_with_route"] = with_route.reindex(table.index, fill_value=0)
    table["new"] = pd.array([len(sets[y] - sets[before[y]]) if y in before else None for y in sets], dtype="Int64")
    table["gone"] = pd.array([len(sets[before[y]] - sets[y]) if y in before else None for y in sets], dtype="Int64")
    return table.rename_axis(columns=None).reset_index()


def _by_ends(routes: pd.DataFrame) -> pd.DataFrame:
    table = routes.pivot_table(index="year", columns="ends", values="cases", aggfunc="sum", fill_value=0)
    return table.reindex(columns=list(ENDS), fill_value=0)


def parts_known(coverage: pd.DataFrame) -> pd.DataFrame:
    """The table of `coverage_by_year` as parts of a bar: year, known, cases; what Colombia gives but one end of, apart."""
    parts = {
        TWO_COUNTRIES: coverage[TWO_COUNTRIES],
        ONE_COUNTRY: coverage[ONE_COUNTRY],
        ONE_END: coverage[ONE_END] - coverage["one_end_colombia"],
        NO_END: coverage[NO_END] - coverage["no_end_colombia"],
        f"{countries.short_name(COLOMBIA)}: one end or none": coverage["one_end_colombia"]
        + coverage["no_end_colombia"],
    }
    return pd.concat(
        pd.DataFrame({"year": coverage["year"], "known": name, "cases": cases}) for name, cases in parts.items()
    ).reset_index(drop=True)


def reporting(coverage: pd.DataFrame) -> pd.DataFrame:
    """The table of `coverage_by_year` as two series: year, reported, countries."""
    kinds = {"reporters": "any case", "reporters_with_route": "both ends known"}
    return coverage.rename(columns=kinds).melt("year", list(kinds.values()), "reported", "countries")


def shares(routes: pd.DataFrame) -> pd.DataFrame:
    """Shares of cases that say what the comparison stands on, a row each: name, words, share, n_obs, n_units."""
    known = known_cases(routes)
    largest = largest_reporter(known)
    of_known = "of those with both ends known"
    asked: dict[str, tuple[str, pd.DataFrame, pd.Series[bool]]] = {
        "known": ("Cases whose departure and destination are both known", routes, routes["ends"].isin(ENDS[:2])),
        "domestic": (
            "Cases that leave and end in one country, of those with both ends known",
            known,
            known["ends"] == ONE_COUNTRY,
        ),
        "largest": (f"Cases reported by {largest}, {of_known}", known, known["seizing"] == largest),
        "colombia": ("Cases reported by Colombia, of all cases", routes, routes["seizing"] == COLOMBIA),
        "colombia_known": (f"Cases reported by Colombia, {of_known}", known, known["seizing"] == COLOMBIA),
    }
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "words": words,
            "share": whole.loc[part, "cases"].sum() / whole["cases"].sum(),
            "n_obs": whole["cases"].sum(),
            "n_units": whole["seizing"].nunique(),
        }
        for name, (words, whole, part) in asked.items()
    ]
    return pd.DataFrame(rows)


def busiest_routes(known: pd.DataFrame) -> pd.DataFrame:
    """Routes between two countries, the busiest first: departure, destination, cases, commonest drug and its share,
    and how many drugs, reporting countries and years it was seen for."""
    between = between_two(known)
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


def placed_routes(busiest: pd.DataFrame, outlines: pd.DataFrame) -> pd.DataFrame:
    """Routes with the points of both ends, in the order given; those with an end that has no point are left out.

    Adds from, to (names), from_longitude, from_latitude, to_longitude, to_latitude, and kind: what is commonest on it.
    """
    points = points_of(outlines)
    placed = busiest.join(points.add_prefix("from_"), on="departure").join(points.add_prefix("to_"), on="destination")
    found = placed.dropna(subset=["from_longitude", "to_longitude"]).reset_index(drop=True)
    names = countries.names()
    return found.assign(
        kind=found["commonest_drug"].map(KINDS).fillna("other drugs"),
        **{"from": found["departure"].map(names), "to": found["destination"].map(names)},
    )


def ends_of(placed: pd.DataFrame) -> pd.DataFrame:
    """Places at either end of routes, that with most cases first: name, longitude, latitude, cases."""
    columns = ["name", "longitude", "latitude", "cases"]
    ends = [
        placed[[end, f"{end}_longitude", f"{end}_latitude", "cases"]].set_axis(columns, axis=1)
        for end in ("from", "to")
    ]
    places = pd.concat(ends).groupby(columns[:3])["cases"].sum().reset_index()
    return places.sort_values(["cases", "name"], ascending=[False, True], ignore_index=True)
