"""Pairs of countries with seizures on the routes between them that no public event brought together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from crimjust_research.designs.networks.gaps import unmet_pairs
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.match.association import (
    OUTCOME,
    QUESTION,
    ROUTE_KNOWN,
    Networks,
    symmetric,
    traffic,
)
from crimjust_research.vocabulary.seized_drugs import PRECURSORS

# As many as a person reads; the table of results holds all of them.
_INTRODUCERS_NAMED = 4


@dataclass(frozen=True)
class Gaps:
    """The ranked list, and how much of the traffic the pairs on it carry."""

    pairs: pd.DataFrame
    estimates: tuple[Estimate, ...]


def unmet_list(
    dyads: pd.DataFrame, events: pd.DataFrame, routes: pd.DataFrame, countries: pd.DataFrame
) -> pd.DataFrame:
    """Pairs with traffic and no joint public event, most cases first, with what an officer needs to act.

    The countries are those that took part in any public event and those the proposal of 2021 names.

    Returns
    -------
    DataFrame: rank, first, second (codes), first_name, second_name, cases, first_to_second, second_to_first,
    share_of_cases, cumulative_share, kilograms (of drugs, of the cases weighed), main_drug, first_year, last_year, languages
    (shared), first_phase, second_phase (of the proposal), first_events, second_events (public ones attended),
    introduced_by (names of countries that met both, those with most meetings first, at most four), introducers (how
    many there are).
    """
    known = countries.set_index("iso3")
    named = set(known.index[known["proposed"] | known["phase"].notna()])
    roster = sorted(set(events["iso3"]) | named)
    met = symmetric(dyads.groupby(["iso3_a", "iso3_b"])["joint_events"].sum(), roster)
    table = unmet_pairs(traffic(routes, roster), met).rename(
        columns={"traffic": "cases", "share_of_traffic": "share_of_cases"}
    )
    names = dict(zip(countries["iso3"], countries["name"], strict=True))
    attended = events.groupby("iso3").size()
    table = table.join(_what_is_known(routes), on=["first", "second"])
    for end in ("first", "second"):
        table[f"{end}_name"] = table[end].map(names)
        table[f"{end}_phase"] = table[end].map(known["phase"]).astype("Int64")
        table[f"{end}_events"] = table[end].map(attended).fillna(0).astype("int64")
    table["languages"] = [
        "; ".join(_shared(known.loc[one, "languages"], known.loc[other, "languages"]))
        for one, other in zip(table["first"], table["second"], strict=True)
    ]
    table["introducers"] = table["shared_partners"].map(len)
    table["introduced_by"] = [
        "; ".join(names[best] for best in _closest(shared, met, one, other))
        for shared, one, other in zip(table["shared_partners"], table["first"], table["second"], strict=True)
    ]
    counts = ["cases", "first_to_second", "second_to_first"]
    return table.astype(dict.fromkeys(counts, "int64"))[
        [
            *("rank", "first", "second", "first_name", "second_name", *counts, "share_of_cases", "cumulative_share"),
            *("kilograms", "main_drug", "first_year", "last_year", "languages", "first_phase", "second_phase"),
            *("first_events", "second_events", "introduced_by", "introducers"),
        ]
    ]


def pairs_on_routes(networks: Networks) -> pd.DataFrame:
    """Pairs of the countries compared with cases between them: first, second, cases, joint_events; most cases first."""
    cases = networks.between.rename_axis("first").reset_index().melt("first", var_name="second", value_name="cases")
    pairs = cases[(cases["first"] < cases["second"]) & (cases["cases"] > 0)].astype({"cases": "int64"})
    met = networks.joint_events
    pairs["joint_events"] = [int(met.loc[a, b]) for a, b in zip(pairs["first"], pairs["second"], strict=True)]
    return pairs.sort_values(["cases", "first", "second"], ascending=[False, True, True], ignore_index=True)


def _shared(one: object, other: object) -> list[str]:
    """Languages in both of two lists joined by semicolons; a country without any has a missing list."""
    lists = [set(text.split("; ")) if isinstance(text, str) else set() for text in (one, other)]
    return sorted(lists[0] & lists[1])


def _closest(shared: Sequence[str], met: pd.DataFrame, first: str, second: str) -> list[str]:
    """The countries among `shared` that met both most often, by the smaller of the two counts."""
    partners = list(shared)
    often = met.loc[partners, [first, second]].min(axis=1)
    return sorted(partners, key=lambda iso3: (-often[iso3], iso3))[:_INTRODUCERS_NAMED]


def _what_is_known(routes: pd.DataFrame) -> pd.DataFrame:
    """Kilograms of drugs, the drug with most cases and the years of the routes between two countries, either way."""
    known = routes[(routes["ends"] == ROUTE_KNOWN) & (routes["cases"] > 0)]
    forward = known["departure"] < known["destination"]
    pairs = known.assign(
        first=known["departure"].where(forward, known["destination"]),
        second=known["destination"].where(forward, known["departure"]),
    )
    drugs = pairs.groupby(["first", "second", "family"])["cases"].sum().reset_index()
    drugs = drugs.sort_values(["cases", "family"], ascending=[False, True]).drop_duplicates(["first", "second"])
    # One case of precursors can outweigh all drugs of a route.
    weighed = pairs.assign(kilograms=pairs["kilograms"].where(pairs["family"] != PRECURSORS))
    table = weighed.groupby(["first", "second"]).agg(
        kilograms=("kilograms", "sum"), first_year=("year", "min"), last_year=("year", "max")
    )
    return table.join(drugs.set_index(["first", "second"])["family"].rename("main_drug"))


def gap_estimates(pairs: pd.DataFrame, networks: Networks) -> list[Estimate]:
    """Share of the traffic, and of the pairs with any, that no public event covers: among the countries compared, and in
    the list."""
    between = networks.between.to_numpy()
    unmet = (between > 0) & (networks.joint_events.to_numpy() == 0)
    with_traffic = int((between > 0).sum()) // 2
    among = f"{len(networks.countries)} countries that took part in any event"

    def share(identifier: str, what: str, value: float, n_obs: int, specification: str, unit: str) -> Estimate:
        return Estimate(
            id=identifier,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=what,
            method="Count, descriptive",
            specification=specification,
            estimate=value,
            unit=unit,
            n_obs=n_obs,
            n_units=len(networks.countries),
            role="secondary",
        )

    listed = len(set(pairs["first"]) | set(pairs["second"]))
    return [
        share(
            "unmet_cases",
            "Share of cases on routes between countries that no public event brought together",
            float(between[unmet].sum() / between.sum()),
            with_traffic,
            among,
            "share of cases",
        ),
        share(
            "unmet_pairs",
            "Share of pairs with traffic between them that no public event brought together",
            float(unmet.sum() / 2 / with_traffic),
            with_traffic,
            among,
            "share of pairs",
        ),
        share(
            "unmet_listed",
            "Pairs on the list: countries of any public event or of the proposal, with traffic and no joint event",
            float(len(pairs)),
            len(pairs),
            f"{listed} countries stand on the list",
            "pairs",
        ),
    ]
