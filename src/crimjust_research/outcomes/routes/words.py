"""The sentences that answer the question about routes, and the checks they stand on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from crimjust_research import document
from crimjust_research.data.panels.routes import ONE_COUNTRY, TWO_COUNTRIES
from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.routes.convergence import (
    ACROSS_BORDERS,
    PRECURSORS_WITH_DRUGS,
    PRIMARY,
    Specification,
    largest_reporter,
    reporters_of_every_year,
    specification_table,
)
from crimjust_research.outcomes.routes.lists import (
    ChanceOfTwelve,
    fewest_unsurprising_further,
    longest_surprising_list,
)
from crimjust_research.outcomes.routes.parameters import PRECURSORS, Params, stated_sources
from crimjust_research.vocabulary import countries


def answer(
    params: Params,
    known: pd.DataFrame,
    primary: Specification,
    chance: ChanceOfTwelve,
    coverage: pd.DataFrame,
    estimates: Sequence[Estimate],
) -> str:
    """What the registered comparison found, what it stands on, the twelve of seventeen, and the doubt."""
    by_id = {e.id: e for e in estimates}
    return " ".join(
        [
            _main(params, primary, by_id),
            _across_borders(by_id),
            _precursors(known, params, by_id),
            _basis(coverage, known, by_id),
            _twelve(params, chance, by_id),
            "The strongest reason to doubt it: labels put on cases at random leave the drugs about as alike as a "
            "country's routes allow, so the comparison can show that drugs keep to routes of their own but hardly that "
            "they come together; and what is compared is the little that a few countries, other ones every year, said "
            "of where their seizures came from and were bound for.",
        ]
    )


def _main(params: Params, primary: Specification, by_id: dict[str, Estimate]) -> str:
    e, mean = by_id[PRIMARY], primary.test.mean
    found = e.p_adjusted < 1 - params.confidence_level
    direction = "less" if e.estimate < e.null_value else "more"
    verdict = f"share routes {direction}" if found else "do not detectably share routes more or less"
    numbers = (
        f"mean overlap {number(e.estimate)}, against {number(mean['null_mean'])}, {number(mean['null_low'])} to "
        f"{number(mean['null_high'])}, with drug labels put on its cases at random; p {_p(e.p_value)}"
    )
    return (
        f"In the {primary.test.cases:,} seizures of {params.start} to {params.end} whose departure and destination are "
        f"known, {primary.drugs} drugs {verdict} than the routes and drugs of each reporting country and year would "
        f"give ({refer(numbers, e.id)})."
    )


def _across_borders(by_id: dict[str, Estimate]) -> str:
    domestic = refer(f"{by_id['coverage.domestic'].estimate:.0%}", "coverage.domestic")
    start = f"Of all cases with both ends known {domestic} leave and end in one country"
    if (across := by_id.get(ACROSS_BORDERS)) is None:
        return f"{start}; too few lie between two countries to be compared."
    numbers = f"{number(across.estimate, 2)} against {number(across.null_value, 2)}, adjusted p {_p(across.p_adjusted)}"
    return f"{start}; on routes between two countries the overlap is {refer(numbers, across.id)}."


def _precursors(known: pd.DataFrame, params: Params, by_id: dict[str, Estimate]) -> str:
    cases = int(known.loc[known["family"] == PRECURSORS, "cases"].sum())
    if (together := by_id.get(PRECURSORS_WITH_DRUGS)) is None:
        return f"Of precursors there are {cases} such cases, too few to be compared."
    found = together.p_adjusted < 1 - params.confidence_level
    side = "less" if together.estimate < together.null_value else "more"
    verdict = f"share {side}" if found else "do not detectably share more or less"
    numbers = (
        f"{number(together.estimate, 2)} against {number(together.null_value, 2)}, adjusted p {_p(together.p_adjusted)}"
    )
    return (
        f"Precursors, with {cases} such cases, {verdict} of the routes of drugs than chance would give "
        f"({refer(numbers, together.id)})."
    )


def _basis(coverage: pd.DataFrame, known: pd.DataFrame, by_id: dict[str, Estimate]) -> str:
    share = refer(f"{by_id['coverage.known'].estimate:.1%}", "coverage.known")
    largest = refer(f"{by_id['coverage.largest'].estimate:.0%}", "coverage.largest")
    colombia = refer(f"{by_id['coverage.colombia'].estimate:.0%}", "coverage.colombia")
    of_known = by_id["coverage.colombia_known"].estimate
    its_part = refer("none" if of_known == 0 else f"{of_known:.1%} of them", "coverage.colombia_known")
    return (
        f"Both ends are known of only {share} of the {coverage['cases'].sum():,} cases on record; "
        f"{known['seizing'].nunique()} countries reported those, {countries.short_name(largest_reporter(known))} alone "
        f"{largest} of them, and Colombia, which reports {colombia} of all cases, {its_part}."
    )


def _twelve(params: Params, chance: ChanceOfTwelve, by_id: dict[str, Estimate]) -> str:
    level = 1 - params.confidence_level
    proposed, majors = len(document.load().proposed_iso3), len(document.load().majors_iso3)
    sources = stated_sources()
    last = by_id[f"twelve.states.{params.most_sources}"]
    surprising = longest_surprising_list(chance.of_states, level)
    further = fewest_unsurprising_further(chance.of_majors, level)
    none_further = by_id[f"twelve.majors.{sources}"]
    of_states = (
        f"were the sources any {params.most_sources} of {params.states} States, chance would put "
        f"{refer(f'{last.null_value:.1f}', last.id)} of them among the {proposed} (p {_p(last.p_value)})"
    )
    if surprising != params.most_sources:
        of_states += f", and with more than {surprising or sources - 1} sources {sources} would be nothing rare"
    among_majors = (
        f"but the {proposed} were taken from the {majors} Majors, and among those {sources} is what chance often gives as "
        f"soon as {further} of the other {majors - proposed} {'is a source' if further == 1 else 'are sources'} too (none: p "
        f"{refer(_p(none_further.p_value).removeprefix('= '), none_further.id)})"
        if further
        else f"but among the {majors} Majors, from which the {proposed} were taken, {sources} is what chance often gives"
    )
    return (
        f"The document's {sources} of {proposed} countries that are also precursor sources cannot settle it, for it names "
        f"neither the {sources} nor the list: {of_states}; {among_majors}."
    )


def checks(
    routes: pd.DataFrame,
    known: pd.DataFrame,
    primary: Specification,
    estimate: Estimate,
    sensitive: Sequence[Specification],
    coverage: pd.DataFrame,
    others: Sequence[Specification],
    matrix: pd.DataFrame,
    counts: pd.DataFrame,
) -> tuple[Check, ...]:
    """What the comparison rests on, and what informs its reading."""
    cases, repeats = int(coverage["cases"].sum()), int(coverage["repeated_records"].sum())
    either = coverage[[TWO_COUNTRIES, ONE_COUNTRY]].sum()
    steady = reporters_of_every_year(routes)
    both = (routes[["departure", "destination"]] != "unknown").all(axis=1)
    named = int(routes.loc[both, ["cases", "duplicates"]].to_numpy().sum())
    ends = Check(
        "Both ends known",
        None,
        f"{int(either.sum()):,} of {cases:,} cases name a country of departure and one of destination, "
        f"{int(either[TWO_COUNTRIES]):,} of them two countries; a few more say only that there were several. Counting the "
        f"{repeats:,} records that repeat another in every column, {named:,} name something at both ends. Cases of which "
        "an end is not known were left out, not filled.",
        coverage,
    )
    movable = primary.test.informative_cases / primary.test.cases
    strata = Check(
        "Cases the permutation can move",
        movable > 0.5,
        f"{movable:.1%} of the cases lie in one of the {primary.test.strata} countries and years with more than one drug "
        "and more than one route; the others stay where they are and pull both sides together.",
        pd.DataFrame(
            {
                "cases": [primary.test.cases],
                "that_can_move": [primary.test.informative_cases],
                "countries_and_years": [primary.test.strata],
            }
        ),
    )
    same_side = [(one.test.mean["excess"] < 0) == (primary.test.mean["excess"] < 0) for one in sensitive]
    reporters = Check(
        "Who reports",
        None,
        f"{routes['seizing'].nunique()} countries reported some case, {len(steady)} of them in every year "
        f"({', '.join(map(countries.short_name, steady)) or 'none'}). {sum(same_side)} of {len(sensitive)} registered "
        "sensitivity specifications lie on the same side of chance as the registered one. "
        + (
            ""
            if math.isnan(estimate.ci_low)
            else f"With reporting countries resampled the mean overlap lies between {number(estimate.ci_low, 2)} and "
            f"{number(estimate.ci_high, 2)} ({estimate.ci_level:.0%}): its height hangs on who reports. "
        )
        + "Cases are not independent: one operation can bring many, which makes p-values too small.",
        known.groupby("seizing")["cases"].sum().sort_values(ascending=False, kind="stable").reset_index(),
    )
    room = Check(
        "Room above chance",
        None,
        "If a case's route did not depend on its drug, the drugs of a country would have the same routes, and their "
        f"overlap there would be as large as their numbers allow: {number(primary.test.mean['null_mean'])} over all. A "
        "finding of more than that could only be small; a finding of less has room.",
        pd.DataFrame(
            {column: [primary.test.mean[column]] for column in ("observed", "null_mean", "null_low", "null_high")}
        ),
    )
    weighed = Check(
        "What a case is",
        None,
        "A case is one seizure whatever its size. Seizures show where services look as well as where drugs go; most routes "
        "are reported from one of their ends. Cannabis is all but absent, and precursors with both ends known are few: "
        f"{int(known.loc[known['family'] == PRECURSORS, 'cases'].sum())} cases.",
        known.groupby("family")["cases"].sum().sort_values(ascending=False, kind="stable").reset_index(),
    )
    gaps = "; ".join(
        f"{one.label} ({one.drugs}) {number(one.test.mean['excess'], 2)}"
        for one in others
        if one.key in ("rarer_drugs", "common_drugs")
    )
    choices = Check(
        "Choices the plan left open",
        None,
        "A drug is a family of the publisher's names, compared if enough cases have both ends known; a pair of departure "
        "and destination may be one country twice. Distance from chance as registered, with "
        f"{primary.drugs} drugs: {number(primary.test.mean['excess'], 2)}" + (f"; {gaps}." if gaps else "."),
        specification_table((primary, *others)),
    )
    read = counts.dropna().astype("int64")
    everywhere = read.loc[read["proposed_countries_listed"] == len(document.load().proposed_iso3), "fiscal_year"]
    fewest = read.iloc[int(read["proposed_countries_listed"].argmin())]
    listed = Check(
        "Majors List",
        None,
        f"Of {len(counts)} fiscal years {len(read)} lists were read. "
        + (
            f"All {len(document.load().proposed_iso3)} proposed countries are on {len(everywhere)} of them, first on that of "
            f"{everywhere.min()}; the fewest, {fewest['proposed_countries_listed']}, were on that of "
            f"{fewest['fiscal_year']}. "
            if len(everywhere)
            else ""
        )
        + "From 2024 the list's own definition takes in major sources of precursors, so later lists cannot say apart what "
        "the document sets side by side.",
        matrix,
    )
    return ends, strata, reporters, room, choices, weighed, listed


def _p(value: float) -> str:
    """A p-value with its sign: "= 0.020" or "< 0.001"."""
    text = p_text(value)
    return text if text.startswith("<") else f"= {text}"
