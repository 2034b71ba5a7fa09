"""Outcome 2: what became of criminal investigation and adjudication after countries joined CRIMJUST?

Joining was staggered, nobody drew lots for it, and most of its dates are bounds. The estimates are differences
associated with joining; they are effects only if countries that joined would otherwise have moved like the others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.inputs import open_panel
from crimjust_research.outcomes.joining import curve, findings, words
from crimjust_research.outcomes.joining.comparison import JOINED_TIER, Comparison
from crimjust_research.outcomes.joining.parameters import COUNTRY_PANEL, PRIMARY, SEIZURE_PANEL, Params
from crimjust_research.outcomes.joining.question import Question
from crimjust_research.results import Assessment
from crimjust_research.vocabulary import countries as country_names

__all__ = ["Params", "assess"]

_SCORES = "World Justice Project, Rule of Law Index"
_ENTRY = "UNODC and INTERPOL, news and reports on CRIMJUST"
SOURCE = f"{_SCORES}; {_ENTRY}"


def assess(params: Params) -> Assessment:
    """Staggered differences in differences of two scores, and everything their reading depends on.

    Raises
    ------
    ParameterError
        If the window leaves too few editions around joining.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.joining import diagnostic_figures, figures

    panel, panel_used = open_panel(COUNTRY_PANEL)
    seizures, seizures_used = open_panel(SEIZURE_PANEL)
    questions = [Question(panel, measure, params) for measure in PRIMARY]
    found = [findings.assess_question(question) for question in questions]
    choices = pd.concat([curve.specification_curve(question) for question in questions], ignore_index=True)
    estimates = _adjusted(
        (
            *(e for f in found for e in f.estimates),
            *findings.secondary_estimates(with_cocaine(panel, seizures), params),
        )
    )
    entries = entry_table(panel, found[0].registered)
    complete = {q.measure.id: q.comparison(replace(q.registered, complete=True)) for q in questions}
    level = params.confidence_level
    names = country_names.names()
    return Assessment(
        name="joining",
        outcome=findings.OUTCOME,
        title="Scores of criminal justice after joining",
        question=findings.QUESTION,
        answer=words.answer(params, found, estimates),
        estimates=estimates,
        checks=words.checks(params, found, entries, choices),
        figures=(
            figures.entry(entries, found[0].registered.years, SOURCE),
            figures.trends(complete, SOURCE),
            figures.event_study(found, level, SOURCE),
            figures.estimators(found, level, SOURCE),
            figures.randomisation(found, SOURCE),
            figures.leave_one_out(found, names, level, SOURCE),
            diagnostic_figures.decomposition(found, SOURCE),
            diagnostic_figures.honest(found, level, SOURCE),
            diagnostic_figures.specifications(choices, level, SOURCE),
            diagnostic_figures.power(found, level, SOURCE),
        ),
        tables={
            "entry": entries,
            "event_study": pd.concat(
                [s.table.assign(question=f.measure.id) for f in found for s in f.diagnostics.event_studies.values()],
                ignore_index=True,
            ),
            "left_out": pd.concat([f.diagnostics.left_out.assign(question=f.measure.id) for f in found]),
            "specification_curve": choices,
            "power_simulated": pd.concat([f.power.assign(question=f.measure.id) for f in found]),
        },
        used=(panel_used, seizures_used),
        parameters=params.model_dump(),
        departures=plan.load().departures("joining", params.model_dump()),
    )


def _adjusted(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    """Holm's adjustment between the primary estimates; the others keep what they have."""
    primary = [e for e in estimates if e.role == "primary"]
    adjusted = multipletests([e.p_value for e in primary], method="holm")[1]
    by_id = {e.id: float(p) for e, p in zip(primary, adjusted, strict=True)}
    return tuple(replace(e, p_adjusted=by_id[e.id]) if e.id in by_id else e for e in estimates)


def with_cocaine(panel: pd.DataFrame, seizures: pd.DataFrame) -> pd.DataFrame:
    """The country panel with the log of kilograms of cocaine seized; missing where none or nothing was reported."""
    cocaine = seizures[seizures["family"] == "cocaine"].groupby(["iso3", "year"])["kilograms"].sum()
    positive = np.log(cocaine[cocaine > 0]).rename("log_cocaine_kg")
    return panel.join(positive, on=["iso3", "year"])


def entry_table(panel: pd.DataFrame, registered: Comparison) -> pd.DataFrame:
    """Countries that joined, one row each: dates as far as known, first treated edition, and why one is not used.

    `from` and `to` are the ends of the bar that spans the years in which it can have joined.
    """
    rows = panel.loc[panel["entry_tier"] == JOINED_TIER].drop_duplicates("iso3")
    table = rows[["iso3", "entry_precision", "entry_earliest", "entry_documented", "entry_latest"]].set_axis(
        ["iso3", "precision", "earliest", "documented", "latest"], axis=1
    )
    table = table.astype({"earliest": "float64", "documented": "float64", "latest": "float64"})
    table.insert(1, "name", table["iso3"].map(country_names.names()))
    first = {
        unit: float(registered.years[int(start) - 1])
        for unit, start in zip(registered.checked.units, registered.checked.cohort, strict=True)
        if np.isfinite(start)
    }
    table["first_treated"] = table["iso3"].map(first)
    scored = set(panel.loc[panel[PRIMARY[0].column].notna(), "iso3"])
    dated = f"no year of joining at the {registered.specification.dating} dating"
    reason = np.where(~table["iso3"].isin(scored), "not in the index", dated)
    table["why_not"] = np.where(table["first_treated"].notna(), "", reason)
    table["from"], table["to"] = table["earliest"] - 0.3, table["latest"] + 0.3
    return table.reset_index(drop=True)
