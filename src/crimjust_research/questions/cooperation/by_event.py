"""What the network's measures would be with other events: drawn with replacement, and with each left out in turn.

Events are what the record samples: pairs that meet at one event come together, so no pair is an observation of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.networks.event_qap import drawn_events, joint_ties
from crimjust_research.designs.networks.qap import cells_of
from crimjust_research.designs.networks.ties import participation, reachable, share
from crimjust_research.designs.series.growth import log_slopes
from crimjust_research.questions.cooperation.network import SOUTH, event_lists
from crimjust_research.questions.cooperation.params import Params

# Measures that count distinct pairs: fewer events are distinct among those drawn with replacement, so draws lie lower.
DISTINCT = ("density", "reach", "two_step_reach")
WORDS = {
    "density": "pairs that met",
    "reach": "joined by a chain of meetings",
    "two_step_reach": "met, or both met a third",
    "south_south": "South-South, of pairs that met",
    "returned": "visits returned",
}


def measures(window: pd.DataFrame, side: Mapping[str, str], counts: FloatArray, p: Params) -> pd.DataFrame:
    """Measures of the network of the events that are counted, over the countries of all events; a row a sample.

    Parameters
    ----------
    window : rows of the panel of States at events; side : South or North of each country.
    counts : (samples, events) how often each event is in, events in the order of `event_lists`.

    Returns
    -------
    DataFrame: density, reach, two_step_reach, south_south (share of the pairs that met), returned (visits that go both ways, of
    visits) and growth_pairs (slope of the log of pairs that met in a year; missing where a year has none).
    """
    lists = event_lists(window)
    nodes = sorted(set(window["iso3"]))
    cells, ties = cells_of(len(nodes)), joint_ties(participation(lists, nodes))
    met = counts @ ties > 0
    south = np.array([side[node] == SOUTH for node in nodes])
    within = south[cells.rows] & south[cells.columns]
    adjacency = np.zeros((len(counts), cells.n, cells.n), dtype=bool)
    adjacency[:, cells.rows, cells.columns] = adjacency[:, cells.columns, cells.rows] = met
    return pd.DataFrame(
        {
            "density": met.mean(axis=1),
            "reach": reachable(adjacency)[:, cells.rows, cells.columns].mean(axis=1),
            "two_step_reach": _within_two_steps(adjacency)[:, cells.rows, cells.columns].mean(axis=1),
            "south_south": share(met[:, within].sum(axis=1), met.sum(axis=1)),
            "returned": _returned(window, lists, counts),
            "growth_pairs": _growth(lists["period"].to_numpy(), ties, counts, p),
        }
    )


def with_other_events(window: pd.DataFrame, side: Mapping[str, str], p: Params) -> pd.DataFrame:
    """Each measure with its error and interval over events drawn with replacement, and its range without one event.

    Draws of measures that count distinct pairs are moved to lie about the observed one, since they hold fewer events, and a
    share stays a share.

    Returns
    -------
    DataFrame by measure: estimate, std_error, ci_low, ci_high, least, without_least, most, without_most (the event left out),
    draws (that have the measure), n_events.
    """
    events = event_lists(window)["event"]
    n = len(events)
    observed = measures(window, side, np.ones((1, n)), p).iloc[0]
    drawn = measures(window, side, drawn_events(n, p.draws, p.seed), p)
    left_out = measures(window, side, 1 - np.eye(n), p).set_axis(events)
    rows = {
        str(name): _over_events(float(observed[str(name)]), drawn[name], left_out[name], str(name) in DISTINCT, p)
        for name in drawn
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure").assign(n_events=n)


def _over_events(
    observed: float, drawn: pd.Series[float], left_out: pd.Series[float], distinct: bool, p: Params
) -> dict[str, Any]:
    """One row of `with_other_events`; what no sample has is missing."""
    known, without = drawn.dropna(), left_out.dropna()
    if known.empty or without.empty:
        missing = dict.fromkeys(("std_error", "ci_low", "ci_high", "least", "most"), np.nan)
        return {"estimate": observed, "without_least": "", "without_most": "", "draws": 0} | missing
    moved = (known + observed - known.mean()).clip(0, 1) if distinct else known
    tail = (1 - p.confidence_level) / 2
    low, high = moved.quantile([tail, 1 - tail])
    return {
        "estimate": observed,
        "std_error": known.std(),
        "ci_low": low,
        "ci_high": high,
        "least": without.min(),
        "without_least": without.idxmin(),
        "most": without.max(),
        "without_most": without.idxmax(),
        "draws": len(known),
    }


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


def _growth(years: IntArray, ties: FloatArray, counts: FloatArray, p: Params) -> FloatArray:
    """Slope of the log of pairs that met in a year, from the first year in which any did."""
    if not ties.any():
        return np.full(len(counts), np.nan)
    first = int(years[ties.any(axis=1)].min())
    window = np.arange(first, p.end + 1)
    pairs = np.stack([(counts[:, years == year] @ ties[years == year] > 0).sum(axis=1) for year in window], axis=1)
    slopes = np.full(len(counts), np.nan)
    every = pairs.min(axis=1) > 0
    slopes[every] = log_slopes(pairs[every].astype(np.float64))
    return slopes
