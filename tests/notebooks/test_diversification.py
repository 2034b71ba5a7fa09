"""The notebook on diversification, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "08_outcome3_diversification"
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}


def test_the_registered_question_is_answered_with_raw_p(estimates: pd.DataFrame) -> None:
    (primary,) = estimates.query("role == 'primary'").index
    assert primary == "trend"
    assert np.isnan(estimates.loc["trend", "p_adjusted"])


def test_the_model_holds_a_step_between_publications_and_without_it_is_as_in_version_1(estimates: pd.DataFrame) -> None:
    trend = estimates.loc["trend"]
    assert trend["estimate"] == pytest.approx(0.0044, abs=5e-5)
    assert trend["p_value"] == pytest.approx(0.437, abs=5e-4)
    assert trend["null_value"] == 0
    assert estimates.loc["trend.without_step", "estimate"] == pytest.approx(0.00781, abs=5e-6)
    assert estimates.loc["trend.without_step", "p_value"] == pytest.approx(0.024, abs=5e-4)


def test_all_the_plan_lists_is_recorded(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    (primary,) = whole["study"].registered
    sensitivities = estimates.query("role == 'sensitivity'")
    assert set(sensitivities.index) == {f"trend.{name}" for name in primary.specifications}
    assert sensitivities[["estimate", "p_value", "altered"]].notna().all(axis=None)
    assert whole["study"].answer().departures == ()  # refused unless all else is there


def test_every_country_and_every_drug_is_left_out_once(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    without = estimates.query("role == 'left_out'")
    measures = whole["measures"]
    seen = measures.groupby("iso3")["year"].nunique()
    drugs = whole["panel"]["family"].nunique()
    assert len(without) == (seen > 1).sum() + drugs
    assert estimates.loc["trend", "n_units"] == (seen > 1).sum()
    assert (without["ci_level"] == 0.9).all()
    assert without.loc["trend.without.COL", "specification"] == "Colombia"
    cannabis, heaviest = without.loc["trend.without.cannabis"], estimates.loc["trend.without_heaviest"]
    assert cannabis["estimate"] == heaviest["estimate"] < 0
    assert cannabis["ci_high"] < heaviest["ci_high"]


def test_the_test_could_have_found_the_margin_and_keeps_its_size(estimates: pd.DataFrame) -> None:
    trend = estimates.loc["trend"]
    assert estimates.loc["trend.power.margin", "estimate"] > 0.5
    assert estimates.loc["trend.power.margin", "null_value"] == pytest.approx(0.05 / 6)
    half = (trend["ci_high"] - trend["ci_low"]) / 2
    # The 90 % interval lies within 2 % a year, so both one-sided tests reject at 5 %.
    assert abs(trend["estimate"]) + half * 1.657 / 1.978 < 0.02
    assert estimates.loc["trend.equivalence.margin", "p_value"] < 0.05
    for name in ("signs", "exchanged"):
        assert 0.03 < estimates.loc[f"trend.size.{name}", "estimate"] < 0.075


def test_the_check_against_cases_has_too_little_power_to_pass(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    check = whole["study"].checks["trend_single_cases"]
    assert check.power < 0.8
    assert check.passed is None
    text = str(whole["study"].say("single_cases", check))
    assert f"{100 * np.expm1(estimates.loc['cases_trend', 'estimate']):.1f}% a year" in text
    assert "too little for passing to say much" in text


def test_a_planted_trend_moves_the_registered_estimate_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = steps.run(NAME, until="registered")["fit"].table["estimate"].iloc[0]
    from crimjust_research.questions.diversification import steps as own

    measured = own.measured

    def planted(*given: Any, **changes: Any) -> pd.DataFrame:
        found = measured(*given, **changes)
        return found.assign(log_1=found["log_1"] + 0.02 * (found["year"] - 2017))

    monkeypatch.setattr(own, "measured", planted)
    fit = steps.run(NAME, until="registered")["fit"]
    assert fit.table["estimate"].iloc[0] - plain == pytest.approx(0.02)
    assert fit.table["p_value"].iloc[0] < 0.001


def test_weights_that_become_more_even_are_found(plant: Callable[..., None]) -> None:
    """The notebook's own cells on a panel in which the heaviest drug of all loses a tenth of its weight every year."""
    plain = steps.run(NAME, until="registered")["fit"].table.iloc[0]

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        left = np.where(panel["family"] == "cannabis", 0.9 ** (panel["year"] - 2012), 1.0)
        return panel.assign(kilograms=panel["kilograms"] * left)

    plant("seizures_country_year", planted)
    found = steps.run(NAME, until="registered")["fit"].table.iloc[0]
    assert found["estimate"] > plain["estimate"] + 0.01
    assert found["p_value"] < 0.05


def test_years_of_a_newer_annex_are_told_beside_the_registered_window(
    plant: Callable[..., None], whole: dict[str, Any], estimates: pd.DataFrame
) -> None:
    assert str(whole["study"].say("newest")) == "No year after 2022 is on record."

    def newer(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([rows, rows[rows["year"] == 2022].assign(year=2023)], ignore_index=True)

    plant("seizures_country_year", newer)
    plant("seizures_country", newer, where="raw")
    study: Study = steps.run(NAME, skip={"answer", "power", "figure"})["study"]
    frame = study.frame().set_index("id")
    assert frame.loc["trend", "estimate"] == estimates.loc["trend", "estimate"]  # of the registered window
    # All countries of 2022 once more; those of one year alone have two now.
    added = whole["measures"].query("year == 2022")["iso3"].nunique()
    assert frame.loc["newest_trend", "n_obs"] == pytest.approx(frame.loc["trend", "n_obs"] + added, abs=5)
    assert "With the years published since, 2012 to 2023, the change is" in str(study.say("newest"))


def test_groups_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates.loc[["extra_trend_proposed", "extra_trend_phase"]]
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 2 / np.arange(1, 3))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    trend = estimates.loc["trend"]
    assert f"{100 * np.expm1(trend['estimate']):.2f}% a year" in text
    assert f"p = {trend['p_value']:.3f}" in text
    assert "Without cannabis, the heaviest drug, it is −0.31%" in text
    assert "Kinds counted alike change by 6.2%, with the recording of grams from 2020." in text
    assert "A change of 2.0% a year, 22% in ten years, is excluded (two one-sided tests, p = 0.003)" in text
    assert len(text.split()) <= 90
    for word in ("adjusted", "grown", "detect", "because", "effect of", "impact"):
        assert word not in text


def test_the_years_in_which_grams_came_are_read_off_the_weights(whole: dict[str, Any]) -> None:
    assert whole["study"].facts["grams_from"] == 2020
    assert whole["study"].checks["small_seizures_enter"].passed is False
    assert whole["study"].facts["gaps"] == [2017]


def test_a_run_that_departs_says_so_and_follows_its_parameters() -> None:
    study: Study = steps.run(NAME, skip={"answer"}, start=2018, order=2)["study"]
    assert {d.split(" is ")[0] for d in study.departures} == {"start", "order"}
    frame = study.frame().set_index("id")
    assert (frame["role"] != "primary").all()
    assert frame["question"].str.contains(r"from 2018 to 2022 \(Hill number of order 2\)").all()
    own = ["trend", "trend.reporters_of_every_year", "extra_trend_phase"]
    assert frame.loc[own, "specification"].str.contains("order 2").all()
    assert "publication_step" not in frame.index
    assert "cases_trend" not in frame.index  # single cases end before the window begins
    assert pd.isna(frame.loc["trend.second_publication", "estimate"])
    text = str(study.say("answer"))
    assert "effective number of dominant drugs" in text
    assert "step" not in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2020, "end": 2015}, "the window is empty"),
        ({"order": 3}, "one of 0, 1, 2"),
        ({"start": 1999}, "seizures are on record from 2012 to 20[0-9]{2}; give start no earlier than 2012"),
        ({"end": 2050}, "give end no later than 20[0-9]{2}"),
        ({"fewest_kind": 3}, "there is no parameter 'fewest_kind'; did you mean 'fewest_kinds'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_window_of_two_years_is_refused_in_words() -> None:
    with pytest.raises(ParameterError, match="a window of 2 years is too short: trends of single countries"):
        steps.run(NAME, until="registered", start=2017, end=2018)


def test_a_window_in_which_no_programme_country_reports_enough_is_refused_in_words() -> None:
    with pytest.raises(
        steps.CellError,
        match="fewer than 2 of the proposed or phase countries reported 15 kinds of drug from 2013 to 2017; lower",
    ):
        steps.run(NAME, order=0, start=2013, end=2017, fewest_kinds=15)


def test_a_group_of_which_one_country_reports_enough_is_left_out_and_said_so() -> None:
    names = steps.run(NAME, skip={"answer", "power"}, fewest_kinds=15)
    study = names["study"]
    assert names["groups"]["group"].tolist() == ["phase"]
    said = plain(str(study.say("groups")))
    assert "Phase countries change by" in said
    assert "Fewer than two proposed countries reported 15 kinds of drug" in said
