"""Output has the same bytes on every machine: nothing in the code depends on what differs between them."""

import ast
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crimjust_research.runs.record import Layout

ROOT = Path(__file__).parents[2]
RUN = "04_outcome2_baseline"
# Another time zone, language and order of sets, two threads, and linear algebra as on another processor.
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "12345",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "",
}


def trees(path: Path) -> Iterator[ast.Module]:
    """The syntax of a module, or of each cell of code of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield ast.parse(text)
        return
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "code":
            yield ast.parse("".join(cell["source"]))


def sorts_without_an_order_of_ties(tree: ast.Module) -> Iterator[str]:
    """Calls that sort by one key and leave ties to the processor; several keys are sorted stably."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr not in ("sort_values", "argsort"):
            continue
        keys = [*call.args, *(k.value for k in call.keywords if k.arg == "by")]
        several = bool(keys) and isinstance(keys[0], ast.List) and len(keys[0].elts) > 1
        kinds = [k.value.value for k in call.keywords if k.arg == "kind" and isinstance(k.value, ast.Constant)]
        if not several and kinds != ["stable"]:
            yield ast.unparse(call)


def test_ties_keep_their_order_on_every_processor() -> None:
    # numpy sorts by other instructions on other processors, which leave ties in another order.
    found = {
        path.relative_to(ROOT).as_posix(): calls
        for path in (*(ROOT / "src").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb"))
        if (calls := [call for tree in trees(path) for call in sorts_without_an_order_of_ties(tree)])
    }
    assert found == {}, 'sort with kind="stable"'


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="bytes are promised on Linux and x86-64; elsewhere `crimjust verify` compares numbers",
)
def test_a_notebook_saves_the_committed_bytes_in_another_environment(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from crimjust_research.runs import notebooks, worker\n"
        "worker.run(notebooks.find(sys.argv[1])[0], {}, Path(sys.argv[2]), skip=())"
    )
    subprocess.run([sys.executable, "-c", code, RUN, str(tmp_path)], cwd=ROOT, env=os.environ | ELSEWHERE, check=True)
    _, answer, figures, tables = Layout(ROOT / "reports", RUN).results
    kept = {"assessment.json": answer, "estimates.csv": tables / "estimates.csv"}
    kept |= {f"figures/{path.name}": path for path in figures.iterdir()}
    kept |= {f"tables/{path.name}": path for path in tables.iterdir() if path.name != "estimates.csv"}
    saved = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    del saved["estimates.arrow"]  # what a sweep takes of it
    assert saved.keys() == kept.keys()
    assert [name for name in kept if saved[name].read_bytes() != kept[name].read_bytes()] == []
