"""The notebook on the roll-out, its own cells run in this process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crimjust_research.evidence.words import plain
from crimjust_research.questions.rollout import interactive
from crimjust_research.questions.rollout import steps as steps_of_rollout
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "12_rollout_design"
FEW = {"draws": 199}
SKIP = frozenset({"answer"})
MOST_WORDS = 90


def test_phases_with_numbers_are_not_said_to_stand_as_listed(study: Study) -> None:
    assert "first names them" not in plain(str(study.say("who_had_joined")))


def test_the_answer_is_short_and_names_price_and_limits(study: Study) -> None:
    told = plain(study.answer().answer)
    assert len(told.split()) <= MOST_WORDS
    for part in (
        "22 of 33",
        "0.97 to over 0.99",
        "no exact test",
        "14 to 20 million",
        "Prison entries",
        "World Justice Project",
    ):
        assert part in told


def test_nothing_is_registered_and_nothing_primary(study: Study) -> None:
    frame = study.frame()
    assert study.registered == ()
    assert set(frame["role"]) == {"secondary"}
    assert set(frame["data_status"]) == {"observed"}


def test_the_recommended_design_draws_countries_and_can_reject(whole: dict[str, Any]) -> None:
    assert whole["best"].dealt == "countries"
    own = whole["table"].query("design == @name and outcome == 'wjp_8_1'", local_dict={"name": whole["best"].name})
    assert own["least_p"].item() <= 0.05


def test_exact_tests_keep_their_level_and_halves_never_reject(study: Study) -> None:
    check = study.checks["exact_tests"]
    assert check.passed
    halves = check.table[check.table["design"] == "Half of the phases, then the rest"]
    assert halves["power"].eq(0).all()


def test_no_departure_from_the_lot_or_its_starts_gains_power(study: Study) -> None:
    table: pd.DataFrame = study.checks["departures"].table
    costly = table[table["name"].isin(["refusals", "spillover", "dropout", "differ", "grows"])]
    assert (costly["price"] >= 0).all()
    told = table.groupby("outcome")["name"].nunique()
    # All whom prison entries cover are in the first three phases.
    assert told.pop("prison_entries") == 10
    assert set(told) == {11}


def test_the_moving_chart_asks_no_address_and_has_its_sliders(whole: dict[str, Any]) -> None:
    shown = interactive.movable(whole["moving"], 0.8)._repr_mimebundle_()
    specification = shown[interactive.MIME]
    assert {param["name"] for param in specification["params"]} >= {"autocorrelation", "size"}
    assert set(specification["datasets"]) == {"power"}
    assert "url" not in str(specification)


def test_phases_of_ones_own_are_laid_out(tmp_path: Path) -> None:
    file = tmp_path / "phases.csv"
    listed = {
        "CRI": "a",
        "PAN": "a",
        "GTM": "a",
        "COL": "b",
        "PER": "b",
        "ECU": "b",
        "KEN": "c",
        "GHA": "c",
        "NGA": "c",
    }
    file.write_text("iso3,phase\n" + "".join(f"{iso3},{phase}\n" for iso3, phase in listed.items()))
    study: Study = steps.run(NAME, skip=SKIP, phases_file=str(file), draws=99)["study"]
    assert study.facts["countries"] == len(listed)
    assert "of 9 had joined" in plain(study.answer().answer)
    assert "million (the document's, for its own phases)" in plain(study.answer().answer)
    sources = {figure.name: figure.source for figure in study.answer().figures}
    assert sources["timeline"] == "Phases of your own; dealt starts are this notebook's."
    starts = steps_of_rollout.designs(3).set_index("design")["starts"]
    assert starts[["Phases in their order", "Order drawn among phases", "Countries drawn, six starts"]].tolist() == [
        3,
        3,
        6,
    ]
    told = "3 starts 16 months apart; scores that come out once a year see 3 of them, an index every two years 2."
    assert plain(str(study.say("timeline"))) == told
    assert "they start in the order in which phases.csv first names them" in plain(str(study.say("who_had_joined")))


@pytest.mark.parametrize("path", ["0, 0.5, 1", "1"])
def test_an_effect_that_comes_late_is_harder_to_find(path: str, whole: dict[str, Any]) -> None:
    table = steps.run(NAME, until="registered", effect_path=path, draws=99)["table"]
    own = whole["table"]["power_low"].fillna(0)
    assert (table["power_low"].fillna(0) <= own + 0.02).all()


def test_three_phases_against_three_have_their_price_and_no_test(study: Study) -> None:
    table = study.checks["departures"].table.set_index(["outcome", "name"])
    own = table.loc["wjp_8_1"]
    assert own["price"].idxmax() == "grows"
    assert own.loc["halves", "exact_test"] == "never rejects"
    assert own.loc["no_lot", "exact_test"] == "none"
    assert own.loc["halves", "power_low"] < own.loc["phases", "power_low"] < own.loc["none", "power_low"]


def test_public_outcomes_have_a_range_as_case_records_do(whole: dict[str, Any]) -> None:
    own = whole["table"].query("design == 'six' and outcome != 'prison_entries'")
    assert (own["least_low"] < own["least_high"]).all()
    assert {len(one.ends) for one in whole["varies"].values()} == {2}


def test_no_power_is_shown_as_certain(whole: dict[str, Any], study: Study) -> None:
    assert "100" not in set(whole["cells"]["text"])
    assert "1.00" not in plain(study.answer().answer)
    assert not re.search(r"\b(100|1\.0+)\b", study._figures["matrix"].alt + study._figures["power"].alt)
    starred = whole["cells"][whole["cells"]["text"].str.endswith("*")]
    assert {"given", "halves"} <= set(starred["design"])
