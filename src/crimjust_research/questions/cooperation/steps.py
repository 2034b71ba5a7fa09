"""Rows that describe the network: how dense it is, who is in it, between whom its ties are, and how it grew."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crimjust_research.designs.networks.other_events import FIELDS
from crimjust_research.designs.networks.ties import TieNetwork, cumulated, describe_network
from crimjust_research.questions.cooperation import by_event
from crimjust_research.questions.cooperation.network import SOUTH, last_period

REACHES = {
    "density": "of the countries named that met in at least one public event",
    "reach": "joined by a chain of meetings of any length",
    "two_step_reach": "that met or both met a third country",
}
# What grows, in the order of `by_event.GROWTH`.
GROWING = {
    "events": "public events that name any country",
    "countries": "countries that met another in a public event",
    "pairs": "country pairs that met in a public event",
}


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
    return table.join(others[list(FIELDS)], on="measure")


def of_proposal(countries: pd.DataFrame, others: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How much of the proposal the public record shows: the share of its countries that are named, and that of their pairs that
    met, each a row for the countries proposed and one for those of its phases.

    Parameters
    ----------
    others : measures with other events, of `with_other_events`.

    Returns
    -------
    Two frames: group, label and the fields of an estimate.
    """
    labels = {
        "proposed": "{} proposed countries",
        "phases": f"{{}} countries of the {countries['phase'].nunique()} phases",
    }
    members = by_event.groups(countries)
    rows = [(group, labels[group].format(len(codes)), len(codes)) for group, codes in members.items()]
    about = pd.DataFrame(rows, columns=["group", "label", "n_units"])
    fields = ["estimate", *FIELDS]
    seen, met = (
        about.assign(measure=f"{what}_" + about["group"]).join(others[fields], on="measure")
        for what in ("seen", "density")
    )
    size = about["n_units"]
    return seen.assign(n_obs=size), met.assign(n_obs=size * (size - 1) // 2)


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


def growth(years: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Yearly growth factors of events, countries and pairs from the first year in which two countries met; a row each.

    A quantity that is zero in a later year, or has fewer than four years, has no growth rate and no row.

    Returns
    -------
    DataFrame: name, of (what grows), first, last (years) and the fields of an estimate; std_error is of the logarithm.
    """
    from_first = years[years["ties"].cumsum() > 0]["period"]
    rows = by_event.as_factors(others.loc[list(by_event.GROWTH)]).assign(
        name=list(GROWING), of=list(GROWING.values()), n_obs=len(from_first), n_units=others["n_events"]
    )
    rows = rows.dropna(subset=["estimate"])
    return rows.assign(first=from_first.iloc[0], last=from_first.iloc[-1]) if len(rows) else rows


def _spread(others: pd.DataFrame, measure: str) -> dict[str, Any]:
    return {str(name): others[name].loc[measure] for name in FIELDS}
