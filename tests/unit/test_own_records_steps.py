"""Steps of the question of own records: numbers by hand, what is withheld, and what every column of the templates is for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import columns_feed
import numpy as np
import pandas as pd
import pytest
from own_record_params import params

from crimjust_research.data.own_records.schemas import kind_named
from crimjust_research.designs.disclosure.rounding import nearest
from crimjust_research.errors import DataError
from crimjust_research.evidence import kinds as kinds_of_estimates
from crimjust_research.questions.own_records import activities, cases, measures, recovery, steps, told
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import KINDS, NOT_NOTED, groups_of, own_of, within
from crimjust_research.questions.own_records.simulation import simulated_folder

Records = dict[str, pd.DataFrame]
DAY = pd.Timestamp("2024-12-31")


@pytest.fixture(scope="module")
def records() -> Records:
    return simulated_folder(Effects.of(1.5), 1, 1200, 1.0).records


def by_kind(rows: list[told.Row]) -> dict[str, told.Row]:
    return {row["kind"]: row for row in rows}


def case_frame(opened_after: list[int | None], age: int = 400, supported: list[bool] | None = None) -> pd.DataFrame:
    """Cases seized `age` days before as_of, opened so many days after the seizure."""
    n = len(opened_after)
    seizure = DAY - pd.Timedelta(days=age)
    opened = [pd.NaT if after is None else seizure + pd.Timedelta(days=after) for after in opened_after]
    return pd.DataFrame(
        {
            "case_id": [f"C-{i}" for i in range(n)],
            "country": "PAN",
            "seizure_date": seizure,
            "drug": "cocaine",
            "kilograms": 1.0 + np.arange(n) * 7 % 13,
            "precursor_involved": pd.array([False] * n, "boolean"),
            "investigation_opened": pd.Series(opened, dtype="datetime64[us]"),
            "prosecution_started": pd.Series([pd.NaT] * n, dtype="datetime64[us]"),
            "charges": None,
            "disposition_date": pd.Series([pd.NaT] * n, dtype="datetime64[us]"),
            "disposition": None,
            "transnational_cooperation_used": pd.array([False] * n, "boolean"),
            "programme_supported": pd.array(supported or [False] * n, "boolean"),
            "as_of": DAY,
        }
    )


# --- By hand -----------------------------------------------------------------------------------------------------------


def test_opened_within_180_days_counts_the_last_day_and_leaves_out_the_recent() -> None:
    followed = case_frame([180, 181, None, -3])
    assert measures.opened_in_time(followed).tolist() == [True, False, False, True]
    recent = case_frame([1, None], age=179)
    assert measures.opened_in_time(recent).isna().all()
    assert measures.opened_in_time(case_frame([1], age=180)).tolist() == [True]


def test_charges_without_an_investigation_noted_count_as_its_opening() -> None:
    frame = case_frame([None])
    frame["prosecution_started"] = frame["seizure_date"] + pd.Timedelta(days=90)
    assert measures.opened_in_time(frame).tolist() == [True]


def test_share_and_difference_of_cases_by_hand() -> None:
    """Newcombe's 56 of 70 supported less 48 of 80 others."""
    opened: list[int | None] = [10] * 56 + [None] * 14 + [10] * 48 + [None] * 32
    frame = case_frame(opened, supported=[True] * 70 + [False] * 80)
    found = by_kind(cases.cases({"cases": frame}, params()))
    assert found["cases.opened_180"]["estimate"] == pytest.approx(104 / 150)
    apart = found["cases.opened_180.supported_difference"]
    assert (apart["ci_low"], apart["ci_high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    # Weight is all that differs among these cases.
    assert found["cases.opened_180.adjusted"]["said"] == "adjusted for weight"


def test_a_share_of_fewer_than_the_smallest_count_is_withheld_and_so_is_what_compares_with_it() -> None:
    frame = case_frame([10] * 4 + [None] * 50, supported=[True] * 27 + [False] * 27)
    assert all(row["withheld"] for row in cases.cases({"cases": frame}, params()))
    frame = case_frame([10] * 20 + [None] * 50, supported=[True] * 3 + [False] * 67)
    found = by_kind(cases.cases({"cases": frame}, params()))
    assert not found["cases.opened_180"]["withheld"]
    assert found["cases.opened_180.supported_difference"]["withheld"]
    assert found["cases.opened_180.adjusted"]["withheld"]


def test_what_is_kept_of_a_gain_and_its_bounds_by_hand() -> None:
    """Twenty persons in twenty trainings gained 10; ten of them were lost, the others kept 4."""
    tests = pd.DataFrame(
        {
            "training_id": [f"T-{i}" for i in range(20)],
            "person_code": [f"P-{i}" for i in range(20)],
            "before": 50.0,
            "after": 60.0,
            "follow_up": [54.0] * 10 + [np.nan] * 10,
            "tested": DAY - pd.Timedelta(days=200),
            "as_of": DAY,
        }
    )
    found = by_kind(activities.knowledge_tests({"knowledge_tests": tests}, params()))
    assert found["tests.gain"]["estimate"] == 10
    assert found["tests.gain_kept"]["estimate"] == 4
    assert found["tests.gain.bounds_low"]["estimate"] == (5 * 4 + 5 * -50) / 10
    assert found["tests.gain.bounds_high"]["estimate"] == (5 * 4 + 5 * 50) / 10
    assert found["tests.lost"]["estimate"] == 0.5
    # Not due yet: nobody is lost.
    early = tests.assign(tested=DAY - pd.Timedelta(days=179))
    assert measures.lost(early).isna().all()


def test_gains_are_clustered_by_training_and_have_no_interval_of_few() -> None:
    rng = np.random.default_rng(1)
    training = np.repeat(np.arange(9), 10)
    gain = rng.normal(5, 5, 9)[training] + rng.normal(0, 1, 90)
    tests = pd.DataFrame({"training_id": training.astype(str), "before": 50.0, "after": 50 + gain})
    tests = tests.assign(person_code=[f"P-{i}" for i in range(90)], follow_up=np.nan, tested=DAY, as_of=DAY)
    few = by_kind(activities.knowledge_tests({"knowledge_tests": tests}, params()))["tests.gain"]
    assert "ci_low" not in few
    assert few["said"] == "no interval: of about 10 trainings or fewer the method does not hold"
    more = [tests.iloc[10 * i : 10 * i + 10].assign(training_id=f"more {i}") for i in range(4)]
    of = {count: pd.concat([tests, *more[: count - 9]]) for count in (12, 13)}
    found = {n: by_kind(activities.knowledge_tests({"knowledge_tests": of[n]}, params()))["tests.gain"] for n in of}
    # Twelve are told as ten, as eight are.
    assert "ci_low" not in found[12]
    assert found[13]["std_error"] > 2 * gain.std() / math.sqrt(130)


def test_actions_are_told_of_forums_that_were_followed_up() -> None:
    forums = pd.DataFrame({"forum_id": [f"F-{i}" for i in range(12)], "actions_agreed": [4] * 12})
    forums["actions_done"] = pd.array([2] * 6 + [3] * 5 + [None], "Int64")
    (found,) = activities.forums({"forums": forums}, params())
    assert found["estimate"] == pytest.approx(27 / 44)
    assert (found["n_obs"], found["n_units"]) == (44, 11)


def test_both_meetings_are_asked_of_operations_that_ended_half_a_year_ago() -> None:
    day = pd.Series(pd.to_datetime(["2024-01-10"] * 3 + ["2024-12-01"]))
    frame = pd.DataFrame({"start": day, "end": pd.NaT, "as_of": DAY, "pre_meeting": day, "post_meeting": day})
    frame.loc[1, "pre_meeting"] = pd.NaT
    assert measures.both_meetings(frame).tolist() == [True, False, True, pd.NA]


def test_cost_of_a_day_counts_each_training_once_and_what_its_pillar_cost() -> None:
    """Six trainings of five days, one of them in two rows; 4,000 dollars on their pillars and 5,400 on a step without any."""
    trainings = pd.DataFrame(
        {
            "training_id": ["T-1", *(f"T-{i}" for i in range(1, 7))],
            "start": pd.Timestamp("2024-01-01"),
            "end": pd.Timestamp("2024-01-05"),
            "topic": ["pillar_1"] * 3 + ["pillar_2/cyber"] * 4,
            "participants": [10, 20, 30, 10, 10, 10, 10],
            "women": 5.0,
            "men": np.nan,
        }
    )
    money = pd.DataFrame(
        {
            "activity": ["pillar_1", "pillar_2"] * 4 + ["step_1"] * 6,
            "country": "PAN",
            "year": 2024,
            "budget": 2000.0,
            "spent": [400.0, 600.0] * 4 + [900.0] * 6,
        }
    )
    found = by_kind(activities.expenditure({"trainings": trainings, "expenditure": money}, params()))
    assert found["cost.per_training_day"]["estimate"] == pytest.approx(4000 / 30)
    assert found["cost.per_person"]["estimate"] == 4000 / 100
    assert found["expenditure.spent_of_budget"]["estimate"] == pytest.approx(9400 / 28000)
    assert "cost.per_conviction" not in found
    # A count that is planned has no interval.
    assert not {"ci_low", "ci_high"} & {*found["cost.per_training_day"], *found["cost.per_person"]}
    # Of four rows of money no sum is told, nor what it comes to for each.
    few = by_kind(activities.expenditure({"trainings": trainings, "expenditure": money.head(4)}, params()))
    assert all(row["withheld"] for row in few.values())


def test_costs_share_one_sum_and_each_says_that_they_must_not_be_added() -> None:
    declared = kinds_of_estimates.load("crimjust_research.questions.own_records")
    costs = {name: declared[name].texts(name, {"p": params(), "said": ""}) for name in declared if "cost." in name}
    assert len(costs) == 4
    for texts in costs.values():
        assert texts["estimand"].startswith("All that was spent")
        assert "all of the money over this one count" in texts["method"]
        assert "must not be added" in texts["specification"]
    records = simulated_folder(Effects.of(1.5), 1, 2000, 1.0).records
    of_cases = by_kind(activities.expenditure(records, params()))
    assert "not what a conviction costs" in of_cases["cost.per_conviction"]["said"]
    assert of_cases["cost.per_conviction"]["ci_low"] < of_cases["cost.per_conviction"]["estimate"]


def test_an_axis_holds_intervals_true_values_and_no_difference() -> None:
    rows = pd.DataFrame({"ci_low": [1.4, 1.7], "ci_high": [1.7, 2.1], "true": [1.5, 1.5]})
    low, high = steps.around(rows, 1)
    assert 0 < low < 1
    assert high > 2.1
    assert steps.around(rows.assign(true=3.0), 1)[1] > 3
    wide = pd.DataFrame({"ci_low": [0.05], "ci_high": [8.0]})
    assert 0 < steps.around(wide, 1, log=True)[0] < 0.05
    # An estimate without an interval is held too.
    bare = pd.DataFrame({"estimate": [-4.0, 2.0], "ci_low": [math.nan, 1.0], "ci_high": [math.nan, 3.0]})
    low, high = steps.around(bare, 0)
    assert low < -4 < 3 < high


def test_a_median_that_is_not_reached_says_so() -> None:
    days, event = pd.Series(np.arange(1.0, 21.0)), pd.Series([True] * 8 + [False] * 12)
    found = cases.median_wait("teams.signed_median", days, event, params())
    assert math.isnan(found["estimate"])
    assert found["said"] == "not reached: fewer than half have come"
    # Seven are told as five: that they are not fewer would tell, of teams told as five, how few have not come.
    seven = cases.median_wait("teams.signed_median", days[:8], pd.Series([True] * 7 + [False]), params())
    assert seven["withheld"] == "too few have come"


@pytest.mark.parametrize(("count", "told_as"), [(1, 5), (4, 5), (12, 10), (13, 15), (100, 100)])
def test_counts_are_told_to_the_nearest_multiple(count: int, told_as: int) -> None:
    assert nearest(count, 5) == told_as


# --- What is supplied, and the period ----------------------------------------------------------------------------------


def test_a_kind_that_is_not_there_is_a_row_that_says_so_and_has_no_estimate() -> None:
    own = own_of(params())
    some = {kind: own.records[kind] for kind in ("forums", "expenditure")}
    rows = steps.supplied(type(own)(some, {}, (), "", ()), params()).set_index("kind")
    assert list(rows.index) == list(KINDS)
    assert (rows["file"] == "not supplied").sum() == 9
    found = steps.every_estimate(some, params())
    assert set(found["records"]) == {"forums", "expenditure"}
    assert list(found["kind"]) == ["forums.actions_done", "expenditure.spent_of_budget"]


def test_a_period_takes_the_records_that_fall_into_it() -> None:
    own = own_of(params(period_start="2015-03", period_end="2016-02"))
    assert own.records["cases"]["seizure_date"].between("2015-03-01", "2016-02-29").all()
    assert own.records["expenditure"].empty
    assert set(own_of(params(period_start="2015-03", period_end="2017-01")).records["expenditure"]["year"]) == {2016}
    assert set(own_of(params(period_start="2015-01", period_end="2016-12")).records["expenditure"]["year"]) == {
        2015,
        2016,
    }
    with pytest.raises(ValueError, match="the period is empty"):
        params(period_start="2016-03", period_end="2016-02")


def test_what_is_in_a_case_is_told_apart_by_it_though_the_case_is_of_another_period() -> None:
    """Cases of 2022 whose defendants are charged, and assets frozen, in 2023: six supported of Panama, six others of Mexico."""
    of_2022 = case_frame([None] * 12, supported=[True] * 6 + [False] * 6).assign(
        seizure_date=pd.Timestamp("2022-06-01"), country=["PAN"] * 6 + ["MEX"] * 6
    )
    of_2023 = case_frame([None]).assign(case_id="C-99", seizure_date=pd.Timestamp("2023-06-01"), country="BRA")
    of_each = {"case_id": of_2022["case_id"], "as_of": DAY}
    made = {
        "cases": pd.concat([of_2022, of_2023], ignore_index=True),
        "defendants": pd.DataFrame(of_each | {"charged": pd.Timestamp("2023-03-01")}),
        "assets": pd.DataFrame(
            of_each
            | {
                "frozen": pd.Timestamp("2023-03-01"),
                "value_frozen": 100.0,
                "confiscated": pd.Timestamp("2024-03-01"),
                "value_confiscated": [60.0, 70.0] * 3 + [30.0, 50.0] * 3,
            }
        ),
    }
    # Each case has another asset that is not confiscated: of a side where all are, nothing is told.
    open_ones = made["assets"].assign(confiscated=pd.NaT, value_confiscated=np.nan)
    made["assets"] = pd.concat([made["assets"], open_ones], ignore_index=True).assign(
        asset_id=lambda rows: [f"A-{place}" for place in rows.index]
    )
    p = params(period_start="2023-01", period_end="2023-12")
    inside = within(made, p)
    assert inside["cases"]["case_id"].tolist() == ["C-99"]
    for by, first, last in (
        ("country", "PAN", "MEX"),
        ("phase", "phase 1", "no phase"),
        ("drug", "cocaine", "cocaine"),
    ):
        for kind in ("defendants", "assets"):
            groups = groups_of(kind, inside, by)
            assert groups is not None
            assert groups.head(12).tolist() == [first] * 6 + [last] * 6, (kind, by)
    found = by_kind(cases.assets(inside, p))["assets.confiscated_share.supported_difference"]
    # 390 of 1,200 dollars of supported cases, 240 of 1,200 of others.
    assert found["estimate"] == pytest.approx(390 / 1200 - 240 / 1200)


def test_no_cost_is_told_of_months_or_years_of_which_the_money_is_not_on_record() -> None:
    trainings = pd.DataFrame(
        {
            "training_id": [f"T-{i}" for i in range(12)],
            "start": [pd.Timestamp(2021, month, 1) for month in range(1, 13)],
            "end": [pd.Timestamp(2021, month, 1) for month in range(1, 13)],
            "topic": "pillar_1",
            "participants": 10,
            "women": 5.0,
            "men": 5.0,
        }
    )
    money = pd.DataFrame(
        {"activity": "pillar_1", "country": ["PAN"] * 6, "year": 2021, "budget": 60_000.0, "spent": 50_000.0}
    )
    made = {"trainings": trainings, "expenditure": money}

    def cost(start: str, end: str, **other: pd.DataFrame) -> told.Row:
        p = params(period_start=start, period_end=end)
        return by_kind(activities.expenditure(within(made | other, p), p))["cost.per_person"]

    # 300,000 dollars over 120 persons; not over the 20 of its last two months.
    assert cost("2021-01", "2021-12")["estimate"] == 2500
    assert cost("", "")["estimate"] == 2500
    for start, end in (("2021-11", "2021-12"), ("2020-07", ""), ("", "2022-06")):
        assert cost(start, end)["withheld"].startswith("expenditure is by calendar year")
    earlier = trainings.assign(start=trainings["start"] - pd.DateOffset(years=1))
    both = pd.concat([earlier, trainings])
    assert cost("", "", trainings=both)["withheld"].startswith("some are of years of which no expenditure is on record")
    assert cost("2021-01", "2021-12", trainings=both)["estimate"] == 2500


@pytest.mark.parametrize("by", ["country", "phase", "agency", "sex", "drug"])
def test_groups_are_of_the_records_own_column_or_of_their_case(by: str, records: Records) -> None:
    told_apart = {kind for kind in KINDS if groups_of(kind, records, by) is not None}
    place = {
        "cases",
        "defendants",
        "cooperation_requests",
        "assets",
        "trainings",
        "knowledge_tests",
        "equipment",
        "forums",
    }
    assert (
        told_apart
        == {
            "country": place | {"expenditure"},
            "phase": place | {"expenditure"},
            "agency": {"trainings", "knowledge_tests", "equipment"},
            "sex": {"defendants", "knowledge_tests"},
            "drug": {"cases", "defendants", "assets"},
        }[by]
    )
    first = records["assets"].iloc[0]
    if by == "drug":
        drug = records["cases"].set_index("case_id").loc[first["case_id"], "drug"]
        groups = groups_of("assets", records, by)
        assert groups is not None
        assert groups.iloc[0] == drug


@pytest.mark.filterwarnings("error")
def test_where_no_record_has_a_group_each_is_told_as_that(records: Records) -> None:
    nowhere = {"cases": records["cases"].assign(country="FRA")}  # in no phase of the programme
    phases = groups_of("cases", nowhere, "phase")
    assert phases is not None
    assert set(phases) == {"no phase"}
    of_no_case = {"cases": records["cases"].iloc[:0], "assets": records["assets"]}
    drugs = groups_of("assets", of_no_case, "drug")
    assert drugs is not None
    assert set(drugs) == {NOT_NOTED}


# --- Nothing small -----------------------------------------------------------------------------------------------------


def small_counts(records: Records, p: Params) -> Iterator[str]:
    """Every count told, or read off what is told, from 1 to one less than the smallest; of shares before they are rounded."""
    few = range(1, p.min_cell)
    for kind in set(measures.MEASURES) & set(records):
        for row in measures.counts(kind, records, p).dropna(subset=["n"]).itertuples():
            if {row.yes, row.n - row.yes, row.n} & set(few):
                yield f"{kind} {row.group}: {row.yes} of {row.n}"
    for table, count in (
        (steps.listed(records, p), "records"),
        (cases.by_role(records["defendants"], p), "defendants"),
    ):
        for value in table[count].dropna():
            if value in few:
                yield f"{count}: {value}"
    found = steps.every_estimate(records, p)
    for row in steps.every_share(found).itertuples():
        had = row.estimate * row.n_obs
        whole = row.kind not in ("assets.confiscated_share", "stage.whole_way")  # shares of value, or of several counts
        if row.n_obs in few or (whole and (round(had) in few or round(row.n_obs - had) in few)):
            yield f"{row.kind}: {had} of {row.n_obs}"
    for n in found.loc[found["withheld"] == "", "n_obs"]:
        if n in few:
            yield f"n_obs {n}"


@pytest.mark.parametrize(
    ("seed", "by", "min_cell"), [(1, "country", 5), (2, "drug", 10), (3, "agency", 7), (4, "sex", 5)]
)
def test_no_count_below_the_smallest_is_told_of_few_records(seed: int, by: str, min_cell: int) -> None:
    records = simulated_folder(Effects.of(1.5), seed, 200, 1.0).records
    rng = np.random.default_rng(seed)
    few = {kind: frame.iloc[np.sort(rng.permutation(len(frame))[:60])] for kind, frame in records.items()}
    p = params(by=by, min_cell=min_cell)
    assert list(small_counts({kind: frame.reset_index(drop=True) for kind, frame in few.items()}, p)) == []


@pytest.mark.parametrize("by", ["country", "drug", "sex"])
def test_what_is_left_out_cannot_be_found_by_subtraction(by: str) -> None:
    """Where all are told, and of the groups all but one, that one is told as well: what is left of all is never small."""
    records = {kind: frame.head(80) for kind, frame in simulated_folder(Effects.of(1.5), 2, 200, 1.0).records.items()}
    p = params(by=by)
    hidden = 0
    for kind in measures.MEASURES:
        table = measures.counts(kind, records, p)
        whole = told.cell(table, told.ALL, told.ALL)
        for side in ("group", "support"):
            rows = table[table["by"] == side]
            hidden += int(rows["suppressed"].sum())
            if whole and rows["suppressed"].any():
                left = whole[1] - int(rows["n"].sum()), whole[0] - int(rows["yes"].sum())
                assert rows["suppressed"].sum() > 1, (kind, side)
                assert left[0] >= p.min_cell, (kind, side, left)
    assert hidden


def test_the_search_for_small_counts_finds_one(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were suppression left out, there would be some to find."""

    def naked(happened: pd.Series[Any], _: Params, **sides: Any) -> pd.DataFrame:
        known, group = happened.notna(), sides.get("group")
        by = group[known] if group is not None else pd.Series("all", happened[known].index)
        counts = happened[known].astype("int64").groupby(by).agg(["sum", "size"]).reset_index(names="group")
        found = counts.rename(columns={"sum": "yes", "size": "n"}).assign(by="all" if group is None else "group")
        return found.assign(suppressed=False).astype({"yes": "Int64", "n": "Int64"})

    monkeypatch.setattr(told, "split", naked)
    few = {kind: frame.head(60) for kind, frame in records.items()}
    assert list(small_counts(few, params(by="country")))


def test_curves_of_waiting_are_told_at_set_times_in_shares_of_enough() -> None:
    p, records = params(), simulated_folder(Effects.of(1.5), 5, 2000, 1.0).records
    curve = steps.waits(records, p)
    requests = cases.waiting(records["cooperation_requests"])
    for side, supported in ((told.SUPPORTED, True), (told.OTHER, False)):
        own, days = curve[curve["group"] == side], requests.loc[requests["programme_supported"] == supported, "days"]
        first = own["time"].iloc[0]
        assert own["time"].tolist() == [first + 30 * step for step in range(len(own))]
        assert own["survival"].between(10 / nearest(len(days), 5), 1 - 10 / nearest(len(days), 5)).all()
        assert (days >= own["time"].iloc[-1]).sum() >= p.min_cell
        told_in = own["survival"] * nearest(len(days), p.min_cell) / p.min_cell
        assert np.allclose(told_in, told_in.round())
        assert ((own["ci_low"] <= own["survival"]) & (own["survival"] <= own["ci_high"])).all()


# --- Every column ------------------------------------------------------------------------------------------------------


def outputs(kind: str, records: Records) -> Iterator[Callable[[], pd.DataFrame]]:
    """Everything that tells of a kind, the cheapest last that is rarely needed."""
    p = params()
    yield lambda: steps.listed({kind: records[kind]}, p)
    yield lambda: steps.totals({kind: records[kind]}, p)
    yield lambda: steps.estimates(kind, records, p)
    if kind == "defendants":
        yield lambda: cases.by_role(records[kind], p)
    of = {"cases": records["cases"], kind: records[kind]}
    for by in ("country", "agency", "sex", "drug"):
        yield partial(_told_apart, kind, of, by)


def with_linked(kind: str, frame: pd.DataFrame, records: Records) -> Records:
    """Records of a kind, with those that they may be linked to."""
    return {name: records[name] for name in ("cases", "trainings")} | {kind: frame}


@pytest.fixture(scope="module")
def as_drawn(records: Records) -> dict[str, list[Callable[[], pd.DataFrame]]]:
    """Everything that tells of each kind as it was drawn, found once for all its columns."""
    return {kind: [cache(each) for each in outputs(kind, with_linked(kind, records[kind], records))] for kind in KINDS}


def _told_apart(kind: str, records: Records, by: str) -> pd.DataFrame:
    table = steps.by_group(records, params(by=by, min_cell=3))
    return table[table["kind"] == kind]


def changed(column: pd.Series[Any], rng: np.random.Generator) -> pd.Series[Any]:
    """The column with other values in many rows: where some are missing more are; days are earlier, last ones later."""
    some = pd.Series(rng.random(len(column)) < 0.5, column.index)
    if column.isna().any() or column.name == "case_ids":
        return column.mask(some)
    if pd.api.types.is_datetime64_any_dtype(column):
        days = pd.to_timedelta(rng.integers(100, 900, len(column)), unit="D")
        return column + days if column.name in ("as_of", "end", "tested") else column - days
    if pd.api.types.is_bool_dtype(column):
        return column.mask(some, ~column)
    if pd.api.types.is_numeric_dtype(column):
        return (column * pd.Series(rng.integers(2, 5, len(column)), column.index)).astype(column.dtype)
    if column.name == "countries":
        return column.where(some, column.str.partition(" ")[0])
    return column.mask(some, column.iloc[0])


EVERY = [(kind, column) for kind, of in columns_feed.FEEDS.items() for column in of]


def test_what_every_column_is_for_is_declared() -> None:
    assert list(columns_feed.FEEDS) == list(KINDS)
    for kind, of in columns_feed.FEEDS.items():
        assert list(of) == [field.name for field in kind_named(kind).table.fields], kind
        assert {name for name, what in of.items() if what == columns_feed.KEY} <= set(
            kind_named(kind).table.primary_key
        )


def test_estimates_that_columns_are_said_to_feed_are_declared() -> None:
    known = kinds_of_estimates.load("crimjust_research.questions.own_records")
    named = {what for of in columns_feed.FEEDS.values() for what in of.values() if "." in what}
    assert named <= set(known)


@pytest.mark.parametrize(("kind", "column"), EVERY, ids=[".".join(each) for each in EVERY])
def test_every_column_of_the_templates_moves_something(
    kind: str, column: str, records: Records, as_drawn: dict[str, list[Callable[[], pd.DataFrame]]]
) -> None:
    what = columns_feed.FEEDS[kind][column]
    if what == columns_feed.KEY:
        assert records[kind][column].is_unique
        return
    if what == columns_feed.SOURCE:
        assert (records[kind][column] == records[kind][column].max()).all()
        return
    if what == columns_feed.PERIOD:
        later = params(period_start="2016-01")
        assert len(own_of(later).records[kind]) < len(own_of(params()).records[kind])
        return
    rng = np.random.default_rng(1)
    own = records[kind]
    if (kind, column) == ("joint_teams", "as_of"):  # of few SIMULATED teams nearly all are signed
        own = own.assign(signed=own["signed"].mask(pd.Series(rng.random(len(own)) < 0.4)))
        own = own.assign(as_of=own["proposed"] + pd.Timedelta(days=20))
    if (kind, column) in (("operations", "as_of"), ("knowledge_tests", "as_of")):  # that all are followed for so long
        own = own.assign(as_of=own["as_of"] - pd.Timedelta(days=1000))
    frame = own.assign(**{column: changed(own[column], rng)})
    if what.startswith("defendants, assets"):
        other_codes = rng.permutation(records[kind][column].to_numpy(dtype="object"))
        with_others = {"assets": records["assets"], "cases": frame.assign(**{column: other_codes})}
        moved = steps.estimates("assets", with_others, params())
        assert not moved.equals(steps.estimates("assets", records, params()))
        return
    before = as_drawn[kind] if own is records[kind] else outputs(kind, with_linked(kind, own, records))
    pairs = zip(before, outputs(kind, with_linked(kind, frame, records)), strict=True)
    assert any(not one().astype("str").equals(other().astype("str")) for one, other in pairs)


# --- Truth -------------------------------------------------------------------------------------------------------------


def test_the_truth_is_recovered_by_lot_and_not_where_stronger_cases_are_supported() -> None:
    p = params(simulated_cases=4000, selection=1.5, seed=3)
    own = own_of(p)
    table = recovery.recovered(p, steps.every_estimate(own.records, p))
    found = recovery.summary(table, p)
    assert found["recovery"]["by_lot"]["misses"] <= found["tolerated"]
    picked = recovery.comparisons(table).query("world == 'picked'")
    # Most say more of support than is true, whatever they are adjusted for.
    assert (picked["estimate"] > picked["true"]).sum() >= 6
    assert picked["held"].sum() <= 1
    assert found["bounds_held"]
    # Every comparison is drawn: differences in points, and the ratio.
    drawn = pd.concat([recovery.differences(table), recovery.ratios(table)])
    assert sorted(drawn["id"]) == sorted(recovery.comparisons(table)["id"])
    apart = recovery.differences(table)
    assert (apart[["estimate", "true"]] / 100).round(9).equals(table.loc[apart.index, ["estimate", "true"]].round(9))
    assert len(table.query("world == 'by_lot'")) >= 34


def test_records_that_were_supplied_have_no_truth(records: Records, tmp_path: Path) -> None:
    p = params(folder=str(tmp_path))
    assert recovery.recovered(p, steps.every_estimate({"forums": records["forums"]}, p)).empty
    assert recovery.summary(recovery.recovered(p, pd.DataFrame()), p) == {}


def test_true_values_of_stages_are_left_out_where_the_maturity_is_too_short_for_them() -> None:
    p = params(maturity_years=1.0)
    own = own_of(p)
    table = recovery.recovered(p, steps.every_estimate(own.records, p))
    assert not table["id"].str.startswith("stage.").any()
    assert table["id"].str.startswith("cases.").any()


def test_defendants_of_whom_none_has_been_tried_are_told(records: Records) -> None:
    """In the last month all may be open; that they need not have been is known, so no cell of the table stands alone."""
    frame = records["defendants"]
    untried = frame[frame["decided"].isna()]
    told_of = cases.by_role(untried, params())
    assert {"open", "convicted"} <= set(told_of["outcome"])
    assert steps.estimates("defendants", {**records, "defendants": untried}, params())["kind"].notna().all()


def test_money_is_told_in_a_period_without_a_training(records: Records) -> None:
    none = records["trainings"].iloc[:0]
    told_of = by_kind(activities.expenditure({**records, "trainings": none}, params()))
    assert told_of["cost.per_person"]["withheld"]
    assert told_of["cost.per_case_opened"] == by_kind(activities.expenditure(records, params()))["cost.per_case_opened"]


def test_a_period_without_a_simulated_record_is_refused_in_words() -> None:
    with pytest.raises(
        DataError, match="no SIMULATED record falls into the period from 2099-01 to the last; name another"
    ):
        own_of(params(period_start="2099-01"))


def test_a_weight_of_zero_counts_as_none_noted(records: Records) -> None:
    made = records["cases"].copy()
    made.loc[made.index[:2], "kilograms"] = 0.0
    weighed = cases.adjustment(made).index
    assert weighed.equals(cases.adjustment(made.assign(kilograms=made["kilograms"].where(made["kilograms"] > 0))).index)
    assert not made.index[:2].isin(weighed).any()


def test_a_gain_that_is_withheld_is_said_neither_to_be_kept_nor_bounded() -> None:
    rows = [(recovery.BY_LOT, "any", True), (recovery.BY_LOT, recovery.KEPT, False)]
    table = pd.DataFrame(rows, columns=["world", "id", "held"]).assign(true=0.5, ci_low=0.6)
    assert recovery.summary(table, params())["kept_too_high"] is True
    found = recovery.summary(table[table["id"] != recovery.KEPT], params())
    assert (found["kept_too_high"], found["bounds_held"]) == (None, None)
