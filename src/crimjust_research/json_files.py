"""This project's own files of JSON, read as files that anybody may have changed: what one should not hold is told in words.

A shape says what is relied on: a type, or several; `[shape]`, a list of such; `{"name": shape}`, named values, of which these
must be there; `{...: shape}`, values of any name. It is checked without pydantic, which takes longer to load than a run takes
to find that nothing has moved.
"""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from crimjust_research import project
from crimjust_research.errors import DataError

# No file of this project's comes near it, and what is nested deeper ends programs that go through it.
_DEEPEST = 100
_ENDLESS = re.compile(rb"[0-9]{300}")
_WORDS = {
    dict: "named values",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def load(path: Path, shape: Any, remedy: str) -> Any:
    """What the file at `path` holds; see `parsed`.

    Raises
    ------
    DataError
        Also if the file cannot be read.
    """
    return parsed(project.content(path, remedy), str(path), shape, remedy)


def parsed(content: bytes, place: str, shape: Any, remedy: str) -> Any:
    """What the content of a file, called `place` in messages, holds, if it has the shape.

    Raises
    ------
    DataError
        If it is no JSON in UTF-8, holds text that no file can hold, is nested too deeply or has another shape; it names
        the place, the first fault and the remedy.
    """
    try:
        found = json.loads(
            content.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_told_once
        )
        if _ENDLESS.search(content):
            raise ValueError("a number in it has more digits than any that is computed with")
        if b"\\ud" in content.lower():  # half a character may be written so, and nowhere else
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise DataError(f"{place} is nested too deeply to be a file of this project; {remedy}") from None
    except ValueError as error:
        raise DataError(f"{place} is not valid JSON ({error}); {remedy}") from None
    if is_too_deep(found):
        raise DataError(f"{place} is nested too deeply to be a file of this project; {remedy}")
    require(found, place, shape, remedy)
    return found


def require(found: Any, place: str, shape: Any, remedy: str) -> None:
    """Refuse what a file, called `place` in messages, holds if it has not the shape.

    Raises
    ------
    DataError
        With the place, the first fault and the remedy.
    """
    for fault in _faults(found, shape, ""):
        raise DataError(f"{place} is not as this project writes it: {fault}; {remedy}")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Named values, none of which stands there twice: the second would silently take the first one's place."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(
            f"{next(name for name in names if names.count(name) > 1)!r} stands twice among the same named values"
        )
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is larger than any number that is computed with")
    return number


def is_too_deep(found: Any) -> bool:
    """Whether more lists and named values than any file needs stand within each other."""
    level = [found]
    for _ in range(_DEEPEST):
        level = [part for each in level for part in _parts(each) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def has_number_beyond(found: Any, most: int) -> bool:
    """Whether a whole number in what a file holds, which is not too deep, is farther from zero than `most`."""
    if isinstance(found, int):
        return abs(found) > most
    return any(has_number_beyond(part, most) for part in _parts(found))


def _parts(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _faults(found: Any, shape: Any, place: str) -> Iterator[str]:
    if isinstance(shape, type | tuple):
        if not isinstance(found, shape):
            yield _unlike(found, shape, place)
    elif not isinstance(found, type(shape)):
        yield _unlike(found, type(shape), place)
    elif isinstance(shape, list):
        for number, part in enumerate(found, start=1):
            yield from _faults(part, shape[0], f"{place}, entry {number}" if place else f"entry {number}")
    else:
        yield from _faults_of_values(found, shape, place)


def _faults_of_values(found: Mapping[str, Any], shape: Mapping[Any, Any], place: str) -> Iterator[str]:
    for name, inner in ((name, inner) for key, inner in shape.items() for name in (found if key is ... else [key])):
        where = f"{place}, {name!r}" if place else repr(name)
        if name in found:
            yield from _faults(found[name], inner, where)
        else:
            yield f"{where} is missing"


def _unlike(found: Any, wanted: Any, place: str) -> str:
    words = " or ".join(dict.fromkeys(_WORDS[kind] for kind in (wanted if isinstance(wanted, tuple) else (wanted,))))
    return f"{place or 'the whole'} is {_WORDS.get(type(found), 'a number')}, where {words} should be"
