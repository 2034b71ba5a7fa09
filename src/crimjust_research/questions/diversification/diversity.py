"""How diverse what a country seizes is: kilograms by kind of drug, effective numbers, and how they run over the years."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.composition.diversity import diversity_indices
from crimjust_research.designs.fit import inference
from crimjust_research.errors import ParameterError

# By order of the Hill number.
ORDERS = {0: "kinds (order 0)", 1: "common kinds (order 1)", 2: "dominant kinds (order 2)"}
FEWEST_YEARS = 3  # a trend needs
# A country's own trend is drawn from so many years on.
FEWEST_OWN_YEARS = 4


def compositions(panel: pd.DataFrame, start: int, end: int, fewest_kinds: int) -> pd.DataFrame:
    """Kilograms by country-year (rows) and family of drugs (columns); precursors are one family.

    Only countries that reported at least `fewest_kinds` families over their years, and years with any weight.
    """
    window = panel[panel["year"].between(start, end)]
    table = window.pivot_table(
        index=["iso3", "year"], columns="family", values="kilograms", aggfunc="sum", fill_value=0.0
    )
    return of_several_kinds(table, fewest_kinds)


def of_several_kinds(table: pd.DataFrame, fewest_kinds: int) -> pd.DataFrame:
    """Rows of a table as `compositions` has it with any weight, of countries with at least so many kinds over their years."""
    table = table[table.sum(axis=1) > 0]
    kinds = (table.groupby("iso3").sum() > 0).sum(axis=1)
    return table[table.index.get_level_values("iso3").isin(kinds.index[kinds >= fewest_kinds])]


def log_diversity(table: pd.DataFrame) -> pd.DataFrame:
    """One row a country-year: iso3, year, the plug-in measures, and log_0, log_1, log_2, the logs of Hill numbers.

    Raises
    ------
    ParameterError
        If fewer than three years have figures.
    """
    years = table.index.get_level_values("year").unique()
    if len(years) < FEWEST_YEARS:
        known = ", ".join(map(str, sorted(years))) or "no year"
        raise ParameterError(
            f"the window has seizures of {known} alone; a trend needs {FEWEST_YEARS} years: choose a longer window"
        )
    indices = diversity_indices(table).reset_index()
    return indices.assign(**{f"log_{q}": np.log(indices[f"hill_{q}"]) for q in ORDERS})


def publications(raw: pd.DataFrame) -> pd.DataFrame:
    """First and last year of each of the publisher's publications, in their order: publication, first, last."""
    years = raw.groupby("publication")["year"].agg(["min", "max"]).sort_values("min", kind="stable")
    return years.set_axis(["first", "last"], axis=1).reset_index()


def by_publication(measures: pd.DataFrame, published: pd.DataFrame) -> pd.Series[str]:
    """The publication each row's year is in."""
    return measures["year"].map(_by_year(published))


def _by_year(published: pd.DataFrame) -> dict[int, str]:
    return {
        year: row["publication"]
        for row in published.to_dict("records")
        for year in range(row["first"], row["last"] + 1)
    }


def in_later_publication(measures: pd.DataFrame, published: pd.DataFrame) -> pd.Series[float]:
    """1 for rows in years of any publication but the first that the window reaches, else 0."""
    holding, years = _by_year(published), measures["year"].unique()
    reached = {holding.get(year) for year in years}
    first = next(name for name in published["publication"] if name in reached)
    return measures["year"].map({year: float(holding.get(year) != first) for year in years})


def yearly_means(measures: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Geometric mean over countries of the effective number of drugs, by order and year; years without figures are empty.

    Returns
    -------
    DataFrame: order, measure, year, effective_number, low, high (normal interval over countries), countries.
    """
    years = pd.RangeIndex(measures["year"].min(), measures["year"].max() + 1, name="year")
    parts = []
    for order, name in ORDERS.items():
        logs = measures.groupby("year")[f"log_{order}"].agg(["mean", "sem", "size"]).reindex(years)
        found = inference(logs["mean"].to_numpy(), logs["sem"].to_numpy(), alpha)
        ends = {
            "effective_number": np.exp(found["estimate"]),
            "low": np.exp(found["ci_low"]),
            "high": np.exp(found["ci_high"]),
        }
        columns = {"order": order, "measure": name, "year": years, **ends, "countries": logs["size"].to_numpy()}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def country_slopes(measures: pd.DataFrame, column: str) -> pd.DataFrame:
    """Each country's own least-squares yearly change in a column, countries of four years or more: iso3, slope."""
    values = measures[["year", column]].astype("float64")
    centred = values - values.groupby(measures["iso3"]).transform("mean")
    sums = pd.DataFrame({"xy": centred["year"] * centred[column], "xx": centred["year"] ** 2})
    sums = sums.groupby(measures["iso3"]).sum()
    kept = sums[(measures.groupby("iso3").size() >= FEWEST_OWN_YEARS) & (sums["xx"] > 0)]
    return (kept["xy"] / kept["xx"]).rename("slope").reset_index()
