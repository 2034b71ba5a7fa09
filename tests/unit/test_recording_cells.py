"""Which cell of code recorded each result: the number that the executed notebook shows for it, however it was run."""

import json
from pathlib import Path
from typing import Any

import pytest
from toy_checkout import CELLS, Checkout

from crimjust_research.runs import notebooks, runner, steps

DRAWS = "drawn = 'a cell that sweeps leave out'"
BLANK = " \n"
AGAIN = 'study.estimate("total", {"estimate": total, "n_obs": 3})'


def drawing(checkout: Checkout) -> Path:
    """A toy with a cell that is left out and one that is blank before that which records."""
    path = checkout.notebook("01_toy", (CELLS[0], DRAWS, BLANK, *CELLS[1:]))
    content = json.loads(path.read_text())
    (cell,) = (cell for cell in content["cells"] if "".join(cell["source"]) == DRAWS)
    cell["metadata"] = {"tags": ["figure"]}
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return path


def shown_numbers(results: Path, text: str) -> list[int]:
    """The `In [n]` of the cells of an executed notebook in which a text stands."""
    executed = notebooks.read(results / "notebooks" / "01_toy.ipynb")
    return [cell["execution_count"] for cell in executed.cells if text in notebooks.source(cell)]


def saved(results: Path) -> dict[str, int]:
    cells: dict[str, int] = json.loads((results / "assessments" / "01_toy.json").read_text())["cells"]
    return cells


@pytest.mark.parametrize(("changed", "number"), [({}, 4), ({"factor": 3}, 5)])
def test_kernels_and_steps_count_as_the_executed_notebook_does(
    checkout: Checkout, changed: dict[str, Any], number: int
) -> None:
    drawing(checkout)
    runner.run("01_toy", changed, variant="changed" if changed else None)
    results = checkout.reports / "variants" / "changed" if changed else checkout.reports
    assert shown_numbers(results, 'study.estimate("total"') == [number]
    assert saved(results) == {"table:counts": number, "total": number}
    assert steps.run("01_toy", **changed)["study"].answer().cells == saved(results)


def test_a_name_given_to_a_run_of_the_notebooks_own_parameters_puts_in_no_cell(checkout: Checkout) -> None:
    drawing(checkout)
    runner.run("01_toy", {}, variant="named")
    assert saved(checkout.reports / "variants" / "named") == {"table:counts": 4, "total": 4}


def test_of_a_result_recorded_twice_the_last_cell_is_named(checkout: Checkout) -> None:
    checkout.notebook("01_toy", (*CELLS[:2], AGAIN, CELLS[2]))
    assert steps.run("01_toy")["study"].answer().cells == {"table:counts": 3, "total": 4}
