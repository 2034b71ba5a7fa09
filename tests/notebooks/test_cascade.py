"""The notebook on the cascade, its own cells run in this process on SIMULATED cases and on records handed in."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from cascade_records import DEFENDANTS_HEADER, HAND, HEADER, SIX_CASES, TEN_DEFENDANTS
from crimjust_research.designs.survival.cascade import case_records, continuation_ratios
from crimjust_research.designs.survival.cascade_simulation import simulate_cases
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Estimate, csv_bytes
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.cascade import QUESTION, simulation
from crimjust_research.questions.cascade.params import Params
from crimjust_research.runs import notebooks, parameters, steps
from crimjust_research.study import Study

NAME = "06_outcome2_cascade"
CAUSAL = re.compile(
    r"\b(because of|caused?s?|effect of|impact|due to|led to|leads? to|thanks to|result(s|ed)? in)\b", re.I
)


# A file's name as hostile as a system takes it, and what is told of it.
HOSTILE_FILE = "=cmd|[[x|y]]<img src=x>$x${{7*7}}{p}`c`\x1b[2J\u202e\"'\U0001f469\u200d" + "W" * 150 + ".csv"
TOLD_FILE = "=cmd___x_y___img src=x__x_{{7_7}}{p}_c___2J_\"'\U0001f469\u200d" + "W" * 150 + ".csv"


def ran(**changed: Any) -> Study:
    """The study that the notebook leaves behind; figures are drawn, nothing is saved."""
    study: Study = steps.run(NAME, skip={"answer"}, **changed)["study"]
    return study


@pytest.fixture(scope="module")
def study() -> Study:
    return ran()


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    path = tmp_path / "hand.csv"
    path.write_text(HAND)
    return path


@pytest.fixture(scope="module")
def supplied(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Six hundred made-up records in the template's columns, handed in as a user would."""
    path = tmp_path_factory.mktemp("records") / "records.csv"
    frame = simulation.simulated_frame(600, 4)
    frame["case_id"] = [f"R-{number}" for number in range(len(frame))]
    countries = np.where(np.arange(600) % 2, "PAN", "CPV")
    frame = frame.assign(country=countries, drug="cocaine", kilograms=1.5, charges=None)
    frame[HEADER.split(",")].to_csv(path, index=False, date_format="%Y-%m-%d")
    return ran(cases_file=str(path))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same records with the defendants of their charged cases, handed in as a user would."""
    folder = tmp_path_factory.mktemp("tried")
    frame = simulation.simulated_frame(600, 4)
    people = simulation.simulated_defendants(frame, 4)
    for records in (frame, people):
        records["case_id"] = records["case_id"].str.replace("SIMULATED", "R")
    people["defendant_id"] = [f"P-{number}" for number in range(len(people))]
    frame = frame.assign(country="PAN", drug="cocaine", kilograms=1.5, charges=None)
    frame[HEADER.split(",")].to_csv(folder / HOSTILE_FILE, index=False, date_format="%Y-%m-%d")
    people[DEFENDANTS_HEADER.split(",")].to_csv(folder / "people.csv", index=False, date_format="%Y-%m-%d")
    return ran(cases_file=str(folder / HOSTILE_FILE), defendants_file=str(folder / "people.csv"))


def texts(study: Study) -> list[str]:
    """All that a reader is told of a run."""
    answer = study.answer()
    figures = [f.title + f.caption + f.source + f.alt for f in answer.figures]
    told = [answer.title, plain(answer.answer), *map(plain, answer.says.values()), *figures]
    told += [plain(f"{c.name}: {c.sentence}") for c in answer.checks]
    return [*told, *study.frame()[["estimand", "method", "specification"]].agg(" ".join, axis=1)]


# --- SIMULATED cases --------------------------------------------------------------------------------------------------


def test_the_planted_truth_is_recovered_by_the_notebooks_own_cells(study: Study, estimates: pd.DataFrame) -> None:
    check = study.checks["truth_recovered"]
    assert check.passed
    table = check.table.set_index("id")
    assert len(table) == 30
    assert table.loc["odds.prosecution.transnational_cooperation_used", "true"] == pytest.approx(np.exp(0.6))
    assert table["recovered"].to_dict() == estimates.loc[table.index, "estimate"].to_dict()


def test_a_planted_difference_in_passing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    plain_share = steps.run(NAME, until="registered")["study"].frame().set_index("id")["estimate"]
    drawn = simulation.simulated_frame

    def planted(n_cases: int, seed: int) -> pd.DataFrame:
        """Every other case without a prosecution, whatever it had."""
        frame = drawn(n_cases, seed)
        lost = frame["prosecution_started"].notna() & (np.arange(n_cases) % 2 == 0)
        ended = frame["disposition_date"].where(~lost, frame["prosecution_started"])
        frame = frame.assign(disposition_date=ended, disposition=frame["disposition"].where(~lost, "not_prosecuted"))
        return frame.assign(prosecution_started=frame["prosecution_started"].where(~lost))

    monkeypatch.setattr(simulation, "simulated_frame", planted)
    share = steps.run(NAME, until="registered")["study"].frame().set_index("id")["estimate"]
    assert share["pass.investigation"] == plain_share["pass.investigation"]
    assert share["pass.prosecution"] == pytest.approx(plain_share["pass.prosecution"] / 2, rel=0.1)
    assert share["pass.seizure_to_conviction"] == pytest.approx(plain_share["pass.seizure_to_conviction"] / 2, rel=0.15)


def test_everything_simulated_says_so(study: Study) -> None:
    answer = study.answer()
    assert answer.answer.startswith("SIMULATED")
    assert "SIMULATED" in answer.title
    assert set(study.frame()["data_status"]) == {"simulated"}
    assert all("SIMULATED" in c.sentence for c in answer.checks)
    assert all(name.endswith("_simulated") for name in answer.tables)
    assert answer.used == ()
    for figure in answer.figures:
        assert figure.name.endswith("_simulated")
        for text in (figure.title, figure.caption, figure.source):
            assert "SIMULATED" in text, figure.name


def test_a_short_maturity_shows_as_pending_cases() -> None:
    short: Study = steps.run(NAME, maturity_years=0.5)["study"]
    assert short.checks["maturity"].passed is False
    # Shares within the cut-off are still those that are true within the cut-off.
    table = short.checks["truth_recovered"].table.set_index("id")
    assert table.loc[["pass.investigation", "pass.prosecution", "pass.conviction"], "held"].all()
    assert str(short.say("maturity")).startswith("Each stage is given 0.5 years. ")


def test_all_ratios_are_adjusted_as_one_grid_and_nothing_is_primary(estimates: pd.DataFrame) -> None:
    tested = estimates[estimates["p_value"].notna()]
    assert set(tested["unit"]) == {"odds ratio", "hazard ratio"}
    p = np.sort(tested["p_value"])
    by_hand = np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(tested["p_adjusted"]), np.minimum(by_hand, 1))
    assert set(estimates["role"]) == {"secondary"}


def test_the_answer_on_made_up_cases_states_no_rate_and_no_money(study: Study, estimates: pd.DataFrame) -> None:
    text = str(study.say("answer"))
    assert text.startswith("SIMULATED: no public record shows what becomes of seizures")
    assert "%" not in text
    assert "dollar" not in text
    assert len(text.split()) <= 90
    fooled = estimates.loc["selection.picked_in_vain.adjusted"]
    assert f"looks like {100 * fooled['estimate']:.1f} more convictions in a hundred cases" in text
    assert not estimates.index.str.startswith("cost").any()


def test_the_answer_on_records_says_what_the_numbers_say(supplied: Study) -> None:
    text, found = str(supplied.say("answer")), supplied.frame().set_index("id")
    whole = found.loc["pass.seizure_to_conviction"]
    assert f"{whole['estimate']:.0%} (95% interval {whole['ci_low']:.0%} to {whole['ci_high']:.0%})" in text
    assert "if each stage is given 2.5 years" in text
    assert f"Half of the cases have ended after {found.loc['median_years', 'estimate']:.1f} years" in text
    assert ", which does not show what support did: it was not drawn by lot." in text
    assert len(plain(text).split()) <= 90
    assert not found.index.str.startswith("selection").any()


def test_no_word_of_cause(study: Study, supplied: Study, tried: Study) -> None:
    for each in (study, supplied, tried):
        assert not [match[0] for text in texts(each) for match in CAUSAL.finditer(text)]


# --- Records handed in ------------------------------------------------------------------------------------------------


def test_a_users_file_is_used_and_nothing_is_marked_simulated(supplied: Study) -> None:
    answer = supplied.answer()
    assert set(supplied.frame()["data_status"]) == {"observed"}
    assert "simulated" not in json.dumps([*texts(supplied), *answer.tables, *(f.name for f in answer.figures)]).lower()
    assert {f.name for f in answer.figures} >= {"cascade", "cohorts", "odds_ratios", "incidence", "time_to_end"}
    assert "recovered" not in {f.name for f in answer.figures}
    assert "truth_recovered" not in supplied.checks
    assert answer.answer.startswith("Of the seizures in case records supplied in records.csv, as of 2020-12-31, ")
    assert supplied.checks["what_is_compared"].passed
    assert "The cases of 2 countries are taken together." in str(supplied.say("what_is_compared"))
    (used,) = answer.used
    assert used.vintage == "2020-12-31"


def test_without_a_file_of_defendants_one_sentence_says_so(supplied: Study) -> None:
    assert not supplied.frame()["id"].str.startswith("defendants").any()
    assert "defendants" not in {f.name for f in supplied.answer().figures}
    assert "defendants_listed" not in supplied.checks
    said = "No file of defendants was supplied with these cases, so nothing is told of defendants."
    assert str(supplied.say("no_defendants")) == said


def test_defendants_handed_in_are_told_beside_their_cases(tried: Study, supplied: Study) -> None:
    answer, found = tried.answer(), tried.frame().set_index("id")
    assert len(plain(answer.answer).split()) <= 90
    once = found.loc["defendants.convicted"]
    assert f"Of charged defendants {once['estimate']:.0%} ({once['ci_low']:.0%} to {once['ci_high']:.0%})" in plain(
        answer.answer
    )
    assert [used.table for used in answer.used] == [TOLD_FILE, "people.csv"]
    assert "simulated" not in json.dumps([*texts(tried), *answer.tables, *(f.name for f in answer.figures)]).lower()
    # The cases' own numbers are as without the file.
    alone = supplied.frame().set_index("id")["estimate"]
    assert found.loc[alone.index, "estimate"].to_dict() == pytest.approx(alone.to_dict(), nan_ok=True)
    said = plain(answer.says["defendants"])
    by_case, cases = found.loc["defendants.convicted_case_once"], found.loc["pass.conviction"]
    assert f"Of charged cases {cases['estimate']:.0%}" in said
    assert f"if a defendant counts once, {by_case['estimate']:.0%}" in said
    assert "Whoever supports cases picks them, and only those that came to charges have defendants" in said
    apart = found.loc["defendants.convicted.apart"]
    assert f"{100 * abs(apart['estimate']):.2g} points" in said
    assert tried.checks["defendants_listed"].passed


def test_a_hostile_name_of_a_file_is_told_as_text(tried: Study) -> None:
    answer = tried.answer()
    shown = answer._repr_mimebundle_()
    assert TOLD_FILE in plain(answer.answer)
    assert escape(TOLD_FILE, quote=False) in shown["text/html"]
    assert TOLD_FILE.replace("\u200d", "\\u200d") in shown["text/plain"].replace("\\'", "'")
    figure = answer.figure("cascade")
    assert TOLD_FILE in figure.source
    drawn = ElementTree.fromstring(figure.svg)
    assert f"Source: {figure.source}" in (drawn.findtext("{http://www.w3.org/2000/svg}desc") or "")
    assert float(drawn.get("width", "nan")) <= 412
    html = figure.html()
    assert html.count("<img ") == 1
    own = html.replace('<img style="max-width:100%" alt="', "", 1)
    for text in (*texts(tried), *shown.values(), figure.svg, own, csv_bytes(tried.frame()).decode()):
        assert not re.search("\x1b|\u202e|\\[\\[x|<img", text)


def test_few_defendants_are_described_and_not_compared(tmp_path: Path) -> None:
    (tmp_path / "six.csv").write_text(SIX_CASES)
    (tmp_path / "ten.csv").write_text(TEN_DEFENDANTS)
    few = ran(cases_file=str(tmp_path / "six.csv"), defendants_file=str(tmp_path / "ten.csv"), maturity_years=2.0)
    found = few.frame().set_index("id")
    assert found.loc["defendants.convicted", "estimate"] == pytest.approx(3 / 8)
    assert found.loc["defendants.convicted_case_once", "estimate"] == pytest.approx(11 / 24)
    # Of five mature charged cases three ended in a conviction within two years.
    assert found.loc["pass.conviction", "estimate"] == pytest.approx(3 / 5)
    assert not found.index.str.endswith("apart").any()
    check = few.checks["defendants_listed"]
    assert check.passed is False
    assert "Of 6 that came to charges 1 has no defendant on record, and no part in what follows" in str(
        few.say("defendants_listed")
    )
    assert found.loc["defendants.per_case", ["ci_low", "ci_high"]].isna().all()
    assert "have 2 on record each; how far chance alone may move that is not told of fewer than 10 cases." in str(
        plain(str(few.say("defendants")))
    )
    assert "There are too few to compare those of supported and other cases." in str(few.say("defendants"))
    assert "are 2 on one side; 10 are needed" in str(few.say("what_is_compared"))


def test_simulated_defendants_too_few_to_compare_are_drawn_together() -> None:
    few = ran(maturity_years=8.0, simulated_cases=500)
    (figure,) = (f for f in few.answer().figures if f.name == "defendants_simulated")
    assert figure.data["group"].unique().tolist() == ["in all cases"]
    assert figure.data["true"].notna().all()


def test_the_numbers_are_those_of_the_users_file(supplied: Study) -> None:
    """The same cases through the designs, without files and days: rounding to days moves little."""
    drawn = simulate_cases(simulation.TRUTH, 600, observed_until=10.0, seed=4)
    records = case_records(drawn, 10.0, covariates=list(simulation.TRUTH.effects))
    direct = continuation_ratios(records, 2.5).table.set_index(["stage", "term"])["odds_ratio"]
    found = supplied.frame().set_index("id").loc["odds.investigation.programme_supported", "estimate"]
    assert found == pytest.approx(direct.loc[("seizure", "programme_supported")], rel=0.02)


def test_few_records_are_described_and_carry_no_regression(hand: Path) -> None:
    few = ran(cases_file=str(hand), maturity_years=2.0)
    frame = few.frame().set_index("id")
    assert frame.loc["pass.investigation", "estimate"] == pytest.approx(6 / 7)
    assert not frame.index.str.startswith(("odds", "hazard", "additional")).any()
    assert few.checks["what_is_compared"].passed is False
    # All three covariates are noted for H-1, H-2, H-3, H-5, H-7 and H-8; one of the mature five was not investigated, one of
    # the four that were was not charged, one of the three that were was not convicted in time.
    sentence = str(few.say("what_is_compared"))
    assert "logits: of the rarer outcome at some stage there are 1; 3 covariates need 30" in sentence
    assert "Cox regression: prosecutions that have ended are 3; 3 covariates need 30" in sentence
    answer = few.answer()
    assert all("<svg" in f.svg for f in answer.figures)
    assert {f.name for f in answer.figures} == {"cascade", "cohorts", "time_to_end", "incidence"}
    assert "do not allow a comparison of supported with other cases" in answer.answer
    assert few.checks["days_of_investigations"].table.iloc[0].tolist() == [1, 1, 8]


def test_a_faulty_file_stops_the_first_cells_with_every_fault(hand: Path) -> None:
    hand.write_text(HAND.replace("H-3,CPV", "H-3,XXX").replace("2019-07-02,,,2020-01-01", "2019-07-02,,,2018-01-01"))
    with pytest.raises(steps.CellError) as stopped:
        steps.run(NAME, cases_file=str(hand))
    assert isinstance(stopped.value.error, DataError)
    assert stopped.value.cell <= 5
    message = str(stopped.value)
    assert "row 4, country = 'XXX'" in message
    assert "row 5, disposition_date = '2018-01-01'" in message


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ParameterError, match=r"'nowhere\.csv': there is no such file"):
        steps.run(NAME, cases_file="nowhere.csv")


def test_checking_parameters_reads_no_file(hand: Path) -> None:
    hand.write_text("no records at all")
    (notebook,) = notebooks.find(NAME)
    (resolved,) = parameters.resolve([notebook], {"cases_file": str(hand)})
    assert resolved.changed == {"cases_file": str(hand)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"maturity_years": 0}, "a number above 0"),
        ({"supported_cases": 100}, "supported_cases"),
        ({"cases": "x"}, "did you mean 'cases_file'"),
        ({"draws": 5}, "a whole number from 99 "),
        ({"defendants_file": "data/templates/defendants.csv"}, "name the file of these cases too, as cases_file"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


# --- Sentences at edge values -----------------------------------------------------------------------------------------


def estimate(name: str, value: float, low: float, high: float) -> Estimate:
    return Estimate(name, "2", "?", "", "", "", value, "", 9, 9, "secondary", ci_low=low, ci_high=high, ci_level=0.95)


def told(macro: str, *found: Estimate, **facts: Any) -> str:
    """A macro of the template, with a user's file, on estimates and facts of its own."""
    (notebook,) = notebooks.find(NAME)
    p = Params.model_validate(notebook.defaults | facts.pop("p", {})).model_copy(update={"cases_file": "own.csv"})
    checks = SimpleNamespace(**facts.pop("c", {}))
    context = {"p": p, "f": SimpleNamespace(**facts), "e": {e.id: e for e in found}, "c": checks}
    return plain(Teller(QUESTION.package, context)(macro))


NAN = float("nan")
MORE = "additional.programme_supported"


def test_what_has_no_end_or_no_middle_is_said_so() -> None:
    assert told("half", estimate("median_years", NAN, NAN, NAN)) == "Fewer than half of the cases have ended."
    assert "2 years (0.50 or more)" in told("half", estimate("median_years", 2.0, 0.5, NAN))


def test_where_nobody_is_convicted_the_share_has_no_interval() -> None:
    passing = [estimate(f"pass.{name}", 0.5, 0.4, 0.6) for name in ("investigation", "prosecution", "conviction")]
    whole = estimate("pass.seizure_to_conviction", 0.0, NAN, NAN)
    median = estimate("median_years", 2.0, 1.0, 3.0)
    said = told("answer", *passing, whole, median, source="own.csv", left_out=[])
    assert said.startswith("Of the seizures in own.csv, 0% come to a conviction if each stage is given 2.5 years: 50%")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((-0.031, -0.08, 0.01), "Of supported cases 3.1 points (−1 to 8) fewer are convicted than of like others"),
        ((0.031, -0.01, 0.08), "Of supported cases 3.1 points (−1 to 8) more are convicted than of like others"),
        ((0.0, -0.1, 0.14), "Of supported cases as many are convicted as of like others (−10 to 14 points more)"),
    ],
)
def test_a_difference_and_its_interval_are_told_in_one_direction(
    numbers: tuple[float, float, float], said: str
) -> None:
    assert told("support", estimate(MORE, *numbers)).startswith(said + ", which does not show what support did")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((-0.08, -0.22, 0.063), "the share convicted is 8 points (−6.3 to 22) lower than among those of others."),
        ((0.08, -0.063, 0.22), "the share convicted is 8 points (−6.3 to 22) higher than among those of others."),
        ((-1e-17, -0.1, 0.1), "the share convicted is the same as among those of others (−10 to 10 points more)."),
    ],
)
def test_shares_of_defendants_apart_are_told_in_one_direction(numbers: tuple[float, float, float], said: str) -> None:
    shares = ("pass.conviction", "defendants.convicted", "defendants.convicted_case_once", "defendants.per_case")
    found = [estimate(name, 0.5, 0.4, 0.6) for name in shares]
    assert said in told("defendants", *found, estimate("defendants.convicted.apart", *numbers), fewest=5)


def test_one_defendant_of_one_case_is_told_in_the_singular() -> None:
    row = {"defendants": 1, "recent": 0, "cases": 1, "charged": 1, "without": 0}
    said = told("defendants_listed", c={"defendants_listed": SimpleNamespace(table=pd.DataFrame([row]))})
    assert said.startswith("On record is 1 defendant of 1 case. Of 1 that came to charges none has no defendant")


def test_counts_of_one_and_none_read_well() -> None:
    days = pd.DataFrame({"before_seizure": [0], "day_not_noted": [1], "cases": [8]})
    said = told("days_of_investigations", c={"days_of_investigations": SimpleNamespace(table=days)})
    assert "none had an investigation opened before the seizure; 1 was charged" in said
    steps_table = pd.DataFrame({"immature": [0], "entered": [1200]})
    check = SimpleNamespace(table=steps_table, facts={"pending": 0.0})
    said = told("maturity", c={"maturity": check}, most=0.05, p={"maturity_years": 1.0})
    assert said.startswith("Each stage is given 1 year. None of 1,200 seizures are too recent for that")
    assert told("odds_ratios", odds=9, clear=1).startswith("1 of 9 intervals lies wholly")
    assert told("odds_ratios", odds=9, clear=0).startswith("None of 9 intervals lie wholly")
    assert told("held", held=1, intervals=24) == "1 of 24 intervals holds the true value."
