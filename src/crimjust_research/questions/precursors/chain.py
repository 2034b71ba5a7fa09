"""Across countries: are precursors seized where the drugs made with them are?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crimjust_research.questions import seizure_years
from crimjust_research.vocabulary import countries

# What each group of precursors makes, as families of the panel. The registered question is of these; what makes
# anything else is seized too rarely to be ranked.
MADE = {
    "cocaine": ("cocaine",),
    "heroin": ("heroin",),
    "amphetamine-type stimulants": ("amphetamine", "methamphetamine", "ecstasy", "amphetamine-type stimulants"),
}
SERIES = {
    "hectares": "Coca, hectares",
    "cocaine_kg": "Cocaine seized, kg",
    "permanganate_kg": "Permanganate seized, kg",
}


def country_years(panel: pd.DataFrame, targets: Sequence[str] = tuple(MADE)) -> pd.DataFrame:
    """Kilograms of precursors, of the drugs they make and of cannabis, by country and registered year.

    Rows are those with a report of precursors or of the drugs. What a country did not report in a year is missing.
    """
    families = [family for target in targets for family in MADE[target]]
    panel = seizure_years.registered(panel)
    sides = {
        "precursors": panel["makes"].isin(targets),
        "drugs": ~panel["is_precursor"] & panel["family"].isin(families),
        "cannabis": panel["family"] == "cannabis",
    }
    table = pd.DataFrame(
        {side: panel[chosen].groupby(["iso3", "year"])["kilograms"].sum(min_count=1) for side, chosen in sides.items()}
    )
    return table.dropna(subset=["precursors", "drugs"], how="all").reset_index()


def coca_chain(panel: pd.DataFrame, cultivation: pd.DataFrame) -> pd.DataFrame:
    """Hectares of coca, permanganate and cocaine seized in the countries that grow coca, one row a country and year.

    Missing where a country reported nothing of it in the year, and what is seized in years that are not registered.
    """
    hectares = cultivation[cultivation["crop"] == "coca"].set_index(["iso3", "year"])["hectares"]
    growers = hectares.index.unique("iso3")
    seized = seizure_years.registered(panel[panel["iso3"].isin(growers)]).set_index(["iso3", "year"])
    permanganate = seized.loc[seized["drug"] == "potassium permanganate", "kilograms"]
    cocaine = seized.loc[seized["family"] == "cocaine", "kilograms"]
    table = pd.DataFrame({"hectares": hectares, "permanganate_kg": permanganate, "cocaine_kg": cocaine})
    return table.reset_index().sort_values(["iso3", "year"], ignore_index=True)


def coca_correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation over years of hectares with cocaine seized, a row a country: both series trend, so no p."""
    rows = [
        {
            "iso3": iso3,
            "name": str(iso3).lower(),
            "country": countries.short_name(str(iso3)),
            "first": years["year"].min(),
            "last": years["year"].max(),
            "correlation": years["hectares"].corr(years["cocaine_kg"], method="spearman"),
            "n_obs": len(years),
        }
        for iso3, years in table.dropna(subset=["hectares", "cocaine_kg"]).groupby("iso3")
    ]
    return pd.DataFrame(rows)


def coca_series(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `coca_chain` as series: country, year, series, value; a year without a figure has a row that lacks it."""
    grid = pd.MultiIndex.from_product(
        [table["iso3"].unique(), range(table["year"].min(), table["year"].max() + 1)], names=["iso3", "year"]
    )
    whole = table.set_index(["iso3", "year"]).reindex(grid).reset_index()
    long = whole.melt(["iso3", "year"], list(SERIES), "series", "value")
    return long.assign(country=long["iso3"].map(countries.names()), series=long["series"].map(SERIES))


def of_the_largest_grower(table: pd.DataFrame) -> dict[str, object]:
    """Of the country with most hectares at last: grower (its name), ends (first and last row of hectares and of cocaine_kg),
    and permanganate_years, in how many permanganate is on record."""
    grower = table.sort_values("year", kind="stable").groupby("iso3")["hectares"].last().idxmax()
    own = table[table["iso3"] == grower]
    ends = {
        column: own.dropna(subset=[column])[["year", column]].iloc[[0, -1]].to_dict("records")
        for column in ("hectares", "cocaine_kg")
    }
    known = int(own["permanganate_kg"].notna().sum())
    return {"grower": countries.short_name(str(grower)), "ends": ends, "permanganate_years": known}


def reporters(panel: pd.DataFrame) -> pd.DataFrame:
    """Countries that reported any drug, and any precursor, by year; years without a figure in between are there as 0."""
    kind = np.where(panel["is_precursor"], "precursors", "drugs")
    table = panel.assign(kind=kind).pivot_table(index="year", columns="kind", values="iso3", aggfunc="nunique")
    years = pd.RangeIndex(panel["year"].min(), panel["year"].max() + 1, name="year")
    return table.reindex(years).fillna(0).astype("int64").reset_index().rename_axis(columns=None)


def without_precursors(panel: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, int]:
    """Rows of `pairs`, as `country_years` has them, without a report of precursors of the drugs compared: `in_all`, and
    `others`, those of a country that reported other precursors in the year."""
    without = pairs.loc[pairs["precursors"].isna(), ["iso3", "year"]]
    registered = seizure_years.registered(panel)
    others = registered.loc[registered["is_precursor"], ["iso3", "year"]].drop_duplicates()
    return {"in_all": len(without), "others": len(without.merge(others))}


def last_reports(panel: pd.DataFrame, of: Sequence[str]) -> dict[str, int | None]:
    """Last year in which each country of `of` reported a precursor; None where it never did."""
    last = panel[panel["is_precursor"]].groupby("iso3")["year"].max()
    return {iso3: int(last[iso3]) if iso3 in last.index else None for iso3 in of}


def majors_without_precursors(panel: pd.DataFrame, country_year: pd.DataFrame) -> dict[str, object]:
    """Of the latest list of Majors: year, listed (how many countries), without (who of them never reported a precursor)."""
    listed = country_year[country_year["majors_list"].fillna(False).astype(bool)]
    latest = int(listed["year"].max())
    majors = set(listed.loc[listed["year"] == latest, "iso3"])
    never = majors - set(panel.loc[panel["is_precursor"], "iso3"])
    return {"year": latest, "listed": len(majors), "without": sorted(countries.short_name(iso3) for iso3 in never)}
