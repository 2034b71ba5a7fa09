"""The sentence that answers the question about reviews, and the checks it stands on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crimjust_research.designs.survival.cox import CoxModel
from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.reviews.articles import ArticleModel
from crimjust_research.outcomes.reviews.challenges import NONE
from crimjust_research.outcomes.reviews.completion import ALL, Waiting
from crimjust_research.outcomes.reviews.hazard import PRIMARY
from crimjust_research.outcomes.reviews.parameters import Params


def answer(params: Params, estimates: Sequence[Estimate]) -> str:
    """The registered hazard ratio in a sentence, with what it could have found and what reviews count."""
    by_id = {e.id: e for e in estimates}
    main, power = by_id[PRIMARY], by_id[f"{PRIMARY}.power"]
    others = [e for e in estimates if e.role == "sensitivity"]
    level = 1 - params.confidence_level
    found = main.p_value < level
    side = "sooner" if main.estimate > 1 else "later"
    confirming = sum((e.estimate - 1) * (main.estimate - 1) > 0 and e.p_value < level for e in others)
    ratio = f"{number(main.estimate)}, {number(main.ci_low)} to {number(main.ci_high)}, p = {p_text(main.p_value)}"
    median = by_id["wait.median"]
    gaps, needs = by_id["totals.gaps_2021"], by_id["totals.needs_2021"]
    addressed = by_id["challenges.all"]
    effect = power.estimand.removeprefix("Power of the registered test against ")
    return (
        f"Among {main.n_units} States, those with a stronger {params.covariate.replace('_', ' ')} do "
        + (
            f"publish their second summary {side}"
            if found
            else "not detectably publish their second summary sooner or later"
        )
        + f" (hazard ratio per standard deviation {refer(ratio, main.id)}). {confirming} of {len(others)} other specifications "
        f"find a difference to the same side. The test would find {effect} in "
        f"{refer(f'{power.estimate:.0%}', power.id)} of SIMULATED samples. Half of the States read have a second summary "
        f"{refer(number(median.estimate, 2) + ' years', median.id)} after the first. UNODC's totals come to "
        f"{refer(f'{number(gaps.ci_low)} to {number(gaps.ci_high)}', gaps.id)} gaps and more than "
        f"{refer(number(needs.ci_low), needs.id)} needs for each State reviewed. By this project's reading, activities of "
        f"the programme name or stand near {refer(f'{addressed.estimate * addressed.n_obs:.0f}', addressed.id)} of the "
        f"{addressed.n_obs} challenges most often met. The States read are no random sample."
    )


def checks(
    second: pd.DataFrame,
    published: pd.DataFrame,
    years: pd.DataFrame,
    waits: Waiting,
    model: CoxModel,
    challenges: pd.DataFrame,
    overlap: pd.DataFrame,
    attendances: pd.DataFrame,
    articles: ArticleModel,
    params: Params,
) -> tuple[Check, ...]:
    """What the answer rests on."""
    return (
        _sample(second, published, years, params),
        _proportionality(model),
        _years_only(waits),
        _areas(waits),
        _challenges(challenges),
        _chapter_iv(overlap, attendances),
        _articles(articles, params),
    )


def _sample(second: pd.DataFrame, published: pd.DataFrame, years: pd.DataFrame, params: Params) -> Check:
    missing = sorted(second.loc[second[params.covariate].isna(), "iso3"])
    spread = float(second[params.covariate].std())
    first = years[years["cycle"] == 1].set_index("year")["share"]
    table = published.assign(
        share_of_states_read=[float(first.get(int(day[:4]), float("nan"))) for day in published["as_of"]]
    )
    return Check(
        "Which States",
        None,
        f"{len(second)} States whose pages were read, {second['happened'].sum()} with a second summary. Without the indicator, "
        f"and left out of the hazard models: {', '.join(missing) or 'none'}. The indicator's standard deviation among the "
        f"States is {number(spread)}; hazard ratios are per unit of the indicator, its worldwide standard deviation. Beside: "
        "first-cycle shares of all States parties, as UNODC's totals give them, and of the States read by the end of that year.",
        table,
    )


def _proportionality(model: CoxModel) -> Check:
    row = model.proportionality.iloc[0]
    return Check(
        "Proportional hazards",
        bool(row["p_value"] >= 0.05),
        f"The hazard ratio {'drifts' if row['p_value'] < 0.05 else 'does not detectably drift'} with the years since the first "
        f"summary (Grambsch-Therneau, p = {p_text(row['p_value'])}).",
        model.proportionality,
    )


def _years_only(waits: Waiting) -> Check:
    apart = (waits.interval["turnbull"] - waits.interval["kaplan_meier"]).abs().max()
    low, high = waits.median_between
    return Check(
        "Dates known to the year",
        None,
        "A span of n years is one of n - 1 to n + 1. Treated so (Turnbull), half of the States have a second summary after "
        f"{low:.0f} to {high:.0f} years; the Kaplan-Meier curve, which takes years as they stand, is at most "
        f"{100 * apart:.0f} points away.",
        waits.interval,
    )


def _areas(waits: Waiting) -> Check:
    areas = waits.medians[waits.medians["group"] != ALL]
    return Check(
        "Areas",
        None,
        f"Curves of {len(areas)} areas {'differ' if waits.log_rank_p < 0.05 else 'do not detectably differ'} (log-rank, "
        f"p = {p_text(waits.log_rank_p)}); the smallest holds {areas['n'].min()} States. South Asia, two States without a second "
        "summary, stands with East Asia and the Pacific.",
        waits.medians,
    )


def _challenges(table: pd.DataFrame) -> Check:
    unmet = table[table["level"] == NONE]
    return Check(
        "Challenges without an activity",
        None,
        f"{len(unmet)} of {len(table)} challenges have none by this project's reading; {(unmet['kind'] == 'framework').sum()} of "
        "them ask for a law or an institution, which training, forums, equipment and operations do not make. Another reader may "
        "draw the lines elsewhere.",
        table,
    )


def _chapter_iv(overlap: pd.DataFrame, attendances: pd.DataFrame) -> Check:
    states = attendances["iso3"].nunique()
    after = int((attendances["years_after"] > 0).sum())
    return Check(
        "Chapter IV and public events",
        None,
        f"{states} of the States read took part in a public event of the programme; {after} of their {len(attendances)} "
        "attendances came after the State's review of mutual legal assistance, extradition and joint teams. The programme "
        "began after most of these reviews, so the order says nothing about whether one led to the other.",
        overlap,
    )


def _articles(model: ArticleModel, params: Params) -> Check:
    table = model.table
    if not model.simulated:
        return Check(
            "Counts supplied",
            None,
            f"{model.fit.n_rows} rows of {params.counts_file}; {model.left_out} left out because the State has no indicator. A "
            "run is not repeated by itself when that file changes.",
            table,
        )
    inside = table["truth"].between(table["ci_low"], table["ci_high"])
    far = (table["estimate"] - table["truth"]).abs() / table["std_error"]
    return Check(
        "SIMULATED counts: truth recovered",
        bool((far.dropna() < 4).all()),
        f"{inside.sum()} of {len(table)} intervals hold the value the SIMULATED counts were drawn from; no counts by article "
        "were supplied.",
        table,
    )
