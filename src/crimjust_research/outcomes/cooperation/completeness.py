"""How much of the cooperation is public: UNODC's own totals against the events on record, and what that leaves open."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from crimjust_research.designs.networks.gaps import DensityBounds, density_bounds
from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.cooperation.parameters import RESULTS_TABLE
from crimjust_research.outcomes.cooperation.structure import OUTCOME, QUESTION


@dataclass(frozen=True)
class Total:
    """A total that UNODC published, and which public events it should hold."""

    metric: str
    label: str
    holds: Callable[[pd.DataFrame], pd.Series[bool]]


def _between(activities: pd.DataFrame, first: str, last: str) -> pd.Series[bool]:
    return activities["date_start"].str[:7].between(first, last)


# "Since 2018" and "to date" are UNODC's words; the months are those in which it gave the totals.
TOTALS = (
    Total(
        "capacity_building_activities_cumulative",
        "Activities to August 2017",
        lambda a: _between(a, "2016-01", "2017-08"),
    ),
    Total(
        "bolivia_activities_cumulative",
        "Activities with Bolivia, 2018 to May 2021",
        lambda a: _between(a, "2018-01", "2021-05") & a["states"].str.contains("BOL"),
    ),
    Total(
        "bolivia_case_forums_showcased",
        "Case forums with Bolivia to May 2021",
        lambda a: _between(a, "2016-01", "2021-05") & a["states"].str.contains("BOL") & (a["type"] == "case forum"),
    ),
    Total(
        "investigative_case_forums",
        "Case forums of 2019",
        lambda a: _between(a, "2019-01", "2019-12") & (a["type"] == "case forum"),
    ),
)
# Entries of the public record that stand for several activities, by their own note.
SEVERAL = {"2017-07-14 training": 4}
PROGRAMME, BOLIVIA = TOTALS[0].metric, TOTALS[1].metric


@dataclass(frozen=True)
class Completeness:
    """Totals against the public record, and the density of the network they leave possible."""

    totals: pd.DataFrame
    bounds: pd.DataFrame
    estimates: tuple[Estimate, ...]


def public_record(activities: pd.DataFrame, took_part: pd.DataFrame) -> pd.DataFrame:
    """The raw table of activities with states, the codes of the States named at each, empty where none is."""
    states = took_part.groupby("event")["iso3"].agg(" ".join)
    return activities.assign(states=activities["event"].map(states).fillna(""))


def totals_table(activities: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """UNODC's totals beside the public events they should hold.

    Columns: metric, total (label), stated, at_least (the fewest activities the statement allows), entries (of the public
    record), public (activities those stand for), share_at_most (public over at_least).

    Parameters
    ----------
    activities : from `public_record`; results : the raw table of published results.

    Raises
    ------
    DataError
        If a total is no longer among the results.
    """
    published = results.set_index("metric").to_dict("index")
    if missing := [t.metric for t in TOTALS if t.metric not in published]:
        raise DataError(
            f"{RESULTS_TABLE} has no row {', '.join(missing)}; ingest the file of published results with it"
        )
    rows = []
    for total in TOTALS:
        row = published[total.metric]
        # "More than 35" activities are 36 or more.
        at_least = math.floor(float(row["value_low"])) + (1 if row["qualifier"] == "over" else 0)
        held = activities.loc[total.holds(activities), "event"]
        public = sum(SEVERAL.get(event, 1) for event in held)
        rows.append((total.metric, total.label, str(row["stated"]), at_least, len(held), public, public / at_least))
    return pd.DataFrame(rows, columns=["metric", "total", "stated", "at_least", "entries", "public", "share_at_most"])


def bounds_table(joint_events: pd.DataFrame, events_named: int, largest: int, totals: pd.DataFrame) -> pd.DataFrame:
    """What the density can be if a total's share of public events held for the whole window.

    Columns: assumption, share, events (in all, implied), observed, extrapolated, upper (densities).

    Parameters
    ----------
    joint_events : square, pairs' joint public events; events_named : public events that name any country.
    largest : countries at the largest public event.
    """
    rows = []
    shares = totals.set_index("metric")["share_at_most"]
    for metric, label in ((PROGRAMME, "share public as to August 2017"), (BOLIVIA, "share public as in Bolivia")):
        implied = math.ceil(events_named / shares[metric])
        found: DensityBounds = density_bounds(joint_events.to_numpy(), events_named, implied, largest)
        rows.append((label, shares[metric], implied, found.observed, found.extrapolated, found.upper))
    return pd.DataFrame(rows, columns=["assumption", "share", "events", "observed", "extrapolated", "upper"])


def assess_completeness(
    activities: pd.DataFrame,
    took_part: pd.DataFrame,
    results: pd.DataFrame,
    joint_events: pd.DataFrame,
    sizes: pd.Series[int],
) -> Completeness:
    """The public record against UNODC's totals, and the densities that leaves possible.

    Parameters
    ----------
    sizes : countries named at each public event of the window.

    Raises
    ------
    DataError
        If a total is no longer among the results.
    """
    totals = totals_table(public_record(activities, took_part), results)
    bounds = bounds_table(joint_events, len(sizes), int(sizes.max()), totals)
    estimates = [
        _estimate(
            f"public_{row['metric']}",
            f"Share of {row['total'][0].lower()}{row['total'][1:]} that is in the public record, at most",
            "Count against UNODC's own total",
            f"{row['public']} public of {row['stated']} stated",
            row["share_at_most"],
            "share of activities",
            row["at_least"],
        )
        for row in totals.to_dict("records")
    ]
    first = bounds.iloc[0]
    possible = len(joint_events) * (len(joint_events) - 1) // 2
    for name, what in (
        ("extrapolated", "if public events were a random sample of all, which they are not"),
        ("upper", "at most, each event not public joining pairs that nothing else joins"),
    ):
        estimates.append(
            _estimate(
                f"density_{name}",
                f"Share of pairs of the countries named that met in any event, {what}",
                "Bounds on the density of a network of which some events are seen",
                f"{first['events']} events in all: {first['assumption']}",
                float(first[name]),
                "share of pairs",
                possible,
            )
        )
    return Completeness(totals, bounds, tuple(estimates))


def _estimate(
    identifier: str, estimand: str, method: str, specification: str, value: float, unit: str, n_obs: int
) -> Estimate:
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand=estimand,
        method=method,
        specification=specification,
        estimate=value,
        unit=unit,
        n_obs=n_obs,
        n_units=n_obs,
        role="secondary",
    )
