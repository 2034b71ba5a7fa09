"""The notebook on precursors, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.sentences import Teller
from crimjust_research.questions.precursors import QUESTION
from crimjust_research.runs import steps

NAME = "02_outcome1_precursors"
FEW = {"draws": 199}


def test_every_registered_sensitivity_is_there(estimates: pd.DataFrame) -> None:
    levels = {
        "clustered",
        "to_2025h1",
        "states_in_every_half_year",
        "with_substituted_forms",
        "tested_control_alone",
        "without_2020",
        "levels_only",
    }
    correlations = {
        "both_reported",
        "cocaine",
        "heroin",
        "amphetamine_type_stimulants",
        "2012_2016",
        "2018_2022",
        "within_country",
    }
    found = set(estimates.query("role == 'sensitivity'").index)
    assert found == {f"un_2022_level.{n}" for n in levels} | {f"rank_correlation.{n}" for n in correlations}


def test_the_headline_p_is_the_rank_among_dates_not_the_clustered_one(
    whole: dict[str, Any], estimates: pd.DataFrame
) -> None:
    level, clustered = estimates.loc["un_2022_level"], estimates.loc["un_2022_level.clustered"]
    assert level["estimate"] == clustered["estimate"]
    dates = whole["study"].checks["reach_of_the_placebo_test"].table
    own = dates.loc[dates["true_date"], "estimate"].abs().item()
    assert level["p_value"] == pytest.approx((dates["estimate"].abs() >= own * (1 - 1e-9)).mean())
    assert level["estimate"] == pytest.approx(dates.loc[dates["true_date"], "ratio"].item())


def test_no_run_alone_adjusts_what_the_outcome_registers(estimates: pd.DataFrame) -> None:
    assert estimates.loc[["un_2022_level", "rank_correlation"], "p_adjusted"].isna().all()


def test_the_other_terms_of_the_model_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates[estimates.index.str.fullmatch(r"us_.*\.(level|slope)")]
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 4 / np.arange(1, 5))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_reports_halved_since_the_control_are_found_at_its_date(plant: Callable[..., None]) -> None:
    plain = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id")

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        since = panel["half_year"] >= "2023H1"
        return panel.assign(reports_4anpp=panel["reports_4anpp"].mask(since, panel["reports_4anpp"] // 2))

    plant("halfyear_state", planted)
    moved = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id")
    level = moved.loc["un_2022_level"]
    assert level["estimate"] / plain.loc["un_2022_level", "estimate"] == pytest.approx(0.5, abs=0.02)
    assert level["p_value"] == pytest.approx(1 / 12)
    assert moved.loc["rank_correlation", "estimate"] == plain.loc["rank_correlation", "estimate"]


def test_precursors_that_follow_the_drugs_are_found(plant: Callable[..., None]) -> None:
    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        copies = panel[panel["family"] == "cocaine"].assign(is_precursor=True, makes="cocaine")
        copies = copies.assign(drug="planted", family="precursors")
        return pd.concat([panel, copies], ignore_index=True)

    plant("seizures_country_year", planted)
    related = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id").loc["rank_correlation"]
    assert related["estimate"] > 0.5
    assert related["p_value"] == pytest.approx(1 / 200)
    assert related["ci_low"] > 0.3


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    study = whole["study"]
    text = str(study.say("answer"))
    for question in ("un_2022_level", "rank_correlation"):
        assert f"p = {estimates.loc[question, 'p_value']:.3f}" in text
    assert "rank among 12 possible dates: none below 0.083 could come out, so the design could not show" in text
    assert "adjusted" not in text
    assert len(text.split()) < 135
    said = text + " ".join(str(study.say(check)) for check in study.checks)
    for word in ("caused", "effect of", "impact", "because of", "thanks to"):
        assert word not in said


def test_sentences_follow_the_data(whole: dict[str, Any]) -> None:
    study = whole["study"]
    assert "No figures are on record for 2017." in str(study.say("who_reports"))
    assert str(study.say("who_reports")).endswith("United States none, Mexico 2013, China none.")
    kept = dict(study.facts)
    try:
        study.note(gaps=[], either=1, both=1, last_reports={"Peru": 2020})
        said = str(study.say("who_reports"))
        assert said.startswith("1 country-year report drugs")
        assert "No figures" not in said
        assert said.endswith("Peru 2020.")
    finally:
        study.facts = kept


@pytest.mark.parametrize(
    ("found", "estimate", "says"),
    [
        (True, 0.5, ("rarer than its trend foretold", "seized more where")),
        (True, 1.5, ("more common than its trend foretold", "seized more where")),
        (False, 1.1, ("no change detected", "no relation detected")),
    ],
)
def test_the_verdict_says_no_more_than_was_found(found: bool, estimate: float, says: tuple[str, str]) -> None:
    graded = SimpleNamespace(found=found, estimate=estimate, p_adjusted=0.0002 if found else 0.4, grade="limited")
    pooled = dict.fromkeys(("precursors.un_2022_level", "precursors.rank_correlation"), graded)
    params = SimpleNamespace(confidence_level=0.95)
    text = Teller(QUESTION.package, {"v": pooled, "p": params, "e": {}, "c": {}, "f": {}})("verdict")
    for words in says:
        assert words in text
    assert f"adjusted p {'< 0.001' if found else '= 0.400'}" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2024H2", "end": "2017H1"}, "the window is empty"),
        ({"start": "2022H1", "end": "2024H2"}, "a window of 6 half-years is too short: .* at least 10"),
        ({"start": "2017H3"}, "written YYYYH1 or YYYYH2"),
        ({"draws": 5}, "a whole number from 99 to 99999"),
        ({"end": "2022H2"}, "UN control of November 2022"),
        ({"start": "2030H1", "end": "2031H1"}, "on record from 2017H1 to 20[0-9]{2}H[12]; give both"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_window_that_begins_late_leaves_out_the_controls_before_it() -> None:
    """Two half-years must lie before a control; 2020 is then outside the window as well."""
    run = steps.run(NAME, start="2021H1", end="2025H2", **FEW)
    assert [control.start for control in run["within"]] == ["2023H1", "2023H2"]
    ids = run["study"].frame()["id"]
    assert not ids.str.startswith("us_controls_of_may_2020").any()
    assert "un_2022_level.without_2020" in set(ids)
