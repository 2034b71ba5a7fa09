"""The notebook on States, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.runs import steps
from crimjust_research.study import Study
from crimjust_research.vocabulary import border

NAME = "16_states_reports_and_deaths"
QUICK = {"draws": 499}
SKIP = ("figure", "answer")


def test_what_a_trial_by_others_gave_is_found_again(estimates: pd.DataFrame) -> None:
    """48 States; weighted by deaths 0.049 with error 0.017; neither unweighted nor with State trends to be told from none."""
    main = estimates.loc["deaths_after_reports"]
    assert main["n_units"] == 48
    assert main["estimate"] == pytest.approx(0.049, abs=0.001)
    assert main["std_error"] == pytest.approx(0.0175, abs=0.0005)
    assert main["p_value"] < 0.05
    for name in ("every_state_counts_alike", "a_trend_for_each_state", "half_a_year_before_the_reports_placebo"):
        assert estimates.loc[f"deaths_after_reports.{name}", "p_value"] > 0.1


def test_nothing_is_registered_and_all_is_exploratory(study: Study, estimates: pd.DataFrame) -> None:
    assert study.registered == ()
    assert set(estimates["role"]) == {"secondary"}
    assert estimates["specification"].str.startswith("exploratory").all()
    grid = estimates[estimates.index.str.startswith("deaths_after_reports.")]
    assert (grid["p_adjusted"] >= grid["p_value"]).all()


def test_the_answer_says_what_the_numbers_say(study: Study, estimates: pd.DataFrame) -> None:
    text = str(study.say("answer"))
    assert text.startswith("Exploratory: ")
    assert f"p = {estimates.loc['deaths_after_reports', 'p_value']:.3f}" in text
    assert "changed by no more than chance tells, and a change below" in text
    assert len(text.split()) <= 90
    said = text + " ".join(str(study.say(name)) for name in study.checks)
    for word in ("caused", "effect of", "impact", "because of", "thanks to", "saved"):
        assert word not in said


def test_the_sentence_follows_what_is_found_at_the_border(study: Study) -> None:
    kept = dict(study.facts)
    try:
        study.note(changes=[{**kept["changes"][0], "p_value": 0.01}, *kept["changes"][1:]])
        told = str(study.say("answer"))
        assert "deaths in California changed by more than chance tells; in Arizona and Texas they did not." in told
    finally:
        study.facts = kept


def test_every_office_named_is_one_of_the_southwest_border(whole: dict[str, Any]) -> None:
    regions = border.load().region_of
    named = [office for offices in whole["events"].OFFICES.values() for office in offices]
    assert {regions[office] for office in named} == {"southwest_border"}
    southwest = {office for office, region in regions.items() if region == "southwest_border"}
    assert set(named) == southwest


def test_reports_that_deaths_follow_are_found(plant: Callable[..., None]) -> None:
    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        """Each State's reports at random, and deaths that followed them half a year later left as they are: no link."""
        rng = np.random.default_rng(1)
        return panel.assign(reports_family=pd.array(rng.integers(500, 5000, len(panel)), "Int64"))

    plant("halfyear_state", planted)
    main = steps.run(NAME, until="registered", **QUICK)["study"].frame().set_index("id").loc["deaths_after_reports"]
    assert abs(main["estimate"]) < 0.03
    assert main["p_value"] > 0.05
