"""The grid of differences: every measure by every group of programme countries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.baseline.levels import GROUPS
from crimjust_research.outcomes.baseline.matching import (
    MatchedDifference,
    matched_difference,
    measurement_error,
    normal_inference,
)
from crimjust_research.outcomes.baseline.parameters import MEASURES, Measure, Params

OUTCOME = "2"
QUESTION = (
    "How did criminal justice in the countries of the programme stand, before the programme proposed in 2021, beside "
    "comparable countries?"
)
BY_ID = {measure.id: measure for measure in MEASURES}
Grid = Mapping[tuple[str, str], MatchedDifference]
"""Differences by (group, measure id); a pair without any comparison is missing."""


def difference_grid(levels: pd.DataFrame, params: Params, strata: str = "stratum") -> Grid:
    """Matched difference of every measure for every group, within the strata of that column."""
    found = {}
    for group in GROUPS:
        for measure in MEASURES:
            one = matched_difference(
                levels[measure.id],
                levels[group],
                levels["elsewhere"],
                levels[strata],
                draws=params.draws,
                seed=params.seed,
                alpha=1 - params.confidence_level,
            )
            if one is not None:
                found[group, measure.id] = one
    return found


def grid_estimates(grid: Grid, params: Params) -> list[Estimate]:
    """The grid as estimates, p adjusted by Benjamini and Hochberg over all of it."""
    found = [_permuted(group, measure, one, params) for (group, measure), one in grid.items()]
    adjusted = multipletests([e.p_value for e in found], method="fdr_bh")[1]
    return [replace(e, p_adjusted=float(p)) for e, p in zip(found, adjusted, strict=True)]


def any_region_estimates(grid: Grid, params: Params) -> list[Estimate]:
    """A grid matched on income alone, as sensitivity of the one matched on region and income."""
    return [
        replace(
            one,
            id=f"{one.id}.any_region",
            method="Matched difference, countries permuted within income",
            role="sensitivity",
        )
        for one in (_permuted(group, measure, found, params) for (group, measure), found in grid.items())
    ]


def measurement_estimates(grid: Grid, levels: pd.DataFrame, params: Params) -> list[Estimate]:
    """The same differences of the governance indicators with the error of measurement alone."""
    found = []
    for (group, name), one in grid.items():
        measure = BY_ID[name]
        if measure.std_error is None:
            continue
        std_error = measurement_error(one, levels[f"{name}_std_error"])
        low, high, p_value = normal_inference(one.estimate, std_error, 1 - params.confidence_level)
        found.append(
            replace(
                _estimate(group, measure, one, params),
                id=f"{group}.{name}.measurement",
                method="Matched difference, the indicator's standard errors propagated",
                specification="these countries and no others: uncertain only as far as each figure is, errors independent",
                std_error=std_error,
                ci_low=low,
                ci_high=high,
                p_value=p_value,
            )
        )
    return found


def _permuted(group: str, measure: str, one: MatchedDifference, params: Params) -> Estimate:
    found = _estimate(group, BY_ID[measure], one, params)
    return replace(found, ci_low=one.ci_low, ci_high=one.ci_high, p_value=one.p_value)


def _estimate(group: str, measure: Measure, one: MatchedDifference, params: Params) -> Estimate:
    return Estimate(
        id=f"{group}.{measure.id}",
        outcome=OUTCOME,
        question=QUESTION,
        estimand=f"Difference of the {GROUPS[group]} from matched countries: {measure.label}",
        method="Matched difference, countries permuted within region and income",
        specification=f"latest figure of {params.start} to {params.end}; {len(one.compared)} countries against "
        f"{len(one.comparisons)}",
        estimate=one.estimate,
        unit=measure.unit,
        n_obs=len(one.compared) + len(one.comparisons),
        n_units=len(one.compared),
        role="secondary",
        ci_level=params.confidence_level,
    )


def grid_table(grid: Grid, levels: pd.DataFrame, estimates: Sequence[Estimate]) -> pd.DataFrame:
    """A grid as a table, with the same differences in standard deviations over all countries.

    `estimates` are those of the grid, in its order.
    """
    rows = []
    for ((group, name), one), e in zip(grid.items(), estimates, strict=True):
        spread = float(levels[name].std())
        rows.append(
            {
                "group": group,
                "measure": name,
                "unit": e.unit,
                "group_mean": one.group_mean,
                "comparison_mean": one.comparison_mean,
                "difference": e.estimate,
                "ci_low": e.ci_low,
                "ci_high": e.ci_high,
                "p_value": e.p_value,
                "p_adjusted": e.p_adjusted,
                "standardised": e.estimate / spread,
                "standardised_low": e.ci_low / spread,
                "standardised_high": e.ci_high / spread,
                "countries": len(one.compared),
                "comparisons": len(one.comparisons),
                "left_out": "; ".join(one.left_out),
            }
        )
    return pd.DataFrame(rows)
