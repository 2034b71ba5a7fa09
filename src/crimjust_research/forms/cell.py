"""The source of a parameters cell with other values in it, its layout and comments as they were."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from crimjust_research import parameters_cell
from crimjust_research.errors import ParameterError
from crimjust_research.runs.notebooks import INJECTED_TAG

_LINE_END = re.compile(rb"\r\n|\r|\n")  # those that Python counts


def cells_with(sources: Mapping[str, str], values: Mapping[str, Any], place: str) -> dict[str, str]:
    """The sources of a notebook's cells of parameters, by tag, that give it `values`.

    What a run put in follows the notebook's own parameters and holds: where it is, it alone is changed.

    Raises
    ------
    ParameterError
        If the notebook has no parameters cell; or as `cell_with` does.
    """
    if (own := sources.get(parameters_cell.TAG)) is None:
        raise ParameterError(f"{place}: no code cell carries the tag {parameters_cell.TAG!r}; tag its first one")
    if (put_in := sources.get(INJECTED_TAG)) is None:
        return {parameters_cell.TAG: cell_with(own, values, place)}
    standard, put = (parameters_cell.assigned(source, place) for source in (own, put_in))
    changed = {n: v for n, v in values.items() if n in put or n not in standard or not _same(v, standard[n])}
    return {INJECTED_TAG: cell_with(put_in, changed, place)}


def cell_with(source: str, values: Mapping[str, Any], place: str) -> str:
    """The source of a parameters cell of a notebook with `values` where it assigns others; what it does not assign follows.

    Of what stands in the cell only the text of values that change is replaced; a comment inside a list goes with the list.

    Raises
    ------
    ParameterError
        If the cell holds anything but plain assignments of literal values; `place` names the notebook.
    """
    assigned = parameters_cell.assigned(source, place)
    content = source.encode()
    # From the last to the first, so that the places of those before stay where they are. Places are counted in bytes.
    for name, node in reversed(_values(source)):
        if name in values and not _same(ast.literal_eval(node), values[name]):
            first, last = _places(content, node)
            content = content[:first] + literal(values[name]).encode() + content[last:]
    added = [f"{name} = {literal(value)}" for name, value in values.items() if name not in assigned]
    written = content.decode()
    return "\n".join([*([written.rstrip("\n")] if written.strip() else []), *added]) if added else written


def literal(value: Any) -> str:
    """A value as code, texts between double quotes where they can be."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    text = repr(value)
    return f'"{text[1:-1]}"' if isinstance(value, str) and text.startswith("'") and '"' not in text else text


def _values(source: str) -> list[tuple[str, ast.expr]]:
    """Names that the cell assigns, and the expressions of their values, in its order."""
    found = []
    for statement in ast.parse(source).body:
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        assert isinstance(target, ast.Name)
        assert statement.value is not None
        found.append((target.id, statement.value))
    return found


def _places(content: bytes, node: ast.expr) -> tuple[int, int]:
    """Where the text of an expression begins and ends."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    starts = [0, *(end.end() for end in _LINE_END.finditer(content))]
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


def _same(value: Any, other: Any) -> bool:
    """Whether two values are written alike: Python takes True, 1 and 1.0 for equal."""
    return literal(value) == literal(other)
