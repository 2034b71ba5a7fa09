"""The sentences that answer whether cooperation matches trafficking, and the checks they stand on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.match.association import LARGEST_REPORTER, ROUTE_KNOWN, Association
from crimjust_research.outcomes.match.growth import GrowthResults
from crimjust_research.outcomes.match.parameters import Params


def answer(params: Params, listed: pd.DataFrame, estimates: Sequence[Estimate]) -> str:
    """Both primary results, what the tests could have found, and the pairs that never met in public."""
    return " ".join(
        (
            _association(params, estimates),
            _growth(params, estimates),
            _unmet(listed, estimates),
            "Public events are a convenience sample and a lower bound: a pair without one may well cooperate.",
        )
    )


def _association(params: Params, estimates: Sequence[Estimate]) -> str:
    by_id = {e.id: e for e in estimates}
    main, early, power = by_id["qap"], by_id["qap.events_2016_2019"], by_id["qap.power"]
    alpha = 1 - params.confidence_level
    found = main.p_adjusted < alpha
    which = "more" if main.estimate > 0 else "fewer"
    others = [e for e in estimates if e.role == "sensitivity" and e.id.startswith("qap.")]
    confirming = sum(e.estimate * main.estimate > 0 and e.p_value < alpha for e in others)
    figures = (
        f"correlation {number(main.estimate, 2)}, {number(main.ci_low, 2)} to {number(main.ci_high, 2)}, "
        f"p = {p_text(main.p_value)}, adjusted p = {p_text(main.p_adjusted)}"
    ).replace("p = <", "p <")
    against = power.estimand.removeprefix("Power of the registered test against ")
    return (
        f"Among the {main.n_units} countries that took part in public events and stand on routes of seized drugs, pairs that "
        f"met more often {'have' if found else 'do not detectably have'} {which if found else 'more or fewer'} cases seized "
        f"on the routes between them ({refer(figures, main.id)}); {confirming} of {len(others)} other specifications confirm "
        f"it{'' if found else ' nonetheless'}, events of 2016 to 2019 alone "
        + ("among them" if early.estimate * main.estimate > 0 and early.p_value < alpha else "not")
        + f" ({refer(f'{number(early.estimate, 2)}, p = {p_text(early.p_value)}', early.id)}). In SIMULATED networks the test "
        f"finds {against} in {refer(f'{power.estimate:.0%}', power.id)} of samples."
    )


def _growth(params: Params, estimates: Sequence[Estimate]) -> str:
    by_id = {e.id: e for e in estimates}
    main, power = by_id["growth_ratio"], by_id["growth_ratio.power"]
    pairs, kinds = by_id["growth_pairs"], by_id["growth_kinds"]
    shown = main.p_adjusted < 1 - params.confidence_level
    interval = (
        f"ratio {number(main.estimate)}, {main.ci_level:.0%} interval {number(main.ci_low)} to {number(main.ci_high)}, "
        f"p = {p_text(main.p_value)}, adjusted p = {p_text(main.p_adjusted)}"
    ).replace("p = <", "p <")
    return (
        f"From {params.start} to {params.end} the pairs that met in a year multiplied by "
        f"{refer(number(pairs.estimate), pairs.id)} a year and the effective number of drugs seized by "
        f"{refer(number(kinds.estimate), kinds.id)}: that the two grew alike, within {params.margin_low:g} to "
        f"{params.margin_high:g}, is {'' if shown else 'not '}shown ({refer(interval, main.id)}). Had they grown exactly "
        f"alike, {main.n_obs} yearly points would show it with a chance of {refer(f'{power.estimate:.0%}', power.id)}."
    )


def _unmet(listed: pd.DataFrame, estimates: Sequence[Estimate]) -> str:
    by_id = {e.id: e for e in estimates}
    pairs, cases = by_id["unmet_pairs"], by_id["unmet_cases"]
    if listed.empty:
        return "Every pair with cases between them met in a public event."
    first = listed.iloc[0]
    return (
        f"Of the pairs with cases between them {refer(f'{pairs.estimate:.0%}', pairs.id)} never met in a public event, but "
        f"they hold {refer(f'{cases.estimate:.0%}', cases.id)} of the cases; with the proposed countries added, "
        f"{refer(str(len(listed)), 'unmet_listed')} such pairs are ranked, first of them {first['first_name']} and "
        f"{first['second_name']} with {first['cases']:,} cases."
    )


def checks(
    association: Association, growth: GrowthResults, routes: pd.DataFrame, events: pd.DataFrame
) -> tuple[Check, ...]:
    """What the two results rest on."""
    networks = association.networks
    known = routes[(routes["ends"] == ROUTE_KNOWN)]
    within = known[known["departure"].isin(networks.countries) & known["destination"].isin(networks.countries)]
    reported = within.groupby("seizing")["cases"].sum().sort_values(ascending=False).rename("cases").reset_index()
    largest = reported.loc[reported["seizing"] == LARGEST_REPORTER, "cases"].sum() / reported["cases"].sum()
    own = set(known["seizing"]) & set(networks.countries)
    reporters = Check(
        "Who sees the routes",
        None,
        f"{len(own)} of the {len(networks.countries)} countries report routes themselves; between two that do not, only a "
        f"third country could show one, so zero cases is often no report. Spain alone reports {largest:.0%} of the cases.",
        reported,
    )
    ends = routes.groupby("ends")["cases"].sum().reset_index()
    share = ends.loc[ends["ends"] == ROUTE_KNOWN, "cases"].sum() / ends["cases"].sum()
    coverage = Check(
        "Routes known",
        None,
        f"Departure and destination are known, and differ, in {share:.1%} of the cases seized from {routes['year'].min()} to "
        f"{routes['year'].max()}; the others cannot be placed between two countries.",
        ends,
    )
    order = Check(
        "Which came first",
        None,
        f"Routes are of {routes['year'].min()} to {routes['year'].max()}, events of {events['year'].min()} to "
        f"{events['year'].max()}: meetings come after the routes they are held against, and say nothing about what they did "
        "to them.",
        pd.DataFrame(
            {
                "what": ["routes", "events"],
                "first_year": [routes["year"].min(), events["year"].min()],
                "last_year": [routes["year"].max(), events["year"].max()],
            }
        ),
    )
    sizes = events.drop_duplicates("event")[["event", "type", "n_states"]].sort_values(
        ["n_states", "event"], ascending=[False, True]
    )
    joint = sizes[sizes["n_states"] > 1]
    # Three events can make most pairs: then the number of events, not of pairs, is what the network knows.
    made = joint["n_states"] * (joint["n_states"] - 1) // 2
    large = Check(
        "Events that make most pairs",
        None,
        f"{len(joint)} of {len(sizes)} events name two countries or more; the three largest make {made.iloc[:3].sum()} of the "
        f"{made.sum()} meetings of two countries.",
        joint.assign(meetings_of_two=made).reset_index(drop=True),
    )
    region = association.regression.table
    shared = Check(
        "Region and language",
        None,
        f"Traffic, region and language together go with {association.regression.r_squared:.0%} of the variation in joint "
        "events.",
        region,
    )
    redrawn = Check(
        "Resampled growth",
        growth.redrawn < 0.10,
        f"{growth.redrawn:.1%} of the resamples of events left a year without two countries at one event and were drawn "
        f"again; the {growth.pairs.n_units} events of the window are few.",
        pd.DataFrame(
            {
                "year": growth.pairs.points.index,
                "pairs": growth.pairs.points.to_numpy(),
                "countries": growth.countries.points.to_numpy(),
                "effective_number_of_drugs": growth.kinds.points.to_numpy(),
            }
        ),
    )
    return reporters, coverage, order, large, shared, redrawn
