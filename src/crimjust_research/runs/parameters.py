"""Parameters of a run: read from the notebook, overridden by name, checked by the assessment's own class.

Everything is checked before a kernel starts, and every fault is reported at once.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import hand_written, parameter_faults
from crimjust_research.errors import CrimjustError, DataError, ParameterError
from crimjust_research.runs.notebooks import Notebook

if TYPE_CHECKING:
    from pydantic import BaseModel


_KIND = ("list of parameters", "name a file of lines `name: value`")


@dataclass(frozen=True)
class Parameters:
    """Checked parameters as JSON values: all of them, those that differ from the defaults the project means, and those that are
    put in for a run, since they differ from these or from what the notebook's cell assigns now."""

    values: Mapping[str, Any]
    changed: Mapping[str, Any]
    injected: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that stand for the values, whatever order they were given in."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:8]


def overrides(assignments: Iterable[str]) -> dict[str, str]:
    """`key=value` strings as a dictionary.

    Raises
    ------
    ParameterError
        If one has no `=` or no name, or a name is given twice.
    """
    found: dict[str, str] = {}
    faults = []
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            faults.append(f"-p {assignment!r} is not an assignment; write -p name=value")
        elif name in found:
            faults.append(f"-p {name} is given twice ({found[name]!r} and {value!r}); give it once")
        found[name] = value
    if faults:
        raise ParameterError("\n".join(faults))
    return found


def from_file(path: Path) -> dict[str, Any]:
    """Parameters set in a YAML file of lines `name: value`; a list may be written as `[a, b]` or with dashes.

    Raises
    ------
    ParameterError
        If the file cannot be read or holds anything else.
    """
    from crimjust_research import yaml_files  # with pydantic, which a run without parameters to check does not need

    content = hand_written.content(path, *_KIND)
    try:
        lines = (line.strip() for line in content.decode("utf-8", "replace").splitlines())
        if not any(":" in line for line in lines if not line.startswith("#")):
            raise ParameterError(f"-f {path.name} sets no parameter; write lines `name: value`, such as `start: 2015`")
        return dict(yaml_files.parsed(path.name, content))
    except DataError as error:
        raise ParameterError(f"-f {error}") from None


def resolve(
    notebooks: Sequence[Notebook], given: Mapping[str, Any], of_plan: Mapping[str, Mapping[str, Any]] = {}
) -> list[Parameters]:
    """Parameters of each notebook with `given` in place of its defaults; text is read as the declared type. Where an evaluator's
    plan says what they are, `of_plan`, by notebook, stands in place of the defaults.

    Raises
    ------
    ParameterError
        With every fault of every notebook, a line each.
    """
    resolved, faults = [], []
    for notebook in notebooks:
        try:
            resolved.append(_resolve(notebook, {**of_plan.get(notebook.name, {}), **given}))
        except ParameterError as error:
            faults.append(str(error))
    if faults:
        raise ParameterError("\n".join(faults))
    return resolved


def model(notebook: Notebook) -> "type[BaseModel]":
    """The class that checks the notebook's parameters.

    Raises
    ------
    ParameterError
        If the class its metadata name cannot be imported or is no pydantic model.
    """
    from pydantic import BaseModel

    module, name = notebook.params.split(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ParameterError(
            f"{notebook.place}: its parameter class {notebook.params!r} cannot be imported ({error}); "
            "correct metadata.crimjust.params"
        ) from None
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise ParameterError(f"{notebook.place}: {notebook.params!r} is not a pydantic model; name one")
    return found


@dataclass(frozen=True)
class Described:
    """A parameter as a person is told of it: what it is by default, what it may be, and what it means."""

    name: str
    default: Any
    admits: str
    sentence: str


def described(notebook: Notebook) -> tuple[Described, ...]:
    """The notebook's parameters in the order of its cell."""
    fields = model(notebook).model_fields
    properties = model(notebook).model_json_schema()["properties"]
    return tuple(
        Described(name, default, parameter_faults.admitted(properties[name]), fields[name].description or "")
        for name, default in notebook.defaults.items()
        if name in fields
    )


def _resolve(notebook: Notebook, given: Mapping[str, Any]) -> Parameters:
    notebook.require_fit()
    cls, defaults = model(notebook), notebook.defaults
    undeclared = sorted(defaults.keys() - cls.model_fields.keys())
    if undeclared:
        raise ParameterError(
            f"{notebook.place}: its parameters cell assigns {', '.join(undeclared)}, which {notebook.params} does not "
            "declare; remove the line or add the field"
        )
    faults = [_unknown(notebook, name, defaults) for name in given if name not in defaults]
    known = {name: value for name, value in given.items() if name in defaults}
    parsed = {name: _parsed(value, cls.model_fields[name].annotation) for name, value in known.items()}
    values, refused = _check(notebook, cls, defaults | parsed, known)
    if faults or refused:
        raise ParameterError("\n".join([*faults, *refused]))
    own, refused = _check(notebook, cls, defaults, {})
    standard, of_the_project = own, notebook.standard
    if not refused and of_the_project != defaults:
        standard, refused = _check(notebook, cls, {n: of_the_project.get(n, v) for n, v in defaults.items()}, {})
    if refused:
        raise ParameterError("\n".join(refused))
    changed = {name: v for name, v in values.items() if v != standard[name]}
    return Parameters(values, changed, {n: v for n, v in values.items() if n in changed or v != own[n]})


def _check(
    notebook: Notebook, cls: "type[BaseModel]", values: Mapping[str, Any], written: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """`values` as the class turns them into JSON, or what it refuses; `written` is what the person typed."""
    from pydantic import ValidationError

    try:
        checked = cls.model_validate(dict(values)).model_dump(mode="json")
    except ValidationError as error:
        standard = {name: notebook.defaults[name] for name in written}
        faults = parameter_faults.in_words(error, cls, {**values, **written}, standard)
        return {}, [f"{notebook.place}: {fault}" for fault in faults]
    except CrimjustError as error:
        return {}, [f"{notebook.place}: {error}"]
    return {name: checked[name] for name in values}, []


def _parsed(value: Any, annotation: Any) -> Any:
    """Typed text as a value of the annotated type: as written, as JSON, or as a list separated by commas.

    Text that is none of these is returned as it is, for the class to refuse it by name.
    """
    if not isinstance(value, str):
        return value
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    def as_json(text: str) -> Any:
        read = json.loads(text)
        return value if isinstance(read, bool) else adapter.validate_json(text)

    def as_list(text: str) -> Any:
        return adapter.validate_python([part.strip() for part in text.split(",")])

    attempts: list[Callable[[str], Any]] = [adapter.validate_strings, as_json, as_list]
    if value.strip().lower() in {"none", "null"}:
        attempts.insert(0, lambda _: adapter.validate_python(None))
    for attempt in attempts:
        try:
            return attempt(value)
        except (ValueError, RecursionError):  # the second of brackets within brackets
            continue
    return value


def _unknown(notebook: Notebook, name: str, declared: Iterable[str]) -> str:
    near = get_close_matches(name, declared, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{notebook.place}: there is no parameter {name!r}; {hint}there are: {', '.join(declared)}"
