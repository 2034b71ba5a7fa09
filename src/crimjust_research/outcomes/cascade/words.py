"""The sentences that answer the question about cases, and the checks they stand on."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from crimjust_research.designs.survival.cascade import STAGES
from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.cascade import simulation
from crimjust_research.outcomes.cascade.cases import COVARIATES, Cases
from crimjust_research.outcomes.cascade.findings import SUPPORT, WHOLE_WAY, Findings, cost_range
from crimjust_research.outcomes.cascade.parameters import Params
from crimjust_research.outcomes.cascade.recovery import misses_tolerated


def answer(found: Findings, cases: Cases, params: Params, recovered: pd.DataFrame | None) -> str:
    """The cascade, the time it takes and the cost, in a few sentences; first of all whether the cases are real."""
    by_id = {e.id: e for e in found.estimates}
    whole = by_id[f"pass.{WHOLE_WAY}"]
    opening = (
        f"Of the seizures in {cases.source.removeprefix('case records supplied in ')}"
        if recovered is None
        else f"SIMULATED: no case records were supplied, so {len(cases.frame):,} made-up cases of known truth stand in; nothing "
        f"here describes any country or court. {recovered['held'].sum()} of {len(recovered)} intervals hold the true value. "
        "Of the simulated seizures"
    )
    return (
        f"{opening}, {_share(whole)} come to a conviction if each stage is given {params.maturity_years:g} years: "
        + ", ".join(f"{_share(by_id[f'pass.{stage}'])} of cases pass on to {stage}" for stage in STAGES[1:])
        + f". {_median(by_id['median_years'])}{_cost(by_id, params)}"
    )


def _share(estimate: Estimate) -> str:
    if math.isnan(estimate.ci_low):
        return refer(f"{estimate.estimate:.0%}", estimate.id)
    return refer(f"{estimate.estimate:.0%} ({estimate.ci_low:.0%} to {estimate.ci_high:.0%})", estimate.id)


def _median(median: Estimate) -> str:
    if math.isnan(median.estimate):
        return "Fewer than half of the cases have ended."
    interval = (
        f"{number(median.ci_low, 2)} to {number(median.ci_high, 2) if not math.isnan(median.ci_high) else 'more'}"
    )
    years = refer(f"{number(median.estimate, 2)} years ({interval})", median.id)
    return f"Half of the cases have ended {years} after the seizure."


def _cost(by_id: Mapping[str, Estimate], params: Params) -> str:
    if "cost.low" not in by_id:
        return " The cases do not allow an estimate of additional convictions, and so none of their cost."
    low, high, extra = by_id["cost.low"], by_id["cost.high"], by_id[f"additional.{SUPPORT}"]
    ends = cost_range()
    per_hundred = (
        f"{number(100 * extra.estimate, 2)} ({number(100 * extra.ci_low, 2)} to {number(100 * extra.ci_high, 2)})"
    )
    opening = (
        f" Among cases supported by the programme {refer(per_hundred, extra.id)} more in a hundred come to a conviction than "
        "among like cases without support"
    )
    if extra.estimate <= 0:
        return f"{opening}, that is none more, so no cost per additional conviction can be given."
    bound = (
        f"{_dollars(low.ci_low)} to {_dollars(high.ci_high)} with the interval"
        if math.isfinite(high.ci_high)
        else f"{_dollars(low.ci_low)} and more with the interval, which reaches no additional conviction"
    )
    return (
        f"{opening}. If support made the difference, which these records cannot show, and if the document's "
        f"{ends[0] / 1e6:g} to {ends[1] / 1e6:g} million US dollars paid for {params.supported_cases:,} such cases, a number "
        f"that is assumed here, one more conviction would cost {refer(_dollars(low.estimate), low.id)} to "
        f"{refer(_dollars(high.estimate), high.id)} US dollars ({bound})."
    )


def _dollars(amount: float) -> str:
    """An amount to two significant digits, with zeros for the rest."""
    return number(float(f"{amount:.2g}"))


def checks(found: Findings, cases: Cases, params: Params, recovered: pd.DataFrame | None) -> tuple[Check, ...]:
    """What the answer rests on; the names say so where the cases are simulated."""
    listed = [
        *([] if recovered is None else [_truth(recovered, params)]),
        _maturity(found, params),
        _cut_off(found),
        _compared(found, cases),
        *_proportional(found),
        *([] if cases.simulated else [_noted(cases)]),
        _assumptions(found, params),
    ]
    if not cases.simulated:
        return tuple(listed)
    return tuple(Check(f"SIMULATED: {c.name[:1].lower()}{c.name[1:]}", c.passed, c.sentence, c.table) for c in listed)


def _truth(recovered: pd.DataFrame, params: Params) -> Check:
    missed, tolerated = int((~recovered["held"]).sum()), misses_tolerated(len(recovered), params.confidence_level)
    return Check(
        "Truth recovered",
        missed <= tolerated,
        f"{missed} of {len(recovered)} intervals miss the value the cases were drawn from; more than {tolerated} would be by "
        "chance in fewer than one set of cases in a hundred. A maturity below "
        f"{max(simulation.TRUTH.longest_time):g} years, the longest a stage lasts, recovers other odds ratios than these.",
        recovered,
    )


def _maturity(found: Findings, params: Params) -> Check:
    steps = found.transitions.iloc[:-1]
    pending = steps["pending"] / steps["mature"]
    recent, seizures = steps[["immature", "entered"]].iloc[0]
    return Check(
        "Maturity",
        bool(pending.max() <= 0.05),
        f"Each stage is given {params.maturity_years:g} years. {recent:,} of {seizures:,} seizures are too "
        f"recent for that and are not counted. Of mature cases at most {pending.max():.0%} are still pending at a stage; they "
        "count as not passed, so at more than 5 % the cut-off is too short.",
        found.transitions,
    )


def _cut_off(found: Findings) -> Check:
    whole = found.profile[(found.profile["stage"] == STAGES[0]) & (found.profile["following"] == STAGES[-1])].to_dict(
        "records"
    )
    return Check(
        "Other cut-offs",
        None,
        "Share of seizures that come to a conviction, by years each stage is given: "
        + ", ".join(f"{row['maturity']:g}: {row['probability']:.0%}" for row in whole)
        + ".",
        found.profile,
    )


def _compared(found: Findings, cases: Cases) -> Check:
    named = ", ".join(COVARIATES[c] for c in found.covariates) or "none"
    left_out = f" Left out: {'; '.join(found.left_out)}." if found.left_out else ""
    countries = 1 if cases.simulated else cases.frame["country"].nunique()
    several = f" The cases of {countries} countries are taken together." if countries > 1 else ""
    return Check(
        "What is compared",
        not found.left_out,
        f"Covariates: {named}; noted for {found.complete:,} of {len(cases.frame):,} cases, which are those compared.{several}"
        f"{left_out}",
        pd.DataFrame(
            {
                "covariate": list(COVARIATES),
                "noted": [int(cases.frame[c].notna().sum()) for c in COVARIATES],
                "true": [int(cases.frame[c].fillna(False).sum()) for c in COVARIATES],
                "used": [c in found.covariates for c in COVARIATES],
            }
        ),
    )


def _proportional(found: Findings) -> tuple[Check, ...]:
    if found.speed is None:
        return ()
    drift = found.speed.proportionality
    p = float(drift.loc[drift["term"] == "all", "p_value"].iloc[0])
    return (
        Check(
            "Proportional hazards",
            p >= 0.05,
            f"Grambsch and Therneau's test that no hazard ratio of the end of a prosecution drifts with time: p = {p_text(p)}.",
            drift,
        ),
    )


def _noted(cases: Cases) -> Check:
    frame = cases.frame
    before = int((frame["investigation_opened"] < frame["seizure_date"]).sum())
    unnoted = int((frame["prosecution_started"].notna() & frame["investigation_opened"].isna()).sum())
    return Check(
        "Days of investigations",
        unnoted <= 0.05 * len(frame),
        f"Investigations opened before their seizure, which count from it: {before}. Cases charged with no day of an "
        f"investigation, which counts as opened on the day of the charges and so looks late: {unnoted}.",
        pd.DataFrame({"before_seizure": [before], "day_not_noted": [unnoted], "cases": [len(frame)]}),
    )


def _assumptions(found: Findings, params: Params) -> Check:
    return Check(
        "What the cost assumes",
        None,
        f"That all of the cost goes to cases the programme supports; that there are {params.supported_cases:,} of them in four "
        "years (the document gives no number, and no number of countries either); that support is what makes supported cases "
        "differ; and that a stage not passed within the maturity is never passed. None of the four can be seen in the records.",
        found.costs,
    )
