"""The notebook on joining, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data.opening import open_panel
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
        # Of the calibrated test, which is no less than the 199 reassignments of this run give.
        assert 1 / 200 <= estimates.loc[f"{question}.least_p", "estimate"] < 0.03
        assert estimates.loc[f"{question}.calibrated_p", "p_value"] >= estimates.loc[question, "p_value"]
        # Exact by construction: three Monte Carlo errors of 2,000 samples.
        assert estimates.loc[f"{question}.size.exchangeable", "estimate"] == pytest.approx(0.05, abs=0.0147)


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
        ({"countries": ["USA"]}, r"countries = \['USA'\]: USA \(United States\) did not join; those that did are ARG"),
        ({"control_pool": ["MEX", "PER"]}, r"PER \(Peru\) joined; compare with countries that did not"),
        ({"exclude": ["ATA"]}, r"ATA \(Antarctica\) is not in the panel of countries; leave it out"),
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


# --- Files of one's own ---------------------------------------------------------------------------------------------------

JUMP = 0.15
# Others in which a programme worked, and from when: what goes with it is told by these.
OTHERS = {"MEX": 2016, "JAM": 2019, "KEN": 2017, "SEN": 2020, "CRI": 2021, "ZMB": 2019}


def first_treated(joined: pd.Series) -> pd.Series:
    """The year of the first edition after the year of joining: none was published for 2018."""
    return (joined + 1).where(joined != 2017, 2019)


@pytest.fixture
def programmes(tmp_path: Path) -> Path:
    """Dates of a programme that begins with the first edition after joining in each of the nine, and in others when it does."""
    panel, _ = open_panel("country_year")
    joined = (
        panel[panel["iso3"].isin(NINE)].drop_duplicates("iso3").set_index("iso3")["entry_documented"].astype("int64")
    )
    begun = {**first_treated(joined).to_dict(), **OTHERS}
    lines = [f"{iso3},aircop,{year}," for iso3, year in begun.items()]
    path = tmp_path / "programmes.csv"
    path.write_text("\n".join(["country,programme,first_year,last_year", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_jump_in_an_outcome_of_ones_own_is_recovered(tmp_path: Path) -> None:
    panel, _ = open_panel("country_year")
    own = panel.loc[panel["wjp_8_1"].notna(), ["iso3", "year", "wjp_8_1", "entry_tier", "entry_documented"]]
    since = own["entry_tier"].eq("I") & (own["year"] > own["entry_documented"]).fillna(False).astype(bool)
    own = own.assign(value=100 * own["wjp_8_1"] + 20 * since)
    path = tmp_path / "backlog.csv"
    own.rename(columns={"iso3": "country"})[["country", "year", "value"]].to_csv(path, index=False)
    study: Study = steps.run(NAME, skip=steps.NOT_SWEPT, outcome_file=str(path), **FEW)["study"]
    found = study.frame().set_index("id")
    row, score = found.loc["own_outcome"], found.loc["investigation"]
    assert row["estimate"] == pytest.approx(100 * score["estimate"] + 20)
    assert row["std_error"] == pytest.approx(100 * score["std_error"])
    assert row["p_value"] == pytest.approx(1 / 200)
    assert row["ci_low"] < 100 * score["estimate"] + 20 < row["ci_high"]
    assert (row["role"], row["unit"], row["n_obs"]) == ("secondary", "units of the file", score["n_obs"])
    assert "outcome_file is 'backlog.csv'; registered is none" in study.departures
    said = str(study.say("secondary"))
    assert f"Outcome in backlog.csv: {number(row['estimate'], 2)}" in said
    assert "adjusted over the 4 secondary outcomes" in said
    (used,) = [used for used in study.used if used.table.endswith("backlog.csv")]
    assert (used.vintage, used.sha256) == ("as supplied", sha256(path.read_bytes()).hexdigest())


def test_an_outcome_of_too_few_countries_is_a_row_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    lines = [f"{iso3},{year},{year % 7}" for iso3 in ("COL", "PAN") for year in range(2014, 2026)]
    path.write_text("\n".join(["country,year,value", *lines]) + "\n", encoding="utf-8")
    study: Study = steps.run(NAME, skip=steps.NOT_SWEPT, outcome_file=str(path), **FEW)["study"]
    assert np.isnan(study.frame().set_index("id").loc["own_outcome", "estimate"])
    assert "Outcome in few.csv cannot be had: nobody is left to compare with" in str(study.say("secondary"))


def test_a_programme_that_explains_a_jump_is_taken_off(plant: Callable[..., None], programmes: Path) -> None:
    given = {"co_programmes_file": str(programmes)}
    skip = steps.NOT_SWEPT
    plain = steps.run(NAME, skip=skip, **FEW, **given)["study"].frame().set_index("id")
    begun = pd.read_csv(programmes).set_index("country")["first_year"]

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        at_work = panel["year"] >= panel["iso3"].map(begun)
        return panel.assign(wjp_8_1=panel["wjp_8_1"] + JUMP * at_work.astype("float64"))

    plant("country_year", planted)
    study: Study = steps.run(NAME, skip=skip, **FEW, **given)["study"]
    found = study.frame().set_index("id")
    # What is planted in the nine, less what is in those they are compared with.
    assert 0.1 < found.loc["investigation", "estimate"] - plain.loc["investigation", "estimate"] < JUMP
    assert found.loc["investigation", "p_value"] < 0.01
    for column in ("estimate", "std_error", "p_value", "ci_low", "ci_high"):
        name = "investigation.given_co_programmes"
        assert found.loc[name, column] == pytest.approx(plain.loc[name, column], abs=1e-4)
    row = found.loc["investigation.given_co_programmes"]
    assert row["p_value"] > 0.05
    # The error of what goes with the programme is in the interval.
    assert row["std_error"] > 1.2 * plain.loc["investigation", "std_error"]
    assert (row["role"], row["n_obs"]) == ("secondary", found.loc["investigation", "n_obs"])
    assert "co_programmes_file is 'programmes.csv'; registered is none" in study.departures
    said = str(study.say("other_programmes"))
    assert "Given the other programmes of programmes.csv, the difference of criminal investigation is" in said
    assert "from the 6 countries in which one begins or ends while they had not joined" in said
    assert "So few tell little of it" not in said
    assert study.facts["given"]["investigation"]["each"] == pytest.approx(JUMP, abs=0.05)


def test_programmes_of_those_that_joined_alone_tell_nothing_and_this_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "country,programme,first_year,last_year\nCOL,copolad,2019,\nGHA,aircop,2017,2021\n", encoding="utf-8"
    )
    study: Study = steps.run(NAME, skip=steps.NOT_SWEPT, co_programmes_file=str(path), **FEW)["study"]
    assert np.isnan(study.frame().set_index("id").loc["investigation.given_co_programmes", "estimate"])
    said = str(study.say("other_programmes"))
    assert "What goes with the other programmes of mine.csv beside criminal investigation cannot be told" in said
    assert "add the dates of countries that did not join." in said
    assert "for nothing" not in said


def test_programmes_of_countries_that_are_not_compared_are_counted_and_named(programmes: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text(programmes.read_text() + "ITA,aircop,2015,\nITA,copolad,2016,\nFRA,aircop,2015,\n")
    study: Study = steps.run(NAME, skip=steps.NOT_SWEPT, co_programmes_file=str(path), **FEW)["study"]
    assert "3 rows of more.csv count for nothing, being of countries that are not compared: France and Italy." in str(
        study.say("other_programmes")
    )


GOOD_PROGRAMME = "country,programme,first_year,last_year\nMEX,aircop,2018,2020\n"


@pytest.mark.parametrize(
    ("parameter", "content", "message"),
    [
        (
            "outcome_file",
            "country,year,value\nCOL,2019,1\nPNA,2019,2\n",
            "row 3, country = 'PNA': .*; did you mean PAN?",
        ),
        (
            "outcome_file",
            "country,year,value\nCOL,2019,1\nMEX,2019,much\n",
            "row 3, value = 'much': must be a number; write",
        ),
        (
            "outcome_file",
            "country,year,value\nCOL,2019,1\nMEX,2099,2\n",
            "MEX in 2099, which is no year of the panel .* drop",
        ),
        (
            "outcome_file",
            "country,year,value\nCOL,2019,1\nCOL,2019,2\n",
            "row 2, .* it stands in row 3 too: delete one",
        ),
        (
            "outcome_file",
            "country,year,valeu\nCOL,2019,1\n",
            "row 1, valeu = 'valeu': is no column .* rename it to value",
        ),
        ("outcome_file", GOOD_PROGRAMME, "holds records of co_programmes; give it as co_programmes_file"),
        (
            "co_programmes_file",
            "country,year,value\nCOL,2019,1\n",
            "holds records of outcomes; give it as outcome_file",
        ),
        ("co_programmes_file", GOOD_PROGRAMME.replace("aircop", "aircorp"), "row 2, programme = 'aircorp': .*aircop"),
        ("co_programmes_file", GOOD_PROGRAMME.replace("2020", "2010"), "row 2, last_year = '2010': must not be before"),
        ("co_programmes_file", GOOD_PROGRAMME.split("MEX")[0], "holds a header and no record; fill in a row"),
    ],
)
def test_faults_of_a_file_are_told_before_anything_runs(
    tmp_path: Path, parameter: str, content: str, message: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ParameterError, match=rf"(?s)parameter {parameter} = .*mine\.csv.*{message}"):
        steps.run(NAME, **{parameter: str(path)})


# --- Who is looked at and with whom ----------------------------------------------------------------------------------------


def test_a_chosen_few_are_told_what_they_can_show() -> None:
    chosen = {"countries": ["COL"], "control_pool": ["MEX", "JAM", "NIC", "VEN", "CUB"], "exclude": ["CHL"]}
    whole = steps.run(NAME, **chosen, **FEW)
    study: Study = whole["study"]
    assert {d.split(" is ")[0] for d in study.departures} == {*chosen, "draws"}
    answer = str(study.say("answer"))
    assert answer.startswith("After 1 country joined")
    assert "With so few countries p comes to no less than about 0.20, above the 0.0083 it must reach" in answer
    compared = str(study.say("who_they_are_compared_with"))
    assert compared.startswith("4 countries, 4 of them in all 11 editions, all named in this check's table")
    assert compared.count("Cuba") == 1
    assert "Countries of one region only are compared" in str(study.say("regions"))
    assert "without the one country that joined too few are left" in str(study.say("one_country_fewer"))
    assert str(study.say("entry")) == "The one year of joining that can be used is a bound."
    assert "Peru (left out by the parameters)" in str(study.say("who_joined_and_when"))
    assert whole["datings"].empty  # Bolivia is not looked at
    for row in whole["variants"].query("name == 'all_regions'").to_dict("records"):
        assert row["words"] == "the countries of control_pool"


def test_regions_too_small_to_be_told_by_themselves_are_rows_that_say_so() -> None:
    chosen = {"countries": ["PAN", "GHA"], "control_pool": ["MEX", "JAM", "KEN"]}
    study: Study = steps.run(NAME, skip={"power", "answer"}, **chosen, **FEW)["study"]
    assert np.isnan(study.frame().set_index("id").loc["investigation.within_regions", "estimate"])
    assert "dates of joining can be dealt out in too few ways" in str(study.say("regions"))
    assert "Cocaine seized cannot be had: Dates of joining" in str(study.say("secondary"))
