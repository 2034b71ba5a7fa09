"""The sentence that answers the question about precursors, and the checks it stands on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.precursors.chain import ChainResults
from crimjust_research.outcomes.precursors.controls import ControlResults
from crimjust_research.outcomes.precursors.parameters import Params


def answer(params: Params, controls: ControlResults, estimates: Sequence[Estimate]) -> str:
    """Both primary results in a few sentences."""
    by_id = {e.id: e for e in estimates}
    level, chain, within = by_id["un_2022_level"], by_id["rank_correlation"], by_id["rank_correlation.within_country"]
    ratio = f"ratio {number(level.estimate)}, {number(level.ci_low)} to {number(level.ci_high)}, p = {p_text(level.p_value)}"
    moved = "rarer" if level.estimate < 1 else "no rarer"
    found = level.p_adjusted < 1 - params.confidence_level
    rho = f"{number(chain.estimate, 2)}, {number(chain.ci_low, 2)} to {number(chain.ci_high, 2)}"
    related = chain.p_adjusted < 1 - params.confidence_level
    return (
        f"In the half-year after 4-AP, 1-boc-4-AP and norfentanyl came under international control, 4-ANPP was {moved} "
        f"among fentanyl-family laboratory reports than its trend foretold ({refer(ratio, level.id)}), "
        + ("which few" if found else "which is no more than")
        + f" other dates show; with {len(controls.placebo.table)} possible dates this design cannot give a p-value below "
        f"{controls.placebo.smallest_p:.3f}. Across countries, precursors are "
        + ("seized somewhat more" if related and chain.estimate > 0 else "not detectably seized more")
        + f" where the drugs they make are (rank correlation {refer(rho, chain.id)}, adjusted p = {p_text(chain.p_adjusted)}); "
        f"within a country, years of more precursors are "
        + ("" if within.p_value < 1 - params.confidence_level else "not detectably ")
        + f"years of more drugs ({refer(number(within.estimate, 2), within.id)}), so what relation there is may say no more "
        "than that active services seize more of everything."
    )


def checks(
    controls: ControlResults, chain: ChainResults, coverage: pd.DataFrame, dated: pd.DataFrame
) -> tuple[Check, ...]:
    """What the two results rest on."""
    model, placebo = controls.model, controls.placebo
    states = Check(
        "States in the model",
        not model.units_without_counts,
        f"{model.n_units} States over {model.n_periods} half-years; "
        + (
            f"left out, without any 4-ANPP: {', '.join(model.units_without_counts)}."
            if model.units_without_counts
            else "none left out."
        ),
        pd.DataFrame({"states": [model.n_units], "half_years": [model.n_periods], "dispersion": [model.dispersion]}),
    )
    slopes = Check(
        "Slopes that cannot be told",
        None,
        (
            f"The next control follows too soon for a slope of its own: {', '.join(model.slopes_not_identified)}."
            if model.slopes_not_identified
            else "Every control has a slope of its own."
        ),
        model.table,
    )
    reach = Check(
        "Reach of the placebo test",
        placebo.smallest_p < 0.05,
        f"{len(placebo.table)} dates can be compared, so the smallest p-value possible is {placebo.smallest_p:.3f}. Errors "
        "clustered by State look more certain only because they take no account of shocks that all States share.",
        placebo.table.drop(columns="starts"),
    )
    marker = Check(
        "What 4-ANPP marks",
        None,
        "4-ANPP is an impurity of finished fentanyl as well as a precursor, and laboratories changed which by-products they "
        "report: it marks synthesis, not the trade in precursors. The controls are listed as published.",
        dated,
    )
    both = chain.pairs[["precursors", "drugs"]].notna().all(axis=1).sum()
    reporters = Check(
        "Who reports",
        None,
        f"{len(chain.pairs):,} country-years report drugs or their precursors, {both} report both. The United States, Mexico "
        "and China report no precursors after 2016; 2017 is in neither publication.",
        coverage,
    )
    return states, slopes, reach, marker, reporters
