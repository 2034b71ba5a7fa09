"""A notebook's parameters cell, the one place of its defaults: plain assignments of literal values."""

import ast
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from crimjust_research import json_files, project
from crimjust_research.errors import DataError, ParameterError

TAG = "parameters"
_SHOWN = 200  # characters of what stands where it does not belong


def defaults(content: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Names and values assigned in the cell tagged `parameters` of a notebook; `place` names it in messages.

    Raises
    ------
    ParameterError
        If no such cell exists, or it holds anything but plain assignments of literal values.
    """
    if (cell := of(content)) is None:
        raise ParameterError(f"{place}: no code cell carries the tag {TAG!r}; tag its first one")
    return assigned("".join(cell["source"]), place)


def of(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The cell of parameters of a notebook: the first that carries the tag; any other that does is a cell like all."""
    return next((cell for cell in content["cells"] if TAG in tags(cell)), None)


def tags(cell: Mapping[str, Any]) -> list[str]:
    """The tags of a cell; what is no text in a list is none."""
    metadata = cell.get("metadata")
    found = metadata.get("tags") if isinstance(metadata, dict) else None
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def assigned(code: str, place: str) -> dict[str, Any]:
    """Names and literal values that the code of a parameters cell assigns, be it the notebook's own or one put in for a run.

    Raises
    ------
    ParameterError
        If it holds anything else.
    """
    try:
        statements = ast.parse(code).body
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ) as error:  # the last of nesting too deep for the parser
        why = str(error) or "nested too deeply"
        raise ParameterError(f"{place}: its parameters cell is no Python ({why}); mend it there") from None
    found: dict[str, Any] = {}
    for statement in statements:
        target = _assigned(statement)
        try:
            if target is None:
                raise ValueError
            found[target] = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
            json.dumps(found[target])  # as records hold it: no set, no number of thousands of digits
        except (ValueError, TypeError, RecursionError, MemoryError):
            written = ast.get_source_segment(code, statement) or ""
            raise ParameterError(
                f"{place}: line {statement.lineno} of its parameters cell is `{written[:_SHOWN]}`; "
                "only plain assignments of a literal value belong there (dates as ISO strings)"
            ) from None
    return found


def registered_defaults(notebook: str) -> dict[str, Any]:
    """Defaults of the notebook of that name as it lies in this checkout.

    Raises
    ------
    ParameterError
        If it is missing, is no notebook, or has no proper parameters cell.
    """
    path = project.root() / "notebooks" / f"{notebook}.ipynb"
    try:
        return dict(_read(path, path.stat().st_mtime_ns))
    except (OSError, DataError) as error:
        raise ParameterError(
            f"{path} cannot be read as a notebook ({error}); restore it from git or the release"
        ) from error


@lru_cache
def _read(path: Path, changed: int) -> dict[str, Any]:
    del changed  # a notebook saved again is read again
    content = json_files.load(path, {"cells": [{"source": (str, list)}]}, "restore it from git or the release")
    return defaults(content, f"{path.parent.name}/{path.name}")


def _assigned(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as results keep them: of a file outside this checkout the name alone, for its folders are nobody's business."""
    return {name: project.named(value) if _has_own_name(value) else value for name, value in values.items()}


def files(values: Mapping[str, Any]) -> dict[str, Path]:
    """Files outside this checkout among the parameters, and those whose name means something, by what `told` calls them; of a
    folder also those in it, and by `ALL_FILES` itself."""
    named = {project.named(value): project.root() / value for value in values.values() if _has_own_name(value)}
    inside = {
        f"{name}/{project.named(str(path.resolve()))}": path
        for name, folder in named.items()
        if folder.is_dir()
        for path in folder.iterdir()
    }
    inside |= {f"{name}/{project.ALL_FILES}": folder for name, folder in named.items() if folder.is_dir()}
    return named | inside


def supplied(values: Mapping[str, Any]) -> bool:
    """Whether a parameter names a file or folder, wherever it is: what somebody supplied."""
    return any(
        isinstance(value, str) and value != "" and (project.root() / value).exists() for value in values.values()
    )


def spelled(values: Mapping[str, Any]) -> dict[Path, str]:
    """The paths by which the files of `files` may be called, as given and from the root on, with what `told` calls each."""
    own = [value for value in values.values() if _has_own_name(value)]
    return {
        path: project.named(value)
        for value in own
        for path in (Path(value), project.root() / value, (project.root() / value).resolve())
    }


def _has_own_name(value: Any) -> bool:
    """Whether a parameter names a file that results call otherwise than the parameter does."""
    if not isinstance(value, str):
        return False
    return Path(value).is_absolute() or (project.named(value) != value and (project.root() / value).exists())


def in_words(value: Any) -> str:
    """The value of a parameter as a sentence has it."""
    return "none" if value in ("", None, []) else repr(value)
