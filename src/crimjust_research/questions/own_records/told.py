"""What may be told: yes and no counted by group without small cells, shares read off these, and why a number is withheld.

A share is told of counts that may be told, and of nothing else: what `designs.disclosure` leaves out has no share either.
Whatever leaves as an estimate goes through `coarse`, and as a share of a table through `shares`: they round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.counts.totals import ratio_of_totals, wilson_shares
from crimjust_research.designs.disclosure.rounding import all_alike, coarse_interval, coarse_share, digits, nearest
from crimjust_research.designs.disclosure.tables import suppressed
from crimjust_research.evidence import kinds
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import NOT_NOTED

Row = dict[Any, Any]

# Clusters below which Student's t on what the jackknife finds is no interval to rely on.
FEWEST_CLUSTERS = 10
ALL = "all"
SUPPORTED, OTHER = "supported", "not supported"
YES, NO = "yes", "no"
_ENDS = ("std_error", "ci_low", "ci_high", "p_value")
NUMBERS = ("estimate", *_ENDS, "n_obs", "n_units")
# Those of them that leave.
TOLD = ("estimate", "ci_low", "ci_high", "n_obs", "n_units")
# Estimates, by unit or kind, whose every record counts for so much at most over how many there are.
SPANS: Mapping[str, float] = MappingProxyType(
    {"difference of shares": 1.0, "tests.gain.bounds_low": 100.0, "tests.gain.bounds_high": 100.0}
)
# Bounds, and whereto they are rounded, so that what lies between the exact ones lies between these.
OUTWARDS: Mapping[str, float] = MappingProxyType({"tests.gain.bounds_low": -np.inf, "tests.gain.bounds_high": np.inf})
# Units of estimates other than shares whose n_obs counts records of their kind.
OF_RECORDS = ("difference of shares", "per cent of the marks", "days", "hazard ratio")


def split(
    happened: pd.Series[Any],
    p: Params,
    *,
    group: pd.Series[str] | None = None,
    supported: pd.Series[Any] | None = None,
    count: pd.Series[Any] | None = None,
    holder: pd.Series[Any] | None = None,
) -> pd.DataFrame:
    """How many it happened to and how many it did not, in all, by group and by support, as far as may be told together.

    Parameters
    ----------
    happened : whether it did, missing where that is not known: such records are not counted.
    group, supported : of each record; count : how many a record stands for; holder : whose it is, if several may be one's.

    Returns
    -------
    DataFrame: by ("all", "group" or "support"), group, yes, n (both missing where either may not be told), suppressed.
    """
    known = happened.notna() if count is None else happened.notna() & count.notna()
    frame = pd.DataFrame({"outcome": happened[known].astype("bool").map({True: YES, False: NO})})
    frame["outcome"] = pd.Categorical(frame["outcome"], [YES, NO])
    frame["units"] = 1 if count is None else count[known].astype("int64")
    sides = [(ALL, None), ("group", group), ("support", named_support(supported))]
    asked = [(by, of[known].astype("str")) for by, of in sides[1:] if of is not None]
    frame = frame.assign(**dict(asked), **({} if holder is None else {"holder": holder[known]}))
    empty = pd.DataFrame({"by": [ALL], "group": ALL, "yes": pd.NA, "n": pd.NA, "suppressed": True})
    if frame["units"].sum() == 0:
        return empty.astype({"yes": "Int64", "n": "Int64"})
    tables: list[Sequence[str]] = [("outcome",), *((by, "outcome") for by, _ in asked)]
    whose = None if holder is None else "holder"
    found = suppressed(frame, tables, min_cell=p.min_cell, attributes=["outcome"], count="units", holder=whose).tables
    whole = _paired(found[("outcome",)].assign(all=ALL), ALL)
    return pd.concat([whole, *(_paired(found[by, "outcome"], by) for by, _ in asked)], ignore_index=True)


def named_support(supported: pd.Series[Any] | None) -> pd.Series[str] | None:
    """Support in words; None where it is not recorded."""
    if supported is None:
        return None
    return supported.astype("object").map({True: SUPPORTED, False: OTHER}).fillna(NOT_NOTED).astype("str")


def _paired(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """yes and n by group from a told table of counts."""
    wide = table.pivot_table(index=by, columns="outcome", values="count", aggfunc="first", observed=False, dropna=False)
    counts = wide.reindex(columns=[YES, NO]).astype("Int64").reset_index(names="group")
    total = counts[YES] + counts[NO]
    found = pd.DataFrame(
        {"by": by, "group": counts["group"].astype("str"), "yes": counts[YES].where(total.notna()), "n": total}
    )
    return found.assign(suppressed=total.isna())


def cell(table: pd.DataFrame, by: str, group: str) -> tuple[int, int] | None:
    """yes and n of a row of `split`; None where they may not be told."""
    rows = table[(table["by"] == by) & (table["group"] == group) & ~table["suppressed"]]
    return (int(rows["yes"].iloc[0]), int(rows["n"].iloc[0])) if len(rows) and rows["n"].iloc[0] > 0 else None


def shares(table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The rows of `split` in round numbers, with share and Wilson's interval of these, missing where the counts are not told."""
    known = ~table["suppressed"] & (table["n"].fillna(0) > 0)
    counts = {name: round_counts(table[name], p) for name in ("yes", "n")}
    found = table.assign(**counts, share=np.nan, ci_low=np.nan, ci_high=np.nan)
    if known.any():
        rows = wilson_shares(
            found.loc[known, "yes"].astype("float"), found.loc[known, "n"].astype("float"), alpha=p.alpha
        )
        found.loc[known, ["share", "ci_low", "ci_high"]] = rows[["estimate", "ci_low", "ci_high"]].to_numpy()
    return found


def row(kind: str, numbers: Mapping[Any, Any] | pd.Series[Any], said: str = "", **texts: Any) -> Row:
    """An estimate of a kind of `estimates.yaml`; `said` is what is to be known of it beside its method."""
    return {"kind": kind, "said": said, "withheld": "", **texts, **dict(numbers)}


def withheld(kind: str, reason: str, **texts: Any) -> Row:
    """An estimate that is not told, with the reason."""
    return {"kind": kind, "said": "", "withheld": reason, **texts}


def coarse(found: Row, whole: int, number: int, p: Params) -> Row:
    """A row as it is told: no error and no p-value, and the numbers no finer than some `min_cell` records would make them.

    Shares are those of counts and n to the nearest `min_cell`; differences of shares, and bounds of what all kept of a gain, go
    in steps that `min_cell` of `least` records make, bounds outwards; days and money have two significant digits, other numbers
    three. Intervals move with their estimates.

    Parameters
    ----------
    found : of `row` or `withheld`; `least`, where it is there, is how many the smaller side of a comparison is of.
    whole, number : how many records of the kind there are, and how many it is told that there are.
    """
    if found["withheld"]:
        return found
    ends = [float(found.get(name, np.nan)) for name in ("estimate", "ci_low", "ci_high")]
    n, unit = int(found["n_obs"]), _unit(found["kind"])
    all_there = unit in OF_RECORDS and 0 <= whole - n < p.min_cell
    if unit == "share":
        told = coarse_share(ends[0], ends[1], ends[2], n, p.min_cell, alpha=p.alpha)
        if told[0] in (0.0, 1.0):
            return withheld(found["kind"], too_few(p)) | _texts(found)
    elif span := SPANS.get(found["kind"], SPANS.get(unit)):
        step = span * p.min_cell / nearest(found.get("least", n), p.min_cell)
        told = coarse_interval(ends[0], ends[1], ends[2], step, OUTWARDS.get(found["kind"], 0.0))
    else:
        figures = 2 if unit in ("days", "US dollars", "share of money") else 3
        told = digits(ends[0], figures), digits(ends[1], figures, -np.inf), digits(ends[2], figures, np.inf)
    numbers = dict(zip(("estimate", "ci_low", "ci_high"), told, strict=True))
    counts = {
        "n_obs": nearest(number if all_there else n, p.min_cell),
        "n_units": nearest(found["n_units"], p.min_cell),
    }
    return {name: value for name, value in found.items() if name not in ("least", *_ENDS)} | numbers | counts


def _texts(found: Row) -> Row:
    return {name: value for name, value in found.items() if name not in ("kind", "said", "withheld", "least", *NUMBERS)}


@cache
def _units() -> Mapping[str, str]:
    declared = kinds.load("crimjust_research.questions.own_records")
    return {name: kind.unit or "" for name, kind in declared.items()}


def _unit(kind: str) -> str:
    return _units()[kind]


def round_counts(counts: pd.Series[Any], p: Params) -> pd.Series[Any]:
    """Counts to the nearest multiple of the smallest that is told; none stay none."""
    return counts.map(lambda n: nearest(int(n), p.min_cell) if n else 0, na_action="ignore").astype("Int64")


def enough_or_none(count: int, p: Params) -> bool:
    """Whether nobody or enough are left out, so that what is told of the others does not tell of few."""
    return count == 0 or count >= p.min_cell


def too_few(p: Params) -> str:
    """Why a share is not told."""
    return f"fewer than {p.min_cell} did or did not, or it would tell of others of whom that holds"


def ratio(
    kind: str,
    frame: pd.DataFrame,
    part: str,
    whole: str,
    cluster: str,
    p: Params,
    units: str,
    *,
    bounded: bool,
    **texts: Any,
) -> Row:
    """A ratio of totals with errors clustered, or why it is not told; without interval where there are few clusters."""
    used = frame[[part, whole, cluster]].dropna()
    used = used.astype({part: "float64", whole: "float64"})
    if used.empty or used[whole].sum() <= 0:
        return withheld(kind, "nothing on record to tell it of", **texts)
    found = ratio_of_totals(used, part, whole, cluster, alpha=p.alpha, bounded=bounded)
    few, said = without_few(found, units, p)
    return row(kind, few, said, **texts)


def without_few(found: Mapping[str, Any], units: str, p: Params) -> tuple[dict[str, Any], str]:
    """Numbers without their interval where they are of few clusters, in round numbers, and a sentence on it."""
    if all_alike(found["n_units"], FEWEST_CLUSTERS, p.min_cell):
        return dict(found), ""
    return without_interval(found), f"no interval: of about {FEWEST_CLUSTERS} {units} or fewer the method does not hold"


def without_interval(found: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers without error, interval and p."""
    return {name: value for name, value in found.items() if name not in _ENDS}
