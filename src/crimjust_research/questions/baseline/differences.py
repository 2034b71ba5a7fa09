"""The grid of differences: every measure by every group of programme countries, as rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.designs.fit import inference
from crimjust_research.questions.baseline.levels import GROUPS, LEAD, group_names
from crimjust_research.questions.baseline.matching import (
    MatchedDifference,
    matched_difference,
    measurement_error,
)
from crimjust_research.questions.baseline.measures import BY_ID, GOVERNANCE, MEASURES, Measure
from crimjust_research.questions.baseline.params import Params
from crimjust_research.vocabulary import countries

Grid = Mapping[tuple[str, str], MatchedDifference]
"""Differences by (group, measure id); a pair without any comparison is missing."""
WGI_RANGE = (-2.5, 2.5)
"""Between which the publisher says the indicators of governance lie, about."""


def grid(levels: pd.DataFrame, p: Params, strata: str = "stratum", others: str = "elsewhere") -> Grid:
    """Matched difference of every measure for every group from the countries of the column `others`, within `strata`."""
    found = {}
    for group in GROUPS:
        for measure in MEASURES:
            one = matched_difference(
                levels[measure.id],
                levels[group],
                levels[others],
                levels[strata],
                draws=p.draws,
                seed=p.seed,
                alpha=1 - p.confidence_level,
            )
            if one is not None:
                found[group, measure.id] = one
    return found


def rows(found: Grid, levels: pd.DataFrame) -> pd.DataFrame:
    """A grid as rows of estimates, with the same differences in standard deviations over all countries.

    Returns
    -------
    DataFrame: group, who (the group by name), measure, label, unit, group_mean, comparison_mean, estimate, ci_low, ci_high,
    p_value, standardised, standardised_low, standardised_high, n_obs (countries), n_units (of the group), comparisons,
    left_out (codes of countries without a match).
    """
    names = group_names(levels)
    table = pd.DataFrame(
        {
            "group": group,
            "who": names[group],
            "measure": name,
            "label": BY_ID[name].label,
            "unit": BY_ID[name].unit,
            "group_mean": one.group_mean,
            "comparison_mean": one.comparison_mean,
            "estimate": one.estimate,
            "ci_low": one.ci_low,
            "ci_high": one.ci_high,
            "p_value": one.p_value,
            "n_obs": len(one.compared) + len(one.comparisons),
            "n_units": len(one.compared),
            "comparisons": len(one.comparisons),
            "left_out": "; ".join(one.left_out),
        }
        for (group, name), one in found.items()
    )
    spread = table["measure"].map({name: float(levels[name].std()) for name in table["measure"].unique()})
    scaled = {"standardised": "estimate", "standardised_low": "ci_low", "standardised_high": "ci_high"}
    return table.assign(**{name: table[column] / spread for name, column in scaled.items()})


def with_measurement_error(found: Grid, levels: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Rows of the governance indicators whose intervals carry the error of measurement alone."""
    table = rows(found, levels)
    table = table[table["measure"].isin([m.id for m in GOVERNANCE])]
    errors = [
        measurement_error(found[group, name], levels[f"{name}_std_error"])
        for group, name in zip(table["group"], table["measure"], strict=True)
    ]
    return table.assign(**inference(table["estimate"].to_numpy(), np.array(errors), 1 - p.confidence_level))


def shares_of_error(found: Grid, levels: pd.DataFrame) -> pd.DataFrame:
    """How much of the variance between the countries of the leading group is the indicators' own error: measure, label,
    variance_of_measurement, variance_between, share."""
    made = []
    for measure in _compared(found, GOVERNANCE):
        own = levels.loc[list(found[LEAD, measure.id].compared)]
        error, between = float((own[f"{measure.id}_std_error"] ** 2).mean()), float(own[measure.id].var())
        made.append((measure.id, measure.short.lower(), error, between, error / between))
    columns = ["measure", "label", "variance_of_measurement", "variance_between", "share"]
    return pd.DataFrame(made, columns=columns)


def by_country(found: Grid, levels: pd.DataFrame, measures: tuple[Measure, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every country of the leading group and of its matched countries: label, who, iso3, country, value; and their means:
    label, who, value."""
    points, means = [], []
    for measure in _compared(found, measures):
        one = found[LEAD, measure.id]
        for who, codes, mean in (
            (group_names(levels)[LEAD], one.compared, one.group_mean),
            ("matched countries", one.comparisons, one.comparison_mean),
        ):
            values = levels.loc[list(codes), measure.id].rename("value").reset_index()
            points.append(values.assign(label=measure.label, who=who))
            means.append((measure.label, who, mean))
    table = pd.concat(points, ignore_index=True)
    table["country"] = table["iso3"].map(countries.short_name)
    return table, pd.DataFrame(means, columns=["label", "who", "value"])


def governance(found: Grid, levels: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Indicators of the leading group's countries with intervals from their standard errors, the highest rule of law first:
    label, country, estimate, ci_low, ci_high, matched (the mean of the matched countries)."""
    z = float(ndtri((1 + p.confidence_level) / 2))
    parts = []
    for measure in _compared(found, GOVERNANCE):
        own = levels[levels[LEAD] & levels[measure.id].notna()].sort_values(
            "rule_of_law", ascending=False, kind="stable"
        )
        reach = z * own[f"{measure.id}_std_error"]
        columns = {"estimate": own[measure.id], "ci_low": own[measure.id] - reach, "ci_high": own[measure.id] + reach}
        matched = found[LEAD, measure.id].comparison_mean
        part = pd.DataFrame({"label": measure.short, **columns, "matched": matched}).reset_index()
        parts.append(part.assign(country=part["iso3"].map(countries.short_name)).drop(columns="iso3"))
    return pd.concat(parts, ignore_index=True)


def apart(governed: pd.DataFrame) -> pd.DataFrame:
    """How many countries lie below and above the mean of the matched countries by more than the error of measurement: label,
    countries, below, above, matched."""
    lower, higher = governed["ci_high"] < governed["matched"], governed["ci_low"] > governed["matched"]
    by = governed.assign(lower=lower, higher=higher).groupby("label", sort=False)
    counts = by.agg(countries=("country", "size"), below=("lower", "sum"), above=("higher", "sum"))
    return counts.join(by["matched"].first()).reset_index()


def of_lead(table: pd.DataFrame, measures: tuple[Measure, ...]) -> pd.DataFrame:
    """Rows of the leading group on these measures."""
    return table[(table["group"] == LEAD) & table["measure"].isin([m.id for m in measures])]


def sides_of_zero(table: pd.DataFrame) -> dict[str, int]:
    """How many differences there are (of), are below zero (below), and have an interval that leaves zero out (apart)."""
    outside = (table["ci_low"] > 0) | (table["ci_high"] < 0)
    return {"of": len(table), "below": int((table["estimate"] < 0).sum()), "apart": int(outside.sum())}


def below(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """How many differences have p below the level, by group: group, differences, raw, adjusted (over the grid)."""
    counts = table.assign(raw=table["p_value"] < level, adjusted=table["p_adjusted"] < level)
    by = counts.groupby("group", sort=False)
    return by.agg(differences=("estimate", "size"), raw=("raw", "sum"), adjusted=("adjusted", "sum")).reset_index()


def _compared(found: Grid, measures: tuple[Measure, ...]) -> list[Measure]:
    """Measures on which the leading group has any comparison."""
    return [measure for measure in measures if (LEAD, measure.id) in found]
