"""Steps of the audit of claims: the rule on intervals by hand, readings of small tables, and revisions."""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.document import Claim, Quantity
from crimjust_research.errors import DataError
from crimjust_research.evidence.sentences import Teller
from crimjust_research.questions.claims import deaths, programme, revisions, steps, unnumbered
from crimjust_research.questions.claims.findings import TABLES, Evidence, Finding, Published, citation, found
from crimjust_research.questions.claims.params import DEATHS
from crimjust_research.questions.claims.rule import (
    Bounds,
    as_bounds,
    at_least,
    claimed,
    exactly,
    position,
    rounded_fraction,
    verdict,
)

CLAIMS = (*document.load().claims, *unnumbered.claims(document.load()))
BY_KEY = {claim.key: claim for claim in CLAIMS}


def claim_of(low: float | None, high: float | None, unit: str, qualifier: str) -> Claim:
    quantity = Quantity(low=low, high=high, unit=unit, qualifier=qualifier)  # type: ignore[arg-type]
    return Claim(key="any", label="any", wording="any", place="anywhere", quantity=quantity)


ABOUT_81000 = claimed(claim_of(80_500, 81_500, "deaths", "about"))
OVER_HALF = claimed(claim_of(0.5, 1.0, "share", "over"))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    raw = catalog.raw()
    return Evidence({name: raw.open(name) for name in TABLES}, {name: citation(name) for name in TABLES}, "predicted")


@pytest.fixture(scope="module")
def findings(evidence: Evidence) -> Mapping[str, Finding]:
    return {finding.claim.key: finding for finding in steps.findings_on(CLAIMS, evidence)}


# The rule


@pytest.mark.parametrize(
    ("figure", "claim", "expected"),
    [
        (exactly(81_230), ABOUT_81000, "inside"),
        (exactly(80_500), ABOUT_81000, "inside"),  # a figure on the edge still rounds to it
        (exactly(81_501), ABOUT_81000, "outside"),
        (Bounds(80_000, 81_000), ABOUT_81000, "undecided"),
        (Bounds(80_600, 81_400), ABOUT_81000, "inside"),
        (at_least(81_501), ABOUT_81000, "outside"),
        (at_least(10), exactly(13), "undecided"),
        (at_least(14), exactly(13), "outside"),
        (exactly(13), exactly(13), "inside"),
        (exactly(0.5), OVER_HALF, "outside"),  # over excludes its bound
        (exactly(0.500001), OVER_HALF, "inside"),
        (Bounds(0.5, 0.6), OVER_HALF, "undecided"),
        (Bounds(0.5, 0.6, low_excluded=True), OVER_HALF, "inside"),
        (as_bounds(None, 7_000, high_excluded=True), exactly(7_000), "outside"),  # almost 7,000 is not 7,000
        (as_bounds(None, 7_000), exactly(7_000), "undecided"),
        (as_bounds(None, None), exactly(0), "undecided"),
    ],
)
def test_where_a_figure_lies_with_respect_to_a_claim(figure: Bounds, claim: Bounds, expected: str) -> None:
    assert position(figure, claim) == expected


INSIDE, OUTSIDE, UNDECIDED = exactly(81_000), exactly(82_000), Bounds(81_000, 82_000)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([], "cannot be checked"),
        ([UNDECIDED], "cannot be checked"),
        ([UNDECIDED, UNDECIDED], "cannot be checked"),
        ([INSIDE], "holds"),
        ([INSIDE, INSIDE], "holds"),
        ([INSIDE, UNDECIDED], "holds"),
        ([OUTSIDE], "contradicted"),
        ([OUTSIDE, UNDECIDED], "contradicted"),
        ([OUTSIDE, OUTSIDE], "contradicted"),
        ([INSIDE, OUTSIDE], "revised since"),
    ],
)
def test_the_verdict_follows_from_the_figures_that_decide(figures: list[Bounds], expected: str) -> None:
    assert {verdict(order, ABOUT_81000) for order in permutations(figures)} == {expected}


def test_a_fraction_in_words_stands_for_the_shares_nearest_to_it() -> None:
    # Halfway from 1/2 to 2/3 is 7/12, halfway from 2/3 to 3/4 is 17/24.
    thirds = claimed(claim_of(2 / 3, 2 / 3, "share", "stated"))
    assert (thirds.low, thirds.high) == pytest.approx((7 / 12, 17 / 24))
    assert rounded_fraction(1.0) == Bounds(7 / 8, 1.0)  # halfway from 3/4 to 1
    assert rounded_fraction(0.0) == Bounds(0.0, 1 / 8)
    with pytest.raises(DataError, match=r"0\.4 is not a quarter"):
        rounded_fraction(0.4)


def test_bounds_without_a_value_between_them_are_refused() -> None:
    with pytest.raises(DataError, match="no value lies between"):
        Bounds(2, 1)
    with pytest.raises(DataError, match="no value lies between"):
        Bounds(1, 1, low_excluded=True)


@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(0, 1e6),
    value=st.floats(-3e6, 3e6),
    by=st.floats(0.5, 1e3),
)
def test_a_point_is_inside_or_outside_and_units_do_not_matter(
    low: float, width: float, value: float, by: float
) -> None:
    claim = Bounds(low, low + width)
    where = position(exactly(value), claim)
    assert where == ("inside" if low <= value <= low + width else "outside")
    if min(abs(value - claim.low), abs(value - claim.high)) > 1e-3:
        assert position(exactly(value).scaled(by), claim.scaled(by)) == where


# What claims are held against


def test_every_check_is_of_a_claim() -> None:
    assert set(steps.CHECKS) <= set(BY_KEY)
    assert set(revisions.ON_DEATHS) <= set(steps.CHECKS)


def test_the_twelve_months_are_those_of_the_document() -> None:
    assert BY_KEY["overdose_deaths_81000"].date == deaths.WINDOW_END
    assert (len(deaths.WINDOW), deaths.WINDOW[0], deaths.WINDOW[-1]) == (12, "2019-06", "2020-05")


def test_the_verdicts(findings: Mapping[str, Finding]) -> None:
    verdicts = {key: finding.verdict for key, finding in findings.items() if finding.verdict != "cannot be checked"}
    assert verdicts == {
        "majors_22": "holds",
        "components_2": "holds",
        "pillars_3": "holds",
        "crimjust_since_2016": "holds",
        "azure_launched_2021": "holds",
        "overdose_record_may_2020": "holds",
        "overdose_deaths_81000": "revised since",
        "synthetic_opioids_over_half": "holds",
        "overdose_increases_with_covid": "misprint, substance not checked",
        "proposed_17": "holds",
        "phases_6": "holds",
        "outcomes_3": "holds",
        "review_mechanism_2010": "holds",
        "chapters_4": "holds",
        "regional_platforms": "holds",
        "record_reported": "contradicted",
    }
    assert len(findings) == 39


def test_the_figures_are_those_published(findings: Mapping[str, Finding]) -> None:
    deaths_found = findings["overdose_deaths_81000"]
    assert deaths_found.then is not None
    assert deaths_found.now is not None
    # Announced in December 2020; CDC's file of 8 January 2025, predicted and reported.
    assert deaths_found.then.bounds == exactly(81_230)
    assert deaths_found.now.bounds == exactly(81_622)
    reported, residents = deaths_found.beside
    assert reported.bounds == exactly(80_577)
    # 79,702 in the cells shown, and 39 hidden cells of 1 to 9: 79,741 to 80,053.
    assert residents.bounds == Bounds(79_702 + 39, 79_702 + 39 * 9)
    half = findings["synthetic_opioids_over_half"].now
    assert half is not None
    assert half.bounds.low == pytest.approx(46_201 / 81_622)


def test_a_count_that_only_grows_decides_nothing_later(findings: Mapping[str, Finding]) -> None:
    gaps = findings["gaps_8000"]
    assert gaps.then is not None
    assert gaps.then.bounds == Bounds(-math.inf, 7_000, high_excluded=True)
    assert gaps.position(gaps.then) == "undecided"
    # 7,000 in the ten years 2010 to 2019 are 700 a year; twelve years make 8,400.
    assert gaps.beside[0].bounds.high == pytest.approx(8_400)
    assert gaps.position(gaps.beside[0]) == "undecided"
    assert findings["needs_4000"].beside[0].bounds.high == pytest.approx(4_800)


def test_those_who_took_part_are_a_lower_bound_of_those_equipped(
    findings: Mapping[str, Finding], evidence: Evidence
) -> None:
    azure = findings["azure_countries_13"]
    assert azure.then is not None
    assert (azure.then.bounds, azure.then.judged) == (exactly(10), at_least(10))
    results = evidence["programme_results"].copy()
    results.loc[results["metric"] == "azure1_seizures", "scope"] = "11 countries"
    with pytest.raises(DataError, match="'11 countries' of Operation Azure's seizures and programme 10 countries"):
        steps.CHECKS["azure_countries_13"](
            BY_KEY["azure_countries_13"], with_frame(evidence, "programme_results", results)
        )


def test_two_thirds_depends_on_of_what(findings: Mapping[str, Finding]) -> None:
    found = findings["states_in_need_two_thirds"]
    assert found.then is not None
    assert (found.then.bounds.low, found.then.bounds.high) == (108 / 186, 108 / 156)
    (own,) = found.beside  # of the paragraph's own 173
    assert own.bounds == exactly(108 / 173)
    assert round(100 * own.bounds.low, 1) == 62.4
    assert found.position(own) == "inside"


def test_the_first_phase_began_in_the_year_claimed(findings: Mapping[str, Finding], evidence: Evidence) -> None:
    (phase,) = findings["crimjust_since_2016"].beside
    assert (phase.facts["date"], phase.bounds) == ("2016-02", exactly(0))
    results = evidence["programme_results"].copy()
    results.loc[results["metric"] == "phase1_duration", "stated"] = "since 2016"
    with pytest.raises(DataError, match="'since 2016' of phase1_duration; give months as in Feb 2016"):
        programme.first_phase_began(with_frame(evidence, "programme_results", results))


def test_81000_was_revised_by_122_deaths_beyond_what_rounds_to_it(
    findings: Mapping[str, Finding], evidence: Evidence
) -> None:
    assert findings["overdose_deaths_81000"].facts["beyond"] == 122
    vintages = {vintage: catalog.raw().open(DEATHS, vintage) for vintage in ("2025-01-08", "2025-09")}
    window = revisions.of_the_window(revisions.around(vintages), evidence, ABOUT_81000).set_index("series")
    assert window["beyond"].loc["predicted, vintage 2025-01-08":"predicted, vintage 2025-09"].tolist() == [122, 16]
    assert window.loc["reported, vintage 2025-09", "beyond"] == 0
    assert deaths.beyond(80_000, ABOUT_81000) == -500


def test_presence_is_seen_in_nine_of_ten_countries(findings: Mapping[str, Finding], evidence: Evidence) -> None:
    presence = findings["presence"]
    assert presence.then is not None
    assert (presence.then.bounds, presence.then.n_obs) == (exactly(9), 10)
    assert presence.facts["unseen"] == ["India"]
    assert presence.facts["joined"] == 7
    assert presence.verdict == "cannot be checked"  # not being seen is not being absent
    events = evidence["programme_event_countries"]
    late = events.assign(date_start="2021-12-13")
    without = with_frame(evidence, "programme_event_countries", late)
    assert unnumbered.presence(BY_KEY["presence"], without).facts["unseen"] == ["Costa Rica", "Mexico", "India"]


def test_lists_without_a_number_are_counted(findings: Mapping[str, Finding]) -> None:
    counted = {key: findings[key].claimed for key in ("advisers_posted", "regional_platforms", "third_hub", "presence")}
    assert counted == {
        "advisers_posted": exactly(7),
        "regional_platforms": exactly(5),
        "third_hub": exactly(3),
        "presence": exactly(10),
    }
    reported = findings["record_reported"]
    assert reported.then is not None
    assert (reported.then.facts["date"], reported.then.bounds) == ("2020-12-17", exactly(7))


def test_platforms_dated_after_the_document_do_not_count(evidence: Evidence) -> None:
    table = evidence["uncac_platforms"]
    late = table.assign(since=table["since"].where(table["platform"] != "western_balkans", "2022-06-25"))
    finding = unnumbered.regional_platforms(BY_KEY["regional_platforms"], with_frame(evidence, "uncac_platforms", late))
    assert finding.then is not None
    assert (finding.then.bounds, finding.then.n_obs, finding.verdict) == (exactly(4), 5, "contradicted")


def test_outputs_are_those_on_record_by_the_documents_date(evidence: Evidence) -> None:
    found = programme.outputs(evidence)
    azure = [found[f"azure_{what}"] for what in ("seizures", "arrests", "kilograms", "countries")]
    assert azure == [125, 18, 480, 10]
    assert [found[what] for what in ("activities", "told", "participants", "by_sex")] == [37, 14, 363, 8]
    events = evidence["programme_events"]
    none = with_frame(evidence, "programme_events", events.assign(women=None, men=None))
    assert math.isnan(programme.outputs(none)["women"])


def test_a_total_published_twice_or_not_at_all_is_refused(evidence: Evidence) -> None:
    totals = evidence["uncac_totals"]
    twice = pd.concat([totals, totals[totals["metric"] == "first_cycle_states_in_study"]])
    for frame, count in ((twice, 2), (totals[totals["metric"] != "first_cycle_states_in_study"], 0)):
        with pytest.raises(DataError, match=f"holds {count} rows of 'first_cycle_states_in_study'"):
            steps.CHECKS["states_reviewed_173"](
                BY_KEY["states_reviewed_173"], with_frame(evidence, "uncac_totals", frame)
            )


def with_frame(evidence: Evidence, table: str, frame: pd.DataFrame) -> Evidence:
    return replace(evidence, frames={**evidence.frames, table: frame})


def counts(totals: Mapping[str, float], opioids: Mapping[str, float] | None = None) -> pd.DataFrame:
    """A table of twelve-month totals of the United States, predicted and reported alike."""
    rows = [
        ("US", month, indicator, figure, figure, 100.0, 0.1, None)
        for indicator, series in ((deaths.ALL_DRUGS, totals), (deaths.SYNTHETIC_OPIOIDS, opioids or {}))
        for month, figure in series.items()
    ]
    columns = ["jurisdiction", "month_ending", "indicator", "reported", "predicted"]
    return pd.DataFrame(rows, columns=[*columns, "percent_complete", "percent_pending", "flags"])


def test_a_higher_total_before_contradicts_a_record(evidence: Evidence) -> None:
    table = counts({"2020-03": 90_000, "2020-04": 80_000, "2020-05": 81_000, "2020-06": 99_000})
    finding = deaths.record(BY_KEY["overdose_record_may_2020"], with_frame(evidence, DEATHS, table))
    assert finding.verdict == "contradicted"
    assert finding.now is not None
    assert finding.now.bounds == exactly(0.9)  # 81,000 of 90,000; what came later does not count


def test_half_is_not_more_than_half(evidence: Evidence) -> None:
    table = counts({"2020-05": 80_000}, {"2020-05": 40_000})
    finding = deaths.synthetic_opioids(BY_KEY["synthetic_opioids_over_half"], with_frame(evidence, DEATHS, table))
    assert finding.verdict == "contradicted"


def test_months_count_as_printed(evidence: Evidence) -> None:
    # In 2020 the total rises in March and May and falls in April: two of three months.
    table = counts({"2020-02": 10, "2020-03": 12, "2020-04": 11, "2020-05": 13})
    held = with_frame(evidence, DEATHS, table)
    printed = deaths.spring_months(BY_KEY["overdose_increases_with_covid"], held)
    assert printed.verdict == "misprint, substance not checked"
    assert [r.bounds for r in printed.beside] == [exactly(2)]
    meant = deaths.spring_months(printed.claim.model_copy(update={"date": "2020-03/2020-05"}), held)
    assert meant.verdict == "cannot be checked"  # no table counts COVID-19 cases


def test_deaths_that_do_not_reach_may_2020_leave_the_announcement_alone(evidence: Evidence) -> None:
    held = with_frame(evidence, DEATHS, counts({"2018-11": 70_000}))
    finding = deaths.deaths_81000(BY_KEY["overdose_deaths_81000"], held)
    assert finding.now is None
    assert finding.verdict == "holds"
    assert deaths.record(BY_KEY["overdose_record_may_2020"], held).verdict == "cannot be checked"


def test_dates_are_claimed_as_years() -> None:
    assert claimed(BY_KEY["strategy_2021_2025"]) == Bounds(2021, 2025)


# Revisions

COLUMNS = ["jurisdiction", "month_ending", "indicator", "reported", "predicted"]
OLD = [
    ("US", "2017-12", "overdose_deaths", 100.0, 110.0),  # closed: 2017 had ended 19 months before 2019-07
    ("US", "2018-06", "overdose_deaths", 200.0, 220.0),
    ("US", "2018-06", "t40_4", 50.0, None),
    ("US", "2018-06", "percent_drugs_specified", 90.0, None),
    ("VT", "2018-06", "overdose_deaths", 0.0, None),
]
NEW = [
    ("US", "2017-12", "overdose_deaths", 100.0, 99.0),
    ("US", "2018-06", "overdose_deaths", 210.0, 220.0),
    ("US", "2018-06", "t40_4", None, 60.0),
    ("US", "2018-06", "percent_drugs_specified", 95.0, None),
    ("US", "2018-07", "overdose_deaths", 300.0, 330.0),
    ("VT", "2018-06", "overdose_deaths", 3.0, None),
]


TWO_VINTAGES = {v: pd.DataFrame(rows, columns=COLUMNS) for v, rows in (("2019-07", OLD), ("2020-07", NEW))}


def test_revisions_are_of_counts_both_vintages_show() -> None:
    cells = revisions.revisions(TWO_VINTAGES).set_index(["jurisdiction", "month_ending", "measure"])
    assert len(cells) == 5  # three reported, two predicted; the share and the blanks are left out
    assert cells.loc[("US", "2018-06", "reported"), "percent"] == pytest.approx(5.0)  # 200 to 210
    assert cells.loc[("US", "2017-12", "predicted"), "percent"] == pytest.approx(-10.0)  # 110 to 99
    assert math.isnan(cells.loc[("VT", "2018-06", "reported"), "percent"])  # from zero
    assert list(cells.index[cells["closed"]]) == [("US", "2017-12", "predicted"), ("US", "2017-12", "reported")]


def test_a_summary_counts_what_moved_and_what_did_not() -> None:
    table = revisions.summary(revisions.revisions(TWO_VINTAGES), ["measure"]).set_index("measure")
    assert table.loc["predicted", ["compared", "revised"]].tolist() == [2, 1]
    assert table.loc["reported", ["compared", "revised"]].tolist() == [3, 2]
    assert table.loc["reported", "highest_percent"] == pytest.approx(5.0)


def test_the_largest_revision_of_each_place_has_a_class_of_size() -> None:
    table = revisions.largest(revisions.revisions(TWO_VINTAGES))
    # 200 to 210 is 5 percent; Vermont's 3 after none are no percentage.
    assert table[["jurisdiction", "indicator", "compared", "revised", "size"]].to_numpy().tolist() == [
        ["US", "all drugs", 2, 1, "to 5%"]
    ]


def test_a_year_is_closed_eighteen_months_after_its_end() -> None:
    # December 2017 lies 19 months before July 2019 and 18 months before June 2019.
    assert revisions.last_closed_year("2019-07") == "2017"
    assert revisions.last_closed_year("2019-06-30") == "2017"
    assert revisions.last_closed_year("2019-05") == "2016"


def test_margins_compare_what_is_needed_with_what_was_seen() -> None:
    def finding(key: str, figure: float, claim: Bounds, unit: str) -> Finding:
        return Finding(BY_KEY[key], claim, (Published(key, "now", "any", exactly(figure), unit, "someone"),))

    judged = [
        finding("overdose_deaths_81000", 81_600.0, ABOUT_81000, "deaths"),
        finding("synthetic_opioids_over_half", 0.6, Bounds(0.5, 1.0, low_excluded=True), "share"),
        finding("gaps_8000", 9_000.0, exactly(8_000), "gaps"),
    ]
    seen = {"jurisdiction": "US", "measure": "predicted", "closed": True}
    cells = pd.DataFrame(
        [
            {**seen, "indicator": "overdose_deaths", "percent": -0.5},
            {**seen, "indicator": "t40_4", "percent": 2.0},
            {**seen, "indicator": "overdose_deaths", "percent": 30.0, "closed": False},
            {**seen, "indicator": "t40_4", "percent": 40.0, "jurisdiction": "VT"},
        ]
    )
    table = revisions.margins(judged, cells, "predicted")
    # From 81,600 to 81,500 is 100 in 81,600; from 0.6 to 0.5 is a sixth. The gaps rest on no count of deaths.
    assert table["needed_percent"].tolist() == pytest.approx([-100 * 100 / 81_600, -100 / 6])
    assert table["largest_seen_percent"].tolist() == [0.5, 2.0]
    assert table["would_change"].tolist() == [True, False]


def test_counts_of_the_twelve_months_are_inside_if_all_they_allow_is(evidence: Evidence) -> None:
    table = counts({"2020-04": 70_000, "2020-05": 81_500})
    window = revisions.of_the_window(revisions.around({"2025": table}), evidence, ABOUT_81000).set_index("series")
    assert window["inside"].to_dict() == {
        "announced at the time": True,
        "predicted, vintage 2025": True,  # the edge still rounds to it
        "reported, vintage 2025": True,
        "residents, State counts by month": False,
    }
    assert window.loc["residents, State counts by month", "deaths"] == (79_741 + 80_053) / 2


def test_a_vintage_that_does_not_reach_the_month_is_not_covered(evidence: Evidence) -> None:
    vintages = {"2019": counts({"2018-11": 70_000}), "2025": counts({"2020-04": 70_000, "2020-05": 82_000})}
    table = revisions.by_vintage(CLAIMS, evidence, vintages)
    of_81000 = table[table["claim"] == BY_KEY["overdose_deaths_81000"].label]
    assert of_81000["agreement"].tolist() == ["not covered"] * 2 + ["not in line"] * 2
    assert table[table["vintage"] == "2019"]["figure"].isna().all()


# Frames


def finding_of(key: str, claim: Bounds, *figures: tuple[str, Bounds]) -> Finding:
    published = (Published(key, name, "deaths", bounds, "deaths", "someone") for name, bounds in figures)
    return Finding(BY_KEY[key], claim, tuple(published))


def test_figures_are_divided_by_the_middle_of_the_claim_or_the_bound_it_has_to_exceed() -> None:
    table = steps.relative(
        [
            finding_of("gaps_8000", Bounds(7_500, 8_500), ("then", Bounds(-math.inf, 8_000))),
            finding_of("needs_4000", Bounds(4_000, math.inf, low_excluded=True), ("then", exactly(5_000))),
            finding_of("overdose_deaths_81000", ABOUT_81000, ("then", exactly(81_000)), ("now", exactly(82_000))),
            finding_of("azure_launched_2021", exactly(0), ("then", exactly(0))),
        ]
    ).set_index("id")
    # In the order of verdicts; a claim of dates, where nought is claimed, cannot be divided by.
    deaths_81000 = ["overdose_deaths_81000.then", "overdose_deaths_81000.now"]
    assert list(table.index) == ["needs_4000.then", *deaths_81000, "gaps_8000.then"]
    assert table["figure"].tolist() == pytest.approx([1.25, 1, 82 / 81, 1])
    assert table.loc["gaps_8000.then", ["low", "high"]].tolist() == [-math.inf, 1]
    assert table.loc["needs_4000.then", ["claim_low", "claim_high"]].tolist() == [1 - steps.NARROWEST, steps.AXIS[1]]
    assert table["decides"].tolist() == [True, True, True, False]


def test_claims_are_counted_by_verdict_and_by_whose_lists_they_hold_against(evidence: Evidence) -> None:
    findings = steps.findings_on(CLAIMS, evidence)
    table = steps.tally(findings, evidence).set_index("name")
    assert table.loc["holds":"cannot_be_checked", "estimate"].sum() == len(CLAIMS)
    # Components, pillars, phases, outcomes and chapters.
    assert table.loc["agree_with_themselves", "estimate"] == 5
    assert set(table["n_obs"]) == {len(CLAIMS)}


def test_a_claim_is_split_only_by_figures_on_both_of_its_sides() -> None:
    rows = [("a", "in line"), ("a", "undecided"), ("b", "in line"), ("b", "not in line"), ("c", "not in line")]
    assert steps.split(pd.DataFrame(rows, columns=["claim", "agreement"]), ["claim"]) == ["b"]


def test_other_measures_need_one_to_compare_with(evidence: Evidence) -> None:
    held = with_frame(evidence, DEATHS, counts({"2018-11": 70_000}))
    assert steps.other_measures(steps.findings_on(CLAIMS, held)).empty
    table = steps.other_measures(steps.findings_on(CLAIMS, evidence))
    assert table.groupby("claim")["measure"].apply(list).to_dict() == {
        BY_KEY[key].label: ["predicted", "reported", "residents"]
        for key in ("overdose_deaths_81000", "synthetic_opioids_over_half")
    }


def test_the_document_agrees_with_itself_on_what_it_does() -> None:
    table = steps.consistency(document.load())
    # Mexico stands in no phase, and phases name countries that are not proposed.
    assert table["holds"].tolist() == [True, True, False, False, True]
    assert "MEX" in table.loc[2, "figures"]


def test_a_figure_known_between_bounds_has_an_interval_and_no_point() -> None:
    between = Published("gaps_8000", "then", "counted", Bounds(1, 2), "gaps", "someone").row()
    assert math.isnan(between["estimate"])
    assert (between["ci_low"], between["ci_high"]) == (1, 2)
    assert "ci_low" not in Published("gaps_8000", "then", "counted", exactly(1), "gaps", "someone").row()


def test_a_claim_without_a_check_is_found_without_figures(evidence: Evidence) -> None:
    (finding,) = steps.findings_on([BY_KEY["country_visit_3_days"]], evidence)
    assert finding == found(BY_KEY["country_visit_3_days"])
    assert finding.verdict == "cannot be checked"


# What CDC announced


def test_figures_announced_are_those_of_the_table(evidence: Evidence) -> None:
    made = evidence["overdose_announcements"]
    planted = replace(
        evidence, frames={**evidence.frames, "overdose_announcements": made.assign(deaths=made["deaths"] + 1)}
    )
    assert deaths.first_announced(planted).deaths == deaths.first_announced(evidence).deaths + 1
    assert deaths.last_announced(evidence).month > deaths.first_announced(evidence).month == deaths.WINDOW_END
    none = replace(evidence, frames={**evidence.frames, "overdose_announcements": made.iloc[1:]})
    with pytest.raises(DataError, match="holds no announcement of the twelve months to 2020-05"):
        deaths.first_announced(none)


def test_a_claim_without_a_short_name_is_tallied_by_its_label(findings: Mapping[str, Finding]) -> None:
    given = SimpleNamespace(claim=findings["crimjust_since_2016"].claim, verdict="contradicted", judged_on=())
    facts = {"p": SimpleNamespace(), "v": {}, "c": SimpleNamespace(), "f": SimpleNamespace(findings=[given])}
    tell = Teller(
        "crimjust_research.questions.claims", {**facts, "e": {"verdicts.contradicted": SimpleNamespace(estimate=1)}}
    )
    assert given.claim.label[1:] in tell("tallied", "contradicted")
