"""The sentence that answers the question about diversification, and the checks it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.diversification.parameters import FIRST_PUBLICATION_ENDS, Params


def answer(params: Params, measures: pd.DataFrame, estimates: Sequence[Estimate]) -> str:
    """The registered trend in a sentence, with what happens to it under other choices."""
    by_id = {e.id: e for e in estimates}
    trend = by_id["trend"]
    others = [e for e in estimates if e.role == "sensitivity"]
    confirming = sum(e.estimate * trend.estimate > 0 and e.p_value < 1 - params.confidence_level for e in others)
    found = trend.p_value < 1 - params.confidence_level
    direction = "grown" if trend.estimate > 0 else "shrunk"
    figures = (
        f"{number(100 * trend.estimate, 2)} % a year, {number(100 * trend.ci_low, 2)} to {number(100 * trend.ci_high, 2)}, "
        f"p = {p_text(trend.p_value)}"
    )
    extra = by_id["extra_trend_proposed"]
    return (
        f"Within {trend.n_units} countries, from {measures['year'].min()} to {measures['year'].max()}, the effective number "
        f"of drugs seized has {'' if found else 'not detectably '}{direction} ({refer(figures, trend.id)}). "
        f"{confirming} of {len(others)} other specifications confirm it. {_alone(by_id, params)}"
        f"The proposed countries' trend "
        + ("differs" if extra.p_adjusted < 1 - params.confidence_level else "does not detectably differ")
        + f" from the others' ({refer(number(100 * extra.estimate, 2) + ' points a year', extra.id)}). Weights describe what "
        "services seized, and two lists of drugs meet in the gap of 2017."
    )


def _alone(by_id: Mapping[str, Estimate], params: Params) -> str:
    """Whether each of the two publications shows a trend of its own, in a sentence; empty if either is out of window."""
    alone = [by_id.get(f"trend.{period}_alone") for period in ("2012_to_2016", "2018_to_2022")]
    if None in alone:
        return ""
    clear = sum(e is not None and e.p_value < 1 - params.confidence_level for e in alone)
    figures = " and ".join(refer(f"p = {p_text(e.p_value)}", e.id) for e in alone if e is not None)
    return (
        f"Of the two publications {('neither shows', 'one shows', 'both show')[clear]} a trend by itself ({figures}). "
    )


def checks(measures: pd.DataFrame, rates: pd.DataFrame, estimates: Sequence[Estimate]) -> tuple[Check, ...]:
    """What the trend rests on."""
    by_id = {e.id: e for e in estimates}
    reporters = measures.groupby("year")["iso3"].nunique().rename("countries").reset_index()
    coverage = Check(
        "Who reports",
        None,
        f"{measures['iso3'].nunique()} countries, {reporters['countries'].min()} to {reporters['countries'].max()} a year; 2017 "
        "is in neither of UNODC's publications and was not filled.",
        reporters,
    )
    found = [coverage]
    if "publication_step" in by_id:
        step = by_id["publication_step"]
        found.append(
            Check(
                "Step between publications",
                step.p_value >= 0.05,
                f"Beside a linear trend the second publication stands {refer(number(step.estimate, 2), step.id)} log points "
                f"above the first (p = {p_text(step.p_value)}); a change of lists would look like this.",
                pd.DataFrame({"step": [step.estimate], "std_error": [step.std_error], "p_value": [step.p_value]}),
            )
        )
    first = rates.loc[rates["period"] == 2020, "entry_rate"]
    if len(first):
        others = rates.loc[(rates["period"] != 2020) & rates["entry_rate"].notna(), "entry_rate"]
        found.append(
            Check(
                "Small seizures enter in 2020",
                bool(first.iloc[0] <= 1.5 * others.max()),
                f"New kinds per country and year: {first.iloc[0]:.2f} in 2020, at most {others.max():.2f} in any other year. "
                "Until 2019 weights are whole kilograms, so grams stood as zero: the count of kinds (order 0) rises with the "
                "recording, and the registered measure, which weighs kinds by kilograms, much less.",
                rates,
            )
        )
    split = measures.assign(
        publication=(measures["year"] > FIRST_PUBLICATION_ENDS).map({False: "portal", True: "annex"})
    )
    found.append(
        Check(
            "Two publications",
            None,
            "Means of both publications' years, for comparison.",
            split.groupby("publication")[["hill_0", "hill_1", "hill_2"]].mean().reset_index(),
        )
    )
    return tuple(found)
