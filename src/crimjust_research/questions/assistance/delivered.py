"""Assistance as it was given: what it answers, how soon it came, through whom and to whom, by a user's own records.

The document says that assistance is driven by needs that reviews name or by requests, that it is tailor-made and can be
deployed rapidly. None of it is published piece by piece; records of it say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.data.own_records.schemas import NONE, kind_named
from crimjust_research.designs.counts.clustered_shares import MEMBER, clustered_shares
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.document import Document
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions.assistance.params import Params
from crimjust_research.questions.supplied import supplied

KIND = "assistance"
REVIEW_NEED, REQUEST = "review_need", "request"


@dataclass(frozen=True)
class Delivered:
    """Pieces of assistance supplied, or none."""

    frame: pd.DataFrame
    """A row a piece, in the columns of data/templates/assistance.csv, and days: until it came, or was last known not to have."""
    source: str = ""
    used: tuple[Used, ...] = ()

    def __bool__(self) -> bool:
        return len(self.frame) > 0


def delivered_of(p: Params) -> Delivered:
    """The pieces of the file named; none if there is no name.

    Raises
    ------
    ParameterError
        If the file cannot be read, or with every fault of it by row, column and value.
    """
    if not p.assistance_file:
        return Delivered(pd.DataFrame(columns=[field.name for field in kind_named(KIND).table.fields]))
    frame, used = supplied("assistance_file", p.assistance_file, KIND)
    asked, arrived, as_of = (pd.to_datetime(frame[day]) for day in ("asked", "arrived", "as_of"))
    days = (arrived.fillna(as_of) - asked).dt.days.astype("float64")
    return Delivered(frame.assign(days=days), f"assistance of {used.table}", (used,))


def told(given: Delivered, needs: pd.DataFrame, said: Document, p: Params) -> dict[str, pd.DataFrame]:
    """What is told of the pieces supplied, by kind of estimate, a row each and its source; what has no rows is left out.

    `needs` are iso3 and need that coders agree on; SIMULATED ones are held against nothing that was given.
    """
    real = needs.iloc[:0] if p.simulated else needs
    kinds = {
        "given": shares(given.frame, p),
        "awaited": waits(given.frame, p),
        "met": needs_met(real, given.frame, said, p) if given else pd.DataFrame(),
    }
    return {kind: rows.assign(source=given.source) for kind, rows in kinds.items() if len(rows)}


def shares(frame: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Shares of pieces, a row each: name, words, and the numbers of an estimate, errors clustered by State.

    Parameters
    ----------
    frame : of `Delivered`.

    Returns
    -------
    DataFrame: name, words, estimate, std_error, ci_low, ci_high, n_obs (pieces), n_units (States); of one State without error
    and interval. A share of no pieces has no row.
    """
    came = frame[frame["arrived"].notna()]
    of_known = came[came["on_site"].notna()]
    asked = {
        "driven": ("answer a need of a review or a request", frame, frame["basis"].isin([REVIEW_NEED, REQUEST])),
        "review_need": ("answer a need that a review names", frame, frame["basis"] == REVIEW_NEED),
        "arrived": ("had come by the day to which they are known", frame, frame["arrived"].notna()),
        "on_site": ("were given in the State, of those that came and say where", of_known, of_known["on_site"]),
    }
    rows = [
        {"name": name, "words": words} | _share(of.assign(so=so.astype("float64")), p)
        for name, (words, of, so) in asked.items()
        if len(of)
    ]
    columns = ["name", "words", "estimate", "std_error", "ci_low", "ci_high", "n_obs", "n_units"]
    return pd.DataFrame(rows).reindex(columns=columns)


def waits(frame: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Days until half of the pieces asked for have come, of all and by channel: name, words, estimate, ci_low, ci_high, n_obs,
    n_units (pieces that came).

    The median of a Kaplan-Meier curve: a piece that has not come counts until the day to which it is known. Missing where
    fewer than half have come; a channel none of whose pieces came has no row.
    """
    asked = frame[frame["basis"].isin([REVIEW_NEED, REQUEST])]
    parts = [("all", "all channels", asked)]
    parts += [(str(name), str(name), own) for name, own in asked.groupby("channel")]
    rows = []
    for name, words, own in parts:
        if own["arrived"].notna().any():
            (found,) = kaplan_meier(own["days"], own["arrived"].notna(), alpha=p.alpha).summary.to_dict("records")
            ends = {"ci_low": found["median_low"], "ci_high": found["median_high"]}
            counts = {"n_obs": found["n"], "n_units": found["events"]}
            rows.append({"name": name, "words": words, "estimate": found["median"]} | ends | counts)
    return pd.DataFrame(rows, columns=["name", "words", "estimate", "ci_low", "ci_high", "n_obs", "n_units"])


def by_partner(frame: pd.DataFrame, said: Document) -> pd.DataFrame:
    """Every kind of body the document names as a partner: name, label, pieces and States in which it was given some."""
    came = frame.loc[frame["arrived"].notna() & frame["partners"].notna(), ["iso3", "partners"]]
    each = came.assign(partner=came["partners"].str.split()).explode("partner")
    counted = each.groupby("partner")["iso3"].agg(pieces="size", states="nunique")
    bodies = {body.key: body.label for body in said.partner_bodies}
    table = counted.reindex(list(bodies), fill_value=0).rename_axis("name").reset_index()
    table.insert(1, "label", list(bodies.values()))
    return table


def needs_met(needs: pd.DataFrame, frame: pd.DataFrame, said: Document, p: Params) -> pd.DataFrame:
    """Types of assistance that States' summaries ask for, and whether assistance of the type came: by type, and all of them.

    Parameters
    ----------
    needs : iso3 and need, as coders agree on them; frame : of `Delivered`.

    Returns
    -------
    DataFrame: name (a type or all), words, needed (States, or pairs of a State and a type), met, and the numbers of an estimate,
    that of all clustered by State.
    """
    wanted = needs.loc[needs["need"] != NONE, ["iso3", "need"]].drop_duplicates()
    came = frame.loc[frame["arrived"].notna(), ["iso3", "need"]].drop_duplicates().assign(so=1.0)
    pairs = wanted.merge(came, on=["iso3", "need"], how="left").fillna({"so": 0.0})
    parts = [("all", "any type", pairs)]
    parts += [(kind.key, kind.label, pairs[pairs["need"] == kind.key]) for kind in said.assistance_types]
    rows = [
        {"name": name, "words": words, "needed": len(own), "met": int(own["so"].sum())} | _share(own, p)
        for name, words, own in parts
        if len(own)
    ]
    return pd.DataFrame(rows)


def _share(rows: pd.DataFrame, p: Params) -> dict[Any, Any]:
    """The share of rows that are `so`, clustered by State; of one State neither error nor interval."""
    if len(set(rows["iso3"])) > 1:
        found: dict[Any, Any] = clustered_shares(rows, "so", "iso3", alpha=p.alpha).loc[MEMBER].to_dict()
        return found
    nothing = dict.fromkeys(("std_error", "ci_low", "ci_high"), np.nan)
    return {"estimate": rows["so"].mean()} | nothing | {"n_obs": len(rows), "n_units": 1}
