"""The sentences that answer the two questions, and the checks they stand on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.joining.comparison import Comparison
from crimjust_research.outcomes.joining.diagnostics import EDITIONS_BACK
from crimjust_research.outcomes.joining.findings import Findings
from crimjust_research.outcomes.joining.parameters import Params
from crimjust_research.outcomes.joining.power import SURE, smallest_found

SUBJECTS = {"investigation": "criminal investigation", "adjudication": "criminal adjudication"}


def answer(params: Params, findings: Sequence[Findings], estimates: Sequence[Estimate]) -> str:
    """Both primary results, what the tests could have found, and what follows."""
    primary = {e.id: e for e in estimates if e.role == "primary"}
    clauses = [_clause(f, primary[f.measure.id], params) for f in findings]
    found = [primary[f.measure.id].p_adjusted < 1 - params.confidence_level for f in findings]
    power = " ".join(_power(f) for f in findings)
    if any(found):
        close = (
            "This is a difference associated with joining: it is an effect of joining only if the countries that joined would "
            "otherwise have moved like those they are compared with."
        )
    else:
        close = (
            "So these data neither show a difference associated with joining nor show that there is none: only a large one "
            "would have been seen."
        )
    return f"{clauses[0]} {clauses[1]} {power} {close}"


def _clause(found: Findings, e: Estimate, params: Params) -> str:
    seen = e.p_adjusted < 1 - params.confidence_level
    numbers = (
        f"{number(e.estimate, 2)} points on a scale of 0 to 1, {params.confidence_level:.0%} interval "
        f"{number(e.ci_low, 2)} to {number(e.ci_high, 2)}, p = {p_text(e.p_value)}, adjusted p = {p_text(e.p_adjusted)}"
    ).replace("= <", "<")
    direction = "higher" if e.estimate > 0 else "lower"
    subject = SUBJECTS[found.measure.id].capitalize()
    verdict = (
        f"{subject} was scored {direction} after a country joined than comparable countries' scores would lead one to expect"
        if seen
        else f"{subject} was not detectably scored higher or lower after a country joined than comparable countries' scores "
        "would lead one to expect"
    )
    return f"{verdict} ({refer(numbers, e.id)}; {len(found.registered.joined)} countries that joined)."


def _power(found: Findings) -> str:
    e, mde = found.estimate("power"), smallest_found(found.power)
    planted = e.estimand.removeprefix("Power of the registered test against ")
    reach = "none tried" if math.isnan(mde) else f"one of {number(mde, 2)}"
    return (
        f"In SIMULATED panels like these the test of {SUBJECTS[found.measure.id]} finds {planted} in "
        f"{refer(f'{e.estimate:.0%}', e.id)} of panels, and {reach} in {SURE:.0%}."
    )


def checks(
    params: Params, findings: Sequence[Findings], entries: pd.DataFrame, curve: pd.DataFrame
) -> tuple[Check, ...]:
    """What the two estimates rest on, and what informs their reading."""
    first = findings[0].registered
    return (
        _limits(params, findings, entries),
        _joined(first, entries, params),
        _compared(findings),
        *(_before(f, params) for f in findings),
        _parting(findings),
        _weights(findings),
        _choices(curve, params),
    )


def _limits(params: Params, findings: Sequence[Findings], entries: pd.DataFrame) -> Check:
    """What can and cannot be concluded, in a paragraph."""
    joined = findings[0].registered.joined
    exact = int((entries.set_index("iso3").loc[joined, "precision"] == "exact").sum())
    dates = np.unique(findings[0].registered.checked.cohort[np.isfinite(findings[0].registered.checked.cohort)]).size
    ranges = "; ".join(
        f"for {SUBJECTS[f.measure.id]}, from {number(f.test.ci_low, 2)} to {number(f.test.ci_high, 2)}"
        for f in findings
    )
    table = pd.DataFrame(
        {
            "question": [f.measure.id for f in findings],
            "countries_joined": [len(f.registered.joined) for f in findings],
            "dates_exact": exact,
            "constant_difference_low": [f.test.ci_low for f in findings],
            "constant_difference_high": [f.test.ci_high for f in findings],
            "found_in_80_percent": [smallest_found(f.power) for f in findings],
        }
    )
    return Check(
        f"What {len(joined)} countries can show",
        None,
        f"{len(joined)} countries that joined have a year of joining ({params.dating} dating) and scores; {exact} of the years "
        f"are exact, the others are bounds, and all fall on {dates} first treated editions, so almost the whole comparison is "
        "with countries that had not joined. What can be concluded: if the scores of both would have moved alike, differences "
        f"outside these ranges are hard to reconcile with the data ({ranges}). What cannot: that joining made no difference, "
        "since smaller ones would mostly go unseen; that a single country gained or lost, since each is one case; and that a "
        "difference, had there been one, was due to joining and not to what led to the choice of these countries, their role "
        "in trafficking among it. The index records how experts and households see criminal justice as a whole, not drug cases "
        "brought by the units that were supported; and where a country joined before it is documented, editions count as before "
        "joining that were not, which draws estimates towards zero.",
        table,
    )


def _joined(found: Comparison, entries: pd.DataFrame, params: Params) -> Check:
    joined = entries[entries["iso3"].isin(found.joined)]
    missing = entries[~entries["iso3"].isin(found.joined)]
    reasons = "; ".join(f"{r['name']}: {r['why_not']}" for r in missing.to_dict("records"))
    return Check(
        "Who joined, and when",
        None,
        f"{len(joined)} of the {len(entries)} countries that joined can be used at the {params.dating} dating. "
        + (f"Not used: {reasons}." if len(missing) else "All are used."),
        entries,
    )


def _compared(findings: Sequence[Findings]) -> Check:
    found = findings[0].registered
    means = " and ".join(f"{number(f.test.null[1:].mean(), 2)} for {SUBJECTS[f.measure.id]}" for f in findings)
    joined = np.isfinite(found.checked.cohort)
    counts = pd.DataFrame({"region": found.region, "joined": joined, "compared": ~joined})
    table = counts.groupby("region")[["joined", "compared"]].sum().reset_index()
    full = int((np.isfinite(found.checked.outcomes()).all(axis=1) & ~np.isfinite(found.checked.cohort)).sum())
    editions = len(found.years)
    return Check(
        "Who they are compared with",
        None,
        f"{int(table['compared'].sum())} countries, {full} of them in all {editions} editions; each comparison uses the "
        "countries seen in both of its editions, and none is filled. Countries that came to the programme in other ways than "
        "by joining are left out from their own entry on. Regions are compared together: dates reassigned within them give "
        f"{means} on average, which is what the regions' different paths give without any joining.",
        table,
    )


def _before(found: Findings, params: Params) -> Check:
    """Whether scores parted before joining, by the same test on earlier editions."""
    test, wald = found.diagnostics.before, found.diagnostics.pretest
    statistic, df, p_value = wald or (math.nan, math.nan, math.nan)
    title = f"Before joining: {SUBJECTS[found.measure.id]}"
    table = pd.DataFrame(
        {
            "test": ["dates moved back, reassigned within regions", "all differences before joining, Wald"],
            "statistic": [math.nan if test is None else test.estimate, statistic],
            "degrees_of_freedom": [math.nan, df],
            "p_value": [math.nan if test is None else test.p_value, p_value],
        }
    )
    if wald:
        all_of_them = (
            f"A Wald test of all {df} differences before joining has p = {p_text(p_value)}, but with few treated countries "
            "it rejects far too often."
        ).replace("= <", "<")
    else:
        all_of_them = (
            "A Wald test of all differences before joining is not possible: a group of one country has no spread."
        )
    if test is None:
        return Check(
            title, None, f"Too few editions before anybody joined to move the dates back. {all_of_them}", table
        )
    return Check(
        title,
        test.p_value >= 1 - params.confidence_level,
        f"With every date moved back by {EDITIONS_BACK} editions, on editions before anybody joined, the same test finds "
        f"{number(test.estimate, 2)} (p = {p_text(test.p_value)}). {all_of_them} "
        "Not to see scores part is no proof that they did not.",
        table,
    )


def _parting(findings: Sequence[Findings]) -> Check:
    sentences, tables = [], []
    for f in findings:
        relative = f.estimate("honest_relative")
        ends = f"{number(relative.ci_low, 2)} to {number(relative.ci_high, 2)}"
        breakdown = f.estimate("breakdown_relative")
        sentences.append(
            f"{SUBJECTS[f.measure.id].capitalize()}: {refer(ends, relative.id)}, breakdown value "
            f"{refer(number(breakdown.estimate, 2), breakdown.id)}."
        )
        tables += [
            s.table.assign(question=f.measure.id, breakdown=s.breakdown)
            for s in (f.diagnostics.relative, f.diagnostics.smooth)
        ]
    return Check(
        "If trends parted",
        None,
        "If trends part after joining by as much, from one edition to the next, as they did at most before, the mean "
        "difference may lie anywhere in these intervals. " + " ".join(sentences),
        pd.concat(tables, ignore_index=True),
    )


def _weights(findings: Sequence[Findings]) -> Check:
    kinds = [f.diagnostics.decomposition.by_kind.assign(question=f.measure.id) for f in findings]
    table = pd.concat(kinds, ignore_index=True)
    already = table.loc[table["kind"].str.contains("already treated"), "weight"].max()
    return Check(
        "Comparisons with countries already treated",
        None,
        f"They carry at most {already:.0%} of the weight in the two-way coefficient of countries in every edition, so its "
        "known fault with staggered dates matters little here.",
        table,
    )


def _choices(curve: pd.DataFrame, params: Params) -> Check:
    below = curve["p_value"] < 1 - params.confidence_level
    by_outcome = curve.assign(positive=curve["estimate"] > 0, below=below).groupby("outcome", sort=False)
    table = by_outcome.agg(
        specifications=("estimate", "size"),
        higher=("positive", "sum"),
        p_below_level=("below", "sum"),
        lowest=("estimate", "min"),
        highest=("estimate", "max"),
    ).reset_index()
    sentences = [
        f"{SUBJECTS[row['outcome']].capitalize()}: {row['higher']} of {row['specifications']} specifications give a higher "
        f"score after joining, {row['p_below_level']} with p below {number(1 - params.confidence_level, 2)}."
        for row in table.to_dict("records")
    ]
    return Check("Other choices", None, " ".join(sentences), table)
