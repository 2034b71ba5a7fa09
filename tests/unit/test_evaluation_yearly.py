"""Yearly figures of indicators: small tables worked out by hand, and the stored tables read again without this project's code."""

import csv
import math
from pathlib import Path

import pandas as pd
import pytest

from crimjust_research import framework, project
from crimjust_research.data import opening
from crimjust_research.questions.evaluation import counted, scores, yearly
from crimjust_research.questions.evaluation.whole_years import last_whole_year

PHASES = {"PAN": 1, "COL": 1, "PER": 2, "GHA": 2}
NAN = math.nan


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["group_by"] == ""].set_index("year")


def of_group(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    return frame[frame["group"] == group].set_index("year")


SCORES = pd.DataFrame(
    [
        ("PAN", 2020, 0.1), ("PAN", 2021, 0.2), ("PAN", 2022, 0.3),
        ("COL", 2020, 0.3), ("COL", 2021, 0.4), ("COL", 2022, 0.5),
        ("PER", 2020, 0.6), ("PER", 2021, 0.6), ("PER", 2022, 1.0),
        ("GHA", 2021, 0.9),  # no score in 2022: not compared
        ("USA", 2021, 5.0), ("USA", 2022, 9.0),  # of no phase
    ],
    columns=["iso3", "year", "value"],
)  # fmt: skip


def test_a_mean_is_of_the_same_states_in_every_year() -> None:
    found = whole(scores.same_states(SCORES, PHASES, 2021, 0.95))
    # 2021: (.2 + .4 + .6) / 3; 2022: (.3 + .5 + 1.0) / 3; the changes are .1, .1 and .4, their mean .2
    assert found["value"].tolist() == pytest.approx([1 / 3, 0.4, 0.6])
    assert found["n_units"].tolist() == [3, 3, 3]
    assert found.loc[2022, "change"] == pytest.approx(0.2)
    # sd of .1, .1, .4 is sqrt(.03), error sqrt(.03 / 3) = .1, t of 2 degrees 4.30265
    assert found.loc[2022, "change_low"] == pytest.approx(0.2 - 0.430265, abs=1e-5)
    assert found.loc[2022, "change_high"] == pytest.approx(0.2 + 0.430265, abs=1e-5)
    # sd of .2, .4, .6 is .2
    assert found.loc[2021, "ci_high"] == pytest.approx(0.4 + 4.30265 * 0.2 / math.sqrt(3), abs=1e-5)
    assert math.isnan(found.loc[2021, "change"])
    assert found.loc[2021, "note"] == "3 of 4 countries, the same in every year; without Ghana"


def test_a_phase_is_told_apart_and_few_states_have_no_interval() -> None:
    first = of_group(scores.same_states(SCORES, PHASES, 2021, 0.95), "1")
    assert first["value"].tolist() == pytest.approx([0.2, 0.3, 0.4])
    assert first["ci_low"].isna().all()
    assert first.loc[2022, "change"] == pytest.approx(0.1)
    assert math.isnan(first.loc[2022, "change_low"])


def test_an_earlier_year_in_which_one_of_them_has_no_score_is_left_out() -> None:
    without = SCORES[~((SCORES["iso3"] == "PER") & (SCORES["year"] == 2020))]
    assert list(whole(scores.same_states(without, PHASES, 2021, 0.95)).index) == [2021, 2022]


def test_who_was_evaluated_by_a_year_is_counted_once_and_stays() -> None:
    levels = pd.DataFrame(
        [("PAN", "2018-02", 1.0), ("COL", "2020-07", 2.0), ("PER", "2021-12", 3.0), ("USA", "2016-12", 3.0)],
        columns=["iso3", "month", "value"],
    )
    found = whole(scores.evaluated(levels, PHASES, 2022, 0.95))
    assert list(found.index) == [2018, 2019, 2020, 2021, 2022]
    assert found["value"].tolist() == pytest.approx([1, 1, 1.5, 2, 2])
    assert found["n_units"].tolist() == [1, 1, 2, 3, 3]
    assert found["change"].isna().all()


def test_a_rate_is_of_those_that_report() -> None:
    counts = pd.DataFrame(
        [("PAN", 2020, 30, 1e6), ("COL", 2020, 70, 4e6), ("PER", 2020, NAN, 9e6), ("USA", 2020, 9e9, 1.0)],
        columns=["iso3", "year", "value", "population"],
    )
    found = whole(scores.rates(counts, PHASES)).loc[2020]
    assert found["value"] == pytest.approx(2.0)  # 100 of 5 million
    assert (found["n_obs"], found["n_units"], found["note"]) == (100, 2, "2 of 4 countries report it")


PUBLIC = pd.DataFrame(
    [
        ("a", "2016-08-16", "training", "PAN", 31, 15, 16),
        ("b", "2017-03-06", "operation", "BRA", NAN, NAN, NAN),
        ("c", "2017-09-26", "training", "NGA", 30, 10, 20),
        ("d", "2017-10-01", "case forum", "COL", 5, NAN, NAN),
        ("e", "2018-04-01", "training", "ECU", 9, 5, 4),
    ],
    columns=["event", "date_start", "type", "place", "participants", "women", "men"],
)


def test_events_are_counted_in_whole_years_and_a_year_without_one_is_none() -> None:
    found = whole(counted.events(PUBLIC, "training"))
    assert found["value"].to_dict() == {2016: 1, 2017: 1}  # 2018 may not be over
    assert found["n_obs"].to_dict() == {2016: 1, 2017: 3}
    assert whole(counted.events(PUBLIC, "network"))["value"].to_dict() == {2016: 0, 2017: 0}


def test_persons_add_up_over_events_that_say_how_many() -> None:
    found = counted.persons(PUBLIC)
    assert whole(found)["value"].to_dict() == {2016: 31, 2017: 66, 2018: 75}
    assert whole(found)[["n_obs", "n_units"]].to_numpy().tolist() == [[1, 1], [4, 3], [5, 4]]
    assert whole(found).loc[2018, "note"] == "4 of 5 public events from 2016 to 2018-04-01 say how many"
    assert whole(found).loc[2017, "note"] == "3 of 4 public events from 2016 to 2017 say how many"
    assert of_group(found, "women, where both are stated")["value"].to_dict() == {2016: 15, 2017: 25, 2018: 30}
    assert of_group(found, "case forum")["value"].to_dict() == {2017: 5, 2018: 5}


def test_the_share_of_women_is_of_all_persons_and_its_interval_of_events() -> None:
    found = whole(counted.women(PUBLIC, 0.95))
    assert found["value"].tolist() == pytest.approx([15 / 31, 25 / 61, 30 / 70])
    assert found["ci_low"].isna().tolist() == [True, True, False]  # one event, two, three
    last = found.loc[2018]
    assert last["ci_low"] < 30 / 70 < last["ci_high"]
    assert (last["n_obs"], last["n_units"]) == (70, 3)
    assert last["note"] == "30 of 70 persons at 3 of 5 public events from 2016 to 2018-04-01"
    assert of_group(counted.women(PUBLIC, 0.95), "training")["value"].tolist() == found["value"].tolist()


def test_a_country_has_joined_by_the_last_year_it_can_have() -> None:
    """Of the second only a period is known, 2016 to 2019; the third has not joined, the fourth is of no phase."""
    entries = pd.DataFrame(
        {"proposed": [True, True, True, False], "phase": [1, 1, 2, NAN], "entry_latest": [2018, 2019, NAN, 2018]}
    )
    found = counted.joined(entries)
    assert whole(found)["value"].to_dict() == {2018: 1, 2019: 2}
    assert whole(found).loc[2019, "note"] == "at least, of 3 proposed: joined by then at the latest"
    assert of_group(found, "1")["value"].to_dict() == {2018: 1, 2019: 2}


def test_pairs_and_states_of_the_last_year_are_left_out() -> None:
    dyads = pd.DataFrame([(2022, 1), (2022, 0), (2022, 2), (2023, 0), (2024, 1)], columns=["year", "joint_events"])
    named = pd.DataFrame(
        [("a", "PAN", 2022, "network"), ("a", "COL", 2022, "network"), ("b", "PAN", 2022, "forum"), ("c", "PER", 2023, "forum")],
        columns=["event", "iso3", "year", "type"],
    )  # fmt: skip
    met = whole(counted.pairs(dyads))
    assert met["value"].to_dict() == {2022: 2, 2023: 0}
    assert met["ci_low"].isna().all()  # counted in full
    found = counted.states_at(named, None, PHASES)
    assert whole(found)["value"].to_dict() == {2022: 2}
    assert of_group(found, "1")["value"].to_dict() == {2022: 2}
    assert of_group(found, "2")["value"].to_dict() == {2022: 0}
    assert whole(counted.states_at(named, "forum", PHASES))["value"].to_dict() == {2022: 1}


def test_months_make_a_year_only_if_all_are_there() -> None:
    months = [f"2020-{m:02d}" for m in range(1, 13)] + [f"2021-{m:02d}" for m in range(1, 12)]
    national = pd.DataFrame({"month": months, "kg": 2.0, "gap": 3.0, "full": 4.0})
    national.loc[0, "gap"] = NAN
    found = counted.monthly(national, "kg", {"gap": "heroin", "full": "cocaine"})
    assert whole(found)["value"].to_dict() == {2020: 24.0}
    # Beside it and no part of it; heroin lacks a month.
    beside = found.loc[found["group_by"] != "", ["group_by", "group", "year", "value"]]
    assert beside.to_numpy().tolist() == [["other drug", "cocaine", 2020, 48.0]]


def test_deaths_by_state_leave_out_the_country_and_say_what_is_hidden() -> None:
    cells = [(m, s) for m in range(1, 13) for s in ("AK", "WY", "US")]
    months = pd.DataFrame(
        [(f"2020-{m:02d}", s, NAN if (m, s) == (1, "WY") else 10.0, (m, s) == (1, "WY")) for m, s in cells],
        columns=["month", "state", "deaths", "suppressed"],
    )
    found = whole(counted.deaths_by_state(months)).loc[2020]
    assert (found["value"], found["n_obs"], found["n_units"]) == (230, 23, 2)
    assert found["note"] == "cells of fewer than ten, hidden: 1"


def test_half_years_make_a_year_only_if_both_are_complete() -> None:
    rows_of = [("2020H1", True, 1, 10), ("2020H2", True, 3, 30), ("2021H1", True, 9, 9), ("2021H2", False, 9, 9)]
    half_years = pd.DataFrame(rows_of, columns=["half_year", "complete", "some", "all"]).assign(state="AK")
    assert whole(counted.share_of_reports(half_years, "some", "all"))["value"].to_dict() == {2020: 0.1}


def test_controls_add_up_once_in_force() -> None:
    dated = pd.DataFrame(
        [("2010-08", "USA", "in_force"), ("2012-01", "UN", "voted"), ("2013-05", "UN", "in_force")],
        columns=["month", "jurisdiction", "status"],
    )
    found = whole(counted.controls(dated, 2014))
    assert found["value"].to_dict() == {2010: 1, 2011: 1, 2012: 1, 2013: 2, 2014: 2}
    assert found.loc[2013, "note"] == "in force by then, of UN, USA"


def test_precursors_go_with_the_drug_they_make() -> None:
    seized = pd.DataFrame(
        [
            ("PAN", 2020, True, "cocaine", "precursors"), ("PAN", 2020, False, NAN, "cocaine"),
            ("COL", 2020, True, "heroin", "precursors"), ("COL", 2020, False, NAN, "cocaine"),
            ("PER", 2020, True, "unknown", "precursors"), ("PER", 2020, False, NAN, "cocaine"),
        ],
        columns=["iso3", "year", "is_precursor", "makes", "family"],
    )  # fmt: skip
    found = whole(counted.precursors_with_drugs(seized)).loc[2020]
    assert (found["value"], found["n_obs"]) == (1, 2)


def test_a_total_is_of_all_countries_or_none() -> None:
    hectares = pd.DataFrame(
        [("BOL", 2020, 1.0), ("COL", 2020, 2.0), ("BOL", 2021, 3.0)], columns=["iso3", "year", "value"]
    )
    assert whole(counted.total(hectares))["value"].to_dict() == {2020: 3.0}


@pytest.mark.parametrize(("date", "year"), [("2025-12", 2025), ("2026-03", 2025), ("2023", 2023), ("2024-04-11", 2023)])
def test_the_last_whole_year(date: str, year: int) -> None:
    assert last_whole_year(date) == year


# The tables as they are stored -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    opened = {name: opening.open_panel(name, "latest")[0] for name in yearly.PANELS}
    opened |= {name: opening.open_raw(name, "latest")[0] for name in yearly.RAW}
    return yearly.figures(framework.load().indicators, opened, 0.95, 2025)


def stored(folder: str) -> list[dict[str, str]]:
    """The newest release of a table, read without this project's code."""
    path = sorted(p for p in (project.root() / "data" / folder).glob("*.csv"))[-1]
    with Path(path).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def one(table: pd.DataFrame, indicator: str, year: int) -> pd.Series:
    found = table[(table["indicator"] == indicator) & (table["year"] == year) & (table["group_by"] == "")]
    assert len(found) == 1
    return found.iloc[0]


def test_every_indicator_published_by_year_has_a_figure_and_no_other(table: pd.DataFrame) -> None:
    indicators = framework.load().indicators
    wanted = {each.key for each in indicators if each.measure is not None and not each.not_yearly}
    assert set(yearly.FIGURES_OF) == wanted
    assert set(table["indicator"]) == wanted
    assert tuple(table.columns) == yearly.COLUMNS
    key = ["indicator", "year", "group_by", "group"]
    assert not table.duplicated(key).any()
    assert not table[["indicator", "unit", "group_by", "group", "note"]].isna().any(axis=None)
    own = {each.key for each in indicators if each.baseline and each.baseline.estimate.startswith("14_evaluation#")}
    assert own == wanted


def test_who_was_trained_is_what_the_events_state(table: pd.DataFrame) -> None:
    events = stored("raw/programme_events")
    told = [int(float(e["participants"])) for e in events if e["participants"]]
    both = [(int(float(e["women"])), int(float(e["men"]))) for e in events if e["women"] and e["men"]]
    assert (sum(told), len(told), len(events)) == (515, 20, 50)
    assert (sum(w for w, _ in both), sum(w + m for w, m in both), len(both)) == (75, 233, 9)
    persons, women = one(table, "persons_trained", 2024), one(table, "women_trained", 2024)
    assert (persons["value"], persons["n_obs"], persons["n_units"]) == (515, 50, 20)
    assert (women["value"], women["n_obs"], women["n_units"]) == (pytest.approx(75 / 233), 233, 9)
    # Nine events that differ leave more open than 233 persons alone would: Wilson's interval is 0.265 to 0.384.
    assert women["ci_low"] < 0.265
    assert women["ci_high"] > 0.384


def test_women_are_told_by_kind_of_event(table: pd.DataFrame) -> None:
    own = table[(table["indicator"] == "women_trained") & (table["year"] == 2024) & (table["group_by"] == "kind")]
    told: dict[str, list[int]] = {}
    for event in stored("raw/programme_events"):
        if event["women"] and event["men"]:
            of = told.setdefault(event["type"], [0, 0])
            of[0] += int(float(event["women"]))
            of[1] += int(float(event["women"])) + int(float(event["men"]))
    assert told == {"training": [57, 165], "case forum": [13, 42], "integrity": [5, 26]}
    assert dict(zip(own["group"], own["value"], strict=True)) == pytest.approx(
        {k: w / of for k, (w, of) in told.items()}
    )


def test_joined_by_the_latest_year_each_can_have_joined_in(table: pd.DataFrame) -> None:
    """Eight with a year by 2021, and Peru, of which 2016 to 2019 is known; in 2023 one more."""
    entered = {r["iso3"]: r["entry_latest"] for r in stored("processed/countries") if r["proposed"] == "True"}
    assert entered["PER"] == "2019"
    by = {year: sum(bool(e) and int(float(e)) <= year for e in entered.values()) for year in (2021, 2023)}
    assert by == {2021: 9, 2023: 10}
    assert {year: one(table, "countries_joined", year)["value"] for year in by} == by


def test_a_change_holds_or_not_beside_all_others(table: pd.DataFrame) -> None:
    """By Benjamini and Hochberg: of the sorted p all up to the last that is no more than 0.05 of its rank over their number."""
    change = yearly.ends(table, framework.load().indicators, 0.95)["change"].sort_values("p_value", ignore_index=True)
    within = [rank for rank, p in enumerate(change["p_value"], 1) if p <= 0.05 * rank / len(change)]
    assert change["holds"].sum() == max(within)
    assert change["holds"].tolist() == [rank <= max(within) for rank in range(1, len(change) + 1)]
    by_key = change.set_index("indicator")["holds"]
    assert (len(change), by_key["cocaine_market"], by_key["wjp_8_6"]) == (17, True, False)
    own = table[(table["year"] == 2025) & (table["group_by"] == "") & table["change_low"].notna()]
    assert own.set_index("indicator")["change_holds"].to_dict() == by_key[own["indicator"]].to_dict()
    assert table.loc[(table["group_by"] != "") | table["change_low"].isna(), "change_holds"].isna().all()


@pytest.mark.parametrize(("indicator", "column"), [("wjp_8_1", "f8_1"), ("wjp_8_7", "f8_7"), ("wjp_8_5", "f8_5")])
def test_scores_are_means_of_the_publisher_s(table: pd.DataFrame, indicator: str, column: str) -> None:
    phases = {r["iso3"] for r in stored("processed/countries") if r["phase"]}
    assert len(phases) == 33
    published = {
        (r["iso3"], r["edition"]): float(r[column])
        for r in stored("raw/justice_quality")
        if r["iso3"] in phases and r[column]
    }
    then, now = ({i: v for (i, edition), v in published.items() if edition == y} for y in ("2021", "2025"))
    assert set(then) == set(now)
    assert len(then) == 31  # Cabo Verde and Guinea-Bissau are not covered
    row = one(table, indicator, 2025)
    assert row["value"] == pytest.approx(sum(now.values()) / 31)
    assert one(table, indicator, 2021)["value"] == pytest.approx(sum(then.values()) / 31)
    assert row["change"] == pytest.approx(sum(now[i] - then[i] for i in then) / 31)
    assert row["note"].endswith("without Cabo Verde, Guinea-Bissau")


def test_levels_are_those_of_the_assessors(table: pd.DataFrame) -> None:
    phases = {r["iso3"] for r in stored("processed/countries") if r["phase"]}
    rated = [r for r in stored("processed/country_evaluations") if r["iso3"] in phases and r["evaluated"][:4] <= "2021"]
    row = one(table, "fatf_prosecution", 2021)
    assert row["n_units"] == len(rated)
    assert row["value"] == pytest.approx(sum(int(r["io_7"]) for r in rated) / len(rated))


def test_deaths_and_kilograms_are_sums_of_twelve_months(table: pd.DataFrame) -> None:
    months = [r for r in stored("processed/monthly_national") if r["month"].startswith("2021")]
    assert len(months) == 12
    assert one(table, "deaths_synthetic_opioids", 2021)["value"] == sum(int(float(r["deaths_t40_4"])) for r in months)
    seized = one(table, "fentanyl_seized_border", 2021)["value"]
    assert seized == pytest.approx(sum(float(r["seized_kg_fentanyl"]) for r in months))


def test_the_ends_are_the_baseline_s_year_and_the_last_that_is_told(table: pd.DataFrame) -> None:
    indicators = framework.load().indicators
    ends = yearly.ends(table, indicators, 0.95)
    assert set(ends["baseline"]["year"]) == {2021}
    assert len(ends["baseline"]) == len(ends["latest"]) == len(yearly.FIGURES_OF)
    latest = ends["latest"].set_index("indicator")["year"]
    assert (latest["wjp_8_1"], latest["rule_of_law"], latest["persons_trained"]) == (2025, 2023, 2024)
    assert ends["change"]["ci_low"].notna().all()
    assert ends["baseline"]["ci_level"].notna().equals(ends["baseline"]["ci_low"].notna())
    # The p of an interval of level 0.95 is below 0.05 where that leaves out nothing, and only there.
    left_out = (ends["change"]["ci_low"] > 0) | (ends["change"]["ci_high"] < 0)
    assert (ends["change"]["p_value"] < 0.05).equals(left_out)
    earlier = yearly.ends(table[table["year"] <= 2022], indicators, 0.95)
    assert set(earlier["latest"].set_index("indicator")["year"].loc[["wjp_8_1", "case_forums"]]) == {2022}
