"""What the network's measures would be with other events: drawn with replacement, and with each left out in turn.

Events are what the record samples: pairs that meet at one event come together, so no pair is an observation of its own.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.networks.event_qap import drawn_events, joint_ties
from crimjust_research.designs.networks.other_events import over_events
from crimjust_research.designs.networks.qap import cells_of
from crimjust_research.designs.networks.ties import participation, reachable, share
from crimjust_research.designs.resampling.permutation import p_beyond_zero
from crimjust_research.designs.series.growth import log_slopes
from crimjust_research.questions.cooperation.network import SOUTH, event_lists, south_or_north
from crimjust_research.questions.cooperation.params import Params

# Measures that count distinct pairs or countries: fewer events are distinct among those drawn with replacement, so draws lie
# lower.
DISTINCT = (
    *("density", "reach", "two_step_reach"),
    *("seen_proposed", "seen_phases", "density_proposed", "density_phases"),
)
# Slopes of logarithms.
GROWTH = ("growth_events", "growth_countries", "growth_pairs")
# A slope needs as many yearly points to leave any doubt about it to be measured.
FEWEST_POINTS = 4
WORDS = {
    "density": "pairs that met",
    "reach": "pairs joined by a chain of meetings",
    "two_step_reach": "pairs that met, or both met a third",
    "south_south": "South-South, of pairs that met",
    "returned": "visits returned",
    "seen_proposed": "proposed countries named",
    "seen_phases": "countries of phases named",
    "density_proposed": "pairs of proposed countries that met",
    "density_phases": "pairs of countries of phases that met",
    "growth_events": "growth of events a year",
    "growth_countries": "growth of countries a year",
    "growth_pairs": "growth of pairs a year",
}


def groups(countries: pd.DataFrame) -> dict[str, list[str]]:
    """Codes of the countries the proposal lists, and of those of its phases."""
    chosen = {"proposed": countries["proposed"], "phases": countries["phase"].notna()}
    return {name: countries.loc[members, "iso3"].tolist() for name, members in chosen.items()}


def measures(window: pd.DataFrame, countries: pd.DataFrame, counts: FloatArray, p: Params) -> pd.DataFrame:
    """Measures of the network of the events that are counted, over the countries of all events; a row a sample.

    Parameters
    ----------
    window : rows of the panel of States at events; countries : the panel of countries.
    counts : (samples, events) how often each event is in, events in the order of `event_lists`.

    Returns
    -------
    DataFrame: the measures of `WORDS`. south_south is a share of the pairs that met, returned of visits those that go both
    ways; seen_ and density_ are shares of the countries of `groups` that are named, and of their pairs that met; growth_ are
    slopes of the log of events, of countries that met another and of pairs that met in a year, missing where a year has none.
    """
    lists = event_lists(window)
    nodes = sorted(set(window["iso3"]))
    took_part = participation(lists, nodes)
    cells, ties = cells_of(len(nodes)), joint_ties(took_part)
    met = counts @ ties > 0
    side = south_or_north(countries)
    south = np.array([side[node] == SOUTH for node in nodes])
    within = south[cells.rows] & south[cells.columns]
    adjacency = np.zeros((len(counts), cells.n, cells.n), dtype=bool)
    adjacency[:, cells.rows, cells.columns] = adjacency[:, cells.columns, cells.rows] = met
    found = {
        "density": met.mean(axis=1),
        "reach": reachable(adjacency)[:, cells.rows, cells.columns].mean(axis=1),
        "two_step_reach": _within_two_steps(adjacency)[:, cells.rows, cells.columns].mean(axis=1),
        "south_south": share(met[:, within].sum(axis=1), met.sum(axis=1)),
        "returned": _returned(window, lists, counts),
    }
    named = counts @ took_part > 0
    for group, members in groups(countries).items():
        inside = np.isin(nodes, members)
        among = inside[cells.rows] & inside[cells.columns]
        found[f"seen_{group}"] = named[:, inside].sum(axis=1) / len(members)
        found[f"density_{group}"] = met[:, among].sum(axis=1) / math.comb(len(members), 2)
    grown = _growth(lists["period"].to_numpy(), took_part, ties, counts, p)
    return pd.DataFrame(found | dict(zip(GROWTH, grown, strict=True)))[list(WORDS)]


def with_other_events(window: pd.DataFrame, countries: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Each measure over events drawn with replacement and without each event in turn.

    Returns
    -------
    DataFrame by measure: the fields of `over_events`, words, p_value (of growth, of no growth) and n_events. Growth stays the
    slope of a logarithm.
    """
    events = event_lists(window)["event"]
    n = len(events)
    observed = measures(window, countries, np.ones((1, n)), p).iloc[0]
    drawn = measures(window, countries, drawn_events(n, p.draws, p.seed), p)
    left_out = measures(window, countries, 1 - np.eye(n), p).set_axis(events)
    alpha = 1 - p.confidence_level
    rows = {
        name: over_events(
            float(observed[name]), drawn[name].to_numpy(), left_out[name], alpha, (0, 1) if name in DISTINCT else None
        )
        | {"words": words, "p_value": p_beyond_zero(drawn[name].to_numpy()) if name in GROWTH else np.nan}
        for name, words in WORDS.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").infer_objects()
    return table.rename_axis("measure").assign(n_events=n)


def as_factors(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `over_events` of logarithms as factors; the standard error stays that of the logarithm."""
    told = ["estimate", "ci_low", "ci_high", "farthest", "least", "most"]
    return rows.assign(**{name: np.exp(rows[name]) for name in told})


def _within_two_steps(adjacency: BoolArray) -> BoolArray:
    return (adjacency.astype(np.float32) @ adjacency.astype(np.float32) > 0) | adjacency


def _returned(window: pd.DataFrame, lists: pd.DataFrame, counts: FloatArray) -> FloatArray:
    """Share of ties from visitor to host that go both ways; missing where there is no visit."""
    visits = window[window["place"].notna() & (window["place"] != window["iso3"])]
    nodes = pd.Index(sorted(set(visits["iso3"]) | set(visits["place"])))
    paid = np.zeros((len(lists), len(nodes), len(nodes)))
    event = pd.Index(lists["event"]).get_indexer(pd.Index(visits["event"]))
    paid[event, nodes.get_indexer(pd.Index(visits["iso3"])), nodes.get_indexer(pd.Index(visits["place"]))] = 1
    tied = np.einsum("se,eij->sij", counts, paid) > 0
    both = tied & np.swapaxes(tied, 1, 2)
    return share(both.sum(axis=(1, 2)), tied.sum(axis=(1, 2)))


def _growth(years: IntArray, took_part: BoolArray, ties: FloatArray, counts: FloatArray, p: Params) -> list[FloatArray]:
    """Slopes of the log of events, of countries that met another and of pairs that met in a year, from the first year in which
    any did."""
    unknown = np.full(len(counts), np.nan)
    if not ties.any() or len(window := np.arange(years[ties.any(axis=1)].min(), p.end + 1)) < FEWEST_POINTS:
        return [unknown] * len(GROWTH)
    joint = took_part & (took_part.sum(axis=1, keepdims=True) > 1)
    of_year = [years == year for year in window]
    each = (
        np.stack([counts[:, now].sum(axis=1) for now in of_year], axis=1),
        *(
            np.stack([(counts[:, now] @ what[now] > 0).sum(axis=1) for now in of_year], axis=1)
            for what in (joint, ties)
        ),
    )
    return [_slopes(yearly.astype(np.float64)) for yearly in each]


def _slopes(yearly: FloatArray) -> FloatArray:
    """Slope (samples,) of the log of each row; missing where a year has none."""
    slopes = np.full(len(yearly), np.nan)
    every = yearly.min(axis=1) > 0
    slopes[every] = log_slopes(yearly[every])
    return slopes
