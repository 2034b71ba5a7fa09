"""Notebooks are stripped, normalised and checked for what differs between machines."""

import json
from pathlib import Path

import pytest
from toy_checkout import Checkout

from crimjust_research.errors import RunError
from crimjust_research.runs import jobs, notebooks


def toy(checkout: Checkout) -> notebooks.Notebook:
    checkout.notebook("01_toy")
    return notebooks.find("01_toy")[0]


def executed(notebook: notebooks.Notebook, **output: object) -> dict:
    """What papermill writes: times, paths, random ids, versions."""
    content = json.loads(json.dumps(notebook.content))
    content["metadata"] |= {
        "papermill": {"duration": 1.5, "output_path": "/tmp/x"},
        "kernelspec": {"name": "other"},
        "language_info": {"name": "python", "version": "3.11.7"},
    }
    for number, cell in enumerate(content["cells"]):
        cell["metadata"] |= {"papermill": {"start_time": "now"}, "execution": {"iopub.status.busy": "now"}}
        if cell["cell_type"] == "code":
            cell |= {"execution_count": number, "outputs": [output] if output else []}
    injected = {
        "cell_type": "code",
        "id": "f00f",
        "metadata": {"tags": ["injected-parameters"]},
        "source": "# Parameters\nfactor = 3\n",
        "execution_count": 2,
        "outputs": [],
    }
    content["cells"].insert(2, injected)
    return content


def test_normalised_keeps_sources_outputs_and_counts_and_nothing_of_the_run(checkout: Checkout) -> None:
    notebook = toy(checkout)
    stream = {"output_type": "stream", "name": "stdout", "text": ["36\n"]}
    found = notebooks.normalised(executed(notebook, **stream), notebook, {"factor": 3})
    assert found["metadata"] == notebook.content["metadata"]
    assert [cell["id"] for cell in found["cells"]] == [
        *("cell-1", "cell-2", "injected-parameters", "cell-3", "cell-4", "cell-5")
    ]
    assert found["cells"][1]["metadata"] == {"tags": ["parameters"]}
    assert found["cells"][2]["source"] == ["# Parameters\n", "factor = 3\n"]
    assert found["cells"][3]["outputs"] == [stream]
    assert found["cells"][3]["execution_count"] == 2
    text = json.dumps(found)
    assert not any(trace in text for trace in ("papermill", "/tmp/x", "3.11.7", "now", "f00f"))
    without = {**found, "cells": [cell for cell in found["cells"] if cell["id"] != "injected-parameters"]}
    assert notebooks.stripped(without) == notebook.content


def test_strip_mends_what_an_editor_left_and_is_idempotent(checkout: Checkout) -> None:
    notebook = toy(checkout)
    clean = notebook.path.read_bytes()
    assert notebooks.is_stripped(notebook)
    dirty = executed(notebook)
    dirty["cells"] = [cell for cell in dirty["cells"] if cell["id"] != "f00f"]
    notebook.path.write_text(json.dumps(dirty))
    assert not notebooks.is_stripped(notebooks.find("01_toy")[0])
    assert notebooks.strip() == (notebook.path,)
    assert notebook.path.read_bytes() == clean
    assert notebooks.strip() == ()


def test_pictures_somebody_pasted_are_kept(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy")
    content = json.loads(path.read_text())
    content["cells"][0]["attachments"] = pasted = {"image.png": {"image/png": "iVBORw0KGgo="}}
    path.write_text(json.dumps(content))
    notebooks.strip("01_toy")
    assert json.loads(path.read_text())["cells"][0]["attachments"] == pasted


@pytest.mark.parametrize(
    "shown", ["{root}/data/raw", "{home}/x", "<object at 0x7f1c2d3e4f50>", "/tmp/ipykernel_123/1.py:1: UserWarning"]
)
def test_outputs_that_differ_between_machines_are_found(checkout: Checkout, shown: str) -> None:
    notebook = toy(checkout)
    text = shown.format(root=checkout.root, home=Path.home())
    content = executed(notebook, output_type="execute_result", data={"text/plain": [text]}, metadata={})
    faults = notebooks.unstable_outputs(content)
    assert faults
    assert faults[0].startswith("cell 2 shows ")


def test_paths_of_drawings_and_addresses_of_pages_are_no_fault(checkout: Checkout) -> None:
    text = '<path d="M0,0L/7"/> https://www.unodc.org/home/x factor=0x1f'
    content = executed(toy(checkout), output_type="display_data", data={"text/html": [text]}, metadata={})
    assert notebooks.unstable_outputs(content) == []


def test_an_unknown_notebook_is_refused_with_the_near_name(checkout: Checkout) -> None:
    toy(checkout)
    with pytest.raises(RunError, match=r"no notebook '01_toys' .*did you mean '01_toy'\?"):
        notebooks.find("01_toys")


def test_a_notebook_is_known_by_its_number(checkout: Checkout) -> None:
    known = toy(checkout)
    assert [found.name for name in ("1", "01", "01_toy.ipynb") for found in notebooks.find(name)] == [known.name] * 3
    with pytest.raises(RunError, match="no notebook '2'"):
        notebooks.find("2")


@pytest.mark.parametrize("content", ["", "[]", '{"cells": 3}', "\xff"])
def test_what_is_no_notebook_is_refused(checkout: Checkout, content: str) -> None:
    (checkout.root / "notebooks" / "01_toy.ipynb").write_bytes(content.encode("latin-1"))
    with pytest.raises(RunError, match="is not a notebook"):
        notebooks.find("all")


@pytest.mark.usefixtures("checkout")
def test_an_empty_folder_is_refused() -> None:
    with pytest.raises(RunError, match="holds no notebook"):
        notebooks.find("all")


def altered(checkout: Checkout, **changes: object) -> Path:
    """A notebook with parts of its file replaced."""
    path = checkout.notebook("01_toy")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


@pytest.mark.parametrize("changes", [{"nbformat": 3}, {"nbformat": 5}, {"nbformat": 3, "cells": None}])
def test_a_notebook_of_another_format_is_refused_with_what_to_do(
    checkout: Checkout, changes: dict[str, object]
) -> None:
    altered(checkout, **changes)
    told = rf"01_toy.ipynb is in notebook format {changes['nbformat']}; save it as version 4, or restore it from git"
    with pytest.raises(RunError, match=told):
        jobs.due("01_toy")


def test_a_cell_of_a_kind_that_no_notebook_has_is_refused_by_its_number(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy")
    cells = json.loads(path.read_text())["cells"]
    altered(checkout, cells=[{**cells[0], "cell_type": "heading"}, *cells[1:]])
    with pytest.raises(RunError, match=r"cell 1 is of the kind 'heading', .*; make it one of code, markdown, raw, or"):
        jobs.due("01_toy")


def test_cells_whose_id_is_none_or_another_s_are_given_one_by_their_place_every_time(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy")
    cells = json.loads(path.read_text())["cells"]
    named = [{**cell, "id": own} for cell, own in zip(cells, ("cell-5", "a b", "cell-5", 7, "x"), strict=True)]
    del named[4]["id"]
    altered(checkout, cells=named)
    notebooks.strip("01_toy")
    ids = [cell["id"] for cell in notebooks.find("01_toy")[0].cells]
    assert ids == ["cell-5", "cell-2", "cell-3", "cell-4", "cell-6"]
    assert notebooks.strip("01_toy") == ()


@pytest.mark.parametrize(
    "spelled", ["notebooks/01_toy.ipynb", "notebooks/../notebooks/01_toy", "{root}/notebooks/01_toy"]
)
def test_a_notebook_is_known_by_its_path(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, spelled: str) -> None:
    known = toy(checkout)
    monkeypatch.chdir(checkout.root)
    assert notebooks.find(spelled.format(root=checkout.root)) == (known,)


@pytest.mark.parametrize(
    "other", ["elsewhere/01_toy.ipynb", "reports/notebooks/01_toy.ipynb", "notebooks/02_toy.ipynb"]
)
def test_the_path_of_what_is_none_of_the_notebooks_is_refused(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    toy(checkout)
    monkeypatch.chdir(checkout.root)
    with pytest.raises(RunError, match=f"no notebook '{other}'"):
        notebooks.find(other)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("08_outcome3", "08_outcome3_diversification"), ("9_outcome3_diversification", "09_outcome3_match")],
)
def test_the_notebook_that_a_name_begins_or_of_its_number_is_near_before_one_that_is_alike(
    checkout: Checkout, typed: str, meant: str
) -> None:
    for name in ("08_outcome3_diversification", "09_outcome3_match"):
        checkout.notebook(name)
    with pytest.raises(RunError, match=f"did you mean '{meant}'"):
        notebooks.find(typed)
