"""The network of countries named at the same public events, and what is known of its countries."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crimjust_research.designs.networks.ties import (
    TieNetwork,
    describe_network,
    directed_network,
    event_sizes,
    joint_event_network,
    tie_turnover,
)
from crimjust_research.questions.cooperation.params import Params

SOUTH, NORTH = "South", "North"
# How often a pair met, in the classes that charts show, from least to most.
MEETINGS = ("once", "twice", "3 or 4 times", "5 times or more")


def in_window(events: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Rows of the panel of States at events that began in the window."""
    return events[events["year"].between(p.start, p.end)]


def event_lists(window: pd.DataFrame) -> pd.DataFrame:
    """One row an event in order of time: event, period (its year), participants (codes of the States named)."""
    lists = window.groupby("event").agg(period=("year", "first"), participants=("iso3", list))
    return lists.reset_index()


def meetings_network(window: pd.DataFrame, p: Params) -> TieNetwork:
    """Joint events of the countries named in the window, one matrix a year.

    Raises
    ------
    ParameterError
        If the window holds no event.
    """
    return joint_event_network(event_lists(window), sorted(set(window["iso3"])), (p.start, p.end))


def visits_network(window: pd.DataFrame) -> TieNetwork:
    """Directed ties from each visitor to the country it went to an event in, one matrix a year."""
    visits = window[window["place"].notna() & (window["place"] != window["iso3"])]
    visits = visits.assign(weight=1).rename(columns={"iso3": "sender", "place": "receiver", "year": "period"})
    nodes = sorted(set(visits["sender"]) | set(visits["receiver"]))
    return directed_network(visits[["sender", "receiver", "period", "weight"]], nodes)


def south_or_north(countries: pd.DataFrame) -> Mapping[str, str]:
    """South for the developing regions of the United Nations' M49 list of 2021, North for the others, by country."""
    return dict(zip(countries["iso3"], np.where(countries["is_developing"], SOUTH, NORTH), strict=True))


def country_table(window: pd.DataFrame, countries: pd.DataFrame, joint: pd.DataFrame) -> pd.DataFrame:
    """Countries that took part or that the proposal names, those at most events first.

    Parameters
    ----------
    joint : square, events that two countries share over all years.

    Returns
    -------
    DataFrame: iso3, name, region, is_developing, proposed, phase, events attended, partners (countries met), meetings
    (joint events added up over partners), first_year, last_year.
    """
    attended = window.groupby("iso3").agg(
        events=("event", "size"), first_year=("year", "min"), last_year=("year", "max")
    )
    met = pd.DataFrame({"partners": (joint > 0).sum(), "meetings": joint.sum()})
    known = countries[["iso3", "name", "region", "is_developing", "proposed", "phase"]]
    named = known["iso3"].isin(attended.index) | known["proposed"] | known["phase"].notna()
    table = known[named].join(attended, on="iso3").join(met, on="iso3")
    counts = ["events", "partners", "meetings"]
    table[counts] = table[counts].fillna(0).astype("int64")
    table[["first_year", "last_year"]] = table[["first_year", "last_year"]].astype("Int64")
    return table.sort_values(["events", "meetings", "iso3"], ascending=[False, False, True], ignore_index=True)


def years_table(network: TieNetwork, lists: pd.DataFrame) -> pd.DataFrame:
    """One row a year: ties by whether they are new, measures of the network, and events by the length of their lists."""
    sizes = event_sizes(lists, network.nodes)
    years = tie_turnover(network).merge(describe_network(network).drop(columns="ties"), on="period")
    years = years.merge(sizes, on="period", how="left")
    counts = list(sizes.columns.drop("period"))
    years[counts] = years[counts].fillna(0).astype("int64")
    return years


def last_period(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last period: of a network cumulated over time, those of all years together."""
    last: pd.DataFrame = table[table["period"] == table["period"].max()]
    return last.reset_index(drop=True)


def pairs_that_met(joint: pd.DataFrame, fewest: int = 1) -> pd.DataFrame:
    """Pairs that share at least so many events, those with most last: first, second, events, met (a class of `MEETINGS`)."""
    rows, columns = np.triu_indices(len(joint), 1)
    events = joint.to_numpy()[rows, columns]
    pairs = pd.DataFrame({"first": joint.index[rows], "second": joint.columns[columns], "events": events})
    pairs = pairs[pairs["events"] >= fewest].assign(met=lambda frame: meeting_class(frame["events"]))
    return pairs.sort_values(["events", "first", "second"], ignore_index=True)


def meeting_class(events: pd.Series[int]) -> pd.Series[str]:
    """How often a pair met, as a class of `MEETINGS`."""
    classes = np.select([events == 1, events == 2, events <= 4], MEETINGS[:3], MEETINGS[3])
    return pd.Series(classes, events.index, dtype="str")


def named(pairs: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the names of their countries, as `table` (iso3, name) has them, in place of codes."""
    names = table.set_index("iso3")["name"]
    return pairs.assign(first=pairs["first"].map(names), second=pairs["second"].map(names))


def by_region(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `country_table` that took part, by region, regions and countries with most meetings first."""
    took_part = table[table["events"] > 0]
    size = took_part.groupby("region")["meetings"].transform("sum")
    order = took_part.assign(size=size).sort_values(
        ["size", "region", "meetings", "iso3"], ascending=[False, True, False, True], ignore_index=True
    )
    return order.drop(columns="size")


def every_pair(joint: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """A cell for each ordered pair of countries, in the order of `order` (iso3, name): name, other, met; a country and
    itself stay empty."""
    names = dict(zip(order["iso3"], order["name"], strict=True))
    square = joint.loc[list(names), list(names)].rename(index=names, columns=names)
    cells = square.rename_axis("name").reset_index().melt("name", var_name="other", value_name="events")
    met = meeting_class(cells["events"]).where(cells["events"] > 0, "never")
    return cells.assign(met=met.where(cells["name"] != cells["other"]))


def shares_of_groups(groups: pd.DataFrame, together: pd.DataFrame) -> pd.DataFrame:
    """Ties within and between South and North as shares, by year, of all years and of all pairs that could be.

    Parameters
    ----------
    groups, together : tables of `ties_between_groups`, year by year and of all years.

    Returns
    -------
    DataFrame: column (the year, with the number of pairs in brackets), pairs_of, ties, share; years without a tie left out.
    """
    yearly = groups.assign(column=groups["period"].astype("str"))
    whole = together.assign(column="all years")
    every = together.assign(column="all pairs", ties=together["possible_ties"])
    data = pd.concat([yearly, whole, every], ignore_index=True)
    within = data["first_group"] == data["second_group"]
    data["pairs_of"] = (data["first_group"] + "-" + data["second_group"]).where(within, f"{NORTH}-{SOUTH}")
    total = data.groupby("column")["ties"].transform("sum")
    data = data.assign(share=data["ties"] / total, column=data["column"] + " (" + total.astype("str") + ")")
    order = [f"{SOUTH}-{SOUTH}", f"{NORTH}-{SOUTH}", f"{NORTH}-{NORTH}"]
    parts = [data[(data["pairs_of"] == name) & (total > 0)] for name in order]
    return pd.concat(parts, ignore_index=True)[["column", "pairs_of", "ties", "share"]]
