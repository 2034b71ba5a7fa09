"""YAML files of this checkout, read into schemas: what departs from one is refused by file, entry, value and remedy.

What the project holds as data, and not as code, is kept in such files; the module that knows the schema loads them,
when they are first asked for and not when it is imported.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files as files_of
from itertools import accumulate
from os.path import commonpath
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from crimjust_research import project
from crimjust_research.errors import DataError

# Lists and mappings within each other, the stream and the document counted; no file of this project's comes near it.
_DEEPEST = 60
# With what is repeated by name written out: ten lines can ask for a billion.
_MOST_ENTRIES = 500_000
_RESTORE = "mend it, or restore it from git or the release"
# What an entry of a list may be called by.
_NAMES = ("name", "key", "number", "label")
_WANTED = {
    "bool_parsing": "true or false is wanted",
    "dict_type": "named fields are wanted, each with a value",
    "float_parsing": "a number is wanted",
    "float_type": "a number is wanted",
    "int_parsing": "a whole number is wanted",
    "int_type": "a whole number is wanted",
    "mapping_type": "named fields are wanted, each with a value",
    "model_type": "named fields are wanted, each with a value",
    "string_too_short": "a text is wanted",
    "string_type": "a text is wanted",
    "tuple_type": "a list is wanted, as [a, b]",
}


# Characters that no page shows, that Word refuses, that break a line, or that turn round the order in which others are read.
_ILLEGIBLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ufffe\\uffff]")


class Entry(BaseModel):
    """What all entries share: unknown fields and illegible texts are refused, and nothing changes once it is read."""

    # Schemas are built when the first file is checked, not when their module is imported.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def _legible(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value  # not of a file: an analyst's own estimate is made visible where it is shown
        for text in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(text, str) and (found := _ILLEGIBLE.search(text)):
                raise ValueError(f"the character {found[0]!a} cannot be shown on a page; leave it out")
        return value


Schema = TypeVar("Schema", bound=Entry)


def matching(pattern: str, wanted: str) -> AfterValidator:
    """Holds a text to a pattern as a whole; `wanted` says in words what fits it, and ends the error."""

    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(wanted)
        return text

    return AfterValidator(checked)


def distinct(entries: Sequence[Any]) -> Any:
    """Entries, if no name, key, number or label is given twice among them."""
    seen = set()
    for entry in entries:
        name = next(getattr(entry, field) for field in _NAMES if field in type(entry).model_fields)
        if name in seen:
            raise ValueError(f"{name!r} names two entries; give one of them another name")
        seen.add(name)
    return entries


def _shows(text: str) -> str:
    if all(unicodedata.category(character)[0] in "CZ" for character in text):  # blanks, or what nobody sees
        raise ValueError(_WANTED["string_type"])
    return text


Text = Annotated[str, StringConstraints(min_length=1), AfterValidator(_shows)]
Distinct = AfterValidator(distinct)


def load(schema: type[Schema], pattern: str, but: Collection[str] = ()) -> Schema:
    """The files of this checkout that match `pattern`, as "data/document/*.yaml"; parsed again only if they changed.

    Each file holds one section of the schema or several. Validators find all sections as the context. Files named in `but`
    are of another schema.

    Raises
    ------
    DataError
        Naming file, entry and value of every departure from the schema, and what to do about it.
    """
    root = project.root()
    files = sorted(file for file in root.glob(pattern) if file.name not in but)
    if not files:
        raise DataError(f"there is no {root / pattern}; restore it from the repository")
    found: Schema = _checked(schema, tuple((file.relative_to(root).as_posix(), file.read_bytes()) for file in files))
    return found


def load_beside(schema: type[Schema], package: str, name: str) -> Schema:
    """The file of that name beside the modules of a package, given by its dotted name; checked as `load` does.

    Raises
    ------
    DataError
        As `load`; the file is named with the last part of the package.
    """
    file = files_of(package) / name
    if not file.is_file():
        raise DataError(f"there is no {file}; write it beside the package's modules, or restore it from the repository")
    found: Schema = _checked(schema, ((f"{package.rpartition('.')[2]}/{name}", file.read_bytes()),))
    return found


def by_member(groups: Mapping[str, Iterable[str]], file: str) -> dict[str, str]:
    """The group of each member, in order.

    Raises
    ------
    DataError
        Naming file, member and both groups if one is listed under two, or twice under one.
    """
    found: dict[str, str] = {}
    for group, members in groups.items():
        for member in members:
            if member in found:
                raise DataError(f"{file}: {member!r} stands under {found[member]!r} and {group!r}; keep it under one")
            found[member] = group
    return found


@lru_cache(maxsize=32)
def _checked(schema: type[Entry], files: tuple[tuple[str, bytes], ...]) -> Any:
    sections: dict[str, Any] = {}
    found_in: dict[str, str] = {}
    for name, content in files:
        for section, value in parsed(name, content).items():
            if section in sections:
                raise DataError(f"{name}: `{section}` stands in {found_in[section]} too; keep one of them")
            sections[section], found_in[section] = value, name
    return held_to(schema, sections, found_in)


def held_to(schema: type[Schema], sections: Mapping[str, Any], found_in: Mapping[str, str]) -> Schema:
    """What parsed sections hold by a schema; `found_in` names the file of each.

    Raises
    ------
    DataError
        As `load`.
    """
    try:
        return schema.model_validate(sections, context=sections)
    except ValidationError as error:
        faults = (_fault(fault, schema, sections, found_in) for fault in error.errors())
        raise DataError("\n".join(faults)) from None


def parsed(name: str, content: bytes) -> dict[str, Any]:
    """A file's sections, every scalar as text: the schema says what is a number, and no date or "no" is guessed at.

    Raises
    ------
    DataError
        Naming file and line, if it is no YAML, holds no named sections, or names one twice.
    """
    import yaml  # not needed where a schema is only imported

    # The base loader builds text, lists and mappings only, so a file cannot have objects made.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        if _is_too_deep(yaml.parse(content, loader)):  # the parser's own stack would end the process
            raise DataError(f"{name} is nested too deeply to be a file of this project; {_RESTORE}")
        whole = yaml.compose(content, loader)
        if whole is not None and _written_out(whole, {}) > _MOST_ENTRIES:
            raise DataError(f"{name} repeats itself, by names with * and &, more often than any file needs; {_RESTORE}")
        sections = _plain(name, whole)
    except yaml.YAMLError as error:
        raise DataError(f"{name} is not readable as YAML; mend it there: {error}") from None
    except RecursionError:
        raise DataError(f"{name} has an entry that stands within itself; {_RESTORE}") from None
    if not isinstance(sections, dict) or not sections:
        raise DataError(f"{name} holds no sections; begin it with the name of one and a colon, as `claims:`")
    return sections


def _is_too_deep(events: Iterable[Any]) -> bool:
    """Whether more lists and mappings than any file needs stand within each other; told before the last of them is read."""
    kinds = (type(event).__name__ for event in events)
    steps = (kind.endswith("StartEvent") - kind.endswith("EndEvent") for kind in kinds)
    return any(depth > _DEEPEST for depth in accumulate(steps))


def _written_out(node: Any, known: dict[int, int]) -> int:
    """How many entries a node of the parsed file comes to; `known` are those of nodes, which several names may lead to."""
    if node.id == "scalar":
        return 1
    if id(node) not in known:
        parts = node.value if node.id == "sequence" else [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_written_out(part, known) for part in parts)
    return known[id(node)]


def _plain(name: str, node: Any) -> Any:
    """What a node of the parsed file holds; a key given twice is refused, where YAML would keep the last."""
    if node is None:
        return None
    if node.id == "scalar":
        return node.value
    if node.id == "sequence":
        return [_plain(name, item) for item in node.value]
    mapping: dict[str, Any] = {}
    for key, value in node.value:
        named = str(key.value)
        if named in mapping:
            line = key.start_mark.line + 1
            raise DataError(f"{name}, line {line}: `{named}` is given twice in one entry; keep one")
        mapping[named] = _plain(name, value)
    return mapping


def _fault(
    fault: Mapping[str, Any], schema: type[Entry], sections: Mapping[str, Any], found_in: Mapping[str, str]
) -> str:
    """One departure from the schema as a sentence: file, entry, value, remedy."""
    section, *steps = fault["loc"]
    if section not in found_in:
        return f"{commonpath(found_in.values())} has no section `{section}`; add it"
    path, held = str(section), sections[section]
    for step in steps:
        held = held[step] if isinstance(step, int) or step in held else None
        path += f"[{_name(held, step)}]" if isinstance(step, int) else f".{step}" if step != "[key]" else ""
    place = f"{found_in[section]}: {path}"
    if fault["type"] == "missing":
        return f"{place} is missing; add it"
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(str(fault["loc"][-1]), _names_of_fields(schema), n=1)
        return f"{place} is not known; {f'did you mean {near[0]}? ' if near else ''}mend the name or remove it"
    says = _WANTED.get(fault["type"]) or fault["msg"]
    value = f"is {fault['input']!r}" if isinstance(fault["input"], str) else "does not fit"
    return f"{place} {value}: {says.removeprefix('Value error, ').replace('Input', 'it', 1)}"


def _name(held: Any, position: int) -> str:
    """What an entry of a list is called: by its name, key, number or label, or else by its position from 1."""
    names = held if isinstance(held, dict) else {}
    return next((str(names[field]) for field in _NAMES if names.get(field)), f"entry {position + 1}")


def _names_of_fields(schema: type[Entry]) -> set[str]:
    """Names of all fields that the schemas of its module have."""
    kinds = _kinds(Entry)
    return {name for kind in kinds if kind.__module__ == schema.__module__ for name in kind.model_fields}


def _kinds(base: type[Entry]) -> set[type[Entry]]:
    return {base}.union(*(_kinds(kind) for kind in base.__subclasses__()))
