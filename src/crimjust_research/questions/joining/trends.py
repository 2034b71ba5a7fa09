"""If trends had parted: robust intervals of the differences by edition, as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.staggered import sensitivity
from crimjust_research.designs.staggered.aggregation import StaggeredResult
from crimjust_research.designs.staggered.sensitivity import Sensitivity
from crimjust_research.errors import ParameterError
from crimjust_research.questions.joining.comparison import Comparison
from crimjust_research.questions.joining.measures import Measure
from crimjust_research.questions.joining.steps import about

# Tried of how far trends may part: in largest steps before joining, and in score points of slope an edition.
RELATIVE_BOUNDS = (0.1, 0.25, 0.5, 1.0)
SLOPE_BOUNDS = (0.0, 0.0025, 0.005, 0.01)
BREAKDOWN_UNITS = {
    "relative": "times the largest step before joining",
    "smooth": "score points per edition, change of slope",
}


def if_trends_parted(path: StaggeredResult, alpha: float) -> tuple[Sensitivity, Sensitivity] | None:
    """Robust intervals by steps as before joining and by changes of slope; None where too few countries are compared for them."""
    try:
        around = sensitivity.event_study(path)
    except ParameterError:
        return None
    relative = sensitivity.relative_magnitudes(around, RELATIVE_BOUNDS, alpha=alpha)
    return relative, sensitivity.smoothness(around, SLOPE_BOUNDS, alpha=alpha)


def bounds(m: Measure, path: StaggeredResult, robust: tuple[Sensitivity, Sensitivity] | None) -> pd.DataFrame:
    """Both kinds of intervals of a measure one below the other, `row` naming each; where there are none, one without ends."""
    if robust is None:
        values = {"estimate": path.overall["estimate"], "question": m.title, "restriction": ""}
        missing = dict.fromkeys(["bound", "ci_low", "ci_high", "breakdown"], np.nan)
        return pd.DataFrame([{"row": "too few countries"} | values | missing])
    table = pd.concat(s.table.assign(question=m.title, breakdown=s.breakdown) for s in robust)
    return table.assign(row=[bound_name(*pair) for pair in table[["restriction", "bound"]].to_numpy()])


def honest_rows(
    m: Measure, found: Comparison, relative: Sensitivity, smooth: Sensitivity
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The registered rows of the two robust intervals: steps as large as before joining, and trends along a line."""
    words = relative.study.target.replace("event times", "editions since joining")
    step = relative.table[relative.table["bound"] == 1.0].iloc[0].to_dict()
    line = smooth.table[smooth.table["bound"] == 0.0].iloc[0].to_dict()
    says = about(m, found, words=words)
    ends = {end: line[end] for end in ("ci_low", "ci_high")}
    first = says | {key: step[key] for key in ("estimate", "ci_low", "ci_high")}
    return first, says | ends | {"middle": sum(ends.values()) / 2}


def breakdowns(m: Measure, found: Comparison, relative: Sensitivity, smooth: Sensitivity) -> pd.DataFrame:
    """The breakdown value of each kind of departure from parallel trends; a row each."""
    words = relative.study.target.replace("event times", "editions since joining")
    rows = [
        about(m, found, name=name, words=words, restriction=s.restriction)
        | {"estimate": s.breakdown, "unit": BREAKDOWN_UNITS[name]}
        for name, s in (("relative", relative), ("smooth", smooth))
    ]
    return pd.DataFrame(rows)


def uninformative_from(relative: Sensitivity, margin: float) -> float:
    """The least bound tried, in largest steps before joining, whose interval holds the margin both ways; missing if none.

    Zero is the interval of parallel trends.
    """
    both = (relative.table["ci_low"] < -margin) & (relative.table["ci_high"] > margin)
    return float(relative.table.loc[both, "bound"].fillna(0.0).min())


def bound_name(restriction: str, bound: float) -> str:
    """A bound on how far trends may part as a chart's row: "relative magnitudes 0.5"; parallel trends have none."""
    return restriction if np.isnan(bound) else f"{restriction} {bound:g}"
