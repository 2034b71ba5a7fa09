"""Facts for the sentences of the question of the roll-out: what tables come to, in few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.errors import ParameterError
from crimjust_research.questions.rollout import compare
from crimjust_research.questions.rollout.compare import Covered
from crimjust_research.questions.rollout.outcomes import Outcome
from crimjust_research.questions.rollout.params import Params
from crimjust_research.questions.rollout.plans import DESIGNS, Design

TOLD = ("Investigation (WJP 8.1)", "Prison entries", "Persons held", "Law enforcement (Index)", "FATF's evaluations")
"""Outcomes that sentences name: others of a kind are like one of these."""


def shown(table: pd.DataFrame, title: str) -> list[dict[str, Any]]:
    """Rows of the outcomes that sentences name."""
    return table[table[title].isin(TOLD)].to_dict("records")  # type: ignore[return-value]


def about(table: pd.DataFrame, best: Design, n_phases: int, p: Params) -> dict[str, Any]:
    """The recommended design beside the next best, and what its margins are."""
    mean = compare.mean_least(table, p)
    others = compare.usable(table, p).drop(best.name, errors="ignore")
    after = str(mean[others.index].idxmin()) if len(others) else best.name
    titles = {one.name: one.title for one in DESIGNS}
    own = table[(table["design"] == best.name)].set_index("outcome")
    return {
        "recommended": {
            "name": best.name,
            "title": best.title,
            "starts": len(best.begins(n_phases)),
            "dealt": best.dealt,
            "years": best.years,
            "next": titles[str(after)],
            "behind": float(np.expm1(mean[after] - mean[best.name])),
        },
        "margins_of": own["margin"].to_dict(),
        "prison": {
            "countries": own["countries"].get("prison_entries"),
            "never": bool(own["least_p"].get("prison_entries", 1.0) > p.alpha),
        },
    }


def starts_seen(covered: Mapping[Outcome, Covered], n_phases: int) -> dict[str, Any]:
    """Starts of phases in their order, months between them, and how many of them outcomes of different rhythm see."""
    given, seen = DESIGNS[0], dict.fromkeys((12, 24), 1)
    for outcome, own in covered.items():
        with suppress(ParameterError):  # all whom the outcome covers start together
            seen[outcome.months] = max(
                seen.get(outcome.months, 1), compare.lay(given, outcome, own, n_phases).starts_seen
            )
    begins = given.begins(n_phases)
    apart = np.diff(begins)
    return {
        "starts": len(begins),
        "apart": [int(apart.min()), int(apart.max())],
        "seen": seen[12],
        "seen_index": seen[24],
    }


def never_rejects(table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Designs that draw lots, and outcomes, whose exact test can never reject: design, assignments, least_p, outcomes."""
    drawn = table[(table["design"] != DESIGNS[0].name) & (table["least_p"] > p.alpha)]
    by = drawn.groupby(["design_title", "assignments", "least_p"], sort=False)["outcome_title"].agg([", ".join, "size"])
    return by.reset_index().set_axis(["design", "assignments", "least_p", "outcomes", "n"], axis=1)


def extremes(cells: pd.DataFrame) -> dict[str, Any]:
    """The least and the largest power of a matrix, per cent, and where the least is."""
    least = cells.iloc[int(cells["power"].argmin())]
    return {"least": float(least["power"]), "most": float(cells["power"].max()), "worst": str(least["outcome_title"])}


def reached(curves: pd.DataFrame, best: Design) -> list[dict[str, Any]]:
    """The least effect drawn that is found four times in five, by outcome, if phases are drawn and if it is as recommended."""
    titles = [one.title for one in DESIGNS if one.name in ("order", best.name)]
    curves = curves[curves["design"].isin(titles)]
    able = curves[curves["power"] >= compare.SURE].groupby(["outcome", "design"], sort=False)["effect"].min()
    all_of = curves[["outcome", "design"]].drop_duplicates()
    found = [able.get((outcome, design), None) for outcome, design in all_of.itertuples(index=False)]
    return all_of.assign(effect=pd.Series(found, all_of.index, dtype="object")).to_dict("records")  # type: ignore[return-value]


def sizes(exact: pd.DataFrame) -> dict[str, Any]:
    """Least and largest shares rejected where nothing is there: by exact tests that can reject, and by clustered errors."""
    size, clustered = exact.loc[exact["size"] > 0, "size"], exact["clustered"]
    ends = {"size": [size.min(), size.max()], "clustered": [clustered.min(), clustered.max()]}
    return ends | {"years": dict(zip(exact["window"], exact["years"], strict=True))}


def per_margin(table: pd.DataFrame, best: Design) -> list[dict[str, Any]]:
    """Cost of the recommended design for each margin's worth of least effect, by outcome that sentences name."""
    own = table[
        (table["design"] == best.name) & table["outcome"].isin(["wjp_8_1", "law_enforcement", "requests_answered"])
    ]
    names = {"outcome_title": "outcome", "per_margin_low": "low", "per_margin_high": "high"}
    return own[list(names)].rename(columns=names).to_dict("records")  # type: ignore[return-value]


def dearest(prices: pd.DataFrame, most: int = 4) -> list[dict[str, Any]]:
    """The departures that cost most power, each in the outcome where it costs most; none that costs nothing."""
    # A given order costs what drawing whole phases does, and the exact test besides: it has a sentence of its own.
    dear = prices[(prices["price"] > 0.005) & (prices["name"] != "no_lot")]
    worst = prices.loc[dear.groupby("name")["price"].idxmax()]
    return worst.nlargest(most, "price")[["departure", "price", "outcome_title"]].to_dict("records")  # type: ignore[return-value]


def robust(held: pd.DataFrame) -> dict[str, Any]:
    """How far the recommended design is behind the best of its like, at most and where, and how often it is the best."""
    worst = held.iloc[int(held["behind"].argmax())]
    return {"most": float(worst["behind"]), "n": len(held), "first": int((held["behind"] < 1e-9).sum())} | {
        "outcome": str(worst["outcome"]),
        "varied": str(worst["varied"]),
        "least_by": str(worst["least_by"]),
    }
