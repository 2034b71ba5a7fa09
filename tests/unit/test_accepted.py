"""Cells changed by hand: which they are, told from what was entered, and what becomes of estimates recorded after them."""

import json
import re
from pathlib import Path

import pytest
from reported import FIRST
from toy_checkout import CELLS, PARAMETERS, Checkout

from crimjust_research import accepted
from crimjust_research.errors import CrimjustError, DataError, RunError
from crimjust_research.report import comparisons, html, listing, paper
from crimjust_research.report.exports import taken
from crimjust_research.runs import acceptance, cell, jobs, kept, notebooks, record, runner, steps
from crimjust_research.runs.comparison import compare
from crimjust_research.runs.record import Layout, Present
from crimjust_research.runs.sweep import sweep
from crimjust_research.runs.verify import verify
from crimjust_research.sources import Sources

BEGIN, LOOK, FIT, DRAW, SAVE = "study = begin()\nstudy", "look", "fit = 1\nfit", "draw(\n    fit,\n)", "study.save()"
MEANT = accepted.meant({"end": 2022}, [BEGIN, LOOK, FIT, DRAW, SAVE])
THREEFOLD = CELLS[1].replace("params.factor", "3")
NOW = 'cell 3 is not as it came: `counts = study.table("counts", study.raw("counts"))`'


# In what entered cells are not those accepted -----------------------------------------------------------------------------


def told(*entered: str, begun: int = 2, ended: bool = True) -> list[str]:
    """What is told of cells entered after the cell of parameters, which is the first."""
    return list(accepted.unlike([None, None, *entered], MEANT, begun=begun, ended=ended))


def test_the_cells_as_accepted_are_told_nothing_of_and_blanks_at_ends_do_not_matter() -> None:
    assert told(BEGIN, LOOK, FIT, DRAW, SAVE) == []
    assert told(f"\n{BEGIN}  \n\n", LOOK + " ", "fit = 1 \nfit", DRAW, SAVE) == []
    assert told(BEGIN, LOOK, "fit = 1\n fit", DRAW, SAVE) != []  # a blank that begins a line does


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        ((BEGIN, LOOK, "fit = 2", DRAW, SAVE), ["cell 4 is not as it came: `fit = 2`"]),
        ((BEGIN, LOOK, "show(look)", FIT, DRAW, SAVE), ["cell 4 was added: `show(look)`"]),
        ((BEGIN, LOOK, "# a note", FIT, DRAW, SAVE), ["cell 4 was added: `# a note`"]),
        ((BEGIN, LOOK, "%time", FIT, DRAW, SAVE), ["cell 4 was added: `%time`"]),
        (
            (BEGIN, LOOK, "fit = 2", "fit = 3", DRAW, SAVE),
            ["cell 4 is not as it came: `fit = 2`", "cell 5 was added: `fit = 3`"],
        ),
        ((BEGIN, LOOK, "fit = 2", "fit = 2", DRAW, SAVE), ["cell 5 is not as it came: `fit = 2`"]),
        ((BEGIN, LOOK, FIT, SAVE), ["a cell is left out: `draw(fit,)`"]),
        ((BEGIN, SAVE), ["3 cells are left out: `look`, `fit = 1`, `draw(fit,)`"]),
        ((BEGIN, FIT, LOOK, DRAW, SAVE), ["cell 4 ran after cells that follow it in the notebook: `look`"]),
        ((BEGIN, LOOK, FIT, DRAW, LOOK, SAVE), ["cell 6 ran after cells that follow it in the notebook: `look`"]),
        ((BEGIN, LOOK, FIT, LOOK, FIT, DRAW, SAVE), []),  # once more from there on
        ((BEGIN, LOOK, FIT, DRAW, "study.save('here')"), ["cell 6 is not as it came: `study.save('here')`"]),
    ],
)
def test_what_was_changed_added_left_out_or_run_out_of_order_is_told(entered: tuple[str, ...], says: list[str]) -> None:
    assert told(*entered) == says


def test_while_cells_are_still_to_come_only_what_should_have_run_is_missed() -> None:
    assert told(BEGIN, LOOK, ended=False) == []
    assert told(BEGIN, FIT, ended=False) == ["a cell is left out: `look`"]
    assert told(BEGIN, LOOK, ended=True) == ["3 cells are left out: `fit = 1`, `draw(fit,)`, `study.save()`"]


def test_of_an_earlier_study_in_the_same_kernel_only_what_is_none_of_the_notebooks_is_told() -> None:
    before = (BEGIN, LOOK, "steps.trend = mine", SAVE)
    assert told(*before, BEGIN, LOOK, FIT, DRAW, SAVE, begun=6) == [
        "cell 4 ran before the study began and is none of the notebook's: `steps.trend = mine`"
    ]


def test_a_long_first_line_is_cut_and_what_commands_a_terminal_is_shown() -> None:
    (said,) = told(BEGIN, LOOK, FIT, DRAW, f"\x1b[31m{'x' * 99}", SAVE)
    assert said == f"cell 6 was added: `\\x1b[31m{'x' * 51}…`"


# The list -----------------------------------------------------------------------------------------------------------------


def test_what_is_accepted_is_told_and_written_the_same_twice(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy", accept=False)
    file = checkout.root / accepted.PATH
    assert acceptance.accept() == ("01_toy: accepted as one of the project's notebooks",)
    first = file.read_bytes()
    assert acceptance.accept() == ()
    assert file.read_bytes() == first
    assert first.decode().count("  import") + first.decode().count("  from") == 1  # a line for the cell that begins so
    path.write_text(path.read_text().replace("params.factor", "3").replace("factor = 2", "factor = 4"))
    assert acceptance.accept("01_toy") == (
        "01_toy: accepted, with what is new",
        f"  {NOW}",
        "  factor is 4; it was 2",
    )
    assert notebooks.find("01_toy")[0].differs == ()
    path.unlink()
    checkout.notebook("02_toy", accept=False)
    assert "01_toy: no longer there, and so no longer accepted" in acceptance.accept()


def test_a_notebook_is_stripped_as_it_is_accepted(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy")
    clean = path.read_bytes()
    content = json.loads(clean)
    content["cells"][2] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}], "execution_count": 9}
    path.write_text(json.dumps(content))
    assert acceptance.accept() == ()
    assert path.read_bytes() == clean


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        (r"(?s).*", None, r"accepted\.json is missing; restore it from git or the release, or write it anew: crimjust"),
        (r"(?s).{9}$", "", r"accepted\.json is not valid JSON"),
        (r"(?s).+", "{}", r"accepted\.json lists no notebook; restore it from git or the release, or write it anew"),
        (r"(?s).+", "[]", "is not as this project writes it: the whole is a list, where named values should be"),
        ('"factor": 2', '"factor": 3', "for 01_toy was changed by hand or damaged; restore it"),
        ("  helper.save", "  helper.sav", "for 01_toy was changed by hand or damaged"),
    ],
)
def test_a_list_that_is_missing_broken_or_edited_is_refused(
    checkout: Checkout, written: str, instead: str | None, says: str
) -> None:
    checkout.notebook("01_toy")
    file = checkout.root / accepted.PATH
    text, count = re.subn(written, instead or "", file.read_text(), count=1)
    assert count == 1
    file.write_text(text)
    if instead is None:
        file.unlink()
    for attempt in (lambda: runner.run("all"), lambda: steps.run("01_toy"), lambda: acceptance.accept("01_toy")):
        with pytest.raises(DataError, match=says):
            attempt()
    acceptance.accept()
    assert notebooks.find()[0].differs == ()


def test_results_of_a_notebook_that_the_list_lost_are_not_taken_for_foreign(checkout: Checkout) -> None:
    for name in ("01_toy", "02_toy"):
        checkout.notebook(name)
    runner.run("all")
    file = checkout.root / accepted.PATH
    file.write_bytes(accepted.as_file({"01_toy": accepted.listed()["01_toy"]}))
    with pytest.raises(
        RunError, match=r"02_toy: notebooks/accepted\.json does not list it; restore that file from git"
    ):
        jobs.require_current(checkout.reports, Present(Sources()))


def test_nothing_is_accepted_where_one_notebook_cannot_be(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    before = (checkout.root / accepted.PATH).read_bytes()
    checkout.notebook("02_toy", parameters="import os\n", accept=False)
    with pytest.raises(CrimjustError, match="only plain assignments"):
        acceptance.accept()
    assert (checkout.root / accepted.PATH).read_bytes() == before


# What is recorded ---------------------------------------------------------------------------------------------------------


def roles() -> dict[str, str]:
    return steps.run("01_toy")["study"].frame().set_index("id")["role"].to_dict()


def test_estimates_from_the_first_changed_cell_on_are_not_primary(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    assert roles() == {"total": "primary"}
    checkout.notebook("01_toy", (CELLS[0], THREEFOLD, CELLS[2]), accept=False)
    assert roles() == {"total": "secondary"}
    checkout.notebook("01_toy", (CELLS[0], "params = params", *CELLS[1:]), accept=False)
    assert roles() == {"total": "secondary"}
    checkout.notebook("01_toy", (*CELLS[:2], "total = 0", CELLS[2]), accept=False)
    study = steps.run("01_toy")["study"]
    assert study.frame()["role"].tolist() == [
        "secondary"
    ]  # recorded before, but what follows counts for its grade as well
    assert study.answer().changed == ("cell 4 was added: `total = 0`",)


def test_a_registered_estimate_that_is_left_out_by_hand_is_not_asked_for(checkout: Checkout) -> None:
    checkout.notebook("01_toy", (CELLS[0], CELLS[1], "study.note(seen=1)", CELLS[2]))
    own = CELLS[1].replace('"total", {', '"mine", {').replace("3})", '3}, estimand="mine", method="sum", unit="cases")')
    checkout.notebook("01_toy", (CELLS[0], own, "study.note(seen=1)", CELLS[2]), accept=False)
    assert list(steps.run("01_toy")["study"].frame()["role"]) == ["own"]


def test_an_answer_of_which_later_cells_were_changed_is_not_the_registered_one_in_what_is_saved(
    checkout: Checkout,
) -> None:
    checkout.notebook("01_toy", (*CELLS[:2], "total = 0", CELLS[2]))
    runner.run("all")
    assert ",primary," in (checkout.reports / "estimates.csv").read_text()
    for cells in ((*CELLS[:2], "total = 1", CELLS[2]), CELLS):  # changed, and left out, which only the end can tell
        checkout.notebook("01_toy", cells, accept=False)
        (done,) = runner.run("01_toy").done
        assert len(record.assessment(done)["changed"]) == 1
        assert ",secondary," in (done.folder / "estimates.csv").read_text()


# Runs ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def changed(checkout: Checkout) -> Checkout:
    """A toy with reference results, of which a cell was changed by hand since."""
    checkout.notebook("01_toy")
    runner.run("all")
    checkout.notebook("01_toy", (CELLS[0], THREEFOLD, CELLS[2]), accept=False)
    return checkout


def test_a_notebook_changed_by_hand_is_a_variant_and_says_so_wherever_it_is_told(
    changed: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    before = changed.files()
    assert jobs.due("01_toy")[-1] == f"  changed by hand, so that it is a variant: {NOW}"
    (done,) = runner.run("01_toy").done
    out = capsys.readouterr().out
    assert out.count(f"  changed by hand: {NOW}") == 2  # before it begins, and at its end
    assert done.folder.parent == changed.reports / "variants"
    after = changed.files()
    assert {name: after[name] for name in before} == before  # the reference is as it was
    saved = record.assessment(done)
    assert saved["changed"] == [NOW]
    assert "54" in saved["answer"]
    executed = json.dumps(notebooks.read(done.results[0]).content)
    assert "params.factor" not in executed

    # The same again is known, another edit is another variant, and what is restored is the reference's.
    assert runner.run("01_toy").unchanged == (done,)
    changed.notebook("01_toy", (CELLS[0], THREEFOLD.replace(", 3)", ", 4)"), CELLS[2]), accept=False)
    (other,) = runner.run("01_toy").done
    assert other.folder != done.folder
    changed.notebook("01_toy", accept=False)
    assert runner.run("01_toy").unchanged == (Layout(changed.reports, "01_toy"),)

    ours = next(one for one in kept.kept_variants() if one.name == done.folder.name)
    assert ours.runs[0].by_hand == (NOW,)
    assert ours.runs[0].moved == ("the notebook changed",)
    text = " ".join(listing.as_text([ours], [], 200).split())
    assert f"changed by hand: {NOW}" in text
    place = f"reports/variants/{ours.name}/notebooks/01_toy.ipynb"
    assert f"to compute it anew: put the cells of {place} into notebooks/01_toy.ipynb, then crimjust run 01_toy" in text
    both = compare("reference", done.folder.name)
    assert (both.runs[0].by_hand.a, both.runs[0].by_hand.b) == ("", NOW)
    assert f"B has cells changed by hand: {NOW}." in comparisons.as_text(both, 300)


def test_a_name_given_keeps_what_was_made_of_other_cells(changed: Checkout) -> None:
    runner.run("01_toy", variant="mine")
    first = changed.files()
    changed.notebook("01_toy", accept=False)
    with pytest.raises(
        CrimjustError, match=r"--name 'mine': that variant holds 01_toy with other cells \(there cell 3 is not"
    ):
        runner.run("01_toy", variant="mine")
    assert changed.files() == first
    runner.run("01_toy", variant="mine", force=True)
    assert record.assessment(Layout(changed.reports / "variants" / "mine", "01_toy"))["changed"] == []


def test_what_is_of_the_reference_names_the_change_and_what_may_become_of_it(changed: Checkout) -> None:
    remedy = r"restore it from git or the release, or, if that is how the project is to have it, crimjust notebooks accept 01_toy"
    with pytest.raises(
        RunError, match=rf"01_toy\.ipynb was changed by hand \(cell 3 is not as it came: .*\): {remedy}"
    ):
        verify("01_toy")
    with pytest.raises(
        RunError, match=rf"01_toy: the notebook changed; notebooks/01_toy\.ipynb was changed .*{remedy}"
    ):
        jobs.require_current(changed.reports, Present(Sources()))
    acceptance.accept("01_toy")
    assert runner.run("01_toy").done == (Layout(changed.reports, "01_toy"),)
    assert record.assessment(Layout(changed.reports, "01_toy"))["changed"] == []


@pytest.mark.usefixtures("changed")
def test_results_are_not_current_once_another_notebook_is_accepted() -> None:
    (done,) = runner.run("01_toy").done
    (notebook,) = notebooks.find("01_toy")
    assert Present(Sources()).moved(notebook, done) == ()
    acceptance.accept()
    assert Present(Sources()).moved(notebook, done) == ("notebooks/accepted.json changed",)


def test_a_cell_of_parameters_that_was_edited_is_as_if_they_had_been_typed(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    (typed,) = runner.run("01_toy", {"factor": 3}).done
    as_typed = record.assessment(typed)
    checkout.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor = 3  # mine"), accept=False)
    (notebook,) = notebooks.find("01_toy")
    assert (notebook.changed(), notebook.differs) == ((), ("factor is 3; it was 2",))
    (edited,) = runner.run("01_toy").done
    assert edited == typed
    assert record.assessment(edited) == as_typed
    assert as_typed["departures"] == ["factor is 3; registered is 2"]
    (one,) = kept.kept_variants()
    assert one.command(one.runs[0]) == "crimjust run 01_toy -p factor=3"
    # Typed back, it is as the project means it.
    (back,) = runner.run("01_toy", {"factor": 2}).done
    assert back == Layout(checkout.reports, "01_toy")
    assert record.assessment(back)["departures"] == []
    assert steps.run("01_toy", factor=2)["study"].departures == ()


def test_a_file_named_in_an_edited_cell_of_parameters_is_told_without_its_folder(
    checkout: Checkout, tmp_path: Path
) -> None:
    mine = tmp_path / "somebody's" / "start.txt"
    mine.parent.mkdir()
    mine.write_text("x")
    checkout.notebook("01_toy")
    checkout.notebook(
        "01_toy",
        parameters=PARAMETERS.replace('"2020-01"\nend', f"{str(mine)!r}\nend").replace('end = "2020-03"', 'end = "~"'),
        accept=False,
    )
    (done,) = runner.run("01_toy").done
    assert "start.txt" in done.results[0].read_text()
    assert not [path for path in done.folder.rglob("*") if path.is_file() and b"somebody's" in path.read_bytes()]


def tag(path: Path, cell: int, *tags: str) -> None:
    content = json.loads(path.read_text())
    content["cells"][cell]["metadata"] = {"tags": list(tags)}
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def test_another_cell_that_carries_the_tag_of_parameters_is_a_cell_like_all(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    before = checkout.files()
    scaled = "import toy.helper\ntoy.helper.scaled = max"
    tag(checkout.notebook("01_toy", (CELLS[0], scaled, *CELLS[1:]), accept=False), 3, "parameters")
    (notebook,) = notebooks.find("01_toy")
    assert notebook.changed() == ("cell 3 was added: `import toy.helper`",)
    for given, number in ({}, 3), ({"factor": 3}, 4):
        (done,) = runner.run("01_toy", given).done
        assert done.folder.parent == checkout.reports / "variants"
        assert record.assessment(done)["changed"] == [f"cell {number} was added: `import toy.helper`"]
    after = checkout.files()
    assert {name: after[name] for name in before} == before
    assert steps.run("01_toy", factor=3)["study"].changed == ("cell 4 was added: `import toy.helper`",)


@pytest.mark.parametrize(
    ("label", "says"),
    [
        (notebooks.INJECTED_TAG, "which a run leaves in what it wrote: move its values to the cell of parameters"),
        ("skip-execution", "with which Jupyter leaves it out: remove the tag, or the cell"),
        ("raises-exception", "with which Jupyter goes on though it fails: remove the tag"),
    ],
)
def test_a_cell_that_cannot_be_run_as_it_stands_is_refused_before_anything_runs(
    checkout: Checkout, label: str, says: str
) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    before = checkout.files()
    tag(checkout.notebook("01_toy", (CELLS[0], "factor = 3", *CELLS[1:]), accept=False), 3, label)
    refused = f"the cell `factor = 3` carries the tag {label}, {says}"
    for attempt in (
        lambda: runner.run("01_toy"),
        lambda: jobs.due("01_toy"),
        lambda: steps.run("01_toy"),
        lambda: verify("01_toy"),
        acceptance.accept,
    ):
        with pytest.raises(CrimjustError, match=re.escape(refused)):
            attempt()
    assert checkout.files() == before


def test_another_cell_that_sets_a_parameter_is_refused_since_it_is_neither_checked_nor_told(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("01_toy", ("factor = 3", *CELLS), accept=False)
    with pytest.raises(RunError, match="a cell other than that of parameters sets factor; assign it there"):
        runner.run("01_toy")
    assert not list((checkout.reports / "variants").glob("*/records/*"))


HIDING = """helper.save(study)
import json
path = helper.Path(helper.os.environ["CRIMJUST_OUTPUT"]) / "assessment.json"
path.write_text(json.dumps(json.loads(path.read_text()) | {"changed": []}))
"""


@pytest.mark.parametrize(
    "cells", [(*CELLS, "more = 1"), (*CELLS[:2], HIDING)], ids=["after it saved", "of what it saved"]
)
def test_what_was_changed_where_what_is_saved_does_not_say_so_is_refused(
    checkout: Checkout, cells: tuple[str, ...]
) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("01_toy", cells, accept=False)
    with pytest.raises(
        RunError, match=r"does not say that somebody changed its cells \(cell .*let study.save\(\) stand in"
    ):
        runner.run("01_toy", variant="mine")
    assert not (checkout.reports / "variants" / "mine").exists()


def test_what_only_the_run_shows_to_be_unlike_does_not_replace_the_reference(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    before = checkout.files()
    checkout.notebook("01_toy", (CELLS[0], THREEFOLD, CELLS[2]), accept=False)
    monkeypatch.setattr(notebooks.Notebook, "changed", lambda *_: ())
    with pytest.raises(
        RunError, match=r"not as the project means it \(cell 3 is not as it came: .*does not replace the ref"
    ):
        runner.run("01_toy")
    after = checkout.files()
    assert {name: after[name] for name in before} == before


def test_a_notebook_of_ones_own_is_a_variant_and_no_part_of_the_whole(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_mine", accept=False)
    assert notebooks.others() == ("02_mine",)
    runner.run("all")
    alone = "02_mine: not run, since it is none of the project's notebooks; alone: crimjust run 02_mine"
    assert alone in capsys.readouterr().out
    assert jobs.due("all")[-1] == alone
    (done,) = runner.run("02_mine").done
    assert done.folder.parent == checkout.reports / "variants"
    own = "02_mine is not one of the project's notebooks: all its cells are its author's own"
    assert record.assessment(done)["changed"] == [own]
    for folder in (checkout.reports, done.folder):  # the reference lacks nothing, and what it found can be shown
        jobs.require_current(folder, Present(Sources()))


@pytest.mark.usefixtures("changed")
def test_a_sweep_of_changed_cells_says_so_in_rows_and_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import pandas as pd

    grid = tmp_path / "grid.toml"
    grid.write_text("[grid]\nfactor = [3]\n")
    folder = sweep("01_toy", grid, workers=1)
    assert set(pd.read_parquet(folder / "estimates.parquet")["changed_by_hand"]) == {NOW}
    out = capsys.readouterr().out
    assert f"01_toy: changed by hand: {NOW}" in out
    assert "01_toy: of cells changed by hand no estimate is primary, so that there is no specification curve" in out
    (one,) = kept.kept_sweeps()
    assert f"changed by hand: {NOW}" in " ".join(listing.as_text([], [one], 300).split())


@pytest.mark.usefixtures("changed")
def test_a_sweep_is_computed_anew_once_its_notebook_is_accepted() -> None:
    (notebook,) = notebooks.find("01_toy")
    before = cell.identity(notebook)
    acceptance.accept()
    assert record.moved_cells(before, cell.identity(notebook)) == ("notebooks/accepted.json changed",)


def test_the_page_and_the_paper_of_a_variant_say_so_above_the_answer(reports: Path) -> None:
    path = reports / "assessments" / f"{FIRST}.json"
    told = "cell 3 is not as it came: `fit = a < b`"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"changed": [told]}))
    read = html.read(reports, "narrow")
    for page in (html.pages_of(read)["index.html"], paper.page(read)):
        assert page.count("<strong>This run is not of the notebook as the project has it:</strong>") == 1
        assert "cell 3 is not as it came: <code>fit = a &lt; b</code>" in page
        assert "and in the cells of the variant narrow." in page
        assert "not the registered answer" in page
    (table, *_) = taken.tables_of(reports, "narrow")
    assert f"not the registered answer: {told}." in " ".join(table.notes)


# By hand, in a kernel -----------------------------------------------------------------------------------------------------


def test_a_cell_changed_in_jupyter_is_told_in_what_is_shown_and_saved(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    from crimjust_research.runs.warm_kernel import KERNEL

    path = checkout.notebook("01_toy", (CELLS[0], CELLS[1], "study.answer()", "study.save()"))
    monkeypatch.delenv("CRIMJUST_OUTPUT", raising=False)
    opened = nbformat.read(path, as_version=4)
    opened.cells[3].source = THREEFOLD
    client = NotebookClient(opened, kernel_name=KERNEL, resources={"metadata": {"path": str(path.parent)}})
    saved = checkout.reports / "interactive" / "toy" / "assessment.json"
    with client.setup_kernel():
        for place in range(1, len(opened.cells)):
            client.execute_cell(opened.cells[place], place)
        assert json.loads(saved.read_text())["changed"] == [NOW]
        shown = opened.cells[4].outputs[0]["data"]["text/plain"]
        assert f"This run is not of the notebook as the project has it:\n- {NOW}" in shown
        # Restored and run again in the same kernel, what ran before is still told; after a restart no more.
        opened.cells[3].source = CELLS[1]
        for place in range(1, len(opened.cells)):
            client.execute_cell(opened.cells[place], place)
        (again,) = json.loads(saved.read_text())["changed"]
        assert again.startswith("cell 3 ran before the study began and is none of the notebook's: `counts")
    with client.setup_kernel():
        for place in range(1, len(opened.cells)):
            client.execute_cell(opened.cells[place], place)
    assert json.loads(saved.read_text())["changed"] == []
