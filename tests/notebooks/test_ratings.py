"""The notebook on ratings, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "15_ratings"
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}
REGISTERED = [p for p in plan.load().primaries if p.assessment == "ratings"]
each = pytest.mark.parametrize("primary", REGISTERED, ids=lambda p: p.name)


@each
def test_all_that_the_plan_lists_is_recorded(primary: plan.Primary, estimates: pd.DataFrame) -> None:
    main = estimates.loc[primary.name]
    assert (main["role"], main["outcome"], main["question"]) == ("primary", primary.outcome, primary.question)
    assert main["ci_low"] < main["estimate"] < main["ci_high"]
    for name, variation in primary.specifications.items():
        row = estimates.loc[f"{primary.name}.{name}"]
        assert row["role"] == "sensitivity"
        assert row["specification"] == variation.says
        assert np.isfinite(row["altered"])
        assert 0 < row["p_value"] <= 1
    of_tests = estimates[estimates.index.str.startswith(f"{primary.name}.") & (estimates["role"] == "diagnostic")]
    # Power and equivalence at three sizes, size by generator, calibrated p, and the least there can be.
    assert len(of_tests) == 3 + 3 + len(primary.sizes) + 2


@each
def test_the_interval_agrees_with_the_test(primary: plan.Primary, estimates: pd.DataFrame) -> None:
    main = estimates.loc[primary.name]
    covers = main["ci_low"] <= main["null_value"] <= main["ci_high"]
    assert covers == (main["p_value"] > 0.05)


@each
def test_every_country_compared_is_left_out_once(primary: plan.Primary, estimates: pd.DataFrame) -> None:
    own = estimates[estimates.index.str.startswith(f"{primary.name}.without.")]
    assert len(own) == estimates.loc[primary.name, "n_obs"]
    assert (own["role"] == "left_out").all()
    assert (own["ci_level"] == 0.9).all()
    assert own["specification"].is_unique
    assert (own["n_obs"] == estimates.loc[primary.name, "n_obs"] - 1).all()
    # A country without which nothing moves does not move the estimate: most do not.
    assert np.median(own["estimate"]) == pytest.approx(estimates.loc[primary.name, "estimate"], rel=0.05)


@each
def test_each_control_is_of_its_question_and_passes_only_with_power(primary: plan.Primary, study: Study) -> None:
    for name in primary.checks:
        check = study.checks[f"{primary.name}_{name}"]
        assert check.power < 0.8
        assert check.passed is None
        assert "too little to pass" in study.teller()(name, check)


def test_who_is_compared_is_as_the_plan_says(whole: dict[str, Any]) -> None:
    rows = whole["data"].rows.set_index("iso3")
    assert {"PER", "GNB", "SLV", "PRY", "CIV", "TGO", "GMB"}.isdisjoint(rows.index)
    # Entered in another way after their evaluation: a comparison until then.
    assert (rows.loc[["GTM", "HND", "URY", "CHL", "SEN"], "exposure"] == 0).all()
    assert rows.loc["ARG", "exposure"] == pytest.approx((2024 - 2017) + 4 / 12)
    assert rows.loc["GHA", "exposure"] == pytest.approx(21 / 12)
    assert (rows["exposure"] > 0).sum() == 10
    states = whole["states"].rows.set_index("iso3")
    assert states["joined"].sum() == 12
    assert (states.loc[["PER", "GNB"], "joined"] == 1).all()
    assert {"SLV", "URY", "BEN"}.isdisjoint(states.index)


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    assert f"{estimates.loc['fatf_cooperation', 'estimate']:.2f} (" in text
    assert f"{estimates.loc['index_judiciary', 'estimate']:.2f}".replace("-", "−") in text
    weak = estimates.filter(like=".power.margin", axis=0)["estimate"] < 0.5
    assert ("none settles anything" in text) == weak.all()
    assert len(text.split()) <= 90
    for word in ("improve", "because", "effect of", "impact", "led to", "significant"):
        assert word not in text


def test_what_was_not_registered_is_secondary_and_compliance_is_adjusted_together(estimates: pd.DataFrame) -> None:
    law = estimates[estimates.index.str.startswith("compliance.")]
    assert (law["role"] == "secondary").all()
    assert (law["p_adjusted"] >= law["p_value"]).all()
    assert law["p_adjusted"].notna().sum() == 7
    assert set(law.index[law["outcome"] == "2"]) == {"compliance.r_30", "compliance.r_31"}
    given = estimates[estimates.index.str.startswith("given_treaties.")]
    assert (given["role"] == "secondary").all()
    assert len(given) == 3
    assert given["specification"].str.contains("not registered").all()


def test_every_state_of_a_phase_stands_in_the_baseline(whole: dict[str, Any]) -> None:
    phases = whole["phases"]
    assert phases["country"].is_unique
    assert phases.groupby("phase").size().tolist() == [7, 5, 6, 6, 4, 5]
    assert phases[["evaluated", "Prosecution (IO.7)", "Law enforcement", "parties"]].notna().all(axis=None)
    assert phases["parties"].between(0, 3).all()


def test_ratings_that_rise_with_exposure_are_found(plant: Callable[..., None]) -> None:
    plain = steps.run(NAME, until="registered", draws=999)["ratings"].set_index("name")

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        years = pd.to_numeric(panel["evaluated"].str[:4]) - panel["entry_documented"]
        longer = (panel["entry_tier"] == "I") & (years >= 4)
        return panel.assign(io_8=panel["io_8"].where(~longer, 3))

    plant("country_evaluations", planted)
    found = steps.run(NAME, until="registered", draws=999)["ratings"].set_index("name")
    assert found.loc["fatf_confiscation", "ci_low"] > plain.loc["fatf_confiscation", "estimate"]
    assert found.loc["fatf_confiscation", "p_value"] < 0.01
    assert found.loc["fatf_cooperation", "estimate"] == plain.loc["fatf_cooperation", "estimate"]


def test_scores_that_rise_where_countries_joined_move_the_difference_by_as_much(plant: Callable[..., None]) -> None:
    plain = steps.run(NAME, until="registered", draws=999)["scores"].set_index("name")

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        risen = (panel["entry_tier"] == "I") & (panel["edition"] == 2025)
        return panel.assign(judicial_system=panel["judicial_system"] + 2.0 * risen)

    plant("organized_crime_edition", planted)
    found = steps.run(NAME, until="registered", draws=999)["scores"].set_index("name")
    moved = found["estimate"] - plain["estimate"]
    assert moved["index_judiciary"] == pytest.approx(2.0)
    assert moved["index_law_enforcement"] == 0
    assert found.loc["index_judiciary", "p_value"] < 0.01


def test_a_run_that_departs_says_so_and_follows_its_parameters() -> None:
    names = steps.run(NAME, until="registered", dating="earliest", draws=999)
    study: Study = names["study"]
    assert {d.split(" is ")[0] for d in study.departures} == {"dating", "draws"}
    frame = study.frame().set_index("id")
    assert (frame["role"] != "primary").all()
    assert frame.loc["fatf_cooperation", "specification"].startswith("earliest dates of joining")
    assert "PER" in set(names["data"].rows["iso3"])


@pytest.mark.parametrize("dating", ["earliest", "documented", "latest"])
def test_every_dating_runs_at_the_highest_level_and_what_cannot_be_told_has_no_number(dating: str) -> None:
    """Ends of intervals are sought where an effect many errors off is supposed."""
    study = steps.run(NAME, skip={"answer", "power"}, dating=dating, confidence_level=0.999, draws=999)["study"]
    frame = study.frame().set_index("id")
    ends = frame.loc[frame["estimate"].notna() & frame["ci_level"].notna(), ["ci_low", "ci_high"]]
    assert ends.notna().all(axis=None)
    # Whom regions rated below substantial throughout hold, or exposure itself, has no odds ratio.
    assert frame.loc["fatf_prosecution.substantial", ["estimate", "ci_low", "ci_high"]].isna().all()
    assert frame.loc["fatf_prosecution.substantial", "p_value"] > 0.1
    assert frame.loc["fatf_cooperation.substantial", "ci_high"] == np.inf


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"dating": "soon"}, "one of earliest, documented, latest"), ({"draws": 9}, "draws")],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)
