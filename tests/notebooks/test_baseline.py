"""The notebook of the baseline, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.sentences import Teller
from crimjust_research.numbers import number
from crimjust_research.questions.baseline import QUESTION
from crimjust_research.questions.baseline.levels import GROUPS
from crimjust_research.questions.baseline.measures import MEASURES
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "04_outcome2_baseline"
FEW = {"draws": 199}
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}


def test_the_grid_is_whole_and_adjusted_together(estimates: pd.DataFrame) -> None:
    grid = estimates[(estimates["role"] == "secondary") & ~estimates.index.str.endswith("measurement")]
    assert len(grid) == len(GROUPS) * len(MEASURES)
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 30 / np.arange(1, 31))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))
    assert set(estimates["role"]) == {"secondary", "sensitivity"}


def test_a_planted_difference_moves_its_own_estimate_by_itself(
    plant: Callable[..., None], estimates: pd.DataFrame
) -> None:
    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        return panel.assign(wjp_8_1=panel["wjp_8_1"] - 0.3 * panel["proposed"].astype("float64"))

    plant("country_year", planted)
    moved = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id")
    difference = moved["estimate"] - estimates.loc[moved.index, "estimate"]
    assert difference["proposed.investigation"] == pytest.approx(-0.3)
    assert difference["proposed.adjudication"] == 0
    assert moved.loc["proposed.investigation", "p_value"] == pytest.approx(1 / 200)
    assert moved.loc["proposed.investigation", "ci_high"] < -0.2


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    for name in ("investigation", "adjudication", "due_process", "investigation.populous"):
        row = estimates.loc[f"proposed.{name}"]
        numbers = (number(row[column], 2) for column in ("estimate", "ci_low", "ci_high"))
        assert "{} ({} to {})".format(*numbers) in text
    assert "which fair prosecution asks for" in text
    assert "on due process" in text
    # Eight of twelve comparison countries are small; without them five of the seventeen can be matched.
    assert estimates.loc["proposed.investigation.populous", ["estimate", "n_units"]].tolist() == [
        pytest.approx(-0.057, abs=0.0005),
        5,
    ]
    assert estimates.loc["proposed.adjudication.populous", "estimate"] == pytest.approx(-0.026, abs=0.0005)
    assert "countries of 1,000,000 residents or more, matching 5, it is" in text
    assert f"persons held can be compared for {estimates.loc['proposed.persons_held', 'n_units']}." in text
    assert len(text.split()) <= 90
    for word in ("adjusted", "detect", "effect of", "impact", "because", "caused"):
        assert word not in text


def test_the_comparison_countries_are_named(whole: dict[str, Any]) -> None:
    text = str(whole["study"].say("who_is_compared_with_whom"))
    assert "Guyana" in text
    assert "Brazil" not in text
    assert "fewer than 1,000,000 residents" in text


def test_figures_and_tables_of_the_baseline_are_there(whole: dict[str, Any]) -> None:
    study = whole["study"]
    assert list(study._figures) == ["coverage", "levels", "differences", "measurement"]
    assert set(study._tables) == {
        "levels",
        "differences",
        "differences_populous",
        "differences_any_region",
        "coverage",
        "reporting_shares",
    }
    assert all("nan" not in figure.alt for figure in study._figures.values())
    assert all("<" not in sentence.replace("p < 0", "") for sentence in study._says.values())
    assert study._tables["differences"]["p_adjusted"].notna().all()


def test_another_window_is_answered_with_its_years() -> None:
    found = steps.run(NAME, start=2014, end=2016, draws=99)
    study: Study = found["study"]
    assert str(study.say("answer")).startswith("From 2014 to 2016")
    assert "This is where they start" in str(study.say("answer"))
    assert found["figures"]["investigation_year"].max() == 2016
    assert study.frame()["specification"].str.contains("latest figure of 2014 to 2016").any()
    assert not study.frame()["specification"].str.contains("2018").any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2021, "end": 2018}, "the window is empty"),
        ({"start": 2050, "end": 2060}, "figures are on record from 2014 to 20[0-9]{2}; give both within"),
        ({"start": 1990}, "give start no earlier than 2014"),
        ({"draws": 5}, "a whole number from 99 to 99999"),
        ({"window": 4}, "there is no parameter 'window'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def told(macro: str, **facts: Any) -> str:
    """A macro of the template with facts of its own."""
    p = SimpleNamespace(start=2018, end=2018, confidence_level=0.95)
    return Teller(QUESTION.package, {"p": p, "f": SimpleNamespace(**facts), "e": {}, "c": {}})(macro)


def test_sentences_at_edge_values() -> None:
    assert told("countries_without_a_match", lost=[]) == "Every country with a figure has a comparison country."
    assert told("countries_without_a_match", lost=["Bolivia", "Honduras"]).endswith("measure: Bolivia and Honduras.")
    one = told("many_differences", grid=30, raw=1, adjusted=0, measures=10)
    assert one.startswith("Of 30 differences 1 has p below 0.05, and none after")
    assert told("coverage", without={"8.1": 1}) == "Countries without any figure in 2018: 8.1 (1)."
    assert told("coverage", without={}).startswith("Every country has a figure")
    assert told("held") == "Persons held for trafficking can be compared for none."


def test_years_after_the_proposal_are_not_where_its_countries_start() -> None:
    study = steps.run(NAME, skip=SKIP, start=2018, end=2022, **FEW)["study"]
    said = str(study.say("answer"))
    assert "Years after the proposal of 2021 are among these" in said
    assert "This is where" not in said
