"""Verification runs the reference aside and tells everything that moved, and nothing that did not."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from toy_checkout import PARAMETERS, Checkout

from crimjust_research.errors import RunError
from crimjust_research.runs import runner, verify
from crimjust_research.runs.record import Layout


@pytest.fixture
def reference(checkout: Checkout) -> Checkout:
    checkout.notebook("01_toy")
    runner.run("all")
    return checkout


def table(told: pytest.ExceptionInfo[RunError]) -> list[list[str]]:
    """The rows of the table of moves, cells separated by two spaces or more."""
    _, header, *rows = str(told.value).splitlines()
    assert header.split() == ["run", "what", "part", "was", "is", "moved", "by"]
    return [[part.strip() for part in row.split("  ") if part.strip()] for row in rows]


def test_what_has_not_moved_is_said_so_and_nothing_is_touched(reference: Checkout) -> None:
    before = reference.files()
    assert verify.verify() == (
        "01_toy: 1 estimates, 0 checks, 0 figures, all as they were",
        "all runs: pooled estimates as they were",
    )
    assert verify.verify("01_toy") == ("01_toy: 1 estimates, 0 checks, 0 figures, all as they were",)
    assert reference.files() == before
    assert not (reference.reports / ".pending").exists()


def test_a_perturbed_coefficient_and_a_removed_figure_are_caught(reference: Checkout) -> None:
    estimates = reference.reports / "tables" / "01_toy" / "estimates.csv"
    estimates.write_text(estimates.read_text().replace(",36,", ",36.036,"))
    (reference.reports / "figures" / "01_toy" / "level_cocaine.svg").unlink()
    before = reference.files()
    with pytest.raises(RunError, match="2 values are not as they were") as told:
        verify.verify("01_toy")
    # |36.036 - 36| / 36.036 = 0.000999
    assert table(told) == [
        ["01_toy", "figure", "level_cocaine.svg", "missing", "present"],
        ["01_toy", "estimate", "total.estimate", "36.036", "36", "0.001"],
    ]
    assert reference.files() == before
    assert verify.verify.__kwdefaults__["tolerance"] == 1e-6
    (reference.reports / "figures" / "01_toy" / "level_cocaine.svg").write_text("<svg/>")
    assert verify.verify("01_toy", tolerance=0.01)


def test_a_changed_pooled_table_and_page_are_caught(reference: Checkout) -> None:
    def page(results: Path, folder: Path) -> Path:
        folder.mkdir()
        (folder / "index.html").write_text(f"<p>{len(list((results / 'records').iterdir()))} runs</p>")
        return folder / "index.html"

    def told() -> list[list[str]]:
        with pytest.raises(RunError) as error:
            verify.verify(build_page=page)
        return table(error)

    assert told() == [["all runs", "page", "index.html", "missing", "present"]]
    (reference.reports / "index.html").write_text("<p>1 runs</p>")
    assert verify.verify(build_page=page)[1:] == (
        "all runs: pooled estimates as they were",
        "all runs: page as it was",
    )
    (reference.reports / "index.html").write_text("<p>1 run</p>")
    pooled = reference.reports / "estimates.csv"
    pooled.write_text(pooled.read_text().replace(",36,", ",37,"))
    assert told() == [
        ["all runs", "page", "index.html", "<p>1 run</p>", "<p>1 runs</p>"],
        ["all runs", "pooled", "01_toy total.estimate", "37", "36", "0.027"],
    ]
    pooled.unlink()
    assert told()[0] == ["all runs", "pooled", "estimates.csv", "missing", "present"]


@pytest.mark.usefixtures("reference")
def test_a_page_that_cannot_be_built_is_told() -> None:
    def page(results: Path, _: Path) -> Path:
        raise RunError(f"{results.name} holds no section")

    with pytest.raises(RunError) as told:
        verify.verify(build_page=page)
    assert table(told) == [["all runs", "page", "built", "cannot be built: reports holds no section"]]


def test_what_the_executed_notebook_shows_is_compared(reference: Checkout) -> None:
    page = reference.reports / "notebooks" / "01_toy.ipynb"
    page.write_text(page.read_text().replace('"36\\n"', '"35\\n"'))
    with pytest.raises(RunError) as told:
        verify.verify("01_toy")
    assert table(told) == [["01_toy", "notebook", "cells.cell-4.outputs[0].text", "35", "36"]]


def test_a_changed_parameter_is_caught_with_what_it_moved(reference: Checkout) -> None:
    reference.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor = 3"))
    with pytest.raises(RunError) as told:
        verify.verify()
    assert ["01_toy", "parameters", "factor", "2", "3", "0.33"] in table(told)
    assert ["01_toy", "estimate", "total.estimate", "36", "54", "0.33"] in table(told)
    assert ["01_toy", "answer", "text", "There were [[36|total]].", "There were [[54|total]]."] in table(told)


def test_a_run_that_fails_is_told_as_such(reference: Checkout) -> None:
    reference.notebook("01_toy", ["1 / 0"])
    with pytest.raises(RunError, match="1 of 1 run failed:") as told:
        verify.verify()
    assert "ZeroDivisionError" in str(told.value)


def test_without_a_reference_there_is_nothing_to_compare(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    with pytest.raises(RunError, match="no reference to compare with for 01_toy; make it with `crimjust run`"):
        verify.verify()


# --- Comparison alone, without running anything -------------------------------------------------------------------

# As much of a PNG as says that it is 400 pixels wide and 300 high.
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00\x00\x01\x90" + b"\x00\x00\x01\x2c" + b"\x08\x06"


# The rest of an assessment and of a cell.
SAID = {
    **dict.fromkeys(("name", "outcome", "title", "question", "key_figure"), "a"),
    **{"departures": [], "changed": [], "used": [], "tables": [], "cells": {}},
}
CELL = {"cell_type": "code", "metadata": {}, "source": ""}


def write(folder: Path, **changes: Any) -> Layout:
    """A run's results as they are kept, with parts replaced."""
    layout = Layout(folder, "a")
    page, answer, figures, tables = layout.results
    contents: dict[str, Any] = {
        "record": {"parameters": {}, "code": {}, "tables": [], "outputs": {}, "versions": {}},
        "assessment": {
            "parameters": {"lag": 2, "drug": "cocaine"},
            "answer": "It is [[0.5|b]].",
            "checks": [
                {
                    "name": "residuals",
                    "of": "",
                    "power": None,
                    "passed": True,
                    "sentence": "p = 0.3",
                    "table": [{"p": 0.3}],
                }
            ],
            "figures": [
                {"name": "series", "title": "A series", "alt": "A line.", "caption": "c", "says": "", "source": "s"}
            ],
        },
        "specification": {"data": {"values": [{"x": 1, "y": 0.25}, {"x": 2, "y": 0.5}]}, "mark": "line"},
        "estimates": "id,estimate,p_value\nb,0.5,\nc,1,0.04\n",
        "page": {"cells": [{"id": "cell-1", "outputs": [{"data": {"text/html": ["<p>0.5", "</p>"]}}]}]},
        "svg": '<svg><path d="M0,0L10.5,20"/></svg>',
    } | changes
    for place, content in (
        (layout.record, contents["record"]),
        (answer, {**SAID, **contents["assessment"]}),
        (figures / "series.vl.json", contents["specification"]),
        (figures / "series.svg", contents["svg"]),
        (tables / "estimates.csv", contents["estimates"]),
        (page, {"metadata": {}, "cells": [{**CELL, **cell} for cell in contents["page"]["cells"]]}),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content if isinstance(content, str) else json.dumps(content))
    (figures / "series.png").write_bytes(PNG)
    return layout


def moves(tmp_path: Path, **changes: object) -> list[tuple[str, str, str, str, float | None]]:
    pair = write(tmp_path / "before"), write(tmp_path / "now", **changes)
    return [(m.what, m.part, m.was, m.now, m.by) for m in verify.moved(*pair, tolerance=1e-6)]


def test_equal_runs_have_not_moved(tmp_path: Path) -> None:
    assert moves(tmp_path) == []


def test_differences_below_the_tolerance_are_none(tmp_path: Path) -> None:
    assert moves(tmp_path, estimates="id,estimate,p_value\nb,0.5000000001,\nc,1,0.04\n") == []
    (move,) = moves(tmp_path, estimates="id,estimate,p_value\nb,0.50001,\nc,1,0.04\n")
    assert move[:4] == ("estimate", "b.estimate", "0.5", "0.50001")
    assert move[4] == pytest.approx(0.00001 / 0.50001)


def test_a_value_that_appears_or_goes_is_infinitely_far(tmp_path: Path) -> None:
    assert moves(tmp_path, estimates="id,estimate,p_value\nb,0.5,0.1\nc,1,0.04\n") == [
        ("estimate", "b.p_value", "", "0.1", None)
    ]


def test_estimates_are_compared_by_name_whatever_their_order(tmp_path: Path) -> None:
    assert moves(tmp_path, estimates="id,estimate,p_value\nc,1,0.04\nb,0.5,\n") == []
    assert moves(tmp_path, estimates="id,estimate,p_value\nb,0.5,\nd,1,0.04\n") == [
        ("estimate", "c", "present", "missing", None),
        ("estimate", "d", "missing", "present", None),
    ]


def test_a_check_that_fails_now_and_a_figure_that_draws_something_else_are_caught(tmp_path: Path) -> None:
    checks = [
        {"name": "residuals", "of": "", "power": None, "passed": False, "sentence": "p = 0.3", "table": [{"p": 0.3}]}
    ]
    parameters = {"lag": 2, "drug": "cocaine"}
    assessment = {"parameters": parameters, "answer": "It is [[0.5|b]].", "checks": checks, "figures": []}
    specification = {"data": {"values": [{"x": 1, "y": 0.25}, {"x": 2, "y": 0.4}]}, "mark": "line"}
    assert moves(tmp_path, assessment=assessment, specification=specification) == [
        ("check", "residuals.passed", "true", "false", None),
        ("figure", "series", "present", "missing", None),
        ("figure series.vl.json", "data.values[1].y", "0.5", "0.4", pytest.approx(0.2)),
    ]


def test_a_changed_drawing_is_caught_and_the_last_digit_of_a_coordinate_is_not(tmp_path: Path) -> None:
    assert moves(tmp_path, svg='<svg><path d="M0,0L10.500000001,20"/></svg>') == []
    assert moves(tmp_path, svg='<svg><path d="M0,0L10.6,20"/></svg>') == [
        ("figure", "series.svg", '<svg><path d="M0,0L10.5,20"/></svg>', '<svg><path d="M0,0L10.6,20"/></svg>', None)
    ]
    assert len(moves(tmp_path, svg='<svg><path d="M0,0L10.5,20"/><path d="M1,1"/></svg>')) == 1


def test_of_long_texts_the_place_is_told_where_they_part(tmp_path: Path) -> None:
    shown = {"cells": [{"id": "cell-1", "outputs": [{"data": {"text/html": ["<p>0.5", "</p>", "x" * 100, "y"]}}]}]}
    other = {"cells": [{"id": "cell-1", "outputs": [{"data": {"text/html": ["<p>0.5", "</p>", "x" * 100, "z"]}}]}]}
    pair = write(tmp_path / "before", page=shown), write(tmp_path / "now", page=other)
    (move,) = verify.moved(*pair, tolerance=1e-6)
    assert (move.what, move.part) == ("notebook", "cells.cell-1.outputs[0].data.text/html")
    assert (move.was, move.now) == (f"...{'x' * 20}y", f"...{'x' * 20}z")


def test_a_png_has_its_size_and_is_the_one_its_run_recorded(tmp_path: Path) -> None:
    before, now = write(tmp_path / "before"), write(tmp_path / "now")
    old, new = (layout.results[2] / "series.png" for layout in (before, now))

    def found() -> list[tuple[str, str, str, str]]:
        return [(m.what, m.part, m.was, m.now) for m in verify.moved(before, now, tolerance=1e-6)]

    other = "another drawing than its run recorded"
    old.write_bytes(PNG + b"a pixel off")
    assert found() == [("figure", "series.png", other, "PNG of 400 by 300 pixels")]
    # Drawn so on the machine of the reference:
    kept = json.loads(before.record.read_text())
    recorded = {"figures/a/series.png": hashlib.sha256(old.read_bytes()).hexdigest()}
    before.record.write_text(json.dumps(kept | {"outputs": recorded}))
    assert found() == []
    new.write_bytes(PNG.replace(b"\x01\x2c", b"\x01\x2d"))
    assert found() == [("figure", "series.png", "400 by 300 pixels", "400 by 301 pixels")]
    new.unlink()
    assert found() == [("figure", "series.png", "present", "missing")]
    new.write_bytes(b"<html>")
    assert found() == [("figure", "series.png", "400 by 300 pixels", "no PNG")]


def test_series_of_another_length_are_told_as_such(tmp_path: Path) -> None:
    specification = {"data": {"values": [{"x": 1, "y": 0.25}]}, "mark": "line"}
    assert moves(tmp_path, specification=specification) == [
        ("figure series.vl.json", "data.values", "2 items", "1 items", None)
    ]
