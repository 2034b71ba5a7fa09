"""By which means seized drugs travelled, as far as that is known: on commercial carriers and in the post, or otherwise."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crimjust_research.designs.counts.clustered_shares import MEMBER, clustered_shares
from crimjust_research.vocabulary import seized_drugs

NOT_KNOWN = ("unknown", "none")
POST = "mail"
# Open to whoever pays. Where a means is not told apart as commercial or private, as air and land, it is not counted here.
CARRIERS = ("commercial air", "commercial road", "commercial sea", POST, "rail")
SYNTHETIC_OPIOIDS = "fentanyls"
_FEWEST_COUNTRIES = 2


def in_window(raw: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """Rows of `seizure_routes` from start to end, with the family of each drug; chemicals are no drugs."""
    rows = raw[raw["year"].between(start, end)]
    rows = rows.assign(family=seized_drugs.families_of(rows["drug"], "seizure_routes"))
    return rows[rows["family"] != seized_drugs.PRECURSORS].reset_index(drop=True)


def by_means(rows: pd.DataFrame) -> pd.DataFrame:
    """Cases by means of transport, the commonest first: transport, cases, countries (that reported some)."""
    table = rows.groupby("transport").agg(cases=("cases", "sum"), countries=("seizing", "nunique")).reset_index()
    return table.sort_values(["cases", "transport"], ascending=[False, True], ignore_index=True)


def shares(rows: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Shares of cases, a row each: name, words, and the numbers of an estimate, errors clustered by reporting country.

    One that fewer than two countries bear on has no row.
    """
    known = rows[~rows["transport"].isin(NOT_KNOWN)]
    largest = str(known.groupby("seizing")["cases"].sum().idxmax()) if len(known) else ""
    opioids = known[known["family"] == SYNTHETIC_OPIOIDS]
    of_known = "of those whose means of transport is known"
    asked: dict[str, tuple[str, pd.DataFrame, tuple[str, ...]]] = {
        "known": ("Cases whose means of transport is known", rows, tuple(set(known["transport"]))),
        "carriers": (f"Cases on commercial carriers or in the post, {of_known}", known, CARRIERS),
        "carriers_without_largest": (
            f"Cases on commercial carriers or in the post, {of_known}, without the country that reports most of them",
            known[known["seizing"] != largest],
            CARRIERS,
        ),
        "post": (f"Cases in the post, {of_known}", known, (POST,)),
        "post_of_fentanyls": (f"Cases of the fentanyl family in the post, {of_known}", opioids, (POST,)),
    }
    found: list[dict[Any, Any]] = []
    for name, (words, of, means) in asked.items():
        if of["seizing"].nunique() >= _FEWEST_COUNTRIES:
            each = of.loc[of.index.repeat(of["cases"]), ["seizing", "transport"]]
            each = each.assign(so=each["transport"].isin(means).astype("float64"))
            share = clustered_shares(each, "so", "seizing", alpha=alpha).loc[MEMBER].to_dict()
            found.append({"name": name, "words": words} | share)
    return pd.DataFrame(found)
