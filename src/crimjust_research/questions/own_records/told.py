"""What may be told: yes and no counted by group without small cells, shares read off these, and why a number is withheld.

A share is told of counts that may be told, and of nothing else: what `designs.disclosure` leaves out has no share either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.counts.totals import ratio_of_totals, wilson_shares
from crimjust_research.designs.disclosure.tables import suppressed
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import NOT_NOTED, rounded

Row = dict[Any, Any]

# Clusters below which Student's t on what the jackknife finds is no interval to rely on.
FEWEST_CLUSTERS = 10
ALL = "all"
SUPPORTED, OTHER = "supported", "not supported"
YES, NO = "yes", "no"
_ENDS = ("std_error", "ci_low", "ci_high", "p_value")
NUMBERS = ("estimate", *_ENDS, "n_obs", "n_units")


def split(
    happened: pd.Series[Any],
    p: Params,
    *,
    group: pd.Series[str] | None = None,
    supported: pd.Series[Any] | None = None,
    count: pd.Series[Any] | None = None,
) -> pd.DataFrame:
    """How many it happened to and how many it did not, in all, by group and by support, as far as may be told together.

    Parameters
    ----------
    happened : whether it did, missing where that is not known: such records are not counted.
    group, supported : of each record; count : how many a record stands for.

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
    frame = frame.assign(**dict(asked))
    empty = pd.DataFrame({"by": [ALL], "group": ALL, "yes": pd.NA, "n": pd.NA, "suppressed": True})
    if frame["units"].sum() == 0:
        return empty.astype({"yes": "Int64", "n": "Int64"})
    tables: list[Sequence[str]] = [("outcome",), *((by, "outcome") for by, _ in asked)]
    found = suppressed(frame, tables, min_cell=p.min_cell, attributes=["outcome"], count="units").tables
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
    """The rows of `split` with share and Wilson's interval, missing where the counts are not told."""
    known = ~table["suppressed"] & (table["n"].fillna(0) > 0)
    found = table.assign(share=np.nan, ci_low=np.nan, ci_high=np.nan)
    if known.any():
        rows = wilson_shares(
            table.loc[known, "yes"].astype("float"), table.loc[known, "n"].astype("float"), alpha=p.alpha
        )
        found.loc[known, ["share", "ci_low", "ci_high"]] = rows[["estimate", "ci_low", "ci_high"]].to_numpy()
    return found


def row(kind: str, numbers: Mapping[Any, Any] | pd.Series[Any], said: str = "", **texts: Any) -> Row:
    """An estimate of a kind of `estimates.yaml`; `said` is what is to be known of it beside its method."""
    return {"kind": kind, "said": said, "withheld": "", **texts, **dict(numbers)}


def withheld(kind: str, reason: str, **texts: Any) -> Row:
    """An estimate that is not told, with the reason."""
    return {"kind": kind, "said": "", "withheld": reason, **texts}


def round_counts(counts: pd.Series[Any], p: Params) -> pd.Series[Any]:
    """Counts to the nearest multiple of the smallest that is told; none stay none."""
    return counts.map(lambda n: rounded(int(n), p.min_cell) if n else 0, na_action="ignore").astype("Int64")


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
    few, said = without_few(found, units)
    return row(kind, few, said, **texts)


def without_few(found: Mapping[str, Any], units: str) -> tuple[dict[str, Any], str]:
    """Numbers without their interval where they are of few clusters, and a sentence on it."""
    if found["n_units"] >= FEWEST_CLUSTERS:
        return dict(found), ""
    return without_interval(found), f"no interval: of fewer than {FEWEST_CLUSTERS} {units} the method does not hold"


def without_interval(found: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers without error, interval and p."""
    return {name: value for name, value in found.items() if name not in _ENDS}
