"""The notebook on assistance, its own cells run in this process: what is found, planted, coded and said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.questions.assistance import presence, simulation
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "13_assistance"
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}
FEW = {"draws": 199, "samples": 199}
SAID = document.load()
CAUSAL = ("improve", "because of", "effect of", "impact", "led to", "significant", "thanks to")


def answer(study: Study) -> str:
    return plain(study.answer().answer)


def test_all_that_is_asked_is_recorded_and_nothing_is_primary(estimates: pd.DataFrame) -> None:
    assert not (estimates["role"] == "primary").any()
    channels = [*presence.STUDIED, presence.HUB]
    assert [f"present.{name}" in estimates.index for name in channels] == [True] * 4
    for key in presence.STUDIED:
        for part in (
            "",
            ".shuffled",
            ".power_1_5",
            ".power_2",
            ".size",
            ".dated_document",
            ".dated_ever",
            ".no_regions",
        ):
            assert f"second_summary.{key}{part}" in estimates.index
        assert {f"completion.{key}", f"completion.{key}.reached", f"completion.{key}.others"} <= set(estimates.index)
    tested = estimates[estimates["role"] == "secondary"].dropna(subset=["p_value"])
    assert (tested["p_adjusted"] >= tested["p_value"]).all()
    # Of power the real panel is what is told; that its samples are SIMULATED, its estimand says.
    assert set(estimates["data_status"]) == {"observed"}
    able = estimates[estimates.index.str.contains(".power_", regex=False) | estimates.index.str.endswith(".size")]
    assert len(able) == 9
    assert able["estimand"].str.contains("SIMULATED samples").all()


def test_numbers_of_the_panel_at_hand(estimates: pd.DataFrame) -> None:
    """Counted in the panel by hand: 80 States, 52 awaited at the end of 2021, 12 of them reached, of which 8 published since."""
    main = estimates.loc["second_summary.any"]
    assert (main["n_obs"], main["n_units"], main["null_value"]) == (652, 80, 1)
    assert main["ci_low"] < main["estimate"] < main["ci_high"]
    reached, others = estimates.loc["completion.any.reached"], estimates.loc["completion.any.others"]
    assert (reached["n_obs"], others["n_obs"]) == (12, 40)
    assert (reached["estimate"], others["estimate"]) == (pytest.approx(8 / 12), pytest.approx(22 / 40))
    # Four States were reached by an adviser while awaited: too few for a regression with robust errors.
    assert np.isnan(estimates.loc["second_summary.adviser", "estimate"])
    assert "not estimated" in estimates.loc["second_summary.adviser", "specification"]
    assert np.isfinite(estimates.loc["second_summary.adviser.shuffled", "p_value"])


def test_the_answer_says_what_can_and_cannot_be_said(study: Study, estimates: pd.DataFrame) -> None:
    text = answer(study)
    assert "neither show nor exclude that advice near delivery is effective" in text
    assert "not drawn by lot" in text
    # The ratio hangs on five States of one area, and is on the other side of one without it.
    without = estimates.loc["second_summary.any.without.asia_pacific"]
    assert without["estimate"] < 1 < estimates.loc["second_summary.any", "estimate"]
    assert f"without Asia & Pacific {without['estimate']:.2f} (" in text
    assert f"with probability {estimates.loc['second_summary.any.power_2', 'estimate']:.2f}" in text
    assert "No coded summaries were supplied" in text
    assert len(text.split()) <= 100
    told = text + " ".join(check.sentence for check in study.answer().checks) + " ".join(study.answer().says.values())
    assert not [word for word in CAUSAL if word in told]


def test_without_a_file_no_state_is_said_to_have_a_challenge(study: Study, estimates: pd.DataFrame) -> None:
    kinds = ("challenge.", "need.", "kappa.", "relevance.", "given.")
    assert not [name for name in estimates.index if name.startswith(kinds)]
    assert "coded_challenges" not in " ".join(study.answer().says)
    assert "data/templates/coded_summaries.csv` takes them" in plain(str(study.say("nothing_coded")))


def test_areas_without_both_say_so(whole: dict[str, Any], study: Study) -> None:
    table = whole["compared"].set_index("area")
    assert table.loc["EU + EFTA + North America", ["reached", "compared"]].tolist() == [0, 0]
    assert table.loc["Middle East & North Africa", "compared"] == 0
    assert table["states"].sum() == 80
    assert "elsewhere nothing is compared" in study.answer().checks[0].sentence


def test_a_planted_ratio_is_found(plant: Callable[..., None]) -> None:
    """Second summaries drawn anew, six times as likely in years in which UNODC's own list has the State on a platform."""
    published = catalog.raw().open("uncac_platforms")
    since = published["since"].str[:4].astype("int64").groupby(published["iso3"]).min().to_dict()

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        rng = np.random.default_rng(3)
        years = []
        for row in panel.itertuples():
            year = max(row.first_year, 2015)
            while year <= row.censoring_year and rng.uniform() > 0.07 * (6 if year >= since.get(row.iso3, 9999) else 1):
                year += 1
            years.append(year)
        drawn = pd.Series(years, panel.index, dtype="Int64")
        second, done = panel["cycle"] == 2, drawn <= panel["censoring_year"]
        return panel.assign(
            is_complete=panel["is_complete"].where(~second, done),
            year=panel["year"].where(~second, drawn.where(done)),
        )

    plant("reviews", planted)
    found = steps.run(NAME, until="registered", **FEW)["study"]
    estimates = found.frame().set_index("id")
    assert estimates.loc["second_summary.platform", "ci_low"] > 1.5
    assert estimates.loc["second_summary.platform.shuffled", "p_value"] < 0.05


def test_simulated_coding_is_marked_wherever_it_is_told() -> None:
    found: Study = steps.run(NAME, skip={"answer", "power"}, simulate_coding=True, **FEW)["study"]
    frame = found.frame().set_index("id")
    coded = frame[frame.index.str.startswith(("challenge.", "need.", "kappa.", "relevance."))]
    assert len(coded) == 23 + 7 + 2 + 7
    assert set(coded["data_status"]) == {"simulated"}
    # All phase States are coded: shares are counts; coders' agreement is what stays uncertain.
    assert coded.filter(like="challenge.", axis=0)[["ci_low", "ci_high"]].isna().all(axis=None)
    kappas = coded.filter(like="kappa.", axis=0)
    assert (kappas["ci_low"] < kappas["estimate"]).all()
    assert (kappas["ci_high"] > kappas["estimate"]).all()
    assert coded["estimand"].str.startswith("SIMULATED").all()
    # Both coders find what is there, or imagine what is not.
    agreed = simulation.PREVALENCE * (1 - simulation.MISSED) ** 2
    agreed += (1 - simulation.PREVALENCE) * simulation.IMAGINED**2
    assert coded.filter(like="challenge.", axis=0)["estimate"].mean() == pytest.approx(agreed, abs=0.06)
    made = found.answer()
    (figure,) = (f for f in made.figures if f.name.startswith("coded"))
    assert figure.name.endswith("_simulated")
    assert "SIMULATED" in figure.title
    assert "SIMULATED" in figure.source
    assert {"disagreements_simulated", "relevance_by_state_simulated"} <= set(made.tables)
    assert "SIMULATED coding says nothing of any State" in answer(found)


def test_a_file_of_coded_summaries_is_told_and_goes_before_simulating(tmp_path: Path) -> None:
    """Two coders and two phase States, written here: both find extradition in Peru, one in Panama."""
    rows = [
        "PER,1,C-1,IV,extradition,capacity_building",
        "PER,1,C-2,IV,extradition,none",
        "PAN,1,C-1,IV,none,none",
        "PAN,1,C-2,IV,extradition,none",
    ]
    path = tmp_path / "mine.csv"
    path.write_text("iso3,cycle,coder,chapter,challenge,need\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found: Study = steps.run(NAME, skip={"answer", "power"}, summaries_file=str(path), simulate_coding=True, **FEW)[
        "study"
    ]
    frame = found.frame().set_index("id")
    one = frame.loc["challenge.extradition"]
    assert (one["estimate"], one["n_obs"], one["data_status"]) == (0.5, 2, "observed")
    assert (one["ci_low"], one["ci_high"]) == (1 / 33, 32 / 33)
    # 14 cells, both find one and one coder alone another: observed 13/14, by chance (1 x 2 + 13 x 12)/196.
    assert frame.loc["kappa.challenges.C-1.C-2", "estimate"] == pytest.approx((13 / 14 - 158 / 196) / (1 - 158 / 196))
    assert frame.loc["need.capacity_building", "estimate"] == 0
    assert frame.loc["relevance.all", "estimate"] == 1
    assert "mine.csv" in {used.table for used in found.used}
    assert "SIMULATED" not in answer(found)
    told = " ".join([answer(found), *found.answer().says.values(), *frame["specification"]])
    assert str(tmp_path) not in told


def test_records_of_assistance_are_told_and_held_against_what_coders_agree_on(tmp_path: Path) -> None:
    """Three pieces written here: Peru's two answer a need and came after 10 and 30 days, Panama's was not asked for."""
    head = "assistance_id,iso3,basis,need,channel,partners,asked,arrived,on_site,as_of\n"
    pieces = [
        "A-1,PER,review_need,capacity_building,adviser,prosecutors,2021-01-01,2021-01-11,true,2022-01-01",
        "A-2,PER,request,research,platform,audit,2021-01-01,2021-01-31,false,2022-01-01",
        "A-3,PAN,neither,research,headquarters,,2021-01-01,2021-01-02,,2022-01-01",
    ]
    given = tmp_path / "given.csv"
    given.write_text(head + "\n".join(pieces) + "\n", encoding="utf-8")
    coded = tmp_path / "coded.csv"
    needs = ["PER,1,C-1,IV,extradition,capacity_building", "PAN,1,C-1,IV,extradition,policy_advice"]
    coded.write_text("iso3,cycle,coder,chapter,challenge,need\n" + "\n".join(needs) + "\n", encoding="utf-8")
    files = {"assistance_file": str(given), "summaries_file": str(coded)}
    found: Study = steps.run(NAME, skip={"answer", "power"}, **files, **FEW)["study"]
    frame = found.frame().set_index("id")
    assert frame.loc["given.driven", ["estimate", "n_obs", "n_units"]].tolist() == [pytest.approx(2 / 3), 3, 2]
    assert frame.loc["given.days.all", ["estimate", "n_obs"]].tolist() == [10, 2]
    assert frame.loc["given.met.all", "estimate"] == 0.5  # Peru's need, not Panama's
    assert set(frame.filter(like="given.", axis=0)["data_status"]) == {"observed"}
    said = plain(str(found.say("given")))
    assert "Of 3 pieces of assistance to 2 States, 67%" in said
    assert "half have come within 10 days" in said
    assert found.answer().tables["assistance_by_partner"].set_index("name").loc["audit", "pieces"] == 1


def test_simulated_needs_are_held_against_nothing_that_was_given(tmp_path: Path) -> None:
    given = tmp_path / "given.csv"
    given.write_text(
        "assistance_id,iso3,basis,need,channel,asked,as_of\nA-1,PER,request,research,hub,2021-01-01,2021-02-01\n",
        encoding="utf-8",
    )
    changes: dict[str, Any] = {"assistance_file": str(given), "simulate_coding": True}
    found: Study = steps.run(NAME, skip={"answer", "power"}, **changes, **FEW)["study"]
    ids = found.frame()["id"]
    assert ids[ids.str.startswith("given.")].tolist() == ["given.driven", "given.review_need", "given.arrived"]
    assert "None that was asked for has come" in plain(str(found.say("given")))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("PER,1,C-1,IV,none,none\n", "No challenge was found by all who read. No two coders read the same"),
        ("FRA,1,C-1,IV,extradition,none\nFRA,1,C-2,IV,extradition,none\n", "on needs: not defined"),
        ("FRA,1,C-1,IV,extradition,none\n", "coded by 1 coder. None is a phase State."),
        ("PER,1,C-1,IV,extradition,none\nPER,1,C-2,III,jurisdiction,none\n", "No two coders read the same"),
    ],
)
def test_little_coding_is_told_as_little(tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "few.csv"
    path.write_text("iso3,cycle,coder,chapter,challenge,need\n" + rows, encoding="utf-8")
    found: Study = steps.run(NAME, skip={"answer", "power"}, summaries_file=str(path), **FEW)["study"]
    assert said in plain(str(found.say("coding")))
    assert answer(found)


@pytest.mark.parametrize("changes", [{"regions": "m49"}, {"dating": "document"}, {"dating": "ever"}])
def test_other_readings_run_to_the_answer(changes: dict[str, str]) -> None:
    found: Study = steps.run(NAME, skip={"answer"}, **changes, **FEW)["study"]
    assert answer(found)
    assert found.departures == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"regions": "continents"}, "members, m49"),
        ({"dating": "soon"}, "published, document, ever"),
        ({"summaries_file": "nowhere.csv"}, "there is no such file"),
        ({"assistance_file": "nowhere.csv"}, "there is no such file"),
        ({"samples": 5}, "samples"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)
