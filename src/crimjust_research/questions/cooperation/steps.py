"""Rows that describe the network: how dense it is, who is in it, between whom its ties are, and how it grew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.fit import inference
from crimjust_research.designs.networks.ties import TieNetwork, cumulated, describe_network, participation
from crimjust_research.designs.series.growth import log_growth
from crimjust_research.questions.cooperation.network import SOUTH, last_period
from crimjust_research.questions.cooperation.params import Params

REACHES = {
    "density": "of the countries named that met in at least one public event",
    "reach": "joined by a chain of meetings of any length",
    "two_step_reach": "that met or both met a third country",
}
# Columns of the table of years: what their growth is called, and what it is the growth of.
GROWING = {
    "events": ("events", "public events that name any country"),
    "active_nodes": ("countries", "countries that met another in a public event"),
    "ties": ("pairs", "country pairs that met in a public event"),
}
# A slope's error cannot be read from fewer points.
_FEWEST_POINTS = 4


def whole(network: TieNetwork) -> pd.DataFrame:
    """Density, reach and reach in two steps of all years together; a row each."""
    row = last_period(describe_network(cumulated(network))).iloc[0]
    n = len(network.nodes)
    rows = [(name, words, row[name], n * (n - 1) // 2, n) for name, words in REACHES.items()]
    return pd.DataFrame(rows, columns=["measure", "words", "estimate", "n_obs", "n_units"])


def of_proposal(table: pd.DataFrame, joint: pd.DataFrame) -> pd.DataFrame:
    """How much of the proposal the public record shows, a row for the countries proposed and for those of its phases.

    Parameters
    ----------
    table : of `country_table`; joint : square, events that two countries share.

    Returns
    -------
    DataFrame: group, label, size, pairs, seen (share of them that took part), met (share of their pairs that met).
    """
    groups = {
        "proposed": (table["proposed"], "{} proposed countries"),
        "phases": (table["phase"].notna(), f"{{}} countries of the {table['phase'].nunique()} phases"),
    }
    rows = []
    for group, (chosen, label) in groups.items():
        members = table[chosen]
        size = len(members)
        inside = [iso3 for iso3 in members["iso3"] if iso3 in joint.index]
        ties = int((joint.loc[inside, inside].to_numpy() > 0).sum()) // 2
        pairs = size * (size - 1) // 2
        rows.append((group, label.format(size), size, pairs, (members["events"] > 0).mean(), ties / pairs))
    return pd.DataFrame(rows, columns=["group", "label", "size", "pairs", "seen", "met"])


def south_south(
    lists: pd.DataFrame, together: pd.DataFrame, side: Mapping[str, str], p: Params
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Share of the pairs that met that are South-South, and the ratio of it to their share of all pairs; a row each.

    Errors and percentile intervals come from drawing events with replacement: one event ties many pairs at once.

    Parameters
    ----------
    lists : events with their participants; together : ties between groups, all years.
    """
    row = together[(together["first_group"] == SOUTH) & (together["second_group"] == SOUTH)].iloc[0]
    possible = float(row["possible_ties"] / together["possible_ties"].sum())
    nodes = sorted({iso3 for participants in lists["participants"] for iso3 in participants})
    present = participation(lists, nodes)
    first, second = np.triu_indices(len(nodes), 1)
    met = (present[:, first] & present[:, second]).astype(np.float32)
    south = np.array([side[node] == SOUTH for node in nodes])
    rng = np.random.default_rng(p.seed)
    chosen = rng.multinomial(len(lists), np.full(len(lists), 1 / len(lists)), size=p.draws) > 0
    tied = chosen.astype(np.float32) @ met > 0
    shares = tied[:, south[first] & south[second]].sum(axis=1) / np.maximum(tied.sum(axis=1), 1)
    tail = (1 - p.confidence_level) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    found = {"estimate": row["share_of_ties"], "std_error": shares.std(ddof=1), "ci_low": low, "ci_high": high}
    counts = {"n_obs": together["ties"].sum(), "n_units": len(nodes)}
    ratio = {name: value / possible for name, value in found.items()}
    return found | counts | {"null_value": possible}, ratio | counts | {"null_value": 1.0}


def returned(visits: TieNetwork) -> dict[str, Any]:
    """Reciprocity of visits, as a row: of the ties from visitor to host, how many go both ways."""
    row = last_period(describe_network(cumulated(visits))).iloc[0]
    return {"estimate": row["reciprocity"], "n_obs": row["ties"], "n_units": len(visits.nodes)}


def growth(years: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Yearly growth factors of events, countries and pairs from the first year in which two countries met; a row each.

    A quantity that is zero in a later year, or has fewer than four years, has no growth rate and no row.

    Returns
    -------
    DataFrame: name, words, first, last (years) and the fields of an estimate; std_error is of the logarithm.
    """
    from_first = years[years["ties"].cumsum() > 0].set_index("period")
    rows = []
    for column, (name, words) in GROWING.items():
        series = from_first[column].astype("float64")
        if len(series) < _FEWEST_POINTS or series.min() <= 0:
            continue
        fit = log_growth(series)
        found = inference(np.array([fit.rate]), np.array([fit.std_error]), 1 - p.confidence_level, fit.df)
        row = {field: float(value[0]) for field, value in found.items()}
        row |= {field: math.exp(row[field]) for field in ("estimate", "ci_low", "ci_high")}
        about = {"name": name, "words": words, "first": series.index[0], "last": series.index[-1]}
        rows.append(about | row | {"n_obs": fit.n_obs})
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["name"])
