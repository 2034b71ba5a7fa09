"""What a parameter may be, and what is wrong with one, in words: the same from the command line and in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crimjust_research.errors import did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_KINDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "True or False", "null": "None"}
_LIMITS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
_LONGEST = 60  # characters of a value that are shown


def admitted(schema: Mapping[str, Any]) -> str:
    """What a field's JSON schema admits, in words: "whole number from 1 to 12", "a month written YYYY-MM"."""
    if "anyOf" in schema:
        return " or ".join(admitted(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(str(each) if each != "" else "empty" for each in schema["enum"])
    if "written" in schema:
        return str(schema["written"])
    if schema.get("type") == "array":
        return f"list of {admitted(schema.get('items', {}))}"
    kind = _KINDS.get(schema.get("type", ""), schema.get("type", ""))
    if "minimum" in schema and "maximum" in schema:
        return f"{kind} from {schema['minimum']} to {schema['maximum']}"
    limits = " and ".join(f"{word} {schema[limit]}" for limit, word in _LIMITS.items() if limit in schema)
    return f"{kind} {limits}".rstrip()


def in_words(
    error: ValidationError,
    model: type[BaseModel],
    given: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> list[str]:
    """Every fault that `model` found, a line each: parameter, value, what is admitted, and the default if it was changed.

    Parameters
    ----------
    given : values as the person wrote them. defaults : the notebook's own, of parameters the person changed.
    """
    fields = model.model_json_schema()["properties"]
    lines = [_line(dict(fault), fields, given, defaults or {}) for fault in error.errors(include_url=False)]
    return list(dict.fromkeys(lines))  # each part of a union is refused on its own


def _line(
    fault: Mapping[str, Any], fields: Mapping[str, Any], given: Mapping[str, Any], defaults: Mapping[str, Any]
) -> str:
    says = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else ""
    if not fault["loc"]:
        return says or str(fault["msg"])
    name = str(fault["loc"][0])
    if fault["type"] == "missing":
        return f"parameter {name} is missing; assign it in the parameters cell"
    if name not in fields:
        return f"there is no parameter {name!r}; {did_you_mean(name, fields)}there are: {', '.join(fields)}"
    value, default = given.get(name), defaults.get(name)
    near = did_you_mean(value, map(str, fields[name].get("enum", ()))) if isinstance(value, str) else ""
    hint = "" if default is None else f" (the default is {default!r})"
    return f"parameter {name} = {shown(value)}: {says or near + 'it should be ' + _one_of(fields[name])}{hint}"


def _one_of(schema: Mapping[str, Any]) -> str:
    """What is admitted, as the end of "it should be"."""
    if "enum" in schema:
        return f"one of {admitted(schema)}"
    article = "" if "written" in schema or schema.get("type") not in {"integer", "number", "array"} else "a "
    return article + admitted(schema)


def shown(value: Any) -> str:
    """A value as a message quotes it, on one line and not too long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
