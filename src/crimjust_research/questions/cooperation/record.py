"""How much of the cooperation is public: UNODC's own totals against the events on record, and what that leaves open."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.networks.gaps import density_bounds
from crimjust_research.designs.networks.other_events import without_one
from crimjust_research.designs.networks.ties import TieNetwork, pooled
from crimjust_research.errors import DataError
from crimjust_research.evidence.sentences import date_text

TABLE = "programme_results"
# Of activities that the public record holds as one entry, in the words of its notes.
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Total:
    """A total that UNODC published, and which public activities it should hold: from `since` to the month it was given
    for, with the State and of the type named, if any. `label` takes that month as {until}."""

    metric: str
    label: str
    since: str
    state: str = ""
    type: str = ""


# "Since 2018", "to date" and "calendar year" are UNODC's words.
PROGRAMME = Total("capacity_building_activities_cumulative", "Activities to {until}", since="2016")
BOLIVIA = Total("bolivia_activities_cumulative", "Activities with Bolivia, 2018 to {until}", since="2018", state="BOL")
TOTALS = (
    PROGRAMME,
    BOLIVIA,
    Total(
        "bolivia_case_forums_showcased",
        "Case forums with Bolivia to {until}",
        since="2016",
        state="BOL",
        type="case forum",
    ),
    Total("investigative_case_forums", "Case forums of {until}", since="2019", type="case forum"),
)


def public_record(activities: pd.DataFrame, took_part: pd.DataFrame) -> pd.DataFrame:
    """The raw table of activities with states (codes of the States named at each, joined by spaces; empty where none
    is) and stands_for (how many activities an entry stands for by its own note)."""
    states = took_part.groupby("event")["iso3"].agg(" ".join)
    number = activities["note"].str.extract(rf"^({'|'.join(_NUMBERS)}) activities\b", expand=False)
    stands_for = number.map({word: k for k, word in enumerate(_NUMBERS, start=2)}).fillna(1).astype("int64")
    return activities.assign(states=activities["event"].map(states).fillna(""), stands_for=stands_for)


def totals_table(record: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """UNODC's totals beside the public activities they should hold.

    Parameters
    ----------
    record : from `public_record`; results : the raw table of published results.

    Returns
    -------
    DataFrame: metric, total (label), until (in words), stated, at_least (the fewest activities the statement allows),
    entries (of the public record), public (activities those stand for), share_at_most (public over at_least).

    Raises
    ------
    DataError
        If a total is no longer among the results.
    """
    published = results.set_index("metric").to_dict("index")
    if missing := [total.metric for total in TOTALS if total.metric not in published]:
        raise DataError(f"{TABLE} has no row {', '.join(missing)}; ingest the file of published results with it")
    rows = []
    for total in TOTALS:
        row = published[total.metric]
        until = str(row["period"])
        held = record[(record["date_start"] >= total.since) & (record["date_start"].str[: len(until)] <= until)]
        held = held[held["states"].str.contains(total.state) & held["type"].str.startswith(total.type)]
        # "More than 35" activities are 36 or more.
        at_least = math.floor(float(row["value_low"])) + (1 if row["qualifier"] == "over" else 0)
        public = int(held["stands_for"].sum())
        month = date_text(until)
        label = total.label.format(until=month)
        rows.append((total.metric, label, month, row["stated"], at_least, len(held), public, public / at_least))
    columns = ["metric", "total", "until", "stated", "at_least", "entries", "public", "share_at_most"]
    return pd.DataFrame(rows, columns=columns)


def bounds_table(network: TieNetwork, sizes: pd.Series[int], totals: pd.DataFrame) -> pd.DataFrame:
    """What the density can be if the share of activities that is public, of all or with Bolivia, held for the window.

    Parameters
    ----------
    sizes : countries named at each public event of the window; totals : from `totals_table`.

    Returns
    -------
    DataFrame: assumption, share, events (in all, implied), observed, extrapolated, upper (densities), pairs.
    """
    shares = totals.set_index("metric")["share_at_most"]
    until = totals.set_index("metric")["until"]
    labels = {PROGRAMME: f"share public as to {until[PROGRAMME.metric]}", BOLIVIA: "share public as in Bolivia"}
    rows = []
    for total, label in labels.items():
        share = shares[total.metric]
        events = math.ceil(len(sizes) / share)
        found = density_bounds(pooled(network).to_numpy(), len(sizes), events, int(sizes.max()))
        rows.append((label, share, events, found.observed, found.extrapolated, found.upper, found.possible_ties))
    columns = ["assumption", "share", "events", "observed", "extrapolated", "upper", "pairs"]
    return pd.DataFrame(rows, columns=columns)


def extrapolated_without_one(window: pd.DataFrame, network: TieNetwork, bounds: pd.DataFrame) -> pd.DataFrame:
    """The density extrapolated under the first assumption, without each event of the window in turn; a row of `without_one`.

    As many events took place; one fewer of them is public. Nothing is drawn: an event drawn twice would make of the pairs that
    met once, from which the unseen ones are read, pairs that met twice.
    """
    first, joint = bounds.iloc[0], pooled(network)
    sizes = window.groupby("event").size()
    without = {}
    for event, names in window.groupby("event")["iso3"]:
        left = joint.copy()
        left.loc[list(names), list(names)] -= 1
        values = left.to_numpy(copy=True)
        np.fill_diagonal(values, 0)
        largest = int(sizes.drop(event).max())
        without[event] = density_bounds(values, len(sizes) - 1, int(first["events"]), largest).extrapolated
    row = without_one(float(first["extrapolated"]), pd.Series(without))
    return pd.DataFrame([row | {"words": "pairs that met, extrapolated"}])


def held(totals: pd.DataFrame) -> pd.Series[str]:
    """What the record holds of each total, beside a chart: "10 of 36 or more"."""
    or_more = totals["stated"].str.startswith(">").map({True: " or more", False: ""})
    return totals["public"].astype("str") + " of " + totals["at_least"].astype("str") + or_more


def implied(bounds: pd.DataFrame) -> pd.Series[str]:
    """The number of events that each assumption implies, beside a chart: "152 events: share public as in Bolivia"."""
    return bounds["events"].astype("str") + " events: " + bounds["assumption"]
