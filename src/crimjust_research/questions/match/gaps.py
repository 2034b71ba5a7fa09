"""Pairs of countries with seizures on the routes between them that no public event brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.networks.event_qap import drawn_events
from crimjust_research.designs.networks.gaps import unmet_pairs
from crimjust_research.designs.networks.other_events import over_events, without_one
from crimjust_research.questions.match.networks import ROUTE_KNOWN, Networks, meetings, traffic
from crimjust_research.questions.match.params import Params
from crimjust_research.vocabulary.seized_drugs import PRECURSORS

# As many as a person reads; the table of results holds how many there are.
_INTRODUCERS_NAMED = 4
# What is shared out, in the words of its estimand.
UNMET = {"cases": "cases on routes between countries", "pairs": "pairs with traffic between them"}


def on_list(events: pd.DataFrame, countries: pd.DataFrame) -> list[str]:
    """Codes of the countries the list is of: those that took part in any public event, and those the proposal of 2021 names."""
    named = countries["proposed"] | countries["phase"].notna()
    return sorted(set(events["iso3"]) | set(countries.loc[named, "iso3"]))


def unmet_list(events: pd.DataFrame, routes: pd.DataFrame, countries: pd.DataFrame) -> pd.DataFrame:
    """Pairs with traffic and no joint public event, most cases first, with what an officer needs to act.

    Returns
    -------
    DataFrame: rank, first, second (codes), first_name, second_name, cases, first_to_second, second_to_first,
    share_of_cases, cumulative_share, kilograms (of drugs, of the cases weighed), main_drug, first_year, last_year, seized_by
    (names of the countries that report the cases, those with most first), languages (shared), first_phase, second_phase (of
    the proposal), first_joined, second_joined (year of the first record of joining the programme), first_events,
    second_events (public ones attended), introduced_by (names of countries that met both, those with most meetings first, at
    most four), introducers (how many there are).
    """
    known = countries.set_index("iso3")
    names = dict(zip(countries["iso3"], countries["name"], strict=True))
    roster = on_list(events, countries)
    met = meetings(events, roster)
    table = unmet_pairs(traffic(routes, roster), met).rename(
        columns={"traffic": "cases", "share_of_traffic": "share_of_cases"}
    )
    attended = events.groupby("iso3").size()
    table = table.join(_what_is_known(routes, names), on=["first", "second"])
    for end in ("first", "second"):
        table[f"{end}_name"] = table[end].map(names)
        table[f"{end}_phase"] = table[end].map(known["phase"]).astype("Int64")
        table[f"{end}_joined"] = table[end].map(known["entry_documented"]).astype("Int64")
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
            *("kilograms", "main_drug", "first_year", "last_year", "seized_by", "languages"),
            *("first_phase", "second_phase", "first_joined", "second_joined"),
            *("first_events", "second_events", "introduced_by", "introducers"),
        ]
    ]


def pairs_on_routes(found: Networks) -> pd.DataFrame:
    """Pairs of the countries compared with cases between them: first, second, cases, joint_events; most cases first."""
    pairs = found.pairs()
    pairs = pairs[pairs["cases"] > 0]
    return pairs.sort_values(["cases", "first", "second"], ascending=[False, True, True], ignore_index=True)


def in_direction(listed: pd.DataFrame) -> pd.Series[str]:
    """Pairs of the list in the direction of most cases: "Ecuador to Netherlands"."""
    forward = listed["first_to_second"] >= listed["second_to_first"]
    start = listed["first_name"].where(forward, listed["second_name"])
    return start + " to " + listed["second_name"].where(forward, listed["first_name"])


def _shared(one: object, other: object) -> list[str]:
    """Languages in both of two lists joined by semicolons; a country without any has a missing list."""
    lists = [set(text.split("; ")) if isinstance(text, str) else set() for text in (one, other)]
    return sorted(lists[0] & lists[1])


def _closest(shared: Sequence[str], met: pd.DataFrame, first: str, second: str) -> list[str]:
    """The countries among `shared` that met both most often, by the smaller of the two counts."""
    partners = list(shared)
    often = met.loc[partners, [first, second]].min(axis=1)
    return sorted(partners, key=lambda iso3: (-often[iso3], iso3))[:_INTRODUCERS_NAMED]


def _what_is_known(routes: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Kilograms of drugs, the drug with most cases, the years and the reporters of the routes between two countries, either
    way."""
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
    reported = pairs.groupby(["first", "second", "seizing"])["cases"].sum().reset_index()
    reported = reported.sort_values(["cases", "seizing"], ascending=[False, True])
    seized_by = reported.assign(seized_by=reported["seizing"].map(lambda iso3: names.get(iso3, iso3)))
    return table.join(
        [
            drugs.set_index(["first", "second"])["family"].rename("main_drug"),
            seized_by.groupby(["first", "second"])["seized_by"].agg("; ".join),
        ]
    )


def incompleteness(routes: pd.DataFrame, roster: Sequence[str], public: pd.Series[float]) -> pd.DataFrame:
    """What the list cannot show: what, share, of_all (how many there are).

    Parameters
    ----------
    roster : the countries of the list; public : shares of UNODC's own totals that the public record holds at most.
    """
    known = routes[routes["ends"] == ROUTE_KNOWN]
    silent = len(roster) - len(set(known["seizing"]) & set(roster))
    pairs = len(roster) * (len(roster) - 1) // 2
    rows = [
        (
            "cases seized whose two ends are not both named",
            1 - known["cases"].sum() / routes["cases"].sum(),
            routes["cases"].sum(),
        ),
        ("pairs of which neither country reports routes", silent * (silent - 1) / 2 / pairs, pairs),
        ("activities that are not public, at least, where least is", 1 - public.min(), len(public)),
        ("activities that are not public, at least, where most is", 1 - public.max(), len(public)),
    ]
    return pd.DataFrame(rows, columns=["what", "share", "of_all"])


def shares_unmet(found: Networks, p: Params) -> pd.DataFrame:
    """Of pairs with cases between them, those that no public event brought together: their share, and that of their cases,
    over events drawn and without each in turn.

    Returns
    -------
    DataFrame of two rows, by what (pairs, cases): which, words, the fields of `over_events`, n_obs (pairs with cases) and n_units
    (countries).
    """
    cases = found.pairs()["cases"].to_numpy(np.float64)
    on_route = cases > 0
    ties, weights = found.ties[:, on_route], cases[on_route] / cases.sum()
    n = len(ties)

    def unmet(counts: FloatArray) -> dict[str, FloatArray]:
        never = counts @ ties == 0
        return {"pairs": never.mean(axis=1), "cases": never @ weights}

    observed, drawn, without = (
        unmet(counts) for counts in (np.ones((1, n)), drawn_events(n, p.draws, p.seed), 1 - np.eye(n))
    )
    rows = {
        what: over_events(
            float(observed[what][0]),
            drawn[what],
            pd.Series(without[what], found.events),
            1 - p.confidence_level,
            (0, 1),
        )
        | {"which": which, "words": f"{which} that never met"}
        for what, which in UNMET.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("what")
    return table.infer_objects().assign(n_obs=int(on_route.sum()), n_units=len(found.countries))


def listed_without_one(
    listed: pd.DataFrame, events: pd.DataFrame, routes: pd.DataFrame, countries: pd.DataFrame
) -> pd.DataFrame:
    """How many pairs the list would hold without each event in turn, over the same countries; a row of `without_one`.

    It is a list, not a sample: nothing is drawn.

    Parameters
    ----------
    listed : from `unmet_list` of the same events, routes and countries.
    """
    roster = on_list(events, countries)
    cases = traffic(routes, roster)
    once = (meetings(events, roster) == 1) & (cases + cases.T > 0)
    # What met once, at this event, would not have met.
    added = {
        event: int(once.loc[list(names), list(names)].to_numpy().sum()) // 2
        for event, names in events.groupby("event")["iso3"]
    }
    row = without_one(len(listed), len(listed) + pd.Series(added, dtype="float64"))
    return pd.DataFrame([row | {"words": "pairs listed"}])
