"""A run's record says whether running it again could change anything."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_checkout import CAME, CELLS, ROOT, Checkout

from crimjust_research import computed
from crimjust_research.data.catalog import Catalog
from crimjust_research.errors import DataError, RunError
from crimjust_research.runs import notebooks, record
from crimjust_research.runs.record import Catalogs, Layout
from crimjust_research.sources import DATA_OF_MODULES, Sources, imports


def fingerprint(name: str = "01_toy") -> dict[str, object]:
    (notebook,) = notebooks.find(name)
    return record.fingerprint(notebook, Sources())


def used(checkout: Checkout, vintage: str = "2024") -> list[dict[str, str]]:
    stored = Catalog(checkout.root / "data" / "raw").resource("counts", vintage)
    return [{"table": "counts", "vintage": vintage, "sha256": stored.sha256}]


@pytest.fixture
def recorded(checkout: Checkout) -> Layout:
    """A run as it was promoted, its record with it."""
    checkout.notebook("01_toy")
    layout = Layout(checkout.reports, "01_toy")
    page, answer, figures, tables = layout.results
    for file in (page, answer, figures / "a.svg", tables / "estimates.csv"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name)
    cell = {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "source": "factor = 2\n"}
    page.write_text(json.dumps({"cells": [cell], "metadata": {}}))
    write(layout, {"factor": 2, "seed": 7}, used(checkout))
    return layout


def write(layout: Layout, parameters: dict[str, object], read: list[dict[str, str]]) -> None:
    """Write an assessment that says so, and the record of it."""
    said = dict.fromkeys(("name", "outcome", "title", "question", "answer", "key_figure"), "toy")
    held = dict.fromkeys(("departures", "changed", "checks", "figures", "tables"), ())
    layout.results[1].write_text(json.dumps({**said, **held, "cells": {}, "parameters": parameters, "used": read}))
    record.write(fingerprint(), parameters, read, layout)


def moved(layout: Layout, parameters: dict[str, object] | None = None) -> tuple[str, ...]:
    return record.moved(fingerprint(), parameters, layout, Catalogs())


def test_nothing_moved(recorded: Layout) -> None:
    assert moved(recorded) == ()
    assert moved(recorded, {"factor": 2, "seed": 7}) == ()
    assert moved(recorded, {"factor": 3, "seed": 7}) == ("factor changed",)


def test_results_count_as_computed_here_once_this_checkout_has_marked_them(
    recorded: Layout, checkout: Checkout
) -> None:
    assert not record.is_computed_here(recorded)
    record.mark(recorded)
    assert record.is_computed_here(recorded)
    # A record that came with a commit is another one, and so is one of the same name elsewhere.
    recorded.record.write_text(recorded.record.read_text().replace('"seed": 7', '"seed": 8'))
    assert not record.is_computed_here(recorded)
    assert not record.is_computed_here(Layout(checkout.reports / "variants" / "x", "01_toy"))
    assert [path.name for path in (checkout.root / computed.FOLDER).iterdir()] == ["reports-01_toy"]


def test_record_names_everything_and_no_place_or_time(recorded: Layout, checkout: Checkout) -> None:
    found = json.loads(recorded.record.read_text())
    assert list(found) == [
        *("run", "parameters", "seed", "notebook", "accepted", "code", "lock", "plan", "versions", "tables", "outputs"),
    ]
    assert found["seed"] == 7
    plan = checkout.root / "docs" / "analysis_plan.toml"
    assert found["plan"] == hashlib.sha256(plan.read_bytes()).hexdigest()
    assert found["versions"]["python"].count(".") == 1
    assert found["tables"] == [{**used(checkout)[0], "latest": True}]
    assert set(found["outputs"]) == {
        "notebooks/01_toy.ipynb",
        "assessments/01_toy.json",
        "figures/01_toy/a.svg",
        "tables/01_toy/estimates.csv",
    }
    assert str(checkout.root) not in recorded.record.read_text()


def test_no_record_or_a_broken_one_is_not_current(recorded: Layout) -> None:
    for broken in ("{", "[]", '{"run": "01_toy"}'):
        recorded.record.write_text(broken)
        assert moved(recorded) == ("its record is not as a run leaves one",)
    recorded.record.unlink()
    assert moved(recorded) == ("there are no results yet",)


ELSE = "its record has other {} than its {}"


@pytest.mark.parametrize(
    ("altered", "said"),
    [
        ({"parameters": {"factor": 3, "seed": 7}}, ELSE.format("parameters", "assessment")),
        ({"parameters": {}}, ELSE.format("parameters", "assessment")),
        ({"seed": 8}, ELSE.format("parameters", "assessment")),
        ({"tables": []}, ELSE.format("tables", "assessment")),
        ({"my note": "important"}, ""),
    ],
)
def test_a_record_that_was_altered_is_not_believed(recorded: Layout, altered: dict[str, object], said: str) -> None:
    record.mark(recorded)
    before = json.loads(recorded.record.read_text())
    recorded.record.write_text(json.dumps({**before, **altered}))
    assert moved(recorded) == ("its record is not the one this checkout wrote",)
    (mark,) = (recorded.folder.parent / computed.FOLDER).iterdir()
    mark.unlink()  # as in a checkout that did not compute it
    assert moved(recorded) == ((said,) if said else ())


def test_a_record_that_is_unlike_its_executed_notebook_is_not_believed(recorded: Layout, checkout: Checkout) -> None:
    write(recorded, {"factor": 3}, used(checkout))
    assert moved(recorded) == (ELSE.format("parameters", "executed notebook"),)


@CAME
def test_a_record_that_came_with_a_later_commit_or_release_is_believed(
    recorded: Layout, checkout: Checkout, came: Callable[..., None]
) -> None:
    record.mark(recorded)
    recorded.record.write_text(recorded.record.read_text() + "\n")
    assert moved(recorded) == ("its record is not the one this checkout wrote",)
    came(checkout.root, "reports")
    assert moved(recorded) == ()


@pytest.mark.parametrize(
    "altered",
    [{"tables": 5}, {"tables": [{}]}, {"code": []}, {"parameters": []}, {"outputs": {"a": 1}}, {"versions": [1]}],
)
def test_a_record_of_another_shape_is_no_record(recorded: Layout, altered: dict[str, object]) -> None:
    recorded.record.write_text(json.dumps({**json.loads(recorded.record.read_text()), **altered}))
    assert moved(recorded) == ("its record is not as a run leaves one",)
    with pytest.raises(DataError, match=rf"'{next(iter(altered))}'.*; run `crimjust run 01_toy` again"):
        record.load(recorded)


def test_who_reads_broken_results_of_a_variant_is_told_how_to_have_them_anew(checkout: Checkout) -> None:
    variant = Layout(checkout.reports / "variants" / "narrow", "01_toy")
    with pytest.raises(
        DataError, match="is missing; run `crimjust run 01_toy` again with its parameters, under another"
    ):
        record.assessment(variant)


@pytest.mark.parametrize("change", ["edited", "removed", "added"])
def test_outputs_must_be_as_they_were_written(recorded: Layout, change: str) -> None:
    figure = recorded.folder / "figures" / "01_toy" / "a.svg"
    if change == "edited":
        figure.write_text("other")
    elif change == "removed":
        figure.unlink()
    else:
        figure.with_name("b.svg").write_text("stale")
    name = "b.svg" if change == "added" else "a.svg"
    assert moved(recorded) == (f"its results were altered (figures/01_toy/{name})",)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("requirements.lock", "requirements.lock changed"),
        ("docs/analysis_plan.toml", "docs/analysis_plan.toml changed"),
        ("notebooks/01_toy.ipynb", "the notebook changed"),
        ("lib/toy/helper.py", "code changed (toy/helper.py)"),
        ("lib/toy/answer.j2", "code changed (toy/answer.j2)"),
        ("lib/toy/names.yaml", "code changed (toy/names.yaml)"),
    ],
)
def test_what_it_is_made_of_counts(recorded: Layout, checkout: Checkout, path: str, said: str) -> None:
    file = checkout.root / path
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + "\n")
    assert moved(recorded) == (said,)


def test_figures_that_changed_under_the_same_vintage_count(recorded: Layout, checkout: Checkout) -> None:
    table = checkout.root / "data" / "raw" / "counts" / "2024.csv"
    table.write_text(table.read_text().replace("7", "8"))
    assert moved(recorded) == ("the figures of counts changed",)


def test_a_newer_vintage_counts_and_an_older_one_does_not(recorded: Layout, checkout: Checkout) -> None:
    checkout.store("2023", (4, 5, 6))
    assert moved(recorded) == ()
    checkout.store("2025", (5, 6, 8))
    assert moved(recorded) == ("counts has newer figures",)


def test_a_file_no_catalog_lists_is_recorded_by_its_path(recorded: Layout, checkout: Checkout) -> None:
    own = checkout.root / "my_cases.csv"
    own.write_text("case\n1\n")
    read = [{"table": str(own), "vintage": "own", "sha256": record.file_hash(own)}]
    write(recorded, {"factor": 2}, read)
    assert moved(recorded) == ()
    own.write_text("case\n1\n2\n")
    assert moved(recorded) == (f"the figures of {own} changed",)
    own.unlink()
    assert moved(recorded) == (f"{own} own is gone",)


def test_a_table_that_is_not_as_it_was_read_is_refused(recorded: Layout, checkout: Checkout) -> None:
    read = [{**used(checkout)[0], "sha256": "0" * 64}]
    with pytest.raises(RunError, match="'counts' 2024, which is no longer in data/ as it was read"):
        record.write(fingerprint(), {}, read, recorded)


def test_only_notebooks_that_can_reach_a_module_see_it_change(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.module("other").write_text('"""Stands alone."""\nfrom pydantic import BaseModel as Params\n')
    checkout.notebook("02_other", cells=["from toy import other"], parameters="", params="toy.other:Params")
    toy, other = fingerprint()["code"], fingerprint("02_other")["code"]
    helper = checkout.module("helper")
    helper.write_text(helper.read_text() + "# edited\n")
    assert fingerprint()["code"] != toy
    assert fingerprint("02_other")["code"] == other
    checkout.module("other").write_text('"""Edited."""\nfrom pydantic import BaseModel as Params\n')
    assert fingerprint("02_other")["code"] != other


@pytest.mark.parametrize(
    "statement",
    [
        "import toy.extra",
        "from toy import extra",
        "from . import extra",
        "from toy import (\n    # why\n    extra as other,\n    helper,\n)",
        "import os, toy.extra as other  # why",
        "from .extra import value",
        "def late():\n    from toy.extra import value",
    ],
)
def test_every_way_of_importing_is_followed(checkout: Checkout, statement: str) -> None:
    checkout.notebook("01_toy")
    helper, extra = checkout.module("helper"), checkout.module("extra")
    extra.write_text("value = 1\n")
    helper.write_text(f"{statement}\n")
    before = fingerprint()["code"]
    extra.write_text("value = 2\n")
    assert fingerprint()["code"] != before


def test_a_module_only_the_notebook_imports_is_followed(checkout: Checkout) -> None:
    checkout.module("plots").write_text("size = 1\n")
    checkout.notebook("01_toy", cells=["from toy.plots import size", *CELLS])
    before = fingerprint()["code"]
    checkout.module("plots").write_text("size = 2\n")
    assert fingerprint()["code"] != before


@pytest.mark.parametrize("name", ["answer.j2", "estimates.yaml"])
def test_what_lies_beside_a_package_counts_as_its_source(checkout: Checkout, name: str) -> None:
    checkout.notebook("01_toy")
    before = fingerprint()["code"]
    file = checkout.library / "toy" / name
    file.write_text(file.read_text() + "\n")
    assert fingerprint()["code"] != before


def test_what_the_source_document_says_counts_for_runs_that_read_it(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_reads", cells=["from crimjust_research import document", *CELLS])
    toy, reads = fingerprint()["code"], fingerprint("02_reads")["code"]
    claims = checkout.root / "data" / "document" / "claims.yaml"
    claims.parent.mkdir()
    claims.write_text("claims: []\n")
    assert fingerprint()["code"] == toy
    assert fingerprint("02_reads")["code"] != reads


def test_every_file_of_yaml_counts_as_the_module_s_that_reads_it() -> None:
    counted = {file for data in DATA_OF_MODULES.values() for file in ROOT.glob(data)}
    assert counted == set((ROOT / "data").rglob("*.yaml"))
    for module, data in DATA_OF_MODULES.items():
        source = ROOT / "src" / f"{module.replace('.', '/')}.py"
        assert data.removesuffix("/*.yaml") in source.read_text(encoding="utf-8")


def test_the_vocabulary_counts_for_runs_that_read_it(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_reads", cells=["from crimjust_research.vocabulary import border", *CELLS])
    toy, reads = fingerprint()["code"], fingerprint("02_reads")["code"]
    (checkout.root / "data" / "vocabulary" / "border.yaml").write_text("drugs: {}\n")
    assert fingerprint()["code"] == toy
    assert fingerprint("02_reads")["code"] != reads


def test_what_results_pass_through_counts_for_every_run() -> None:
    import crimjust_research

    source = Path(crimjust_research.__file__).parent
    files = {
        name.rpartition(".")[2]: source / f"{name.partition('.')[2].replace('.', '/')}.py"
        for name in record.SHARED_MODULES
    }
    assert set(files) == {"results", "figure", "catalog", "environment", "notebooks"}
    assert all(file.is_file() for file in files.values())


def test_imports_are_found_in_every_module_of_this_package() -> None:
    """The pattern that finds imports misses none that Python's own parser sees."""
    import ast

    import crimjust_research

    source = Path(crimjust_research.__file__).parent
    for path in sorted(source.rglob("*.py")):
        code = path.read_text(encoding="utf-8")
        parsed = {
            name
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            )
        }
        assert parsed <= imports(code), path
