"""The notebook on the cooperation network, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.questions.cooperation import persistence, record
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "07_outcome3_cooperation"
FEW = {"draws": 199}


def test_an_event_of_all_countries_ties_every_pair(plant: Callable[..., None]) -> None:
    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        everybody = panel[panel["year"] <= 2023].drop_duplicates("iso3")
        return pd.concat([panel, everybody.assign(event="2020-05-05 planted", year=2020)], ignore_index=True)

    plant("cooperation_events", planted)
    namespace = steps.run(NAME, until="registered", **FEW)
    found = namespace["whole"].set_index("measure")["estimate"]
    assert found.tolist() == [1, 1, 1]
    years = namespace["years"].set_index("period")
    assert years.loc[2020, "ties"] == years.loc[2020, "ties":"ever"].iloc[[1, 2, 3]].sum() == 630


def test_the_survival_reported_is_that_of_the_spells(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    spells = whole["spells"]
    ended_first = ((spells["duration"] == 1) & spells["ended"]).sum()
    assert estimates.loc["lasting_1", "estimate"] == pytest.approx(1 - ended_first / len(spells))
    assert set(whole["hazard"].table["term"]) >= set(persistence.COVARIATES)


def test_hazard_ratios_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    ending = estimates[estimates.index.str.startswith("ending_")].sort_values("p_value")
    assert len(ending) == len(persistence.COVARIATES)
    assert ending["p_adjusted"].iloc[0] == pytest.approx(min(ending["p_value"].to_numpy() * 4 / [1, 2, 3, 4]))
    assert estimates["p_adjusted"].notna().sum() == 4


def test_the_record_is_as_incomplete_as_unodc_says(whole: dict[str, Any], study: Study) -> None:
    totals = whole["totals"].set_index("metric")
    assert totals.loc[record.PROGRAMME.metric, ["stated", "at_least", "entries", "public"]].tolist() == [
        *(">35", 36, 7, 10)
    ]
    assert totals.loc[record.BOLIVIA.metric, "at_least"] == 31
    assert study.checks["incomplete_record"].passed is False


def test_the_answer_says_what_the_numbers_say(study: Study, estimates: pd.DataFrame) -> None:
    text, number = str(study.say("answer")), estimates["estimate"]
    assert f"{number['density']:.0%} of their 630 pairs met" in text
    assert f"lies anywhere from {number['density']:.0%} to {number['density_upper']:.0%}" in text
    assert "lower bounds" in text
    assert "Without one event of 2023, 57% of pairs are joined by any chain of meetings; with it, 100%." in text
    assert len(text.split()) <= 90
    assert "adjusted" not in text
    for word in ("cause", "effect of", "impact", "because", "detect", "has grown"):
        assert word not in text


def test_what_the_record_reaches_to_comes_from_its_dates(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Of 2024 none is on record after April 2024" in str(study.say("window"))
    monkeypatch.setitem(study.facts, "last_day", "2025-12-03")
    assert "none is on record after" not in str(study.say("window"))


def test_sentences_hold_at_the_edges(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    said = str(study.say("events_without_names"))
    assert said.endswith("among them one of 93 countries.")
    monkeypatch.setitem(study.facts, "most_unnamed", float("nan"))
    assert str(study.say("events_without_names")).endswith("name no country and tie nobody here.")
    monkeypatch.setitem(study.facts, "unseen", [])
    assert "Never named" not in str(study.say("proposal"))
    monkeypatch.setitem(study.facts, "growth", ["events"])
    assert "countries multiplied" not in str(study.say("yearly_growth"))
    monkeypatch.setitem(study.facts, "growth", [])
    assert str(study.say("yearly_growth")).startswith("A year without any has no logarithm")


def test_nothing_here_is_primary_and_defaults_depart_from_nothing(estimates: pd.DataFrame, study: Study) -> None:
    assert set(estimates["role"]) == {"secondary"}
    assert study.registered == ()
    assert {d.split(" is ")[0] for d in study.departures} == {"draws"}


def test_measures_with_other_events_hold_what_was_counted(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    others = whole["others"]
    counted = {"density", "reach", "two_step_reach", "south_south"}
    assert all(others.loc[name, "estimate"] == pytest.approx(estimates.loc[name, "estimate"]) for name in counted)
    assert others.loc["returned", "estimate"] == pytest.approx(estimates.loc["visits_returned", "estimate"])
    pairs = whole["years"].set_index("period").loc[2017:, "ties"]
    slope = np.polyfit(pairs.index, np.log(pairs.astype(float)), 1)[0]
    assert estimates.loc["growth_pairs", "estimate"] == pytest.approx(np.exp(slope))
    # One meeting joins a part of the network that nothing else does.
    assert others.loc["reach", "without_least"] == "2023-07-03 network"
    assert others.loc["reach", "least"] == pytest.approx(0.571, abs=5e-4)


def test_every_number_over_events_is_told_without_the_event_that_moves_it_most(
    whole: dict[str, Any], study: Study, estimates: pd.DataFrame
) -> None:
    moved = whole["moved"].set_index("words")
    assert len(moved) == 19
    assert moved["errors"].dropna().is_monotonic_decreasing
    # With and without the event, read off the panel by hand.
    window, listed = whole["window"], whole["countries"].query("proposed")["iso3"]
    row = moved.loc["pairs of proposed countries that met"]

    def met(events: pd.DataFrame) -> float:
        named = events[events["iso3"].isin(listed)].groupby("event")["iso3"].agg(set)
        pairs = {tuple(sorted((a, b))) for names in named for a in names for b in names if a != b}
        return len(pairs) / (len(listed) * (len(listed) - 1) / 2)

    assert (row["estimate"], row["farthest"]) == (
        pytest.approx(met(window)),
        pytest.approx(met(window[window["event"] != row["event"]])),
    )
    sampled = estimates[estimates["method"].str.contains("resampling")]
    assert sampled[["std_error", "ci_low", "ci_high"]].notna().all(axis=None)
    assert set(estimates.index) - set(sampled.index) == {
        *estimates.index[estimates.index.str.startswith("public_")],
        *("density_extrapolated", "density_upper"),
    }
    said = str(study.say("other_events"))
    assert said.startswith("One event moves 8 of 19 numbers by a standard error of theirs or more.")
    assert said.endswith(": 1, and 0.57 without the event of 3 July 2023.")


def test_the_end_of_ties_hangs_on_too_few_events_to_tell_what_goes_with_it(
    study: Study, estimates: pd.DataFrame
) -> None:
    ending = estimates[estimates.index.str.startswith("ending_")]
    assert ((ending["ci_low"] < 1) & (ending["ci_high"] > 1)).all()
    assert (ending["n_units"] == 16).all()
    assert "of the 16 events hold every kind of tie; where a kind" in str(study.say("ending"))


@pytest.mark.parametrize("changes", [{"start": 2020, "end": 2024}, {"start": 2021, "end": 2024, "tolerance": 0}])
def test_a_window_whose_ties_do_not_tell_how_they_end_is_told_all_else(changes: dict[str, int]) -> None:
    study: Study = steps.run(NAME, confidence_level=0.999, **FEW, **changes)["study"]
    found = set(study.frame()["id"])
    assert "lasting_1" in found
    assert not any(name.startswith("ending_") for name in found)
    said = str(study.say("ending"))
    assert said.startswith("What goes with the end of a tie cannot be told from these ties: The hazard ratio of")
    assert "(99.9% interval by events" in str(study.say("answer"))


def test_shares_are_shares(estimates: pd.DataFrame) -> None:
    shares = estimates[estimates["unit"].str.startswith("share")]
    assert len(shares) > 10
    assert shares["estimate"].between(0, 1).all()


def test_tolerance_lets_ties_last_longer(estimates: pd.DataFrame) -> None:
    strict = steps.run(NAME, tolerance=0, **FEW)["study"]
    frame = strict.frame().set_index("id")
    assert frame.loc["lasting_1", "estimate"] < estimates.loc["lasting_1", "estimate"]
    assert frame.loc["density", "estimate"] == estimates.loc["density", "estimate"]
    assert "after 1 year in a row" in str(strict.say("persistence"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2022, "end": 2018}, "the window is empty"),
        ({"start": 2020, "end": 2022}, "a window of 3 years is too short: ties .* at least 5"),
        ({"tolerence": 1}, "there is no parameter 'tolerence'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)
