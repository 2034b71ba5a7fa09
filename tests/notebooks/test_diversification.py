"""The notebook on diversification, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "08_outcome3_diversification"
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}


def test_the_registered_question_is_answered_with_raw_p(estimates: pd.DataFrame) -> None:
    (primary,) = estimates.query("role == 'primary'").index
    assert primary == "trend"
    assert np.isnan(estimates.loc["trend", "p_adjusted"])


def test_every_registered_sensitivity_is_there_and_no_other(estimates: pd.DataFrame) -> None:
    ids = set(estimates.query("role == 'sensitivity'").index)
    assert ids == {
        f"trend.{slug}"
        for slug in (
            "order_0",
            "order_2",
            "shannon_entropy",
            "concentration_reversed",
            "2012_to_2016_alone",
            "2018_to_2022_alone",
            "reporters_of_every_year",
            "without_precursors",
            "proposed_countries_only",
        )
    }


def test_entropy_repeats_the_number_of_order_1(estimates: pd.DataFrame) -> None:
    assert estimates.loc["trend.shannon_entropy", "estimate"] == pytest.approx(estimates.loc["trend", "estimate"])


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
    assert fit.table["p_value"].iloc[0] < 1e-6


def test_weights_that_become_more_even_are_found(plant: Callable[..., None]) -> None:
    """The notebook's own cells on a panel in which the heaviest drug of all loses a tenth of its weight every year."""
    plain = steps.run(NAME, until="registered")["fit"].table.iloc[0]

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        left = np.where(panel["family"] == "cannabis", 0.9 ** (panel["year"] - 2012), 1.0)
        return panel.assign(kilograms=panel["kilograms"] * left)

    plant("seizures_country_year", planted)
    found = steps.run(NAME, until="registered")["fit"].table.iloc[0]
    assert found["estimate"] > plain["estimate"] + 0.01
    assert found["p_value"] < 0.001


def test_groups_and_step_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates.loc[["extra_trend_proposed", "extra_trend_phase", "publication_step"]]
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 3 / np.arange(1, 4))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    trend = estimates.loc["trend"]
    assert f"{100 * trend['estimate']:.2f} % a year" in text
    assert f"p = {trend['p_value']:.3f}" in text
    others = estimates.query("role == 'sensitivity'")
    confirming = ((others["estimate"] * trend["estimate"] > 0) & (others["p_value"] < 0.05)).sum()
    assert f"Of {len(others)} other specifications {confirming} have the same sign" in text
    assert "Without cannabis, the heaviest drug" in text
    assert len(text.split()) <= 120
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
    own = ["trend", "trend.reporters_of_every_year", "without.cannabis", "extra_trend_phase", "trend.power"]
    assert frame.loc[own, "specification"].str.contains("order 2").all()
    assert "publication_step" not in frame.index
    text = str(study.say("answer"))
    assert "effective number of dominant drugs" in text
    assert "two lists" not in text
    assert "alone" not in text


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
        steps.CellError, match="countries reported 15 kinds of drug from 2013 to 2017; lower fewest_kinds"
    ):
        steps.run(NAME, order=0, start=2013, end=2017, fewest_kinds=15)
