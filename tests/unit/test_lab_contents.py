"""What JupyterLab may do to a checkout's files: look at results without altering them, save analyses without outputs."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError
from toy_checkout import CELLS, ROOT, Checkout

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.lab import contents, executed, start
from crimjust_research.lab.contents import Contents
from crimjust_research.results import RESULTS_VARIABLE
from crimjust_research.runs import notebooks, runner


@pytest.fixture
def files(checkout: Checkout) -> Contents:
    checkout.notebook("01_toy")
    (checkout.root / "reports" / "tables").mkdir(parents=True)
    (checkout.root / "reports" / "tables" / "seen.csv").write_text("a\n1\n")
    return Contents(root_dir=str(checkout.root))


def opened(files: Contents, path: str) -> dict[str, Any]:
    return asyncio.run(files.get(path))


@pytest.mark.parametrize("path", ["reports/tables/seen.csv", "data/raw/datapackage.json"])
def test_results_and_figures_are_shown_and_not_written(path: str, files: Contents) -> None:
    before = Path(files.root_dir, path).read_bytes()
    assert opened(files, path)["writable"] is False
    attempts = (
        files.save({"type": "file", "format": "text", "content": "altered"}, path),
        files.rename_file(path, "elsewhere.csv"),
        files.delete_file(path),
        files.create_checkpoint(path),
        files.restore_checkpoint("checkpoint", path),
        files.copy("notebooks", path.rpartition("/")[0]),
        files.copy(path),
    )
    for attempt in attempts:
        with pytest.raises(HTTPError, match="left as it is"):
            asyncio.run(attempt)
    assert Path(files.root_dir, path).read_bytes() == before


@pytest.mark.parametrize("folder", ["reports", "data", "data/raw"])
def test_a_folder_that_holds_results_stays_where_it_is(folder: str, files: Contents) -> None:
    with pytest.raises(HTTPError, match="left as it is"):
        asyncio.run(files.rename_file(folder, "moved"))
    with pytest.raises(HTTPError, match="left as it is"):
        asyncio.run(files.delete_file(folder))
    assert Path(files.root_dir, folder).is_dir()


def test_what_is_run_can_be_saved_below_the_one_free_folder_before_there_is_one(files: Contents) -> None:
    free = Path(files.root_dir, "reports", "interactive")
    assert not free.exists()
    asyncio.run(files.save({"type": "file", "format": "text", "content": "seen"}, "reports/interactive/mine/seen.txt"))
    assert (free / "mine" / "seen.txt").read_text() == "seen"
    asyncio.run(files.copy("reports/tables/seen.csv", "reports/interactive/mine"))
    assert (free / "mine" / "seen.csv").is_file()
    asyncio.run(files.copy("notebooks", "data"))  # which holds what is kept, and is not kept itself
    assert Path(files.root_dir, "data", "notebooks", "01_toy.ipynb").is_file()


def test_results_are_not_written_through_a_link_either(files: Contents) -> None:
    Path(files.root_dir, "shortcut").symlink_to(Path(files.root_dir, "reports"))
    with pytest.raises(HTTPError, match="left as it is"):
        asyncio.run(files.save({"type": "file", "format": "text", "content": "altered"}, "shortcut/tables/seen.csv"))


def test_results_that_lie_elsewhere_are_not_written_either(
    files: Contents, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("disk") / "reports"
    Path(files.root_dir, "reports").rename(elsewhere)
    Path(files.root_dir, "reports").symlink_to(elsewhere)
    assert opened(files, "reports/tables/seen.csv")["writable"] is False
    with pytest.raises(HTTPError, match="left as it is"):
        asyncio.run(files.save({"type": "file", "format": "text", "content": "altered"}, "reports/tables/seen.csv"))


def test_what_is_run_by_hand_is_a_persons_own(files: Contents) -> None:
    Path(files.root_dir, "reports/interactive").mkdir()
    saved = asyncio.run(
        files.save({"type": "file", "format": "text", "content": "mine"}, "reports/interactive/mine.txt")
    )
    assert saved["writable"] is True
    assert Path(files.root_dir, "reports/interactive/mine.txt").read_text() == "mine"


def test_an_analysis_that_was_run_and_saved_is_as_it_was(files: Contents) -> None:
    path = Path(files.root_dir, "notebooks/01_toy.ipynb")
    before = path.read_bytes()
    model = opened(files, "notebooks/01_toy.ipynb")
    for cell in model["content"]["cells"]:
        cell["metadata"]["trusted"] = True
        if cell["cell_type"] == "code":
            cell |= {"execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "ran\n"}]}
    asyncio.run(
        files.save({"type": "notebook", "format": "json", "content": model["content"]}, "notebooks/01_toy.ipynb")
    )
    assert path.read_bytes() == before


def test_a_cell_changed_by_hand_is_saved_so_and_a_notebook_of_ones_own_with_outputs(files: Contents) -> None:
    model = opened(files, "notebooks/01_toy.ipynb")
    cell = next(cell for cell in model["content"]["cells"] if cell["cell_type"] == "code")
    cell["source"] = "changed = 1"
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "ran\n"}]
    for path in ("notebooks/01_toy.ipynb", "mine.ipynb"):
        asyncio.run(files.save({"type": "notebook", "format": "json", "content": model["content"]}, path))
    kept = [json.loads(Path(files.root_dir, path).read_text()) for path in ("notebooks/01_toy.ipynb", "mine.ipynb")]
    (analysis, own) = (next(c for c in notebook["cells"] if c["cell_type"] == "code") for notebook in kept)
    assert analysis["source"] == own["source"] == ["changed = 1"]
    assert analysis["outputs"] == []
    assert own["outputs"]


def test_where_to_begin_is_shown_with_what_there_is_and_runs_nothing(files: Contents, checkout: Checkout) -> None:
    place = checkout.root / start.PLACE
    place.parent.mkdir()
    content = json.loads((ROOT / start.PLACE).read_text(encoding="utf-8"))
    unknown = {"cell_type": "code", "id": "more", "metadata": {}, "source": "1 / 0; start.nothing()", "outputs": []}
    content["cells"].append(unknown | {"execution_count": None})
    place.write_text(json.dumps(content), encoding="utf-8")
    shown = opened(files, start.PLACE)["content"]["cells"]
    outputs = [cell["outputs"] for cell in shown if cell["cell_type"] == "code"]
    assert [len(output) for output in outputs] == [1, 1, 1, 0]
    assert "not run yet: crimjust run 01_toy" in outputs[0][0]["data"]["text/html"]
    assert outputs[2][0]["data"]["text/plain"] == "No variant is kept yet."


def test_a_notebook_that_was_changed_by_hand_is_said_to_be(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    assert "changed by hand" not in start.questions().text
    checkout.notebook("01_toy", [*CELLS, "more = 1"], accept=False)
    told = start.questions()
    assert "changed by hand" in told.html
    assert "`more = 1`" in told.text


def test_kernels_of_a_variant_under_an_own_plan_hold_to_it(checkout: Checkout) -> None:
    folder = checkout.root / "reports" / "variants" / "ours"
    notebook = folder / "notebooks" / "01_toy.ipynb"
    assert contents.of_variant(notebook) == {}
    folder.mkdir(parents=True)
    (folder / plan.FILE).write_text("")
    assert contents.of_variant(notebook) == {plan.VARIABLE: str(folder / plan.FILE), RESULTS_VARIABLE: str(folder)}
    assert contents.of_variant(checkout.root / "notebooks" / "01_toy.ipynb") == {}


def test_the_executed_notebook_of_a_variant_is_found_and_listed(checkout: Checkout) -> None:
    for name in ("01_toy", "02_toy"):
        checkout.notebook(name)
    runner.run("all", {"factor": 3}, variant="thrice")
    folder = checkout.reports / "variants" / "thrice" / "notebooks"
    assert executed.find("thr") == folder
    assert executed.find("thrice", "2") == folder / "02_toy.ipynb"
    (checkout.root / "notebooks" / "02_toy.ipynb").unlink()
    for typed in ("2", "02_toy", "02_toy.ipynb"):
        assert executed.find("thrice", typed) == folder / "02_toy.ipynb"
    checkout.notebook("02_toy")
    (folder / "02_toy.ipynb").unlink()
    assert executed.find("thrice") == folder / "01_toy.ipynb"
    with pytest.raises(ParameterError, match="thrice holds no executed notebook 02_toy; it holds: 01_toy"):
        executed.find("thrice", "02_toy")
    with pytest.raises(ParameterError, match="there is no variant 'twice'"):
        executed.find("twice")
    told = start.variants()
    assert 'href="../../reports/variants/thrice/notebooks/01_toy.ipynb"' in told.html
    assert notebooks.find("01_toy")[0].name in told.text
