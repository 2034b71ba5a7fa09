"""The audit of claims: its rule on intervals by hand, its readings on small tables, and the published figures."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crimjust_research import document
from crimjust_research.data import catalog as catalogs
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Release
from crimjust_research.document import Quantity
from crimjust_research.errors import DataError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import claims
from crimjust_research.outcomes.claims import deaths, revisions, words
from crimjust_research.outcomes.claims.evidence import Evidence, Finding, Reading, bounds_text, claimed_by, put, read
from crimjust_research.outcomes.claims.figures import CLAIM_LABELS
from crimjust_research.outcomes.claims.findings import CHECKS, NEEDED, findings_on
from crimjust_research.outcomes.claims.rule import (
    Bounds,
    as_bounds,
    at_least,
    claimed,
    exactly,
    position,
    rounded_fraction,
    verdict,
)
from crimjust_research.results import Assessment

CLAIMS = document.load().claims
BY_KEY = {claim.key: claim for claim in CLAIMS}
ABOUT_81000 = claimed(Quantity(low=80_500, high=81_500, unit="deaths", qualifier="about"))
OVER_HALF = claimed(Quantity(low=0.5, high=1.0, unit="share", qualifier="over"))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read(claims.Params())


@pytest.fixture(scope="module")
def found(evidence: Evidence) -> Mapping[str, Finding]:
    return {finding.claim.key: finding for finding in findings_on(CLAIMS, evidence)}


@pytest.fixture(scope="module")
def result() -> Assessment:
    return claims.assess(claims.Params())


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
    thirds = claimed(Quantity(low=2 / 3, high=2 / 3, unit="share", qualifier="stated"))
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


@pytest.mark.parametrize(
    ("bounds", "unit", "text"),
    [
        (exactly(81_230), "deaths", "81,230"),
        (Bounds(79_741, 80_053), "deaths", "79,741 to 80,053"),
        (exactly(2 / 3), "share", "66.7%"),
        (at_least(10), "countries", "at least 10"),
        (Bounds(4_000, math.inf, low_excluded=True), "needs", "over 4,000"),
        (Bounds(-math.inf, 7_000, high_excluded=True), "gaps", "under 7,000"),
        (as_bounds(math.nan, 7_000), "gaps", "at most 7,000"),
    ],
)
def test_bounds_in_words(bounds: Bounds, unit: str, text: str) -> None:
    assert bounds_text(bounds, unit) == text


# What claims are held against


def test_every_claim_is_either_checked_or_says_what_a_check_would_need() -> None:
    assert set(CHECKS) | set(NEEDED) == set(BY_KEY)
    assert not set(CHECKS) & set(NEEDED)


def test_a_claim_nobody_has_dealt_with_is_refused(evidence: Evidence) -> None:
    unknown = BY_KEY["azure_countries_13"].model_copy(update={"key": "new"})
    with pytest.raises(DataError, match="claim 'new' has neither a check nor"):
        findings_on((unknown,), evidence)


def test_the_verdicts(found: Mapping[str, Finding]) -> None:
    verdicts = {key: finding.verdict for key, finding in found.items() if finding.verdict != "cannot be checked"}
    assert verdicts == {
        "majors_22": "holds",
        "components_2": "holds",
        "pillars_3": "holds",
        "crimjust_since_2016": "holds",
        "azure_launched_2021": "holds",
        "overdose_record_may_2020": "holds",
        "overdose_deaths_81000": "revised since",
        "synthetic_opioids_over_half": "holds",
        "overdose_increases_with_covid": "contradicted",
        "proposed_17": "holds",
        "phases_6": "holds",
        "outcomes_3": "holds",
        "review_mechanism_2010": "holds",
        "chapters_4": "holds",
    }
    assert len(found) == 34


def test_the_figures_are_those_published(found: Mapping[str, Finding]) -> None:
    deaths_found = found["overdose_deaths_81000"]
    assert deaths_found.then is not None
    assert deaths_found.now is not None
    # Announced in December 2020; CDC's file of 8 January 2025, predicted and reported.
    assert deaths_found.then.bounds == exactly(81_230)
    assert deaths_found.now.bounds == exactly(81_622)
    reported, residents = deaths_found.beside
    assert reported.bounds == exactly(80_577)
    # 79,702 in the cells shown, and 39 hidden cells of 1 to 9: 79,741 to 80,053.
    assert residents.bounds == Bounds(79_702 + 39, 79_702 + 39 * 9)
    half = found["synthetic_opioids_over_half"].now
    assert half is not None
    assert half.bounds.low == pytest.approx(46_201 / 81_622)


def test_a_count_that_only_grows_decides_nothing_later(found: Mapping[str, Finding]) -> None:
    gaps = found["gaps_8000"]
    assert gaps.then is not None
    assert gaps.then.text == "almost 7,000 in December 2019"
    assert gaps.position(gaps.then) == "undecided"
    # 7,000 in the ten years 2010 to 2019 are 700 a year; twelve years make 8,400.
    assert gaps.beside[0].bounds.high == pytest.approx(8_400)
    assert gaps.position(gaps.beside[0]) == "undecided"
    assert found["needs_4000"].beside[0].bounds.high == pytest.approx(4_800)


def test_those_who_took_part_are_a_lower_bound_of_those_equipped(
    found: Mapping[str, Finding], evidence: Evidence
) -> None:
    azure = found["azure_countries_13"]
    assert azure.then is not None
    assert (azure.then.bounds, azure.then.judged) == (exactly(10), at_least(10))
    results = evidence["programme_results"].copy()
    results.loc[results["metric"] == "azure1_seizures", "scope"] = "11 countries"
    with pytest.raises(DataError, match="'11 countries' of Operation Azure's seizures and programme 10 countries"):
        CHECKS["azure_countries_13"](BY_KEY["azure_countries_13"], with_frame(evidence, "programme_results", results))


def test_two_thirds_depends_on_of_what(found: Mapping[str, Finding]) -> None:
    need = found["states_in_need_two_thirds"].then
    assert need is not None
    assert (need.bounds.low, need.bounds.high) == (108 / 186, 108 / 156)


def test_a_total_published_twice_or_not_at_all_is_refused(evidence: Evidence) -> None:
    totals = evidence["uncac_totals"]
    twice = pd.concat([totals, totals[totals["metric"] == "first_cycle_states_in_study"]])
    for frame, count in ((twice, 2), (totals[totals["metric"] != "first_cycle_states_in_study"], 0)):
        with pytest.raises(DataError, match=f"holds {count} rows of 'first_cycle_states_in_study'"):
            CHECKS["states_reviewed_173"](BY_KEY["states_reviewed_173"], with_frame(evidence, "uncac_totals", frame))


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
    finding = deaths.record(BY_KEY["overdose_record_may_2020"], with_frame(evidence, claims.DEATHS, table))
    assert finding.verdict == "contradicted"
    assert finding.now is not None
    assert finding.now.bounds == exactly(0.9)  # 81,000 of 90,000; what came later does not count


def test_half_is_not_more_than_half(evidence: Evidence) -> None:
    table = counts({"2020-05": 80_000}, {"2020-05": 40_000})
    finding = deaths.synthetic_opioids(
        BY_KEY["synthetic_opioids_over_half"], with_frame(evidence, claims.DEATHS, table)
    )
    assert finding.verdict == "contradicted"


def test_months_count_as_printed(evidence: Evidence) -> None:
    # In 2020 the total rises in March and May and falls in April: two of three months.
    table = counts({"2020-02": 10, "2020-03": 12, "2020-04": 11, "2020-05": 13})
    held = with_frame(evidence, claims.DEATHS, table)
    printed = deaths.spring_months(BY_KEY["overdose_increases_with_covid"], held)
    assert printed.verdict == "contradicted"
    assert [r.bounds for r in printed.beside] == [exactly(2)]
    meant = deaths.spring_months(printed.claim.model_copy(update={"date": "2020-03/2020-05"}), held)
    assert meant.verdict == "holds"


def test_deaths_that_do_not_reach_may_2020_leave_the_announcement_alone(evidence: Evidence) -> None:
    held = with_frame(evidence, claims.DEATHS, counts({"2018-11": 70_000}))
    finding = deaths.deaths_81000(BY_KEY["overdose_deaths_81000"], held)
    assert finding.now is None
    assert finding.verdict == "holds"
    assert deaths.record(BY_KEY["overdose_record_may_2020"], held).verdict == "cannot be checked"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("overdose_deaths_81000", "about 81,000 (80,500 to 81,500) deaths"),
        ("needs_4000", "over 4,000 needs"),
        ("proposed_at_least_17", "at least 17 countries"),
        ("cost_component_1", "10 to 14 million US dollars"),
        ("strategy_2021_2025", "2021 to 2025"),
        ("phases_6", "6 phases"),
    ],
)
def test_claims_in_words(key: str, text: str) -> None:
    assert put(BY_KEY[key]) == text


def test_dates_are_claimed_as_years() -> None:
    assert claimed_by(BY_KEY["strategy_2021_2025"]) == Bounds(2021, 2025)


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


@pytest.fixture
def two_vintages(tmp_path: Path) -> Catalog:
    table = catalogs.raw().resource(claims.DEATHS).table
    filled = {"percent_complete": 100.0, "percent_pending": 0.1, "flags": None}
    frames = [pd.DataFrame(rows, columns=COLUMNS).assign(**filled).astype({"flags": "str"}) for rows in (OLD, NEW)]
    catalog = Catalog(tmp_path)
    releases = zip(("2019-07", "2020-07"), frames, strict=True)
    catalog.store([Release(table, v, f[[c.name for c in table.fields]]) for v, f in releases])
    return catalog


def test_revisions_are_of_counts_both_vintages_show(two_vintages: Catalog) -> None:
    cells = revisions.revisions(two_vintages).set_index(["jurisdiction", "month_ending", "measure"])
    assert len(cells) == 5  # three reported, two predicted; the share and the blanks are left out
    assert cells.loc[("US", "2018-06", "reported"), "percent"] == pytest.approx(5.0)  # 200 to 210
    assert cells.loc[("US", "2017-12", "predicted"), "percent"] == pytest.approx(-10.0)  # 110 to 99
    assert math.isnan(cells.loc[("VT", "2018-06", "reported"), "percent"])  # from zero
    assert list(cells.index[cells["closed"]]) == [("US", "2017-12", "predicted"), ("US", "2017-12", "reported")]


def test_a_summary_counts_what_moved_and_what_did_not(two_vintages: Catalog) -> None:
    table = revisions.summary(revisions.revisions(two_vintages), ["measure"]).set_index("measure")
    assert table.loc["predicted", ["compared", "revised"]].tolist() == [2, 1]
    assert table.loc["reported", ["compared", "revised"]].tolist() == [3, 2]
    assert table.loc["reported", "highest_percent"] == pytest.approx(5.0)


def test_a_year_is_closed_eighteen_months_after_its_end() -> None:
    # December 2017 lies 19 months before July 2019 and 18 months before June 2019.
    assert revisions.last_closed_year("2019-07") == "2017"
    assert revisions.last_closed_year("2019-06-30") == "2017"
    assert revisions.last_closed_year("2019-05") == "2016"


def test_margins_compare_what_is_needed_with_what_was_seen() -> None:
    def finding(key: str, figure: float, claim: Bounds, unit: str) -> Finding:
        return Finding(BY_KEY[key], claim, "", now=Reading(key, "it", exactly(figure), unit, "someone"))

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


def test_reported_figures_of_closed_years_stay_and_predicted_ones_move(result: Assessment) -> None:
    check = next(c for c in result.checks if c.name == "Revisions of closed years")
    closed = check.table[check.table["closed"]].groupby("measure")["revised"].sum()
    assert closed["reported"] == 0
    assert closed["predicted"] == 6_872
    assert check.passed is False


def test_no_verdict_differs_between_the_vintages_at_hand(result: Assessment) -> None:
    table = next(c for c in result.checks if c.name == "Verdicts by vintage").table
    assert set(table.loc[table["vintage"] == "2019-07", "agreement"]) == {"not covered"}
    thousand = table[table["claim"].str.contains("81,000") & (table["agreement"] != "not covered")]
    agreement = thousand.set_index(["measure", "vintage"])["agreement"].to_dict()
    assert agreement == {
        ("predicted", "2025-01-08"): "not in line",
        ("predicted", "2025-09"): "not in line",
        ("reported", "2025-01-08"): "in line",
        ("reported", "2025-09"): "in line",
    }


# The assessment


def test_the_answer_counts_the_verdicts(result: Assessment) -> None:
    counted = result.tables["claims"]["verdict"].value_counts()
    for name, count in counted.items():
        assert result.estimate(f"verdicts.{str(name).replace(' ', '_')}").estimate == count
    assert counted.sum() == len(CLAIMS)
    text = plain(result.answer)
    assert f"{len(CLAIMS)} quantitative claims {counted['holds']} hold" in text
    assert "81,230 at the time, 81,622 now" in text


def test_every_verdict_has_its_reason_in_one_sentence(result: Assessment) -> None:
    for row in result.tables["claims"].to_dict("records"):
        assert re.fullmatch(r"[A-Z0-9].*[^.]\.", row["why"]), row
        assert ". " not in row["why"], row
        if row["verdict"] == "cannot be checked":
            assert "it would take" in row["why"], row


def test_nothing_is_tested_only_compared(result: Assessment) -> None:
    frame = result.frame()
    assert set(frame["role"]) == {"secondary"}
    assert frame[["std_error", "p_value", "p_adjusted"]].isna().all(axis=None)
    interval = frame[frame["ci_low"].notna()]
    assert interval["estimate"].isna().all()


def test_other_measures_of_the_same_deaths_fall_on_both_sides(result: Assessment) -> None:
    check = next(c for c in result.checks if c.name == "Other measures of the same deaths")
    assert check.passed is False
    assert "About 81,000" in check.sentence


def test_held_against_reported_deaths_the_figure_of_81000_holds() -> None:
    reported = claims.assess(claims.Params(measure="reported"))
    verdicts = reported.tables["claims"].set_index("claim")["verdict"]
    assert verdicts[BY_KEY["overdose_deaths_81000"].label] == "holds"


def test_an_older_vintage_leaves_more_unchecked() -> None:
    older = claims.assess(claims.Params(vintage="2019-07"))
    assert older.estimate("verdicts.cannot_be_checked").estimate == 22
    assert next(c for c in older.checks if c.name == "What a revision would change").table.empty


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    assert [f.name for f in result.figures] == ["claims", "vintages", "revisions", "revised_places"]
    for figure in result.figures:
        assert len(figure.alt) > 80
        assert len(figure.data)
        assert "http" not in figure.svg.replace("http://www.w3.org/", "")
    assert set(result.figure("claims").data["claim"]) == set(CLAIM_LABELS.values())


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = claims.assess(claims.Params())
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


def test_the_tables_read_are_named_with_their_hashes(result: Assessment) -> None:
    raw = catalogs.raw()
    assert {u.vintage for u in result.used if u.table == claims.DEATHS} == {
        r.vintage for r in raw.tables()[claims.DEATHS]
    }
    for used in result.used:
        assert raw.resource(used.table, used.vintage).sha256 == used.sha256


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vintage": "2020-12"}, "no vintage '2020-12'; there are: 2019-07"),
        ({"measure": "guessed"}, "'predicted' or 'reported'"),
        ({"vintages": "latest"}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, str], message: str) -> None:
    with pytest.raises((ValidationError, DataError), match=message):
        claims.Params(**changes)  # type: ignore[arg-type]


def test_a_claim_without_figures_says_so() -> None:
    bare = Finding(BY_KEY["country_visit_3_days"], exactly(3), "3 days", needed="the dates of country visits")
    assert words.why(bare) == "No figure at hand bears on it; it would take the dates of country visits."
