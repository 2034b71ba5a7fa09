"""Steps of the question of the cascade: records by hand, the truth SIMULATED cases are drawn from, selection."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cascade_records import HAND, SIX_CASES, TEN_DEFENDANTS
from crimjust_research import parameters_cell
from crimjust_research.data import catalog, own_records
from crimjust_research.designs.survival.cascade import transitions
from crimjust_research.designs.survival.cascade_simulation import simulate_cases
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.questions.cascade import defendants, recovery, regressions, selection, simulation, steps
from crimjust_research.questions.cascade.cases import Cases, cases_of, durations, records_of, usable_covariates
from crimjust_research.questions.cascade.params import Params
from crimjust_research.report import contents
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout


def params(**changed: object) -> Params:
    """The notebook's parameters but for fewer draws."""
    usual = {
        "cases_file": "",
        "defendants_file": "",
        "maturity_years": 2.0,
        "simulated_cases": 500,
        "confidence_level": 0.95,
        "draws": 199,
        "seed": 1,
    }
    return Params.model_validate(usual | changed)


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    path = tmp_path / "hand.csv"
    path.write_text(HAND)
    return path


@pytest.fixture
def cases(hand: Path) -> Cases:
    return cases_of(params(cases_file=str(hand)))


# --- Records by hand ---------------------------------------------------------------------------------------------------


def test_records_by_hand(cases: Cases) -> None:
    table = transitions(records_of(cases.frame), 2.0).set_index("following").iloc[:-1]
    # H-8 is half a year old. Of the seven others all but H-5 were investigated within two years, H-1 counted from its
    # seizure, H-2 from its charges a year after it.
    columns = ["entered", "immature", "mature", "advanced", "closed"]
    assert table.loc["investigation", columns].tolist() == [8, 1, 7, 6, 1]
    # Of those six H-1, H-2, H-3 and H-6 were charged within two years, H-4 was not prosecuted, H-7 is pending.
    assert table.loc["prosecution", ["mature", "advanced", "closed", "pending"]].tolist() == [6, 4, 1, 1]
    # H-1 and H-2 were convicted, H-3 was acquitted exactly two years (731 days) on, too late; H-6 is pending.
    assert table.loc["conviction", ["mature", "advanced", "closed", "pending"]].tolist() == [4, 2, 0, 2]
    times = durations(cases.frame)
    assert times["ending"].tolist() == [1, 1, 2, 3, 3, 0, 0, 0]
    # H-1: 365 days; H-6: open for the 1,826 days from 2019 to 2024.
    assert times["years"].iloc[[0, 5]].tolist() == pytest.approx([365 / 365.25, 1826 / 365.25])


def test_every_case_is_censored_on_its_own_day(hand: Path) -> None:
    """H-7, brought up to date in 2021, has been open for one year and not for four."""
    hand.write_text(HAND.replace("2020-07-01,,,,,true,false,2024-01-01", "2020-07-01,,,,,true,false,2021-01-01"))
    cases = cases_of(params(cases_file=str(hand), maturity_years=1.0))
    assert durations(cases.frame)["years"].iloc[6] == pytest.approx(366 / 365.25)


def test_cohorts_by_hand(cases: Cases) -> None:
    table = steps.by_cohort(cases.frame, 2.0)
    # Three stages, 2018 to 2023, four statuses; every entry stands in one cell.
    assert len(table) == 3 * 6 * 4
    assert table.groupby("stage")["cases"].sum().to_dict() == {"seizure": 8, "investigation": 7, "prosecution": 4}
    cell = table.set_index(["stage", "year", "status"])["cases"]
    assert cell["seizure", 2018, "passed on"] == 3
    # H-4 and H-6 went on, H-5 did not.
    assert [cell["seizure", 2019, status] for status in steps.STATUSES] == [2, 1, 0, 0]
    assert cell["seizure", 2023, "too recent"] == 1
    # H-7 entered investigation in July 2020 and is there still.
    assert cell["investigation", 2020, "pending"] == 1
    # H-2's charges of 2019 stand for its investigation as well.
    assert cell["investigation", 2019, "passed on"] == 1


def test_shares_that_come_so_far_by_hand(cases: Cases) -> None:
    p = params().model_copy(update={"cases_file": "hand.csv"})
    found = steps.reached(transitions(records_of(cases.frame), 2.0).iloc[:-1], p).set_index("stage")
    assert found["share"].tolist() == pytest.approx([1, 6 / 7, 4 / 7, 2 / 7])
    spread = math.exp(1.959964 * math.sqrt((1 / 7) / 6 + (1 / 3) / 4))
    assert found.loc["prosecution", "ci_low"] == pytest.approx(4 / 7 / spread)
    assert found.loc["prosecution", "ci_high"] == 1
    assert "true" not in found
    simulated = steps.reached(transitions(records_of(cases.frame), 2.0).iloc[:-1], params())
    assert simulated["true"].tolist() == pytest.approx([1, *np.cumprod(simulation.true_passing(2.0))])


def test_cut_offs_go_as_far_as_cases_are_old(cases: Cases) -> None:
    # The oldest prosecution was five and a half years old, so 6 and 8 years cannot be looked at.
    profile = steps.cut_offs(records_of(cases.frame), params(maturity_years=3.0))
    assert profile["maturity"].unique().tolist() == [1.5, 3.0, 4.5]
    assert steps.of_the_whole_way(profile)["maturity"].tolist() == [1.5, 3.0, 4.5]


def test_days_of_investigations_by_hand(cases: Cases) -> None:
    assert steps.days_of_investigations(cases.frame).iloc[0].tolist() == [1, 1, 8]


def test_curves_run_from_the_seizure_for_as_long_as_cases_are_followed(cases: Cases) -> None:
    by_use = steps.by_cooperation(cases.frame, 0.05)
    assert set(by_use.summary["group"]) == {"cooperation used", "not used"}
    drawn = steps.open_curves(by_use, cases.frame).groupby("group")
    assert set(drawn["time"].first()) == {0}
    assert set(drawn["survival"].first()) == {1}
    # H-2 and H-7 used cooperation and H-7 is open after 1,461 days; H-6 does not say.
    assert drawn["time"].last()["cooperation used"] == pytest.approx(1461 / 365.25)


def test_of_one_kind_alone_all_cases_make_one_curve(cases: Cases) -> None:
    frame = cases.frame.assign(transnational_cooperation_used=pd.array([True] * 8, dtype="boolean"))
    by_use = steps.by_cooperation(frame, 0.05)
    assert by_use.summary["group"].tolist() == [steps.EVERYONE]
    drawn = steps.open_curves(by_use, frame)
    assert drawn["time"].iloc[-1] == pytest.approx(1826 / 365.25)


def test_horizons_are_told_in_the_singular_and_plural() -> None:
    ended = pd.DataFrame({"years": [0.5, 1.5, 2.5], "ending": [1, 2, 0]})
    incidence = steps.endings(ended, 0.05)
    assert steps.ended_by(incidence, 1)["years"].tolist() == ["1 year"] * 2
    by_two = steps.ended_by(incidence, 2).set_index("id")
    assert by_two["incidence"].to_dict() == pytest.approx({"convicted": 1 / 3, "acquitted_or_dismissed": 1 / 3})
    assert set(by_two["years"]) == {"2 years"}


def test_covariates_that_are_not_noted_or_do_not_differ_are_left_out() -> None:
    frame = pd.DataFrame(
        {
            "transnational_cooperation_used": [True, False, True, False],
            "precursor_involved": [True, None, None, None],
            "programme_supported": [True, True, True, None],
        },
        dtype="boolean",
    )
    used = usable_covariates(frame)
    assert used == ("transnational_cooperation_used",)
    assert regressions.noted(frame, used).to_numpy()[:, 1:].tolist() == [[4, 2, True], [1, 1, False], [3, 3, False]]


def test_without_a_covariate_there_is_no_regression(cases: Cases) -> None:
    p = params()
    for fit in (regressions.passing, regressions.speed):
        found, why = fit(cases.frame, (), p)
        assert found is None
        assert why.endswith("no covariate is noted for half of the cases and differs among them")
    assert regressions.odds_ratios(None, p).empty
    assert regressions.hazard_ratios(None).empty
    assert regressions.difference(None, cases.frame).empty


def test_without_support_noted_there_are_no_additional_convictions() -> None:
    p = params(simulated_cases=2000, seed=5)
    frame = cases_of(p).frame
    covariates = ("transnational_cooperation_used",)
    logits, why = regressions.passing(frame, covariates, p)
    assert logits is not None
    assert why == ""
    found, why = regressions.support(logits, covariates, p)
    assert found is None
    assert why == "additional convictions: support by the programme is noted for too few, or never differs"


def test_of_records_that_were_supplied_no_case_is_shown(cases: Cases) -> None:
    shown = cases.shown()
    assert shown.loc["case_id", "cases"] == 8
    # Six have a date of disposition or a conviction; H-4, H-6 and H-8 among others have none noted.
    assert shown.loc["disposition_date", "cases"] == 5
    assert not shown.astype("str").isin(cases.frame["case_id"].tolist()).any(axis=None)
    assert cases_of(params()).shown()["case_id"].str.startswith("SIMULATED").all()


# --- Defendants by hand -------------------------------------------------------------------------------------------------


@pytest.fixture
def ten(tmp_path: Path) -> tuple[Params, Cases]:
    (tmp_path / "six.csv").write_text(SIX_CASES)
    (tmp_path / "ten.csv").write_text(TEN_DEFENDANTS)
    p = params(cases_file=str(tmp_path / "six.csv"), defendants_file=str(tmp_path / "ten.csv"))
    return p, cases_of(p)


def test_defendants_by_hand(ten: tuple[Params, Cases]) -> None:
    p, cases = ten
    found = defendants.defendants_of(p, cases)
    assert found.source == "records of defendants supplied in ten.csv, as of 2024-01-01"
    assert [used.vintage for used in found.used] == ["2024-01-01"]
    (row,) = defendants.listed(found.frame, cases.frame, 2.0).to_dict("records")
    assert row == {"defendants": 10, "recent": 2, "cases": 5, "charged": 6, "without": 1}
    rows, why = defendants.described(found.frame, p)
    assert why == ""
    measure = rows.set_index("measure")
    # Of eight mature ones six were decided on within two years (not D-3, D-8) and three convicted: D-1, D-4, D-7.
    assert measure["estimate"].to_dict() == pytest.approx(
        {
            "per_case": 10 / 5,
            "decided": 6 / 8,
            "convicted_of_decided": 3 / 6,
            "convicted": 3 / 8,
            "convicted_case_once": (1 / 3 + 1 + 0 + 1 / 2) / 4,
            "counting": -1 / 12,
        }
    )
    assert measure["n_obs"].astype(int).to_dict() == {
        "per_case": 10,
        "decided": 8,
        "convicted_of_decided": 6,
        "convicted": 8,
        "convicted_case_once": 8,
        "counting": 8,
    }
    assert measure["n_units"].astype(int).tolist() == [5, 4, 4, 4, 4, 4]
    assert measure["immature"].unique().tolist() == [2]
    # Cases have 3, 1, 2, 2 and 2 defendants: their variance is a half.
    assert measure.loc["per_case", "std_error"] == pytest.approx(math.sqrt(0.5 / 5))
    # Of five cases no interval is told.
    assert measure.loc["per_case", ["ci_low", "ci_high"]].isna().all()
    # Without K-1, K-2, K-3 or K-4 2 of 5, 2 of 7, 3 of 6 and 2 of 6 are convicted.
    without = [2 / 5, 2 / 7, 3 / 6, 2 / 6]
    error = math.sqrt(3 / 4 * sum((share - 3 / 8) ** 2 for share in without))
    assert measure.loc["convicted", "std_error"] == pytest.approx(error)


def test_roles_are_counted_and_those_not_noted_too(ten: tuple[Params, Cases]) -> None:
    roles = defendants.by_role(defendants.defendants_of(*ten).frame).set_index("role")
    assert roles.sum(axis=1).to_dict() == {"courier": 5, "financier": 1, "not noted": 2, "organiser": 2}
    assert roles.loc["courier", ["acquitted", "convicted", "open"]].tolist() == [1, 3, 1]


def test_few_cases_are_not_compared(ten: tuple[Params, Cases]) -> None:
    """K-1 and K-3 were supported, K-2 and K-4 not."""
    p, cases = ten
    frame = defendants.defendants_of(p, cases).frame
    compared, why = defendants.by_support(frame, p)
    assert compared.empty
    assert why.endswith("cases with a decision in time are 2 on one side; 10 are needed")
    assert defendants.apart(compared).empty
    alone = frame[frame["case_id"] == "K-1"]
    rows, why = defendants.described(alone, p)
    assert rows.empty
    assert why == "shares of defendants: cases with a decision in time are 1; 2 are needed"
    assert defendants.by_support(alone, p)[1] == ""


def test_sides_are_compared_by_hand(ten: tuple[Params, Cases]) -> None:
    """Ten cases of each kind: the supported ones like K-3 and K-1 in turn, the others like K-2 and K-4."""
    p, cases = ten
    frame = defendants.defendants_of(p, cases).frame
    copies = [frame.assign(case_id=frame["case_id"] + f"-{n}") for n in range(5)]
    compared, why = defendants.by_support(pd.concat(copies, ignore_index=True), p)
    assert why == ""
    apart = defendants.apart(compared).set_index("measure")
    # Convicted: of 25 in supported cases 5 (K-1: 1 of 3, K-3: 0 of 2), of 15 in others 10 (K-2: 1 of 1, K-4: 1 of 2).
    assert apart.loc["convicted", "estimate"] == pytest.approx(5 / 25 - 10 / 15)
    assert apart.loc["convicted_case_once", "estimate"] == pytest.approx(1 / 6 - 3 / 4)
    assert apart.loc["decided", "estimate"] == pytest.approx(20 / 25 - 10 / 15)
    assert apart.loc["convicted", "n_units"] == 20
    assert "counting" not in apart.index
    # Case K-5, supported and too recent, counts for the number per case: 3, 2 and 2 against 1 and 2.
    assert apart.loc["per_case", "estimate"] == pytest.approx(7 / 3 - 3 / 2)


def test_the_number_of_defendants_has_an_interval_above_zero() -> None:
    """Nine cases of one defendant and one of sixty: Student's interval on the mean itself would reach below zero."""
    frame = pd.DataFrame({"case_id": [*range(9), *[9] * 60]})
    row = defendants._per_case(frame, 0.05)
    mean, error = 6.9, 5.9  # the standard deviation of 1, ..., 1, 60 is 59 / sqrt(10)
    assert row["estimate"] == pytest.approx(mean)
    assert row["std_error"] == pytest.approx(error)
    spread = math.exp(2.2621571628 * error / mean)
    assert row["ci_low"] == pytest.approx(mean / spread)
    assert row["ci_high"] == pytest.approx(mean * spread)
    assert defendants._per_case(frame[frame["case_id"] > 0], 0.05)[["ci_low", "ci_high"]].isna().all()


def test_faults_of_defendants_are_named_by_row_and_key(ten: tuple[Params, Cases], tmp_path: Path) -> None:
    p, cases = ten
    faulty = TEN_DEFENDANTS.replace("D-2,K-1", "D-2,K-7").replace("D-9,K-5,courier,2023", "D-9,K-5,courier,2021")
    (tmp_path / "ten.csv").write_text(faulty)
    with pytest.raises(DataError) as caught:
        defendants.defendants_of(p, cases)
    said = str(caught.value)
    assert "ten.csv has 2 fault(s)" in said
    assert "defendants row 3, case_id = 'K-7': must be a case_id of cases" in said
    assert "defendants row 10, charged = '2021-01-01': must not be before the seizure_date of its case" in said


def test_without_a_file_of_defendants_there_are_none(cases: Cases) -> None:
    p = params().model_copy(update={"cases_file": "hand.csv"})
    found = defendants.defendants_of(p, cases)
    assert found.frame.empty
    assert found.used == ()
    assert defendants.listed(found.frame, cases.frame, 2.0).empty
    for rows, why in (defendants.described(found.frame, p), defendants.by_support(found.frame, p)):
        assert rows.empty
        assert why == ""


def test_defendants_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ten.csv").write_text(TEN_DEFENDANTS)
    with pytest.raises(ValueError, match="defendants are of cases; name the file of these cases too"):
        params(defendants_file=str(tmp_path / "ten.csv"))


# --- SIMULATED defendants and their truth -------------------------------------------------------------------------------


def test_simulated_defendants_keep_every_rule_of_the_template(tmp_path: Path) -> None:
    frame = simulation.simulated_frame(600, 4)
    people = simulation.simulated_defendants(frame, 4)
    cases = frame.assign(country="PAN", drug="cocaine", kilograms=1.5, charges=None)
    people.to_csv(tmp_path / "people.csv", index=False, date_format="%Y-%m-%d")
    read = own_records.read(tmp_path / "people.csv", "defendants", beside={"cases": cases})
    assert len(read) == len(people) > 400
    assert people["case_id"].isin(frame.loc[frame["prosecution_started"].notna(), "case_id"]).all()
    assert people["defendant_id"].str.startswith("SIMULATED").all()
    # Drawing them leaves the cases as they were.
    pd.testing.assert_frame_equal(frame, simulation.simulated_frame(600, 4))


@pytest.mark.parametrize("given", [{}, {"programme_supported": 1.0}, {"programme_supported": 0.0}])
def test_the_truth_of_defendants_is_what_they_are_drawn_from(given: dict[str, float]) -> None:
    drawn = simulate_cases(simulation.TRUTH, 100_000, observed_until=100.0, seed=3)
    frame = simulation.as_records(drawn).assign(as_of=pd.Timestamp("2111-12-31"))
    people = defendants.with_support(simulation.simulated_defendants(frame, 3), frame)
    for value in given.values():
        people = people[people["programme_supported"] == bool(value)]
    # A maturity below the longest time, within which not all are decided on.
    p = params(maturity_years=1.0)
    rows, _ = defendants.described(people, p)
    found, true = rows.set_index("measure"), simulation.true_defendants(1.0, given)
    assert list(found.index) == list(true)
    assert 0.4 < true["decided"] < 0.7
    for measure, value in true.items():
        assert found.loc[measure, "estimate"] == pytest.approx(value, abs=4 * found.loc[measure, "std_error"]), measure


def test_selection_fools_a_plain_comparison_of_defendants() -> None:
    (row,) = selection.fooled_defendants(params(maturity_years=2.5)).to_dict("records")
    assert row["true"] == 0
    assert row["ci_low"] > 0.02
    assert not row["held"]
    assert selection.fooled_defendants(params().model_copy(update={"cases_file": "own.csv"})).empty


# --- The file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (
            HAND,
            {"maturity_years": 7.0},
            r"hand.csv, maturity_years 7: No case entered seizure at least 7 years before its record ends; the longest was "
            r"there for 6 years\. Shorten the maturity",
        ),
        (
            HAND.splitlines()[0]
            + "\nH-5,CPV,2019-01-01,cocaine,5,false,2019-02-01,,,2019-07-02,not_prosecuted,,,2024-01-01\n",
            {},
            r"hand.csv, maturity_years 2: No case came to prosecution, so nothing can be told of what follows, whatever",
        ),
        (
            HAND.splitlines()[0] + "\nH-1,PAN,2018-01-01,cocaine,,,,,,,,,,2024-01-01\n",
            {},
            "hand.csv: no case has ended yet",
        ),
        (
            HAND.replace("H-", "SIMULATED-C"),
            {},
            r"hand.csv: the cases are SIMULATED, as their codes say, .* name their folder, with its truth\.json, to "
            "11_own_records as `folder`, or leave cases_file empty",
        ),
        (HAND.replace("H-3", "SIMULATED-C3"), {}, "hand.csv: the cases are SIMULATED"),
    ],
)
def test_records_that_cannot_answer_are_refused(
    hand: Path, content: str, changes: dict[str, float], message: str
) -> None:
    hand.write_text(content)
    with pytest.raises(ParameterError, match=message):
        cases_of(params(cases_file=str(hand), **changes))


def test_one_file_has_one_name_wherever_one_stands(hand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hand.parent)
    monkeypatch.setenv("CRIMJUST_HOME", str(hand.parents[1]))
    from_there = params(cases_file="hand.csv").cases_file
    assert from_there == f"{hand.parent.name}/hand.csv"
    monkeypatch.chdir("/")
    assert params(cases_file=from_there).cases_file == from_there
    monkeypatch.setenv("CRIMJUST_HOME", str(hand.parent / "elsewhere"))
    assert params(cases_file=str(hand)).cases_file == str(hand.resolve())


def test_a_run_is_no_longer_current_once_the_file_is_edited(
    hand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the record is at hand here, and not the results it is of.
    monkeypatch.setattr(record, "_altered", lambda *_: "")
    p = params(cases_file=str(hand))
    (used,) = cases_of(p).used
    layout = Layout(tmp_path / "results", "06_outcome2_cascade")
    read = [{"table": used.table, "vintage": used.vintage, "sha256": used.sha256}]
    assert used.vintage == "2024-01-01"
    made_of = {"notebook": "", "code": {}, "lock": "", "plan": "", "versions": {}}
    given = p.model_dump()
    record.write(made_of, given, read, layout)
    kept = layout.record.read_text()
    assert '"cases_file": "hand.csv"' in kept
    assert str(hand.parent) not in kept
    files = parameters_cell.files(given)
    assert record.moved(made_of, given, layout, record.Catalogs(files)) == ()
    hand.write_text(HAND.replace("H-2,PAN", "H-2,CPV"))
    assert record.moved(made_of, given, layout, record.Catalogs(files)) == ("the figures of hand.csv changed",)
    # Whoever does not know where the file lies cannot tell.
    assert record.moved(made_of, given, layout, record.Catalogs()) == ()


def test_a_report_seeks_a_users_file_in_no_catalog(cases: Cases) -> None:
    (used,) = cases.used
    read = [{"table": used.table, "vintage": used.vintage, "sha256": used.sha256}]
    # No run is saved here: of the reader only what it looks up is asked.
    reader: Any = object.__new__(contents._Reader)
    reader.pooled = SimpleNamespace(raw=catalog.raw(), processed=catalog.processed())
    assert reader.inputs(read) == ()


# --- The truth of SIMULATED cases --------------------------------------------------------------------------------------


def test_the_truth_is_what_the_simulator_draws_from() -> None:
    """A hundred thousand cases that all have had the time to end, counted, against the truth worked out."""
    drawn = simulate_cases(simulation.TRUTH, 100_000, observed_until=100.0, seed=3)
    done = drawn[drawn["seizure"] <= 94.0]
    assert done[["conviction", "closed"]].notna().any(axis=1).all()
    n = len(done)
    stages = done[["seizure", "investigation", "prosecution", "conviction"]].notna().sum().to_numpy()
    truth = simulation.true_passing(2.5)
    error = np.sqrt(truth * (1 - truth) / stages[:-1])
    assert np.all(np.abs(stages[1:] / stages[:-1] - truth) < 4 * error)
    years = np.array([0.5, 1.0, 2.0, 4.0])
    end = done["conviction"].fillna(done["closed"]) - done["seizure"]
    convicted = done["conviction"].notna()
    charged = done["prosecution"].notna()
    counted = np.stack(
        [[(kind & (end <= t)).mean() for t in years] for kind in (convicted, charged & ~convicted, ~charged)],
        axis=1,
    )
    expected = simulation.true_endings(years)
    assert np.all(np.abs(counted - expected) < 4 * np.sqrt(np.maximum(expected * (1 - expected), 1e-6) / n))
    supported = done["programme_supported"] == 1
    gain = convicted[supported].mean() - convicted[~supported].mean()
    true = recovery.true_values(2.5).set_index("id")["true"]
    assert gain == pytest.approx(true["additional.programme_supported"], abs=4 * np.sqrt(0.5 / n))
    assert (end <= true["median_years"]).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / n))


def test_all_cases_end_in_time_in_truth() -> None:
    """Every case is decided by 1.5 + 2 + 2.5 years; the endings add up to one, convictions to the product of stages."""
    endings = simulation.true_endings(np.array([0.0, 6.0]))
    assert endings.sum(axis=1) == pytest.approx([0.0, 1.0], abs=1e-9)
    assert endings[1, 0] == pytest.approx(simulation.true_passing(2.5).prod())


def test_true_curves_of_groups_and_endings_agree_with_the_truth_at_their_ends() -> None:
    drawn = pd.DataFrame({"group": ["cooperation used", "not used", "not used"], "time": [0.0, 0.0, 6.0]})
    curves = recovery.true_open_curves(drawn).groupby("group")["survival"]
    assert curves.first().tolist() == pytest.approx([1.0, 1.0])
    assert curves.last().tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    # Cases that cooperate go further and so stay open longer.
    middle = recovery.true_open_curves(drawn).pivot_table("survival", "time", "group").iloc[20]
    assert middle["cooperation used"] > middle["not used"]
    ended = recovery.true_ending_curves(drawn).groupby("ending", sort=False)["incidence"].last()
    assert ended.to_numpy() == pytest.approx(simulation.true_endings(np.array([6.0]))[0])


def test_records_of_real_cases_have_no_truth_to_recover() -> None:
    estimates = pd.DataFrame(
        {"id": ["median_years"], "estimand": "m", "unit": "years", "estimate": 1.0, "ci_low": 0.5, "ci_high": 9.0}
    )
    assert recovery.recovered(estimates, params().model_copy(update={"cases_file": "own.csv"})).empty
    (row,) = recovery.recovered(estimates, params()).to_dict("records")
    assert row["held"]
    assert row["true"] == pytest.approx(simulation.true_median_years())


def test_misses_tolerated_by_the_binomial_law() -> None:
    # P(at most 4 of 24 miss, each with chance 0.05) is 0.9940, at most 3 it is 0.9703.
    assert recovery.misses_tolerated(24, 0.95) == 4
    assert recovery.misses_tolerated(0, 0.95) == 0


# --- Selection into support ----------------------------------------------------------------------------------------------


def test_selection_fools_both_comparisons_and_a_draw_by_lot_neither() -> None:
    found = selection.fooled(params(maturity_years=2.5)).set_index(["world", "way"])
    assert found["held"].to_dict() == {
        (world, way): world == "by_lot" for world in selection.WORLDS for way in selection.WAYS
    }
    # Support that does nothing seems to add convictions, and as many once adjusted for what records hold.
    in_vain = found.loc["picked_in_vain"]
    assert in_vain["true"].eq(0).all()
    assert (in_vain["ci_low"] > 0.05).all()
    assert found.loc[("by_lot", "adjusted"), "true"] == pytest.approx(
        simulation.true_additional_convictions("programme_supported", 2.5), abs=0.002
    )
    assert selection.holding(found.reset_index()) == {"by_lot": 2, "picked": 0, "picked_in_vain": 0}
    assert selection.holding(found.iloc[:0].reset_index()) == {}


def test_stronger_cases_are_likelier_supported_and_likelier_convicted() -> None:
    drawn = simulate_cases(selection.WORLDS["picked_in_vain"][1], 20_000, observed_until=50.0, seed=3)
    supported = drawn["programme_supported"] == 1
    # The share is that of a case of middling strength: half of them.
    middling = drawn["strength"].abs() < 0.1
    assert supported[middling].mean() == pytest.approx(0.5, abs=0.03)
    assert drawn["strength"][supported].mean() > 0.3
    assert drawn["conviction"].notna()[drawn["strength"] > 1].mean() > drawn["conviction"].notna().mean() + 0.1


# --- Nothing is certain of cases that have not ended ----------------------------------------------------------------


def none_ended(frame: pd.DataFrame, supported: bool) -> pd.DataFrame:
    """The frame with no end of cases that are, or are not, supported."""
    open_ = frame["programme_supported"] == supported
    return frame.assign(
        disposition=frame["disposition"].mask(open_), disposition_date=frame["disposition_date"].mask(open_)
    )


@pytest.mark.parametrize("supported", [True, False])
def test_the_hazard_of_supported_cases_of_which_none_has_ended_is_not_told(supported: bool) -> None:
    frame = none_ended(simulation.simulated_frame(600, 4), supported)
    model, why = regressions.speed(frame, tuple(simulation.TRUTH.effects), params())
    assert model is None
    assert "the hazard ratio of support by the programme has no finite estimate yet" in why
    assert f"with the value {supported:d} has had the event" in why
    assert regressions.hazard_ratios(model).empty
    logits, why = regressions.passing(frame, ("programme_supported",), params())
    assert logits is None
    assert "support by the programme" in why or "of the rarer outcome" in why


def test_a_covariate_that_one_case_alone_has_carries_no_hazard() -> None:
    frame = simulation.simulated_frame(600, 4)
    charged = frame.index[frame["prosecution_started"].notna() & frame["disposition_date"].notna()]
    alone = frame.assign(precursor_involved=pd.Series(frame.index == charged[3], frame.index, dtype="boolean"))
    model, why = regressions.speed(alone, ("precursor_involved",), params())
    assert model is None
    assert "what precursors involved varies by" in why


def test_equally_many_days_are_equally_many_years() -> None:
    frame = simulation.simulated_frame(2000, 3)
    days = (frame["disposition_date"].fillna(frame["as_of"]) - frame["seizure_date"]).dt.days
    assert durations(frame)["years"].nunique() == days.nunique()
    entries = regressions.stage_entries(records_of(frame)).query("stage == 'seizure'")
    until = frame["investigation_opened"].fillna(frame["disposition_date"]).fillna(frame["as_of"])
    assert entries["duration"].nunique() == (until - frame["seizure_date"]).dt.days.nunique()
