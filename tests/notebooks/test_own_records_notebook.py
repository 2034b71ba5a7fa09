"""The notebook on own records, its own cells run in this process on SIMULATED records and on folders handed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.evidence.words import plain
from crimjust_research.questions.own_records import recovery, simulation_files
from crimjust_research.questions.own_records import steps as steps_of
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.records import KINDS
from crimjust_research.questions.own_records.simulation import simulated_folder
from crimjust_research.runs import notebooks, steps, sweep
from crimjust_research.study import Study

NAME = "11_own_records"
FEW = {"simulated_cases": 1000, "draws": 99, "by": "drug"}
SKIP = frozenset({"answer"})
MOST_WORDS = 90
CAUSAL = re.compile(
    r"\b(because of|caused?s?|effect of|impact|due to|led to|leads? to|thanks to|result(s|ed)? in|raised)\b", re.I
)
HOSTILE = "=cmd_W-{p}'"

Written = Callable[..., Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """`written(*kinds)` is a folder with records of these kinds, made up, and no word SIMULATED in it."""
    records = simulated_folder(Effects.of(1.5), 4, 300, 1.0).records

    def folder(*kinds: str, name: str = "records") -> Path:
        path = tmp_path_factory.mktemp("own") / name
        path.mkdir()
        for kind in kinds:
            frame = records[kind]
            codes = {column: frame[column].str.replace("SIMULATED", "R") for column in frame if is_code(frame[column])}
            frame.assign(**codes).to_csv(path / f"{kind}.csv", index=False, date_format="%Y-%m-%d")
        return path

    return folder


def is_code(column: pd.Series[Any]) -> bool:
    return bool(column.astype("object").map(lambda value: isinstance(value, str) and "SIMULATED" in value).any())


def ran(folder: Path, **changed: Any) -> Study:
    """The study that the notebook leaves behind; figures are drawn, nothing is saved."""
    given = {"draws": 99, "by": "", **changed}
    study: Study = steps.run(NAME, skip=SKIP, folder=str(folder), **given)["study"]
    return study


def texts(study: Study) -> list[str]:
    """All that a reader is told of a run."""
    answer = study.answer()
    figures = [" ".join((f.title, f.caption, f.source, f.alt)) for f in answer.figures]
    told = [answer.title, plain(answer.answer), *map(plain, answer.says.values()), *figures]
    told += [plain(f"{c.name}: {c.sentence}") for c in answer.checks]
    return [*told, *study.frame()[["estimand", "method", "specification"]].agg(" ".join, axis=1)]


def missing_in(study: Study) -> set[str]:
    table = study.checks["supplied"].table
    return set(table.loc[table["file"] == "not supplied", "kind"])


# --- SIMULATED records -------------------------------------------------------------------------------------------------


def test_everything_simulated_says_so_and_nothing_is_primary(study: Study) -> None:
    answer = study.answer()
    assert answer.answer.startswith("SIMULATED")
    assert "SIMULATED" in answer.title
    frame = study.frame()
    assert set(frame["data_status"]) == {"simulated"}
    assert set(frame["role"]) == {"secondary", "sensitivity"}
    assert answer.used == ()
    assert all(name.endswith("_simulated") for name in answer.tables)
    assert all("SIMULATED" in plain(c.sentence) for c in answer.checks)
    for figure in answer.figures:
        assert figure.name.endswith("_simulated")
        assert "SIMULATED" in figure.title, figure.name
        assert "SIMULATED" in figure.caption, figure.name
        assert "SIMULATED" in figure.source, figure.name


def test_the_answer_of_a_rehearsal_is_short_and_tells_of_no_money(study: Study) -> None:
    answer = plain(study.answer().answer)
    assert len(answer.split()) <= MOST_WORDS
    assert "dollar" not in answer
    # What holds the truth depends on the draw.
    assert "In this draw" in answer


def test_the_key_figure_of_a_rehearsal_draws_every_comparison_the_answer_counts(study: Study) -> None:
    answer = study.answer()
    assert answer.key_figure == "recovered_simulated"
    table = study.checks["truth_recovered"].table
    figure = next(f for f in answer.figures if f.name == answer.key_figure)
    assert len(figure.data) == len(recovery.comparisons(table))
    for _, rows in recovery.comparisons(table).groupby("world"):
        held = int(rows["held"].sum()) or "none"
        assert f"[[{held} of {len(rows)}|figure:recovered_simulated]]" in answer.answer


def test_differences_are_drawn_in_points(study: Study) -> None:
    frame = study.frame().set_index("id")
    figure = next(f for f in study.answer().figures if f.name == "compared_simulated")
    drawn = figure.data.set_index("label")
    name = "cases.opened_180.supported_difference"
    assert drawn.loc[steps_of.COMPARED[name], "estimate"] == pytest.approx(100 * frame.loc[name, "estimate"])


def test_selection_is_told_apart_from_support(study: Study) -> None:
    table = study.checks["truth_recovered"].table
    assert study.checks["truth_recovered"].passed
    worlds = table[table["id"].str.contains("supported_difference|adjusted|hazard")].groupby("world")["held"].mean()
    assert worlds["by_lot"] > worlds["picked"]
    frame = study.frame().set_index("id")
    assert "recovered.picked.stage.convicted.adjusted" in frame.index


def test_no_sentence_says_that_support_did_something(study: Study, written: Written) -> None:
    for each in (study, ran(written(*KINDS))):
        assert not [match[0] for text in texts(each) for match in CAUSAL.finditer(text)]


# --- Records that were supplied -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(KINDS))
def test_it_runs_with_each_kind_alone_and_says_what_is_missing(kind: str, written: Written) -> None:
    # Defendants and assets are of cases, tests of trainings: a file that refers to another that is not there is read alone.
    study = ran(written(kind))
    assert missing_in(study) == set(KINDS) - {kind}
    answer = study.answer()
    assert answer.key_figure in {figure.name for figure in answer.figures}
    assert len(plain(answer.answer).split()) <= MOST_WORDS
    assert "Not supplied:" in plain(answer.answer)
    named = {e.split(".")[0] for e in study.frame()["id"]}
    families = {
        "cases": {"cases", "stage"},
        "cooperation_requests": {"requests"},
        "knowledge_tests": {"tests"},
        "joint_teams": {"teams"},
    }
    assert named <= families.get(kind, {kind})


def test_three_kinds_missing_are_named_and_the_rest_is_told(written: Written) -> None:
    gone = {"joint_teams", "assets", "expenditure"}
    study = ran(written(*(kind for kind in KINDS if kind not in gone)), by="country", min_cell=3)
    assert missing_in(study) == gone
    answer = plain(study.answer().answer)
    assert all(kind.replace("_", " ") in answer for kind in gone)
    # The longest answer: all is told, and the most kinds that are named are not there.
    rest = ran(written(*(kind for kind in KINDS if kind not in {"joint_teams", "equipment", "operations"})))
    longest = plain(rest.answer().answer)
    assert "all kinds but equipment, joint teams and operations." in longest
    assert len(longest.split()) <= MOST_WORDS
    assert "SIMULATED" not in " ".join(texts(study))
    assert set(study.frame()["data_status"]) == {"observed"}
    assert not any(id_.startswith(("assets", "teams", "expenditure", "cost")) for id_ in study.frame()["id"])


def test_the_title_tells_whose_records_they_are_and_of_which_months(written: Written, study: Study) -> None:
    folder = written("cases")
    titles = [
        ran(folder, **months).answer().title
        for months in ({}, {"period_start": "2012-02"}, {"period_start": "2012-02", "period_end": "2019-12"})
    ]
    assert titles == [
        "What the programme's own records say",
        "What the programme's own records say, from February 2012",
        "What the programme's own records say, February 2012 to December 2019",
    ]
    assert study.answer().title == "What SIMULATED own records say"


def test_each_kind_with_a_share_has_a_figure_of_its_own_where_a_folder_is_given(written: Written, study: Study) -> None:
    answer = ran(written(*KINDS)).answer()
    named = {figure.name.removesuffix("_shares") for figure in answer.figures if figure.name.endswith("_shares")}
    drawn = {"cases", "defendants", "assets", "trainings", "equipment", "forums", "operations"}
    assert {"cases", "defendants", "trainings"} <= named <= drawn
    assert all(answer.says[f"{kind}_shares"] for kind in named)
    assert answer.key_figure == "overview"
    assert not [figure.name for figure in study.answer().figures if "_shares" in figure.name]


def test_nothing_is_registered_of_them_so_nothing_departs_and_what_may_not_be_concluded_is_kept(
    written: Written,
) -> None:
    answer = ran(written("cases", "forums"), min_cell=3).answer()
    assert answer.departures == ()
    (kept,) = (check.sentence for check in answer.checks if check.name == "Not concluded")
    assert plain(kept).startswith("Nothing here shows what support did")


def test_a_record_keeps_names_and_hashes_and_no_path(written: Written) -> None:
    folder = written("cases", "forums", name=HOSTILE)
    study = ran(folder)
    answer = study.answer()
    assert [used.table.rpartition("/")[2] for used in answer.used] == ["cases.csv", "forums.csv", "all.files"]
    assert all(len(used.sha256) == 64 for used in answer.used)
    everything = [*texts(study), str(answer.parameters), *(used.table for used in answer.used), *answer.departures]
    assert not [text for text in everything if str(folder.parent) in text]


def test_marks_that_change_are_told_with_those_who_were_lost(written: Written) -> None:
    told = plain(ran(written(*KINDS)).answer().answer)
    assert re.search(r"Marks change by \S+ points in trainings; \d+% were not found later\.", told)
    assert "all eleven kinds." in told
    assert len(told.split()) <= MOST_WORDS


def test_no_code_and_no_day_of_a_record_is_told(written: Written) -> None:
    study = ran(written(*KINDS), by="country", min_cell=3)
    answer = study.answer()
    tables = [csv_bytes(table).decode() for table in (*answer.tables.values(), *(c.table for c in answer.checks))]
    figures = [csv_bytes(figure.data).decode() for figure in answer.figures]
    found = [re.findall(r"\bR-[A-Z]?[0-9]{5}|\b20[0-9]{2}-[0-9]{2}-[0-9]{2}", text) for text in (*tables, *figures)]
    assert not [match for each in found for match in each]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("case_id\n")
    with pytest.raises(Exception, match=r"folder.*that is a file; name a folder"):
        ran(path)
    with pytest.raises(Exception, match="there is no such folder"):
        ran(tmp_path / "nowhere")


def test_a_period_with_nothing_in_it_is_refused(written: Written) -> None:
    with pytest.raises(Exception, match="holds no record of the eleven kinds in the period"):
        ran(written("forums"), period_start="2031-01")


# --- A folder of SIMULATED records ---------------------------------------------------------------------------------------


def test_a_folder_that_crimjust_simulate_wrote_is_told_as_simulated(tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal"
    simulation_files.write(folder, Effects.of(2.0), 3, 500, 1.5)
    (folder / "forums.csv").unlink()
    study = ran(folder)
    assert set(study.frame()["data_status"]) == {"simulated"}
    answer = study.answer()
    assert answer.answer.startswith("SIMULATED")
    assert len(plain(answer.answer).split()) <= MOST_WORDS
    assert "SIMULATED" in answer.title
    assert all("SIMULATED" in figure.title and "SIMULATED" in figure.source for figure in answer.figures)
    assert "cases_shares_simulated" in answer.says
    table = study.checks["truth_recovered"].table
    assert set(table["world"]) == {"by_lot", "picked"}
    assert table.set_index(["world", "id"]).loc[("picked", "requests.answer.hazard_ratio"), "true"] == 2.0
    assert "truth.json" in {used.table.rpartition("/")[2] for used in answer.used}


def test_simulated_records_cannot_pass_for_others_nor_others_for_simulated(tmp_path: Path, written: Written) -> None:
    folder = tmp_path / "rehearsal"
    simulation_files.write(folder, Effects.of(2.0), 3, 500, 1.5)
    truth = (folder / "truth.json").read_bytes()
    (folder / "truth.json").unlink()
    with pytest.raises(Exception, match=r"holds SIMULATED cases and no truth\.json"):
        ran(folder)
    others = written("forums")
    (others / "truth.json").write_bytes(truth)
    with pytest.raises(Exception, match="some forums are not"):
        ran(others)


def test_of_fewer_cases_than_are_told_no_number_is(written: Written) -> None:
    folder = written("cases")
    file = folder / "cases.csv"
    file.write_text("\n".join(file.read_text().splitlines()[:3]) + "\n")
    assert ran(folder).frame().empty


def test_a_kind_that_another_notebook_tells_of_is_named_with_what_to_type(written: Written) -> None:
    folder = written("forums", "trainings")
    head = "assistance_id,iso3,basis,need,channel,asked,as_of\n"
    (folder / "assistance.csv").write_text(f"{head}A-1,PER,request,research,hub,2021-01-01,2021-02-01\n")
    study = ran(folder, by="phase")
    said = " ".join(texts(study))
    typed = "crimjust run 13_assistance -p assistance_file=FILE"
    assert f"Also given, and not told of here: assistance, told by `{typed}`." in said
    assert "told_elsewhere" in study.answer().tables
    assert "assistance" not in " ".join(study.frame()["id"])


@pytest.mark.parametrize(
    ("grid", "refused"),
    [
        ("[grid]\nfolder = [FOLDER]\nmin_cell = [3, 5, 7]\n", "min_cell has the values 3, 5, 7 for folder"),
        (
            "[[case]]\nfolder = FOLDER\n[[case]]\nfolder = FOLDER\nmin_cell = 7\n",
            "min_cell has the values 5, 7 for folder",
        ),
        ("[grid]\nfolder = [FOLDER]\nmin_cell = [7]\nmaturity_years = [2, 3]\n", ""),
        ("[grid]\nmin_cell = [3, 5, 7]\n", ""),
    ],
)
def test_a_sweep_tells_of_a_folder_by_one_smallest_count(
    grid: str, refused: str, written: Written, tmp_path: Path
) -> None:
    file = tmp_path / "grid.toml"
    file.write_text(grid.replace("FOLDER", f"'{written('equipment')}'"))
    (notebook,) = notebooks.find(NAME)
    if refused:
        with pytest.raises(ParameterError, match=refused):
            sweep.cells_of(notebook, file, None)
    else:
        assert len(sweep.cells_of(notebook, file, None)) == 3
