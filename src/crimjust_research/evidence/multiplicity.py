"""Adjustment of p-values, in one place: over the registered family of an outcome, and within explored grids.

A family is all that the plan registers for an outcome, whatever has been estimated: a question without an answer keeps its
place with p = 1, so that no answer is made surer by another one's absence.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Literal

from crimjust_research.errors import DataError
from crimjust_research.evidence import rule
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.plan import Plan


def adjusted(p_values: Iterable[float], method: Literal["holm", "fdr_bh"]) -> list[float]:
    """`p_values` adjusted together, by Holm's method or by that of Benjamini and Hochberg; NaN is left out and stays so.

    As `statsmodels.stats.multitest.multipletests`, whose import takes longer than all else that pooling does.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.5], "holm")
    [0.03, 0.08, 0.5]
    """
    given = list(p_values)
    places = sorted((place for place, p in enumerate(given) if not math.isnan(p)), key=given.__getitem__)
    count = len(places)
    if method == "holm":  # at least that of the p below
        steps = accumulate((given[place] * (count - rank) for rank, place in enumerate(places)), max)
        found = dict(zip(places, steps, strict=True))
    else:  # at most that of the p above
        above = reversed([given[place] / (rank / count) for rank, place in enumerate(places, start=1)])
        found = dict(zip(reversed(places), accumulate(above, min), strict=True))
    return [min(found.get(place, p), 1.0) for place, p in enumerate(given)]


def family_p_values(raw: Mapping[str, float], plan: Plan) -> dict[str, float]:
    """Adjusted p of each registered question in `raw` (question id to raw p), over its outcome's whole family."""
    found: dict[str, float] = {}
    for outcome in sorted({primary.outcome for primary in plan.primaries if primary.id in raw}):
        family = [primary.id for primary in plan.family(outcome)]
        known = [1.0 if math.isnan(p := raw.get(name, math.nan)) else p for name in family]
        p_values = adjusted(known, plan.rules.primary_adjustment)
        found |= {name: p for name, p in zip(family, p_values, strict=True) if name in raw}
    return found


def within_grids(estimates: Iterable[Estimate], grids: Mapping[str, str], plan: Plan) -> tuple[Estimate, ...]:
    """`estimates`, those of one grid (`grids`: estimate id to grid) adjusted together by the plan's exploratory rule."""
    found = {e.id: e for e in estimates}
    for grid in dict.fromkeys(grids.values()):
        members = [e for e in found.values() if grids.get(e.id) == grid]
        p_values = adjusted([e.p_value for e in members], plan.rules.exploratory_adjustment)
        found |= {e.id: replace(e, p_adjusted=p) for e, p in zip(members, p_values, strict=True)}
    return tuple(found.values())


def primary_rows(rows: Iterable[tuple[str, str, str]], plan: Plan) -> dict[str, int]:
    """Position of the primary estimate of each registered question among rows of run, estimate id and role.

    Raises
    ------
    DataError
        If a run estimates a registered question more than once.
    """
    found: dict[str, int] = {}
    for position, (run, name, role) in enumerate(rows):
        for primary in plan.primaries if role == "primary" else ():
            if primary.notebook != run or not primary.estimates(name):
                continue
            if primary.id in found:
                raise DataError(f"run {run} holds more than one primary estimate of {primary.id!r}; there must be one")
            found[primary.id] = position
    return found


def pooled_p_values(
    rows: Sequence[tuple[str, str, str]], p_values: Sequence[float], estimates: Sequence[float], plan: Plan
) -> dict[int, float]:
    """Adjusted p by position of each primary estimate among pooled rows (run, estimate id, role) with raw p and estimate.

    What is adjusted is the calibrated p of a question whose test was simulated. One that is not answerable keeps its place in its
    family with p = 1.
    """
    value = {(run, name): estimate for (run, name, _), estimate in zip(rows, estimates, strict=True)}
    p_value = {(run, name): p for (run, name, _), p in zip(rows, p_values, strict=True)}
    places = primary_rows(rows, plan)
    raw = {}
    for primary in plan.primaries:
        if primary.id in places:
            least_p, power = (
                value.get((primary.notebook, f"{primary.name}.{name}"), math.nan)
                for name in ("least_p", "power.margin")
            )
            level = plan.level(primary.outcome)
            unable = rule.not_answerable(primary.ruled_out, least_p, power, level, plan.thresholds)
            raw[primary.id] = 1.0 if unable else p_value.get((primary.notebook, primary.tested), math.nan)
    return {places[name]: p for name, p in family_p_values(raw, plan).items()}
