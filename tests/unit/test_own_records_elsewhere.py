"""Kinds of own records that other notebooks tell of: named with what to type, and the years that records are from."""

from pathlib import Path

import pandas as pd
import pytest
from test_own_records_steps import params

from crimjust_research import parameters_cell, project
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError
from crimjust_research.questions.own_records import steps
from crimjust_research.questions.own_records.records import ELSEWHERE, KINDS, own_of, told_by, years_of
from crimjust_research.runs import notebooks, record

ASSISTANCE = "assistance_id,iso3,basis,need,channel,asked,as_of\nA-1,PER,request,research,hub,2021-01-01,2021-02-01\n"
FORUMS = """forum_id,held,host,countries,actions_agreed,as_of
F-1,2021-01-01,PER,PER;ECU,3,2021-12-31
F-2,2019-01-01,PER,PER;ECU,2,2021-12-31
"""


def test_every_kind_is_told_here_or_by_a_parameter_of_another_notebook() -> None:
    assert KINDS.keys() | ELSEWHERE.keys() == kinds().keys()
    assert not KINDS.keys() & ELSEWHERE.keys()
    for notebook, parameter in ELSEWHERE.values():
        (found,) = notebooks.find(notebook)
        assert f"{parameter} = " in "".join(map(notebooks.source, found.cells)), parameter


def test_what_another_notebook_tells_of_is_named_with_what_to_type(tmp_path: Path) -> None:
    (tmp_path / "assistance.csv").write_text(ASSISTANCE)
    (tmp_path / "forums.csv").write_text(FORUMS)
    own = own_of(params(folder=str(tmp_path)))
    assert own.elsewhere == {"assistance": "assistance.csv"}
    assert own.files == {"forums": "forums.csv"}
    typed = "crimjust run 13_assistance -p assistance_file=FILE"
    expected = pd.DataFrame({"kind": ["assistance"], "file": ["assistance.csv"], "told_by": [typed]})
    pd.testing.assert_frame_equal(steps.elsewhere(own), expected)
    assert steps.elsewhere(own_of(params())).empty


def test_a_folder_that_holds_nothing_else_is_refused_with_what_tells_of_it(tmp_path: Path) -> None:
    (tmp_path / "assistance.csv").write_text(ASSISTANCE)
    with pytest.raises(DataError, match=f"assistance.csv is told by `{told_by('assistance')}`"):
        own_of(params(folder=str(tmp_path)))


@pytest.mark.parametrize("inside", [True, False])
def test_files_that_come_or_go_make_results_of_a_folder_old(
    inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").symlink_to(project.root() / "data")
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path if inside else project.root()))
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "forums.csv").write_text(FORUMS)
    given = "own" if inside else str(folder)
    own = own_of(params(folder=given))

    def moved() -> list[str]:
        catalogs = record.Catalogs(parameters_cell.files({"folder": given}))
        return list(record._moved_tables(before, catalogs))

    catalogs = record.Catalogs(parameters_cell.files({"folder": given}))
    before = [catalogs.current(used.table, used.vintage) or {} for used in own.used]
    assert [found["sha256"] for found in before] == [used.sha256 for used in own.used]
    assert moved() == []
    (folder / ".DS_Store").write_text("hidden")
    assert moved() == []
    (folder / "assistance.csv").write_text(ASSISTANCE)
    assert moved() == ["files came to or went from own"]
    (folder / "assistance.csv").unlink()
    assert moved() == []


def test_years_are_those_of_the_days_by_which_a_record_falls_into_a_period(tmp_path: Path) -> None:
    (tmp_path / "assistance.csv").write_text(ASSISTANCE)
    (tmp_path / "forums.csv").write_text(FORUMS)
    assert years_of(tmp_path) == {"forums": (2019, 2021)}
