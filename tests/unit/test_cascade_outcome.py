"""Outcome 2's assessment of cases from seizure to conviction, on simulated and on supplied records."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.designs.survival.cascade import case_records, continuation_ratios, transitions
from crimjust_research.designs.survival.cascade_simulation import simulate_cases
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import cascade
from crimjust_research.outcomes.cascade import simulation
from crimjust_research.outcomes.cascade.cases import cases_of, durations, records_of, usable_covariates
from crimjust_research.outcomes.cascade.recovery import misses_tolerated, true_values
from crimjust_research.report import contents
from crimjust_research.results import Assessment
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

HEADER = (project.root() / "data" / "templates" / "cases.csv").read_text().strip()
COLUMNS = HEADER.split(",")
# Eight made-up cases, up to date on 1 January 2024: two convicted (one investigated before its seizure, one charged with no
# investigation noted), one acquitted, two not prosecuted (one without an investigation), one pending in prosecution, one
# in investigation, one seized too recently to count.
HAND = f"""{HEADER}
H-1,PAN,2018-01-01,cocaine,10,true,2017-12-01,2018-07-02,trafficking,2019-01-01,convicted,true,true,2024-01-01
H-2,PAN,2018-01-01,cocaine,,false,,2019-01-01,trafficking,2020-01-01,convicted,true,false,2024-01-01
H-3,CPV,2018-01-01,heroin,5,false,2018-04-02,2019-01-01,trafficking,2021-01-01,acquitted,false,true,2024-01-01
H-4,CPV,2019-01-01,heroin,5,false,2019-07-02,,,2020-01-01,not_prosecuted,false,,2024-01-01
H-5,CPV,2019-01-01,cocaine,5,false,,,,2019-07-02,not_prosecuted,false,false,2024-01-01
H-6,PAN,2019-01-01,cocaine,5,false,2020-01-01,2021-01-01,trafficking,,,,true,2024-01-01
H-7,PAN,2020-01-01,cocaine,5,false,2020-07-01,,,,,true,false,2024-01-01
H-8,PAN,2023-07-01,cocaine,5,true,2023-08-01,,,,,true,true,2024-01-01
"""
CAUSAL = re.compile(
    r"\b(because of|caused?s?|effect of|impact|due to|led to|leads? to|thanks to|result(s|ed)? in)\b", re.I
)


@pytest.fixture(scope="module")
def result() -> Assessment:
    return cascade.assess(cascade.Params())


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    path = tmp_path / "hand.csv"
    path.write_text(HAND)
    return path


@pytest.fixture(scope="module")
def supplied(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    """Six hundred made-up records in the template's columns, handed in as a user would."""
    path = tmp_path_factory.mktemp("records") / "records.csv"
    frame = simulation.simulated_frame(600, 4)
    frame["case_id"] = [f"R-{number}" for number in range(len(frame))]
    frame = frame.assign(
        country=np.where(np.arange(600) % 2, "PAN", "CPV"), drug="cocaine", kilograms=1.5, charges=None
    )
    frame[COLUMNS].to_csv(path, index=False, date_format="%Y-%m-%d")
    return cascade.assess(cascade.Params(cases_file=str(path)))


# --- Simulated cases --------------------------------------------------------------------------------------------------


def test_the_truth_is_recovered(result: Assessment) -> None:
    table = result.tables["recovered_and_true_simulated"]
    assert len(table) == 24
    assert (~table["held"]).sum() <= misses_tolerated(24, 0.95)
    assert result.checks[0].passed
    by_id = table.set_index("id")
    assert by_id.loc["odds.prosecution.transnational_cooperation_used", "true"] == pytest.approx(np.exp(0.6))
    assert by_id["recovered"].to_dict() == {i: result.estimate(i).estimate for i in by_id.index}


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
    assert gain == pytest.approx(true_values(2.5)["additional.programme_supported"], abs=4 * np.sqrt(0.5 / n))
    assert (end <= simulation.true_median_years()).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / n))


def test_all_cases_end_in_time_in_truth() -> None:
    """Every case is decided by 1.5 + 2 + 2.5 years; the endings add up to one, convictions to the product of stages."""
    endings = simulation.true_endings(np.array([0.0, 6.0]))
    assert endings.sum(axis=1) == pytest.approx([0.0, 1.0], abs=1e-9)
    assert endings[1, 0] == pytest.approx(simulation.true_passing(2.5).prod())


def test_everything_simulated_says_so(result: Assessment) -> None:
    assert result.answer.startswith("SIMULATED")
    assert "SIMULATED" in result.title
    assert {e.data_status for e in result.estimates} == {"simulated"}
    assert all(c.name.startswith("SIMULATED: ") for c in result.checks)
    assert all(name.endswith("_simulated") for name in result.tables)
    assert result.used == ()
    for figure in result.figures:
        assert figure.name.endswith("_simulated")
        assert figure.caption.startswith("SIMULATED")
        assert figure.alt.startswith("SIMULATED")
        assert "SIMULATED" in figure.source
        assert str(figure.specification["title"]).startswith("SIMULATED: ")


def test_a_short_maturity_shows_as_pending_cases() -> None:
    short = cascade.assess(cascade.Params(maturity_years=0.5))
    verdicts = {c.name: c.passed for c in short.checks}
    assert verdicts["SIMULATED: maturity"] is False
    # Shares within the cut-off are still those that are true within the cut-off.
    table = short.tables["recovered_and_true_simulated"].set_index("id")
    assert table.loc[["pass.investigation", "pass.prosecution", "pass.conviction"], "held"].all()


def test_the_cost_is_the_documents_range_over_additional_convictions(result: Assessment) -> None:
    extra = result.estimate("additional.programme_supported")
    low, high = result.estimate("cost.low"), result.estimate("cost.high")
    # 14 and 20 million USD (10 + 4, 14 + 6) over 1,000 cases' additional convictions.
    assert low.estimate == pytest.approx(14e6 / (1000 * extra.estimate))
    assert high.estimate == pytest.approx(20e6 / (1000 * extra.estimate))
    assert (high.ci_low, high.ci_high) == (
        pytest.approx(20e6 / (1000 * extra.ci_high)),
        pytest.approx(20e6 / (1000 * extra.ci_low)),
    )
    assert "assumed" in plain(result.answer)


def test_no_word_of_cause(result: Assessment, supplied: Assessment) -> None:
    for assessment in (result, supplied):
        texts = [assessment.answer, assessment.title, *(c.sentence for c in assessment.checks)]
        texts += [e.estimand for e in assessment.estimates] + [f.caption + f.alt for f in assessment.figures]
        found = [match[0] for text in texts for match in CAUSAL.finditer(text)]
        assert not found


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = cascade.assess(cascade.Params())
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


# --- Supplied records -------------------------------------------------------------------------------------------------


def test_records_by_hand(hand: Path) -> None:
    cases = cases_of(cascade.Params(cases_file=str(hand), maturity_years=2.0))
    table = transitions(records_of(cases.frame), 2.0).set_index("following").iloc[:-1]
    # H-8 is half a year old. Of the seven others all but H-5 were investigated within two years, H-1 counted from its
    # seizure, H-2 from its charges a year after it.
    assert table.loc["investigation", ["entered", "immature", "mature", "advanced", "closed"]].tolist() == [
        8,
        1,
        7,
        6,
        1,
    ]
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
    cases = cases_of(cascade.Params(cases_file=str(hand), maturity_years=1.0))
    assert durations(cases.frame)["years"].iloc[6] == pytest.approx(366 / 365.25)


def test_few_records_are_described_and_carry_no_regression(hand: Path) -> None:
    few = cascade.assess(cascade.Params(cases_file=str(hand), maturity_years=2.0))
    assert few.estimate("pass.investigation").estimate == pytest.approx(6 / 7)
    assert not any(e.id.startswith(("odds", "hazard", "cost")) for e in few.estimates)
    compared = next(c for c in few.checks if c.name == "What is compared")
    assert compared.passed is False
    # All three covariates are noted for H-1, H-2, H-3, H-5, H-7 and H-8; one of the mature five was not investigated, one of
    # the four that were was not charged, one of the three that were was not convicted in time.
    assert "logits: of the rarer outcome at some stage there are 1; 3 covariates need 30" in compared.sentence
    assert "Cox regression: prosecutions that have ended are 3; 3 covariates need 30" in compared.sentence
    assert all("<svg" in f.svg for f in few.figures)
    assert {f.name for f in few.figures} == {"cascade", "cohorts", "time_to_end", "incidence"}
    days = next(c for c in few.checks if c.name == "Days of investigations")
    assert days.table.iloc[0].tolist() == [1, 1, 8]


def test_a_users_file_is_used_and_nothing_is_marked_simulated(supplied: Assessment) -> None:
    assert {e.data_status for e in supplied.estimates} == {"observed"}
    assert (
        "simulated"
        not in json.dumps(
            [supplied.answer, supplied.title, *supplied.tables]
            + [c.name + c.sentence for c in supplied.checks]
            + [f.name + f.caption + f.alt + f.source + json.dumps(f.specification["title"]) for f in supplied.figures]
        ).lower()
    )
    assert {f.name for f in supplied.figures} >= {"cascade", "odds_ratios", "incidence", "time_to_end"}
    assert "recovered" not in {f.name for f in supplied.figures}
    assert supplied.answer.startswith("Of the seizures in records.csv, as of 2020-12-31, ")
    assert next(c for c in supplied.checks if c.name == "What is compared").passed


def test_the_numbers_are_those_of_the_users_file(supplied: Assessment) -> None:
    """The same cases through the designs, without files and days: rounding to days moves little."""
    drawn = simulate_cases(simulation.TRUTH, 600, observed_until=10.0, seed=4)
    records = case_records(drawn, 10.0, covariates=list(simulation.TRUTH.effects))
    direct = continuation_ratios(records, 2.5).table.set_index(["stage", "term"])["odds_ratio"]
    found = supplied.estimate("odds.investigation.programme_supported")
    assert found.estimate == pytest.approx(direct.loc[("seizure", "programme_supported")], rel=0.02)


def test_a_faulty_file_is_refused_with_every_fault(hand: Path) -> None:
    hand.write_text(HAND.replace("H-3,CPV", "H-3,XXX").replace("2019-07-02,,,2020-01-01", "2019-07-02,,,2018-01-01"))
    with pytest.raises(DataError) as refused:
        cascade.Params(cases_file=str(hand))
    message = str(refused.value)
    assert "row 4, country = 'XXX'" in message
    assert "row 5, disposition_date = '2018-01-01'" in message


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (HAND, {"maturity_years": 7.0}, r"hand.csv, maturity_years 7: No case entered seizure"),
        (HEADER + "\nH-1,PAN,2018-01-01,cocaine,,,,,,,,,,2024-01-01\n", {}, "hand.csv: no case has ended yet"),
    ],
)
def test_records_that_cannot_answer_are_refused(
    hand: Path, content: str, changes: dict[str, float], message: str
) -> None:
    hand.write_text(content)
    with pytest.raises(ParameterError, match=message):
        cascade.Params(cases_file=str(hand), **changes)  # type: ignore[arg-type]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv is not a file"):
        cascade.Params(cases_file="nowhere.csv")


def test_one_file_has_one_name_wherever_one_stands(hand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hand.parent)
    monkeypatch.setenv("CRIMJUST_HOME", str(hand.parents[1]))
    from_there = cascade.Params(cases_file="hand.csv", maturity_years=2.0).cases_file
    assert from_there == f"{hand.parent.name}/hand.csv"
    monkeypatch.chdir("/")
    assert cascade.Params(cases_file=from_there, maturity_years=2.0).cases_file == from_there
    monkeypatch.setenv("CRIMJUST_HOME", str(hand.parent / "elsewhere"))
    assert cascade.Params(cases_file=str(hand), maturity_years=2.0).cases_file == str(hand.resolve())


def test_a_run_is_no_longer_current_once_the_file_is_edited(hand: Path, tmp_path: Path) -> None:
    params = cascade.Params(cases_file=str(hand), maturity_years=2.0)
    (used,) = cases_of(params).used
    layout = Layout(tmp_path / "results", "06_outcome2_cascade")
    read = [{"table": used.table, "vintage": used.vintage, "sha256": used.sha256}]
    assert used.vintage == "2024-01-01"
    record.write({}, params.model_dump(), read, layout)
    assert record.is_current({}, params.model_dump(), layout)
    hand.write_text(HAND.replace("H-2,PAN", "H-2,CPV"))
    assert not record.is_current({}, params.model_dump(), layout)


def test_covariates_that_are_not_noted_or_do_not_differ_are_left_out() -> None:
    frame = pd.DataFrame(
        {
            "transnational_cooperation_used": [True, False, True, False],
            "precursor_involved": [True, None, None, None],
            "programme_supported": [True, True, True, None],
        },
        dtype="boolean",
    )
    assert usable_covariates(frame) == ("transnational_cooperation_used",)


@pytest.mark.parametrize("changes", [{"maturity_years": 0}, {"supported_cases": 0}, {"cases": "x"}, {"draws": 5}])
def test_bad_parameters_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        cascade.Params(**changes)  # type: ignore[arg-type]


def test_a_report_seeks_a_users_file_in_no_catalog(hand: Path, tmp_path: Path) -> None:
    (used,) = cases_of(cascade.Params(cases_file=str(hand), maturity_years=2.0)).used
    read = [{"table": used.table, "vintage": used.vintage, "sha256": used.sha256}]
    reader = contents._Reader(tmp_path, "06_outcome2_cascade", 1, catalog.raw(), catalog.processed())
    assert reader.inputs(read) == ()
