"""The document's "twelve of seventeen": what overlap chance alone would give, and the proposed countries' listing.

The document says how many of the proposed countries are also major sources of precursors, and names neither them nor how
many countries are such sources in all. Chance is therefore worked out over a range.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from crimjust_research import document
from crimjust_research.designs.composition.overlap import chance_overlap
from crimjust_research.questions.routes.params import Params, stated_sources
from crimjust_research.vocabulary import countries

LISTED, IMPLIED, NOT_LISTED, NOT_READ = "on the list", "implied by a note, not read", "not on the list", "list not read"


def chance_of_states(p: Params) -> pd.DataFrame:
    """Proposed countries among so many sources drawn from all States: a row for each length of the list of sources."""
    proposed, sources = len(document.load().proposed_iso3), stated_sources()
    table = chance_overlap(p.states, proposed, sources, range(sources, p.most_sources + 1))
    return table.assign(words=[f"{k} of {p.states} States" for k in table["listed"]], **_about("states", p.states))


def chance_of_majors() -> pd.DataFrame:
    """The same with sources drawn from the Majors; `further` of them are not proposed. Only lengths that can be."""
    proposed, majors = len(document.load().proposed_iso3), len(document.load().majors_iso3)
    sources = stated_sources()
    table = chance_overlap(majors, proposed, sources, range(sources, sources + majors - proposed + 1))
    further = table["listed"] - sources
    words = [
        f"{k} of the {majors} Majors, {more} of them not proposed"
        for k, more in zip(table["listed"], further, strict=True)
    ]
    return table.assign(further=further, words=words, **_about("majors", majors))


def _about(among: str, population: int) -> dict[str, Any]:
    proposed = len(document.load().proposed_iso3)
    return {"among": among, "stated": stated_sources(), "n_obs": proposed, "n_units": population}


def lengths_to_draw(of_states: pd.DataFrame, of_majors: pd.DataFrame) -> pd.DataFrame:
    """Rows of both tables, of the first every length that is a multiple of the shortest, and the longest: label, panel."""
    shortest, longest = of_states["listed"].min(), of_states["listed"].max()
    some = of_states[(of_states["listed"] % shortest == 0) | (of_states["listed"] == longest)]
    rows: pd.DataFrame = pd.concat([some, of_majors], ignore_index=True)
    rows["label"] = rows["words"].str.split(", ").str[0]
    rows["panel"] = rows["among"].map({"states": "Sources any of the States", "majors": "Sources any of the Majors"})
    return rows


def longest_surprising_list(of_states: pd.DataFrame, level: float) -> int | None:
    """Longest list by which as many as stated or more would be shared with a chance below `level`; None if none is."""
    surprising = of_states.loc[of_states["p_at_least"] < level, "listed"]
    return int(surprising.max()) if len(surprising) else None


def fewest_unsurprising_further(of_majors: pd.DataFrame, level: float) -> int:
    """How many Majors that are not proposed must be sources too, for chance to give as many as stated at `level`."""
    return int(of_majors.loc[of_majors["p_at_least"] >= level, "further"].min())


def majors_matrix(majors_list: pd.DataFrame) -> pd.DataFrame:
    """Proposed countries by fiscal year: iso3, country, fiscal_year, listing, failed_demonstrably (missing if unread).

    Every fiscal year from the first to the last is there; those whose list was not read say so.
    """
    proposed = document.load().proposed_iso3
    years = range(int(majors_list["fiscal_year"].min()), int(majors_list["fiscal_year"].max()) + 1)
    read = set(majors_list["fiscal_year"])
    grid = pd.MultiIndex.from_product([proposed, years], names=["iso3", "fiscal_year"])
    rows = majors_list.set_index(["iso3", "fiscal_year"])[["is_read", "failed_demonstrably"]].reindex(grid)
    listing = rows["is_read"].map({True: LISTED, False: IMPLIED}).astype("object")
    listing = listing.where(listing.notna(), [NOT_LISTED if year in read else NOT_READ for _, year in grid])
    matrix = rows.assign(listing=listing.astype("str")).reset_index()
    matrix.insert(1, "country", matrix["iso3"].map(countries.short_name).astype("str"))
    return matrix.drop(columns="is_read")


def listing_counts(matrix: pd.DataFrame) -> pd.DataFrame:
    """By fiscal year: how many of the proposed countries are on the list, read or implied; missing if not read."""
    listed = matrix["listing"].isin([LISTED, IMPLIED]).groupby(matrix["fiscal_year"]).sum()
    unread = (matrix["listing"] == NOT_READ).groupby(matrix["fiscal_year"]).all()
    return listed.astype("Int64").where(~unread).rename("proposed_countries_listed").reset_index()
