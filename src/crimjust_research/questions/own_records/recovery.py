"""What each estimator recovers of the truth that SIMULATED records were drawn from, without selection and with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from crimjust_research.evidence import kinds
from crimjust_research.questions.own_records import steps
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import truth_of
from crimjust_research.questions.own_records.simulation_cases import MATURITY_YEARS

BY_LOT, PICKED = "by_lot", "picked"
WORLDS = {BY_LOT: "support drawn by lot", PICKED: "support given to stronger cases"}
HAZARD = "requests.answer.hazard_ratio"
KEPT, BOUNDS = "tests.gain_kept", "tests.gain.bounds"
# Chance of more misses than are taken for right by luck, were the intervals right and independent.
_TOLERATED = 0.01
_COLUMNS = [
    "world",
    "words",
    "id",
    "label",
    "true",
    "estimate",
    "ci_low",
    "ci_high",
    "held",
    "estimand",
    "method",
    "unit",
]


def recovered(p: Params, found: pd.DataFrame) -> pd.DataFrame:
    """Estimates of SIMULATED records beside the truth, in both worlds, or in one where there is no selection.

    No rows beside records that were supplied. The bounds of what is kept of a gain are a row too, from the lower limit of the
    one to the upper of the other.

    Parameters
    ----------
    found : `steps.every_estimate` of the records at hand, which are those of the world with selection, if there is any.

    Returns
    -------
    DataFrame: world, words, id, label, true, estimate, ci_low, ci_high, held (whether the interval holds the truth), estimand,
    method, unit, n_obs, n_units.
    """
    parts = []
    if p.simulated:
        truth = truth_of(p)
        everything = p.model_copy(update={"period_start": "", "period_end": ""})
        for world, selection in ({BY_LOT: 0.0} | ({PICKED: truth.selection} if truth.selection else {})).items():
            drawn = truth.drawn(selection)
            at_hand = selection == truth.selection and p == everything
            told = found if at_hand else steps.every_estimate(drawn.records, everything)
            parts.append(_beside(told, drawn.truth, p).assign(world=world, words=WORLDS[world]))
    columns = [*_COLUMNS, "n_obs", "n_units"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _beside(found: pd.DataFrame, truth: dict[str, float], p: Params) -> pd.DataFrame:
    declared = kinds.load("crimjust_research.questions.own_records")
    told = found[found["withheld"] == ""]
    rows: list[dict[Any, Any]] = []
    for row in told.to_dict("records"):
        kind = declared[row["kind"]]
        texts = kind.texts(row["kind"], {"p": p} | p.model_dump() | {str(name): value for name, value in row.items()})
        rows.append(row | {name: texts[name] for name in ("id", "estimand", "method", "unit")})
    low, high = ([row for row in rows if row["kind"] == f"{BOUNDS}_{end}"] for end in ("low", "high"))
    if low and high:
        both = {
            "id": BOUNDS,
            "estimate": np.nan,
            "ci_high": high[0]["ci_high"],
            "estimand": "Bounds of what is kept of the gain",
        }
        rows.append(low[0] | both)
    stages = p.maturity_years >= MATURITY_YEARS  # by when every case is decided on; before, other values are true
    truth = {name: value for name, value in truth.items() if stages or not name.startswith("stage.")} | (
        {BOUNDS: truth[KEPT]} if KEPT in truth else {}
    )
    table = pd.DataFrame(rows)
    table = table[table["id"].isin(truth)]
    table = table.assign(true=table["id"].map(truth), label=table["kind"].map(steps.COMPARED).fillna(table["id"]))
    table["held"] = table["true"].between(table["ci_low"], table["ci_high"])
    return table[table["ci_low"].notna()]


def comparisons(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `recovered` that compare supported with other cases or requests."""
    return table[table["id"].isin([*steps.COMPARED, HAZARD])]


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Those of `comparisons` that are differences of shares, in percentage points."""
    return steps.in_points(table[table["id"].isin(list(steps.COMPARED))])


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Those of `comparisons` that are hazard ratios."""
    return table[table["id"] == HAZARD].assign(label="requests answered")


def summary(table: pd.DataFrame, p: Params) -> dict[str, Any]:
    """What `recovered` comes to, for sentences; nothing without rows.

    Returns
    -------
    recovery : by world how many comparisons and other intervals there are (compared, others), how many hold the truth
    (compared_held, others_held) and how many do not (misses). What is kept of a gain, of those found, is in neither.
    tolerated : misses that as many intervals exceed once in a hundred times, were they independent.
    kept_too_high, bounds_held : whether those found at the follow-up tell more than is true, and whether the bounds hold it;
    None where that is withheld.
    """
    worlds = {}
    for world, rows in table[table["id"] != KEPT].groupby("world", sort=False):
        compared = rows["id"].isin([*steps.COMPARED, HAZARD])
        counts = {
            "compared": compared.sum(),
            "compared_held": (compared & rows["held"]).sum(),
            "others": (~compared).sum(),
            "others_held": (~compared & rows["held"]).sum(),
            "misses": (~rows["held"]).sum(),
        }
        worlds[str(world)] = {name: int(count) for name, count in counts.items()}
    if not worlds:
        return {}
    intervals = worlds[BY_LOT]["compared"] + worlds[BY_LOT]["others"]
    lot = table[table["world"] == BY_LOT]
    kept, bounds = lot[lot["id"] == KEPT], lot[lot["id"] == BOUNDS]
    return {
        "recovery": worlds,
        "tolerated": int(binom.ppf(1 - _TOLERATED, intervals, 1 - p.confidence_level)),
        "kept_too_high": bool((kept["ci_low"] > kept["true"]).any()) if len(kept) else None,
        "bounds_held": bool(bounds["held"].any()) if len(bounds) else None,
    }
