"""The sentences that answer who works with whom, and the checks they stand on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.cooperation.completeness import BOLIVIA, PROGRAMME, Completeness
from crimjust_research.outcomes.cooperation.parameters import Params
from crimjust_research.outcomes.cooperation.persistence import Persistence
from crimjust_research.outcomes.cooperation.structure import Structure


def answer(params: Params, structure: Structure, estimates: Sequence[Estimate]) -> str:
    """Who meets whom, how widely, whether ties last, and how much of it the public record can show."""
    by_id = {e.id: e for e in estimates}
    density, steps, south = by_id["density"], by_id["two_step_reach"], by_id["south_south"]
    lasting, upper = by_id["lasting_1"], by_id["density_upper"]
    seen = by_id["seen_phases"]
    public, bolivia = by_id[f"public_{PROGRAMME}"], by_id[f"public_{BOLIVIA}"]
    joint = structure.joint_events.to_numpy()
    apart = south.ci_low > south.null_value or south.ci_high < south.null_value
    lasts = f"{lasting.estimate:.0%}, {lasting.ci_low:.0%} to {lasting.ci_high:.0%}"
    return (
        f"In public events of {params.start} to {params.end} {density.n_units} countries are named; "
        f"{int((joint > 0).sum()) // 2} of their {density.n_obs} pairs ({refer(f'{density.estimate:.0%}', density.id)}) met at "
        f"least once and {refer(f'{steps.estimate:.0%}', steps.id)} met or met the same third country. Of the pairs that met "
        f"{refer(f'{south.estimate:.0%}', south.id)} are South-South, "
        + ("" if apart else "not detectably ")
        + f"{'more' if south.estimate > south.null_value else 'fewer'} than the {south.null_value:.0%} of all pairs that are. "
        f"Of the ties {refer(lasts, lasting.id)}, are still seen in public after their first year. {_growth(estimates, params)}"
        f"Of the {seen.n_obs} countries of the proposed phases {refer(f'{seen.estimate:.0%}', seen.id)} have been named at any "
        f"event. Counts of pairs are lower bounds: against UNODC's own totals at most "
        f"{refer(f'{public.estimate:.0%}', public.id)} of the activities to August 2017 and "
        f"{refer(f'{bolivia.estimate:.0%}', bolivia.id)} of those with Bolivia are public, so the share of pairs that met lies "
        f"anywhere from {density.estimate:.0%} to {refer(f'{upper.estimate:.0%}', upper.id)}. Who is tied is known; who is not "
        "tied is not."
    )


def _growth(estimates: Sequence[Estimate], params: Params) -> str:
    """Whether pairs that met in public grew in number, in a sentence; empty where no growth rate can be told."""
    e = next((e for e in estimates if e.id == "growth_pairs"), None)
    if e is None:
        return ""
    found = e.p_value < 1 - params.confidence_level
    figures = f"{number(e.estimate)} a year, {number(e.ci_low)} to {number(e.ci_high)}, p = {p_text(e.p_value)}"
    moved = ("has grown" if e.estimate > 1 else "has shrunk") if found else "shows no detectable growth or decline"
    return f"The number of pairs that met in a year {moved} ({refer(figures.replace('p = <', 'p <'), e.id)}). "


def checks(
    structure: Structure,
    persistence: Persistence,
    completeness: Completeness,
    activities: pd.DataFrame,
    named: set[str],
) -> tuple[Check, ...]:
    """What the description rests on.

    Parameters
    ----------
    activities : the raw table of public activities; named : those that name any State.
    """
    without = activities[~activities["event"].isin(named)]
    lists = Check(
        "Events without names",
        None,
        f"{len(without)} of {len(activities)} public activities name no country and tie nobody here, among them an operation "
        "of 93 countries.",
        without[["event", "type", "place", "note"]],
    )
    bounds = completeness.bounds
    sample = Check(
        "Incomplete record",
        bool(completeness.totals["share_at_most"].min() >= 0.5),
        f"Of UNODC's own totals the public record holds from {completeness.totals['share_at_most'].min():.0%} to "
        f"{completeness.totals['share_at_most'].max():.0%}. Where less than half is public, density and reach are lower "
        "bounds, growth is also growth of publicity, and absent ties are not evidence of no cooperation.",
        completeness.totals,
    )
    extrapolated = Check(
        "What is not public",
        None,
        f"If {bounds['events'].min()} to {bounds['events'].max()} events took place and those public were a random sample, "
        f"{bounds['extrapolated'].min():.0%} to {bounds['extrapolated'].max():.0%} of pairs would have met. They are not: what "
        "is made public follows the publishers' interest, and large meetings are the likelier news.",
        bounds,
    )
    began = persistence.spells["began"].value_counts().rename_axis("event").reset_index(name="ties")
    largest = began["ties"].iloc[:3].sum() / began["ties"].sum()
    events = Check(
        "Few events make the ties",
        None,
        f"{len(began)} events began the {began['ties'].sum()} ties whose end could be seen; three of them began "
        f"{largest:.0%}. Intervals and errors take events, not pairs, as the units.",
        began,
    )
    reciprocity = next(e for e in structure.estimates if e.id == "visits_returned")
    direction = Check(
        "Direction",
        None,
        "Taking part in one event has no direction, so reciprocity has no meaning for these ties; of the "
        f"{reciprocity.n_obs} ties from visitor to host {refer(f'{reciprocity.estimate:.0%}', reciprocity.id)} go both ways.",
        structure.all_years,
    )
    return lists, sample, extrapolated, events, direction
