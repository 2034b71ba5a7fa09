"""Outcome 2: what becomes of a seizure, from investigation to prosecution to conviction?

On a programme's own case records where they are given, else on SIMULATED cases of known truth, marked as such in every
figure, table and estimate. What goes with passing a stage is association: the records hold no comparison by design.
"""

from __future__ import annotations

from crimjust_research.evidence import plan
from crimjust_research.outcomes.cascade.parameters import OUTCOME, QUESTION, Params
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]


def assess(params: Params) -> Assessment:
    """Shares that pass each stage, what goes with passing, times to the end of a case, endings, and cost.

    Raises
    ------
    DataError
        With every fault of the file of records, by row, column and value.
    ParameterError
        If no case is old enough for the maturity, or none has ended.
    """
    # Imported here because statistics and drawing are most of the start-up, and checking parameters needs neither.
    from crimjust_research.outcomes.cascade import figures, words
    from crimjust_research.outcomes.cascade.cases import cases_of
    from crimjust_research.outcomes.cascade.findings import findings
    from crimjust_research.outcomes.cascade.recovery import recovery

    cases = cases_of(params)
    found = findings(cases, params)
    recovered = recovery(found.estimates, params.maturity_years) if cases.simulated else None
    drawn = (
        figures.cascade(found, params, cases),
        figures.cohorts(found, params, cases),
        figures.odds(found, params, cases),
        figures.time_to_end(found, params, cases),
        figures.incidence(found, params, cases),
        figures.cost(found, params, cases),
        None if recovered is None else figures.recovered(recovered, params, cases),
    )
    tables = {
        "transitions": found.transitions,
        "cohorts": found.cohorts,
        "cut_offs": found.profile,
        "costs": found.costs,
        **({} if found.logits is None else {"continuation_ratios": found.logits.table}),
        **({} if found.speed is None else {"time_to_verdict": found.speed.table}),
        **({} if recovered is None else {"recovered_and_true": recovered}),
    }
    mark = "_simulated" if cases.simulated else ""
    return Assessment(
        name="cascade",
        outcome=OUTCOME,
        title="From seizure to conviction" + (" (SIMULATED cases)" if cases.simulated else ""),
        question=QUESTION,
        answer=words.answer(found, cases, params, recovered),
        estimates=found.estimates,
        checks=words.checks(found, cases, params, recovered),
        figures=tuple(figure for figure in drawn if figure is not None),
        tables={f"{name}{mark}": table for name, table in tables.items()},
        used=cases.used,
        parameters=params.model_dump(),
        departures=plan.load().departures("cascade", params.model_dump()),
    )
