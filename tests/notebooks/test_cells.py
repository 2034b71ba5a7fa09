"""Each result of a real run names the cell of its executed notebook that recorded it, in a kernel as without one."""

import json
from pathlib import Path

import pytest

from crimjust_research import project
from crimjust_research.evidence.estimates import check_key
from crimjust_research.report import origins
from crimjust_research.runs import notebooks, promotion, steps
from crimjust_research.runs.environment import kernel_environment
from crimjust_research.runs.execute import Session, execute
from crimjust_research.runs.record import Layout
from crimjust_research.runs.warm_kernel import KERNEL

NAME = "16_states_reports_and_deaths"
FEW = {"draws": 99}
REPORTS = project.root() / "reports"
RUNS = sorted(path.stem for path in (REPORTS / "assessments").glob("*.json"))


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run in a kernel, with parameters put in, in a folder laid out as `reports`."""
    folder = tmp_path_factory.mktemp("run")
    output, page = folder / "output", folder / "executed.ipynb"
    output.mkdir()
    (notebook,) = notebooks.find(NAME)
    execute(
        notebook,
        page,
        cwd=notebook.path.parent,
        parameters=FEW,
        environment=kernel_environment(output, project.root(), folder / "ipython"),
        kernel=KERNEL,
        timeout=600,
        session=Session(),
    )
    promotion.arrange(output, page, notebook, Layout(folder, NAME), FEW)
    return folder


def test_a_kernel_names_the_cells_its_notebook_shows(executed: Path) -> None:
    page = notebooks.read(executed / "notebooks" / f"{NAME}.ipynb")
    assert any(notebooks.INJECTED_TAG in notebooks.tags(cell) for cell in page.cells)
    code = origins.cells(executed, NAME)
    for key, number in origins.cell_of(executed, NAME).items():
        kind, _, name = key.partition(":")
        if name:
            assert f"study.{kind}(" in code[number]
        if kind in ("figure", "table"):
            assert f'"{name}"' in code[number]
        else:
            assert "study." in code[number]


def test_without_a_kernel_the_same_cells_are_named(executed: Path) -> None:
    study = steps.run(NAME, skip={"answer"}, **FEW)["study"]
    assert study.answer().cells == origins.cell_of(executed, NAME)


@pytest.mark.parametrize("run", RUNS)
def test_every_result_kept_names_a_cell_that_was_run(run: str) -> None:
    saved = json.loads((REPORTS / "assessments" / f"{run}.json").read_text(encoding="utf-8"))
    code, cell_of = origins.cells(REPORTS, run), origins.cell_of(REPORTS, run)
    assert set(cell_of) == {
        *origins.estimates(REPORTS, run),
        *(f"check:{check_key(check['name'], check['of'])}" for check in saved["checks"]),
        *(f"figure:{figure['name']}" for figure in saved["figures"]),
        *(f"table:{name}" for name in saved["tables"]),
    }
    assert [key for key, number in cell_of.items() if "study" not in code.get(number, "")] == []
