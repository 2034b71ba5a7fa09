"""The notebook on joining, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.numbers import number
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "05_outcome2_joining"
NINE = ["ARG", "BOL", "BRA", "COL", "DOM", "ECU", "GHA", "NGA", "PAN"]
FEW = {"draws": 199}


def test_every_specification_the_plan_lists_is_there_and_says_what_it_alters(estimates: pd.DataFrame) -> None:
    for question in ("investigation", "adjudication"):
        (primary,) = (p for p in plan.load().primaries if p.id == f"joining.{question}")
        rows = estimates[estimates.index.str.startswith(f"{question}.")]
        listed = rows[rows["role"] == "sensitivity"]
        assert set(listed.index) == {f"{question}.{name}" for name in primary.specifications}
        assert listed["altered"].between(0, 1).all()
        assert listed["p_value"].notna().all()


def test_every_country_is_left_out_with_the_interval_of_two_one_sided_tests(estimates: pd.DataFrame) -> None:
    for question in ("investigation", "adjudication"):
        left = estimates[estimates["role"].eq("left_out") & estimates.index.str.startswith(f"{question}.")]
        assert len(left) == estimates.loc[question, "n_units"] == 64
        assert {f"{question}.without.{iso3}" for iso3 in [*NINE, "JAM", "MEX", "NIC", "VEN"]} <= set(left.index)
        assert (left["ci_level"] == 0.9).all()
        assert left.loc[f"{question}.without.GHA", "specification"] == "Ghana"


def test_a_planted_difference_moves_the_registered_estimate_by_itself(plant: Callable[..., None]) -> None:
    plain = steps.run(NAME, until="registered", **FEW)["registered"].set_index("measure")

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        since = (panel["entry_tier"] == "I") & (panel["year"] > panel["entry_documented"]).fillna(False)
        return panel.assign(wjp_8_1=panel["wjp_8_1"] + 0.15 * since.astype("float64"))

    plant("country_year", planted)
    moved = steps.run(NAME, until="registered", **FEW)["registered"].set_index("measure")
    difference = moved["estimate"] - plain["estimate"]
    assert difference["investigation"] == pytest.approx(0.15)
    assert difference["adjudication"] == 0
    assert moved.loc["investigation", "p_value"] == pytest.approx(1 / 200)
    assert moved.loc["investigation", "ci_low"] > 0.05


def test_the_evidence_of_the_test_is_whole(estimates: pd.DataFrame) -> None:
    for question in ("investigation", "adjudication"):
        powers = [estimates.loc[f"{question}.power.{size}", "estimate"] for size in ("half", "margin", "double")]
        assert powers == sorted(powers)
        equivalence = [
            estimates.loc[f"{question}.equivalence.{size}", "p_value"] for size in ("half", "margin", "double")
        ]
        assert equivalence == sorted(equivalence, reverse=True)
        assert estimates.loc[f"{question}.least_p", "estimate"] == pytest.approx(1 / 200)
        # Exact by construction: three Monte Carlo errors of 4,000 samples.
        assert estimates.loc[f"{question}.size.exchangeable", "estimate"] == pytest.approx(0.05, abs=0.0104)


def test_a_check_without_power_does_not_pass(whole: dict[str, Any]) -> None:
    checks = [c for c in whole["study"].checks.values() if c.of]
    assert {(c.of, c.name) for c in checks} == {
        (of, name) for of in ("investigation", "adjudication") for name in ("dates_moved_back", "oversight")
    }
    for check in checks:
        p_value = check.table["p_value"].iloc[0]
        assert check.passed is (False if p_value < 0.05 else True if check.power >= 0.8 else None)


def test_the_secondary_outcomes_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates.loc[["rule_of_law", "control_of_corruption", "cocaine_seizures"]]
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 3 / np.arange(1, 4))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_no_run_alone_adjusts_what_the_outcome_registers(whole: dict[str, Any]) -> None:
    # A departure (fewer draws), so these are not the registered answers.
    frame = whole["study"].frame().set_index("id").loc[["investigation", "adjudication"]]
    assert frame["p_adjusted"].isna().all()
    assert set(frame["role"]) == {"secondary"}


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    for question in ("investigation", "adjudication"):
        row = estimates.loc[question]
        assert f"by {number(row['estimate'], 2)} (" in text
        assert f"interval {number(row['ci_low'], 2)} to {number(row['ci_high'], 2)}, p = {row['p_value']:.3f})" in text
    assert "adjusted" not in text
    assert len(text.split()) <= 90
    limits = str(whole["study"].say("who_joined_and_when"))
    assert limits.startswith("9 of the 12 countries that joined can be used at the documented dating")
    said = text + limits + str(whole["study"].say("what_these_countries_can_show"))
    for word in ("caused", "impact", "effect of", "thanks to", "because of"):
        assert word not in said


def test_a_run_that_departs_says_so_and_follows_its_parameters() -> None:
    study: Study = steps.run(NAME, until="registered", dating="latest", control="never_treated", end=2022, draws=99)[
        "study"
    ]
    assert {d.split(" is ")[0] for d in study.departures} == {"dating", "control", "end", "draws"}
    # Peru, alone in its edition, joins the nine.
    assert study.checks["who_joined_and_when"].table["first_treated"].notna().sum() == 10
    assert "at the latest dating" in str(study.say("who_joined_and_when"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2020, "end": 2016}, "the window is empty"),
        ({"start": 2050, "end": 2060}, "on record from 2014 to 20[0-9]{2}; give both within"),
        ({"dating": "first"}, "one of earliest, documented, latest"),
        ({"control": "none"}, "one of not_yet_treated, never_treated, all_regions"),
        ({"start": 2017}, "countries joined from 2016 to 2018, .* give start no later than 2016"),
        ({"countries": ["COL", "Panama"]}, "'Panama' is not an ISO 3166 alpha-3 country code"),
        ({"control_pool": ["MEX"], "exclude": ["MEX"]}, "MEX is in control_pool and in exclude"),
        ({"outcome_file": "nowhere.csv"}, "there is no such file"),
        ({"draws": 5}, "a whole number from 99 to 99999"),
        ({"outcome": "wjp_8_1"}, "there is no parameter 'outcome'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


@pytest.mark.parametrize("window", [{"start": 2020, "end": 2023}, {"start": 2014, "end": 2015}])
def test_a_window_on_one_side_of_joining_is_refused_in_words(window: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="countries joined from 2016 to 2018, and scores are needed from before"):
        steps.run(NAME, until="registered", **window)
