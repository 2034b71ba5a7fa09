"""Output has the same bytes on every machine: nothing in the code depends on what differs between them."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
