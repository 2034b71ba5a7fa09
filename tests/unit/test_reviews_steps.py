"""Steps of the question of reviews, by hand and on panels of known truth."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data import limits, opening
from crimjust_research.designs.margins import equivalence_p, two_sided_power
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.calibration import calibrated_level
from crimjust_research.questions.reviews import (
    QUESTION,
    articles,
    challenges,
    completion,
    hazard,
    meetings,
    power,
    totals,
)
from crimjust_research.questions.reviews.params import Params


def params(**changed: Any) -> Params:
    usual = {
        "covariate": "rule_of_law",
        "counts_file": "",
        "readings_file": "",
        "confidence_level": 0.95,
        "draws": 20,
        "seed": 20211212,
    }
    return Params(**(usual | changed))


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return opening.open_panel("reviews")[0]


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return opening.open_raw("uncac_totals")[0]


def made_up_panel(n: int, effect: float, seed: int) -> pd.DataFrame:
    """States whose yearly hazard of a second summary, from the third year on, grows with the indicator."""
    rng = np.random.default_rng(seed)
    first = rng.integers(2011, 2017, n)
    x = rng.normal(size=n)
    rate = 0.12 * np.exp(effect * x)
    # Whole years begun before an exponential time ends: geometric in years with the same hazard ratio.
    wait = 3 + np.floor(rng.exponential(1 / rate)).astype(int)
    year_done = np.maximum(first, 2015) + wait
    done = year_done <= 2025
    rows = []
    for s in range(n):
        shared = {
            "iso3": f"S{s:03d}",
            "first_year": first[s],
            "censoring_year": 2025,
            "region": ("South Asia", "Sub-Saharan Africa")[s % 2],
            "rule_of_law": x[s],
            "rule_of_law_std_error": 0.05,
            "control_of_corruption": x[s],
            "control_of_corruption_std_error": 0.05,
            "entry_documented": 2018 if s % 4 == 0 else pd.NA,
            "entry_latest": 2019 if s % 4 < 2 else pd.NA,
        }
        year = year_done[s] if done[s] else pd.NA
        rows.append({**shared, "cycle": 1, "is_complete": True, "year": first[s], "years_from_first": pd.NA})
        span = (year_done[s] if done[s] else 2025) - first[s]
        rows.append({**shared, "cycle": 2, "is_complete": bool(done[s]), "year": year, "years_from_first": span})
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(("year", "years_from_first", "entry_documented", "entry_latest"), "Int64"))


# --- Hazards ----------------------------------------------------------------------------------------------------


def with_income(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of `second_cycle` with an income that has nothing to do with anything."""
    second = completion.second_cycle(frame)
    return second.assign(log_income=np.random.default_rng(3).normal(9, 1, len(second)))


def test_a_planted_hazard_ratio_is_recovered_by_every_specification() -> None:
    second = with_income(made_up_panel(900, 0.5, 4))
    found = pd.concat([hazard.sensitivities(second, params()), hazard.beside_participation(second, params())])
    near = (found["estimate"] / math.exp(0.5) - 1).abs() < 0.06
    inside = found["ci_low"].lt(math.exp(0.5)) & found["ci_high"].gt(math.exp(0.5))
    assert (near | inside).all()
    assert (found["p_value"] < 1e-6).all()


def test_a_state_is_at_risk_from_the_opening_of_the_cycle_or_its_first_summary_if_later() -> None:
    frame = made_up_panel(40, 0.0, 2)
    second = completion.second_cycle(frame)
    assert second["from_year"].tolist() == [max(year, 2015) for year in second["first_year"]]
    ends = second["year"].fillna(2025)
    assert (second["years"] == ends - second["from_year"]).all()
    assert (second["years_possible"] == 2025 - second["from_year"]).all()
    assert hazard.state_years(second)["calendar"].min() == 2015
    earlier = completion.counted_from(second, second["first_year"])
    assert (earlier["years"] == frame.loc[frame["cycle"] == 2, "years_from_first"].to_numpy()).all()


def test_a_second_summary_older_than_the_cycle_is_refused() -> None:
    frame = made_up_panel(40, 0.0, 2)
    row = frame.index[(frame["cycle"] == 2) & frame["is_complete"]][0]
    frame.loc[row, "year"] = 2014
    with pytest.raises(DataError, match=f"the second summary of {frame.loc[row, 'iso3']} is dated before 2015"):
        completion.second_cycle(frame)


def test_specifications_are_those_of_the_plan_and_say_what_they_alter(panel: pd.DataFrame) -> None:
    (primary,) = [q for q in plan.load().primaries if q.id == "reviews.rule_of_law"]
    country_years = opening.open_panel("country_year")[0]
    second = completion.with_income(completion.second_cycle(panel), country_years)
    table = hazard.sensitivities(second, params()).set_index("name")
    assert list(table.index) == list(primary.specifications)
    rows = hazard.state_years(second)
    since = (rows["first_year"] >= 2013).mean()
    assert table.loc["first_since_2013", "altered"] == pytest.approx(1 - since)
    assert table.loc["first_since_2013", "n_obs"] == since * len(rows)
    # All State-years of the States reviewed before 2015 are counted otherwise, and years before it added.
    early = rows[rows["first_year"] < 2015]
    added = (2015 - second["first_year"]).clip(lower=0).sum()
    assert table.loc["from_first_summary", "altered"] == pytest.approx((len(early) + added) / len(rows))
    assert table.loc["likelihood_ratio", "altered"] == 0
    assert table.loc["cox", "n_obs"] == len(rows)  # in the unit of the registered estimate
    assert table.loc["given_income", "n_units"] == second["log_income"].notna().sum()


def test_income_is_that_of_the_year_of_the_first_summary() -> None:
    second = pd.DataFrame({"iso3": ["ALB", "PER"], "first_year": [2016, 2013]})
    years = pd.DataFrame({"iso3": ["ALB", "ALB", "PER"], "year": [2016, 2017, 2012]})
    years = years.assign(gdp=[4000.0, 9000.0, 1.0], population=[2, 3, 1])
    found = completion.with_income(second, years)["log_income"]
    assert found.iloc[0] == pytest.approx(math.log(2000))
    assert math.isnan(found.iloc[1])


def test_without_one_state_is_the_registered_model_of_the_others(panel: pd.DataFrame) -> None:
    known = hazard.with_indicator(completion.second_cycle(panel), "rule_of_law")
    table = hazard.left_out(known, params()).set_index("name")
    assert set(table.index) == set(known["iso3"])
    rows = hazard.state_years(known[known["iso3"] != "PER"])
    one = discrete_hazard(rows, "iso3", ["rule_of_law"], alpha=0.10).table.iloc[0]
    row = table.loc["PER"]
    assert row[["estimate", "ci_low", "ci_high", "p_value"]].tolist() == pytest.approx(
        one[["hazard_ratio", "ci_low", "ci_high", "p_value"]].tolist(), rel=1e-4
    )
    assert (row["words"], row["ci_level"], row["n_obs"]) == ("Peru", 0.9, len(rows))


def test_the_control_finds_an_order_that_hangs_on_the_indicator() -> None:
    """Of first summaries in the order of the indicator, and of a made-up panel in which they are drawn by lot."""
    known = completion.second_cycle(made_up_panel(200, 0.5, 6))
    drawn = hazard.order_of_first_summaries(known, math.log(1.25), params())
    assert drawn["passed"]
    assert 0 < drawn["power"] < 1
    ordered = known.assign(rule_of_law=known["rule_of_law"] - 0.5 * (known["first_year"] - 2013))
    found = hazard.order_of_first_summaries(ordered, math.log(1.25), params())
    assert not found["passed"]
    assert found["table"]["hazard_ratio"].iloc[0] > 1


def test_a_row_has_the_ratio_and_its_error_by_the_delta_method() -> None:
    table = pd.DataFrame(
        {
            "term": ["x", "y"],
            "hazard_ratio": [2.0, 1.0],
            "std_error": [0.5, 9.0],
            "ci_low": [1.0, 0.0],
            "ci_high": [4.0, 9.0],
            "p_value": [0.1, 1.0],
        }
    )
    rows = pd.DataFrame({"iso3": ["ALB", "ALB", "ARG"]})
    found = hazard.ratio(table, "x", rows, name="here")
    assert (found["estimate"], found["std_error"], found["n_obs"], found["n_units"]) == (2, 1, 3, 2)
    assert found["name"] == "here"
    # The robust error of a Cox model goes before the other.
    assert hazard.ratio(table.assign(robust_std_error=0.25), "x", rows)["std_error"] == 0.5


def test_rows_of_the_registered_model_are_called_what_the_registered_estimate_is() -> None:
    assert QUESTION.estimates["registered"].method == hazard.DISCRETE


def test_draws_of_the_indicator_are_put_together_by_rubins_rules(panel: pd.DataFrame) -> None:
    p = params()
    known = hazard.with_indicator(completion.second_cycle(panel), p.covariate)
    fits = [
        discrete_hazard(hazard.state_years(known.assign(x=draw)), "iso3", ["x"]).table.iloc[0]
        for draw in hazard.drawn_indicators(known, p)
    ]
    estimates, errors = (np.array([fit[c] for fit in fits]) for c in ("estimate", "std_error"))
    error = math.sqrt((errors**2).mean() + (1 + 1 / p.draws) * estimates.var(ddof=1))
    second = completion.second_cycle(panel).assign(log_income=1.0 * np.arange(len(known)))
    row = hazard.sensitivities(second, p).set_index("name").loc["measurement_error"]
    assert row["estimate"] == pytest.approx(math.exp(estimates.mean()), rel=1e-6)
    assert row["std_error"] == pytest.approx(error * math.exp(estimates.mean()), rel=1e-5)
    # Without 1 / m the error would be smaller by more than the tolerance above: the test can tell.
    assert math.sqrt(error**2 - estimates.var(ddof=1) / p.draws) < error * (1 - 1e-4)


def test_power_grows_with_the_effect_and_the_test_keeps_its_size(panel: pd.DataFrame) -> None:
    known = hazard.with_indicator(completion.second_cycle(panel), "rule_of_law")
    sizes = {"half": 0.11, "margin": 0.22, "double": 0.8}
    found = power.of_the_test(known, sizes, 0.05, params())
    at = calibrated_level(0.05, found["without_effect"])
    chances = [share.value for share in found["power"].values()]
    assert chances == sorted(chances)
    row = discrete_hazard(hazard.state_years(known), "iso3", ["rule_of_law"]).table.iloc[0]
    assert chances[1] == pytest.approx(two_sided_power(0.22, row["std_error"], at), abs=0.06)
    assert found["power"]["double"].value > 0.95
    assert {share.samples for share in found["power"].values()} == {power.POWER_SAMPLES}
    for name in ("fitted", "frailty"):
        # 2,000 samples at 5 %: standard error half a point.
        simulated = found["without_effect"][name]
        assert 0.03 < simulated.rejected(0.05).mean() < 0.075
        assert simulated.p_values.size == power.SIZE_SAMPLES
    assert found["equivalence"]["margin"] == pytest.approx(
        equivalence_p(row["estimate"], row["std_error"], 0.22), rel=1e-3
    )


def test_frailty_spreads_what_states_have_in_common_and_summaries_end_with_the_listing(panel: pd.DataFrame) -> None:
    known = hazard.with_indicator(completion.second_cycle(panel), "rule_of_law")
    rng = np.random.default_rng(1)
    at_risk, happened = power.simulated(known, params(), 0.0, 400, rng)
    assert (happened.sum(axis=2) <= 1).all()
    possible = known["years_possible"].to_numpy() + 1
    assert (at_risk.sum(axis=2) <= possible).all()
    done = happened.any(axis=2)
    # In a State that is slow by nature the summary comes later, so fewer have one within the listing.
    frail = power.simulated(known, params(), 0.0, 400, rng, frailty_variance=1.0)[1].any(axis=2)
    assert done.mean() == pytest.approx(known["happened"].mean(), abs=0.03)
    assert frail.mean() < done.mean() - 0.05


# --- Completion -------------------------------------------------------------------------------------------------


def test_shares_by_year_region_and_unodc_totals_by_hand(panel: pd.DataFrame, published: pd.DataFrame) -> None:
    years = completion.by_year(panel).set_index(["cycle", "year"])
    first, second = panel[panel["cycle"] == 1], completion.second_cycle(panel)
    assert years.loc[(1, 2013), "summaries"] == (first["year"] <= 2013).sum()
    assert years.loc[(1, 2025), "share"] == 1
    assert years.loc[(2, 2025), "summaries"] == 57
    regions = completion.by_region(second, 0.05).set_index("region")
    assert regions["states"].sum() == 80
    # Wilson, 6 of 6: the lower limit is n / (n + z^2) = 6 / (6 + 3.8415).
    assert regions.loc["Sub-Saharan Africa", "ci_low"] == pytest.approx(6 / 9.8415, abs=1e-4)
    stated = completion.published_totals(published)
    shares = stated.set_index("as_of")["share"]
    assert shares["2014-05-21"] == pytest.approx(65 / 171)
    assert shares["2021-12-12"] == pytest.approx(173 / 186)
    beside = completion.beside_published(stated, years.reset_index()).set_index("as_of")["share_of_states_read"]
    assert beside["2015-12-31"] == (first["year"] <= 2015).mean()
    axis = completion.shares_over_time(years.reset_index(), stated).set_index("series").loc[completion.STATED, "year"]
    assert 2015 in set(axis)  # the last day of 2015 is the end of 2015


def test_waits_start_at_one_end_at_the_longest_and_count_who_is_awaited() -> None:
    second = completion.second_cycle(made_up_panel(200, 0.0, 7))
    everyone = completion.waits(second, "everyone", 0.05)
    curve = completion.from_start_to_end(everyone, second, "everyone")
    assert curve.iloc[0][["time", "survival", "at_risk"]].tolist() == [0, 1, 200]
    assert curve["time"].iloc[-1] == second["years"].max()
    assert curve["survival"].iloc[-1] == everyone.table["survival"].iloc[-1]
    assert curve["at_risk"].iloc[-1] == (second["years"] == second["years"].max()).sum()
    awaited = completion.still_awaited(second, "everyone", (0, 10)).set_index("time")["at_risk"]
    assert awaited.to_dict() == {0: 200, 10: (second["years"] >= 10).sum()}
    low, high = completion.median_between(completion.years_only(second))
    median = everyone.summary["median"].iloc[0]
    assert low <= median + 1
    assert median - 1 <= high


def test_a_share_within_so_many_years_is_one_less_the_curve() -> None:
    second = pd.DataFrame({"years": [2, 4, 6, 8], "happened": [1, 1, 1, 0], "everyone": completion.ALL})
    found = completion.within(completion.waits(second, "everyone", 0.05), (5, 10))
    assert found["estimate"].tolist() == pytest.approx([2 / 4, 3 / 4])
    assert (found["ci_low"] < found["estimate"]).all()
    assert found["n_obs"].tolist() == [4, 4]


def test_areas_without_a_second_summary_have_no_curve_and_merged_ones_are_told(panel: pd.DataFrame) -> None:
    second = completion.second_cycle(panel)
    assert completion.merged_areas(second).iloc[0].to_dict() == {
        "region": "South Asia",
        "area": "Asia & Pacific",
        "states": 2,
        "second_summaries": 0,
    }
    unmerged = completion.waits(second, "region", 0.05)
    assert "South Asia" not in set(unmerged.summary["group"])
    shown = completion.by_size(unmerged.table, unmerged)["panel"].unique()
    assert shown[0] == "EU + EFTA + North America (25 of 33)"
    none = second.assign(happened=0)
    with pytest.raises(DataError, match="no State read has a second summary"):
        completion.waits(none, "area", 0.05)


# --- Totals, challenges, meetings -------------------------------------------------------------------------------


def test_totals_per_review_by_hand(published: pd.DataFrame) -> None:
    table = totals.per_review(published).set_index("id")
    limits = ["ci_low", "ci_high"]
    # Some 8,000 is 7,500 to 8,500, over 173 reviews.
    assert tuple(table.loc["gaps_2021", limits]) == pytest.approx((7500 / 173, 8500 / 173))
    assert tuple(table.loc["needs_2021", limits]) == pytest.approx((4000 / 173, math.inf))
    # Almost 7,000 over 198 summaries has no lower limit but zero.
    assert tuple(table.loc["gaps_2019", limits]) == pytest.approx((0, 7000 / 198))
    assert table.loc["needs_per_gap", "ci_low"] == pytest.approx(4000 / 8500)
    # Two thirds of 173 reviewed to 186 parties: the most States make the fewest needs for each.
    assert table.loc["needs_per_asking_state", "ci_low"] == pytest.approx(4000 / (2 / 3 * 186))
    assert table.loc["more_gaps", "ci_low"] == pytest.approx(7500 - 7000)
    assert table.loc["gaps_2021", "working"] == "some 8,000 / 173 reviews"
    words = totals.limits_in_words(table)
    assert words[["gaps_2021", "needs_2021", "gaps_2019"]].tolist() == ["43.4 to 49.1", "over 23.1", "below 35.4"]


def test_totals_that_are_not_there_once_are_named(published: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="holds 0 rows of 'implementation_gaps' as of 2021-12-12"):
        totals.per_review(published[published["metric"] != "implementation_gaps"])
    with pytest.raises(DataError, match="does not count States with completed reviews"):
        totals.per_review(published.assign(scope="all States"))


def test_every_challenge_is_read_and_laws_are_answered_by_none() -> None:
    listed = opening.open_raw("uncac_challenges")[0]
    cells, table = challenges.matrix(listed), challenges.summary(listed)
    assert len(cells) == 23 * len(challenges.streams_of_work())
    assert table.groupby("chapter").size().to_dict() == {"II": 5, "III": 6, "IV": 7, "V": 5}
    assert (table.loc[table["kind"] == "framework", "level"] == challenges.NONE).all()
    met = cells[cells["level"] != challenges.NONE].groupby("challenge")["stream"].nunique()
    assert met["prosecution"] == 3  # pillars 1 and 2 and step 1
    share = challenges.answered_share(table).set_index("name").loc["all"]
    assert share["estimate"] * 23 == pytest.approx(len(met))
    with pytest.raises(DataError, match="extradition"):
        challenges.summary(listed[listed["challenge"] != "extradition"])


def test_a_reading_of_other_challenges_or_activities_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = opening.open_raw("uncac_challenges")[0]
    with pytest.raises(DataError, match=r"reading\.yaml, differ in prosecution"):
        challenges.readings(listed[listed["challenge"] != "prosecution"])
    monkeypatch.setattr(challenges, "_streams_of_activities", lambda: {"Pillar 3": "Pillar 3"})
    with pytest.raises(DataError, match=r"reading\.yaml: the source document lists no activity asset_confiscation, "):
        challenges.readings(listed)


def test_meetings_join_reviews_and_events() -> None:
    panel = made_up_panel(4, 0.0, 1)
    first = int(panel["first_year"].iloc[0])
    events = pd.DataFrame(
        {"event": ["e", "e"], "iso3": ["S000", "XXX"], "year": [first + 2] * 2, "type": "training", "n_states": 2}
    )
    rows = meetings.chapter_iv_states(panel, events)
    assert rows[["iso3", "partners", "years_after"]].to_dict("records") == [
        {"iso3": "S000", "partners": 1, "years_after": 2}
    ]
    assert meetings.coverage(panel, events)["states"].tolist() == [1, 3, 1]


def test_a_timeline_has_a_review_a_state_and_its_events_by_year() -> None:
    rows = pd.DataFrame({"iso3": ["ALB"] * 3, "event_year": [2018, 2018, 2019], "chapter_iv_year": 2014})
    shown = meetings.by_state(rows)
    assert shown[["state", "year", "what", "n"]].to_records(index=False).tolist() == [
        ("Albania", 2014, meetings.REVIEW, 1),
        ("Albania", 2018, meetings.EVENTS, 2),
        ("Albania", 2019, meetings.EVENTS, 1),
    ]


# --- Gaps by article --------------------------------------------------------------------------------------------


def test_simulated_counts_are_marked_and_recovered(panel: pd.DataFrame) -> None:
    counts = articles.counts_of(panel, params(seed=1))
    assert (counts.data_status, counts.mark, counts.used) == ("simulated", "SIMULATED_", ())
    assert counts.source.startswith("SIMULATED")
    assert counts.frame["gaps"].between(0, counts.frame["provisions"]).all()
    assert counts.frame["state"].str.fullmatch(r"S\d\d").all()  # codes, so that nobody takes them for a country's
    fit = articles.fit_counts(counts, 0.05)
    assert fit is not None
    assert articles.unbounded(counts) == []
    table = articles.model_table(fit, counts)
    passed, inside = articles.recovery(table)
    assert passed
    assert inside == table["truth"].between(table["ci_low"], table["ci_high"]).sum()
    assert not articles.recovery(table.assign(truth=table["truth"] + 5))[0]
    odds = articles.odds_ratios(table).set_index("term").loc["indicator"]
    raw = table.set_index("term").loc["indicator"]
    assert odds["estimate"] == pytest.approx(math.exp(raw["estimate"]))
    assert odds["std_error"] == pytest.approx(math.exp(raw["estimate"]) * raw["std_error"])


def test_the_reference_is_the_first_chapter_there_is_without_the_usual_one(panel: pd.DataFrame) -> None:
    counts = articles.counts_of(panel, params())
    fewer = articles.Counts(counts.frame.query("chapter in ['II', 'V']"), "indicator", 0, counts.source, ())
    fit = articles.fit_counts(fewer, 0.05)
    assert fit is not None
    assert fit.table["term"].tolist() == ["intercept", "chapter_V", "indicator"]


def counted(gaps: dict[str, int], provisions: int = 3) -> articles.Counts:
    """Counts of 20 States, so many gaps in each chapter but for one more in every other State, if that is as many as may be."""
    rows = [
        {"state": f"S{i}", "chapter": chapter, "provisions": provisions, "gaps": count, "indicator": i % 7 / 7}
        for i in range(20)
        for chapter, count in gaps.items()
    ]
    frame = pd.DataFrame(rows)
    some = frame["gaps"].between(1, provisions - 1) & (frame.index % 3 == 0)
    return articles.Counts(frame.assign(gaps=frame["gaps"] + some), "indicator", 0, "counts of own.csv", ())


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ({"III": 1, "IV": 0}, ["no provision of chapter IV"]),
        ({"III": 1, "IV": 3}, ["every provision of chapter IV"]),
        ({"II": 0, "III": 1, "IV": 3}, ["no provision of chapter II", "every provision of chapter IV"]),
        ({"III": 0, "IV": 0}, ["no provision of chapter III", "no provision of chapter IV"]),
    ],
)
def test_counts_with_a_chapter_of_no_gap_or_of_all_have_no_model_and_are_no_fault(
    gaps: dict[str, int], said: list[str]
) -> None:
    counts = counted(gaps)
    assert articles.fit_counts(counts, 0.05) is None
    assert articles.unbounded(counts) == said


def test_counts_that_no_such_model_fits_are_refused_by_file() -> None:
    with pytest.raises(
        ParameterError, match=r"cannot be fitted to the counts of own\.csv\. Every row has a single trial"
    ):
        articles.fit_counts(counted({"III": 0, "IV": 1}, provisions=1), 0.05)


def test_faults_in_a_counts_file_are_named_all_at_once(panel: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.touch()
    p = params(counts_file=str(path))
    path.write_text("iso3,article,provisions,gaps\nALB,8,5,6\nZZZ,46,4,1\nALB,3,4,1\nARG,8,x,1\nALB,8,5,1\n")
    with pytest.raises(ParameterError) as error:
        articles.counts_of(panel, p)
    text = str(error.value)
    for part in (
        "counts_file counts.csv has ",
        "row 2, gaps = '6': must not be above provisions",
        "row 3, iso3 = 'ZZZ': must be a country's three letters",
        "row 4, article = '3'",
        "row 5, provisions = 'x': must be a whole number",
        "row 2, iso3+article = 'ALB | 8'",
        "(2 such, in rows 2, 6)",
    ):
        assert part in text
    assert str(tmp_path) not in text
    path.write_text("iso3,article,gaps\nALB,8,6\n")
    with pytest.raises(ParameterError, match="provisions = '': the column is missing"):
        articles.counts_of(panel, p)
    path.write_bytes(b"iso3,article,provisions,gaps\n\x81\x8d")
    with pytest.raises(ParameterError, match=r"^counts_file counts\.csv is not UTF-8 text"):
        articles.counts_of(panel, p)
    path.write_text("iso3,article,provisions,gaps\nALB,8,5,1\n")
    with pytest.raises(ParameterError, match=r"counts_file counts\.csv: 1 rows are of States .* needs 20"):
        articles.counts_of(panel, p)
    path.write_text("iso3,article,provisions,gaps\n" + "ALB,8,5,6\n" * (limits.OWN_RECORDS.lines + 1))
    with pytest.raises(ParameterError, match=r"more than 50,001 lines.*--limit lines="):
        articles.counts_of(panel, p)
    path.unlink()
    with pytest.raises(ParameterError, match=r"counts_file counts\.csv is not a file; name one"):
        articles.counts_of(panel, p)


# --- Other coders -----------------------------------------------------------------------------------------------


def coded(tmp_path: Path, rows: list[tuple[str, str, str]]) -> challenges.Coders:
    path = tmp_path / "readings.csv"
    pd.DataFrame(rows, columns=["coder", "challenge", "level"]).to_csv(path, index=False)
    table = challenges.summary(opening.open_raw("uncac_challenges")[0])
    return challenges.coders_of(params(readings_file=str(path)), table)


def test_coders_are_compared_with_this_projects_reading_on_what_both_read(tmp_path: Path) -> None:
    table = challenges.summary(opening.open_raw("uncac_challenges")[0])
    given = {challenges.NAMES: "names", challenges.NEAR: "near", challenges.NONE: "none"}
    same = [("C1", row["challenge"], given[row["level"]]) for row in table.to_dict("records")]
    other = [("C2", row["challenge"], "near") for row in table.head(10).to_dict("records")]
    found = coded(tmp_path, [*same, *other])
    shares = found.shares().set_index("name")
    assert shares.loc["C1", "named"] + shares.loc["C1", "near"] == (table["level"] != challenges.NONE).sum()
    assert shares.loc["C2", ["near", "of", "estimate"]].tolist() == [10, 10, 1]
    agreement = found.agreement(0.05).set_index("name")
    assert agreement.loc["C1", ["estimate", "observed", "n_obs"]].tolist() == [1, 1, 23]
    assert agreement.loc["C2", "n_obs"] == 10
    assert agreement.loc["C2", "observed"] == (table.head(10)["level"] == challenges.NEAR).mean()
    together = found.of_all()
    assert together is not None
    assert (together["readers"], together["n_obs"]) == (3, 10)


def test_without_a_file_challenges_are_read_by_this_project_alone() -> None:
    table = challenges.summary(opening.open_raw("uncac_challenges")[0])
    alone = challenges.coders_of(params(), table)
    assert alone.names == []
    assert alone.used == ()
    assert alone.shares().empty


def test_a_coder_who_read_too_little_and_a_fault_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        ParameterError, match=r"readings_file readings\.csv: C1 has read 1 challenges; agreement needs 5"
    ):
        coded(tmp_path, [("C1", "extradition", "near")])
    with pytest.raises(ParameterError, match=r"readings_file readings\.csv has 1 fault.*\n.*level = 'nearly'"):
        coded(tmp_path, [("C1", "extradition", "nearly")])
