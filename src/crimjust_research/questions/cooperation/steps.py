"""Rows that describe the network: how dense it is, who is in it, between whom its ties are, and how it grew."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.fit import inference
from crimjust_research.designs.networks.ties import TieNetwork, cumulated, describe_network
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
# What drawing events adds to a measure.
SPREAD = ["std_error", "ci_low", "ci_high"]
# A slope's error cannot be read from fewer points.
_FEWEST_POINTS = 4


def whole(network: TieNetwork, others: pd.DataFrame) -> pd.DataFrame:
    """Density, reach and reach in two steps of all years together; a row each.

    Parameters
    ----------
    others : measures with other events, of `with_other_events`.
    """
    row = last_period(describe_network(cumulated(network))).iloc[0]
    n = len(network.nodes)
    rows = [(name, words, row[name], n * (n - 1) // 2, n) for name, words in REACHES.items()]
    table = pd.DataFrame(rows, columns=["measure", "words", "estimate", "n_obs", "n_units"])
    return table.join(others[SPREAD], on="measure")


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


def south_south(together: pd.DataFrame, others: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """Share of the pairs that met that are South-South, and the ratio of it to their share of all pairs; a row each.

    Parameters
    ----------
    together : ties between groups, all years; others : measures with other events, of `with_other_events`.
    """
    row = together[(together["first_group"] == SOUTH) & (together["second_group"] == SOUTH)].iloc[0]
    possible = float(row["possible_ties"] / together["possible_ties"].sum())
    found = {"estimate": row["share_of_ties"]} | _spread(others, "south_south")
    counts = {"n_obs": together["ties"].sum(), "n_units": others["n_events"].iloc[0]}
    ratio = {name: value / possible for name, value in found.items()}
    return found | counts | {"null_value": possible}, ratio | counts | {"null_value": 1.0}


def returned(visits: TieNetwork, others: pd.DataFrame) -> dict[str, Any]:
    """Reciprocity of visits, as a row: of the ties from visitor to host, how many go both ways."""
    row = last_period(describe_network(cumulated(visits))).iloc[0]
    found = {"estimate": row["reciprocity"], "n_obs": row["ties"], "n_units": len(visits.nodes)}
    return found | _spread(others, "returned")


def growth_over_events(others: pd.DataFrame, years: pd.DataFrame) -> dict[str, Any]:
    """Yearly growth factor of pairs that met, with the error (of its logarithm) and interval of drawing events, as a row."""
    row = _row(others, "growth_pairs")
    factors = {name: math.exp(row[name]) for name in ("estimate", "ci_low", "ci_high", "least", "most")}
    from_first = years[years["ties"].cumsum() > 0]["period"]
    about = {"first": from_first.iloc[0], "last": from_first.iloc[-1], "words": GROWING["ties"][1]}
    counts = {"n_obs": len(from_first), "n_units": row["n_events"]}
    return factors | {"std_error": row["std_error"], "without_least": row["without_least"]} | counts | about


def _spread(others: pd.DataFrame, measure: str) -> dict[str, Any]:
    return _row(others[SPREAD], measure)


def _row(table: pd.DataFrame, name: str) -> dict[str, Any]:
    return {str(column): table[column].loc[name] for column in table}


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
