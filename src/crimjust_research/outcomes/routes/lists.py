"""The document's "twelve of seventeen": what overlap chance alone would give, and the proposed countries' listing.

The document says that twelve of the seventeen proposed countries are also major sources of precursors, and names
neither the twelve nor how many countries are such sources in all. Chance is therefore worked out over a range.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crimjust_research import document
from crimjust_research.designs.composition.overlap import chance_overlap
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.routes.convergence import OUTCOME, QUESTION
from crimjust_research.outcomes.routes.parameters import Params, stated_sources
from crimjust_research.vocabulary import countries

LISTED, IMPLIED, NOT_LISTED, NOT_READ = "on the list", "implied by a note, not read", "not on the list", "list not read"
_LISTED_OF_STATES, _LISTED_OF_MAJORS = "twelve.states", "twelve.majors"


@dataclass(frozen=True)
class ChanceOfTwelve:
    """Shared members by chance, one row per length K of the list of precursor sources (as `chance_overlap`)."""

    of_states: pd.DataFrame
    """K of all States."""
    of_majors: pd.DataFrame
    """K of the Majors, with `further`: sources among the Majors that are not proposed. Only what can be."""


def chance_of_twelve(params: Params) -> ChanceOfTwelve:
    """Twelve of the proposed countries among K sources: drawn from all States, and from the Majors."""
    proposed, majors = len(document.load().proposed_iso3), len(document.load().majors_iso3)
    sources = stated_sources()
    of_states = chance_overlap(params.states, proposed, sources, range(sources, params.most_sources + 1))
    of_majors = chance_overlap(majors, proposed, sources, range(sources, sources + majors - proposed + 1))
    return ChanceOfTwelve(of_states, of_majors.assign(further=of_majors["listed"] - sources))


def longest_surprising_list(of_states: pd.DataFrame, level: float) -> int | None:
    """Longest list by which twelve or more would be shared with a chance below `level`; None if there is none."""
    surprising = of_states.loc[of_states["p_at_least"] < level, "listed"]
    return int(surprising.max()) if len(surprising) else None


def fewest_unsurprising_further(of_majors: pd.DataFrame, level: float) -> int:
    """How many Majors that are not proposed must be sources too, for chance to give twelve or more at `level`."""
    return int(of_majors.loc[of_majors["p_at_least"] >= level, "further"].min())


def twelve_estimates(chance: ChanceOfTwelve, params: Params) -> list[Estimate]:
    """Twelve against what chance gives: at the longest list of States considered, and at each list of Majors."""
    longest = chance.of_states.iloc[-1]
    rows = [
        (f"{_LISTED_OF_STATES}.{longest['listed']:.0f}", longest, f"{longest['listed']:.0f} of {params.states} States")
    ]
    majors = len(document.load().majors_iso3)
    rows += [
        (
            f"{_LISTED_OF_MAJORS}.{row['listed']:.0f}",
            row,
            f"{row['listed']:.0f} of the {majors} Majors, {row['further']:.0f} of them not proposed",
        )
        for _, row in chance.of_majors.iterrows()
    ]
    return [
        Estimate(
            id=identifier,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Proposed countries among the major sources of precursors, if sources were any {among}",
            method="Hypergeometric chance of at least as many",
            specification=f"expected {row['expected']:.1f}, central 95% of draws {row['low']:.0f} to {row['high']:.0f}",
            estimate=float(stated_sources()),
            unit=f"of {len(document.load().proposed_iso3)} countries, as the document counts",
            n_obs=len(document.load().proposed_iso3),
            n_units=params.states if identifier.startswith(_LISTED_OF_STATES) else majors,
            role="secondary",
            p_value=float(row["p_at_least"]),
            null_value=float(row["expected"]),
        )
        for identifier, row, among in rows
    ]


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
