"""Ways in which a file comes to harm: in its bytes, its rows, its cells, its entries, or in what lies in its place."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Damage = Callable[[bytes, np.random.Generator], bytes]
_SOME = b"0123456789abcXYZ,;:\t\n\r\"'<>&\x00\xff\xfe\xc3()[]{}#%-+=."
# What a cell may hold by mistake, or by malice.
CELLS = (
    "", "nan", "NaN", "inf", "-inf", "1e999", "-1", "-0", "0", "1.5", "1,5", "1e-400", "9" * 30, "9" * 400, "TRUE", "true",
    "NA", "None", "null", "text", "٣", "１２", "=1+1", "@SUM(A1)", "<script>alert(1)</script>", "[[x|y]]", "\u202eabc", "\x00",
    "\x1b[31m", " 7 ", "2024-13-45", "0x10", "1_000", "a\nb", 'a"b', "é", "\ud83d".encode("utf-8", "replace").decode(),
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, float("nan"), float("inf"), "", "text", "\u202eabc", "\x00", [], {}, [None],
    {"": None}, [[]], "[[x|y]]", "9" * 400,
)  # fmt: skip


def _place(content: bytes, chance: np.random.Generator) -> int:
    return int(chance.integers(len(content) + 1))


def _span(content: bytes, chance: np.random.Generator) -> tuple[int, int]:
    first, last = sorted((_place(content, chance), _place(content, chance)))
    return first, last


def _one(of: "tuple[Any, ...] | list[Any]", chance: np.random.Generator) -> Any:
    return of[int(chance.integers(len(of)))]


# --- Bytes --------------------------------------------------------------------------------------------------------


def _flip(content: bytes, chance: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(min(int(_one((1, 1, 2, 8), chance)), len(changed))):
        changed[int(chance.integers(len(changed)))] ^= 1 << int(chance.integers(8))
    return bytes(changed)


def _insert(content: bytes, chance: np.random.Generator) -> bytes:
    at = _place(content, chance)
    some = bytes(_SOME[int(n)] for n in chance.integers(len(_SOME), size=int(_one((1, 1, 3, 40), chance))))
    return content[:at] + some + content[at:]


def _delete(content: bytes, chance: np.random.Generator) -> bytes:
    at = _place(content, chance)
    return content[:at] + content[at + int(_one((1, 1, 5, 500), chance)) :]


def _truncate(content: bytes, chance: np.random.Generator) -> bytes:
    return content[: _place(content, chance)]


def _behead(content: bytes, chance: np.random.Generator) -> bytes:
    return content[_place(content, chance) :]


def _duplicate(content: bytes, chance: np.random.Generator) -> bytes:
    first, last = _span(content, chance)
    return content[:last] + content[first:]


def _nulls(content: bytes, chance: np.random.Generator) -> bytes:
    at = _place(content, chance)
    last = at + int(_one((1, 16, 512, 4096), chance))  # as a disk that lost a block
    return content[:at] + b"\0" * len(content[at:last]) + content[last:]


def _empty(content: bytes, chance: np.random.Generator) -> bytes:
    del content
    return bytes(_one((b"", b"\n", b" ", b"\xef\xbb\xbf", b"{}", b"[]", b"null", b"0", b'""', b"\0" * 4096), chance))


def _recoded(content: bytes, chance: np.random.Generator) -> bytes:
    text = content.decode("utf-8", errors="replace")
    if chance.random() < 0.4:
        text = text.replace("a", "é", int(_one((1, 3, 1000), chance)))
    how = _one(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-8-sig", "utf-7", "cp037"), chance)
    return text.encode(how, errors="replace")


def _line_ends(content: bytes, chance: np.random.Generator) -> bytes:
    return content.replace(b"\n", _one((b"\r\n", b"\r", b"\n\n", b"", b"\x0b", b"\xe2\x80\xa8"), chance))


def _delimiters(content: bytes, chance: np.random.Generator) -> bytes:
    return content.replace(_one((b",", b":", b"="), chance), _one((b";", b",", b"\t", b"|", b",,", b" "), chance))


def _quotes(content: bytes, chance: np.random.Generator) -> bytes:
    at = _place(content, chance)
    sign = _one((b'"', b"'", b'""', b"`"), chance)
    return content[:at] + sign + content[at:] if chance.random() < 0.7 else content.replace(b'"', b"", 1)


BYTES: tuple[Damage, ...] = (
    _flip, _flip, _insert, _insert, _delete, _delete, _truncate, _behead, _duplicate, _nulls, _empty, _recoded, _line_ends,
    _delimiters, _quotes,
)  # fmt: skip

# --- Rows and cells -------------------------------------------------------------------------------------------------


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8", errors="replace"), newline="")))


def _table(rows: list[list[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode("utf-8", errors="replace")


def _of_rows(change: Callable[[list[list[str]], np.random.Generator], object]) -> Damage:
    """A damage to the rows of a table, of which there are some."""

    def damage(content: bytes, chance: np.random.Generator) -> bytes:
        try:
            rows = _rows(content)
        except csv.Error:
            return _flip(content, chance)
        if len(rows) < 2 or not rows[0]:
            return _flip(content, chance)
        change(rows, chance)
        return _table(rows)

    damage.__name__ = change.__name__
    return damage


def _at(rows: list[list[str]], chance: np.random.Generator, first: int = 0) -> int:
    return int(chance.integers(first, len(rows)))


def _other_cell(rows: list[list[str]], chance: np.random.Generator) -> None:
    row = rows[_at(rows, chance, 0 if chance.random() < 0.1 else 1)]
    if row:
        row[int(chance.integers(len(row)))] = _one(CELLS, chance)


def _other_sign(rows: list[list[str]], chance: np.random.Generator) -> None:
    places = [(row, i) for row in rows[1:] for i, cell in enumerate(row) if re.fullmatch(r"-?[0-9.]+", cell)]
    if places:
        row, i = places[int(chance.integers(len(places)))]
        row[i] = f"-{row[i]}" if chance.random() < 0.5 else f"{row[i]}{_one(('0' * 12, 'e300', '.5', ' '), chance)}"


def _lost_cell(rows: list[list[str]], chance: np.random.Generator) -> None:
    row = rows[_at(rows, chance)]
    if row:
        del row[int(chance.integers(len(row)))]


def _more_cell(rows: list[list[str]], chance: np.random.Generator) -> None:
    row = rows[_at(rows, chance)]
    row.insert(int(chance.integers(len(row) + 1)), _one(CELLS, chance))


def _cell_for_all(rows: list[list[str]], chance: np.random.Generator) -> None:
    for row in rows[1:]:  # one more than the header names
        row.append(_one(("", "1"), chance))


def _double_row(rows: list[list[str]], chance: np.random.Generator) -> None:
    rows.insert(_at(rows, chance, 1), rows[_at(rows, chance)])


def _swapped_rows(rows: list[list[str]], chance: np.random.Generator) -> None:
    first, second = _at(rows, chance), _at(rows, chance, 1)
    rows[first], rows[second] = rows[second], rows[first]


def _lost_rows(rows: list[list[str]], chance: np.random.Generator) -> None:
    at = _at(rows, chance)
    del rows[at : at + int(_one((1, 2, 50), chance))]


def _swapped_columns(rows: list[list[str]], chance: np.random.Generator) -> None:
    """Two columns change places, with their names or without."""
    first, second = (int(n) for n in chance.integers(len(rows[0]), size=2))
    for row in rows[int(chance.integers(2)) :]:
        if len(row) > max(first, second):
            row[first], row[second] = row[second], row[first]


def _lost_column(rows: list[list[str]], chance: np.random.Generator) -> None:
    at = int(chance.integers(len(rows[0])))
    for row in rows[int(chance.random() < 0.2) :]:
        del row[at : at + 1]


def _double_column(rows: list[list[str]], chance: np.random.Generator) -> None:
    at = int(chance.integers(len(rows[0])))
    for row in rows:
        row[at:at] = row[at : at + 1]


def _other_name(rows: list[list[str]], chance: np.random.Generator) -> None:
    at = int(chance.integers(len(rows[0])))
    name = rows[0][at]
    rows[0][at] = _one((name.upper(), f" {name}", f"{name}_", "", rows[0][0], "unit"), chance)


ROWS: tuple[Damage, ...] = tuple(
    _of_rows(change)
    for change in (
        _other_cell, _other_cell, _other_cell, _other_sign, _other_sign, _lost_cell, _more_cell, _cell_for_all, _double_row,
        _swapped_rows, _lost_rows, _swapped_columns, _lost_column, _double_column, _other_name,
    )
)  # fmt: skip

# --- Entries --------------------------------------------------------------------------------------------------------


def _holders(found: Any) -> list[Any]:
    """Every mapping and list of a parsed file that holds something."""
    below, level = [], [found]
    while level:
        below += [each for each in level if isinstance(each, dict | list) and each]
        level = [
            part
            for each in level
            for part in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
    return below


def other_entry(found: Any, chance: np.random.Generator) -> Any:
    """Parsed content of which one entry is gone, renamed, nested deeply, given twice or of another kind."""
    holders = _holders(found)
    if not holders:
        return _one(_VALUES, chance)
    held = holders[int(chance.integers(len(holders)))]
    key = _one(list(held) if isinstance(held, dict) else list(range(len(held))), chance)
    how = int(chance.integers(6))
    if how == 0:
        del held[key]
    elif how == 1 and isinstance(held, dict):
        held[_one((str(key).upper(), f"{key}s", "", "name", "\u202e"), chance)] = held.pop(key)
    elif how == 2:
        held[key] = [held[key]]
    elif how == 3 and isinstance(held, list):
        held.append(held[key])
    elif how == 4:
        nested: Any = held[key]
        for _ in range(int(_one((3, 90, 200), chance))):
            nested = [nested] if chance.random() < 0.5 else {"a": nested}
        held[key] = nested
    else:
        held[key] = _one(_VALUES, chance)
    return found


def of_json(content: bytes, chance: np.random.Generator) -> bytes:
    """One entry of a file of JSON is another, one is given twice, or all are nested without end."""
    how = chance.random()
    if how < 0.05:
        return content.replace(b"{", b'{"name": 1, "name": 2, ', 1)
    if how < 0.08:
        return _one((b"[", b'{"a":'), chance) * int(_one((500, 100_000), chance))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, chance)
    return json.dumps(other_entry(found, chance), ensure_ascii=False, indent=1).encode("utf-8", errors="replace")


def of_yaml(content: bytes, chance: np.random.Generator) -> bytes:
    """One entry of a file of YAML is another, stands within itself, or all are nested without end."""
    import yaml

    how = chance.random()
    if how < 0.05:
        return content + b"\nmore: &a [*a]\n"
    if how < 0.08:
        return content + b"\nmore: " + _one((b"[", b"- "), chance) * int(_one((500, 100_000), chance))
    if b"[" * 99 in content or b"- " * 99 in content:  # nested without end before, which ends the parser's process
        return _flip(content, chance)
    try:
        found = yaml.load(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError):
        return _flip(content, chance)
    changed = other_entry(found, chance)
    written = yaml.dump(changed, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True)
    return written.encode("utf-8", errors="replace")


_TOML = (
    b"''", b'"text"', b"0", b"-1", b"1.5", b"nan", b"inf", b"-inf", b"true", b"[]", b"{}", b"[[]]", b"2024-01-01", b"1e999",
    b"9" * 30, b"9" * 5000, b'"\\u202e"', b'["a", "a"]', b"{ from = 1, to = 3 }", b"{ from = 1, to = 9, step = 0 }",
    b"{ from = nan, to = 3 }", b"{ from = 1e300, to = 1, step = -1e-300 }", b"[" * 5000, b"[nan, inf]", b'"<b>[[x|y]]"',
)  # fmt: skip


def of_toml(content: bytes, chance: np.random.Generator) -> bytes:
    """A value of a file of TOML is of another kind, or a line is gone, twice there, or under another name."""
    lines = content.split(b"\n")
    valued = [number for number, line in enumerate(lines) if re.match(rb"[\w.\"-]+ *=", line)]
    if not valued:
        return _flip(content, chance)
    at = int(chance.choice(valued))
    how = int(chance.integers(6))
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, lines[at])
    elif how == 2:
        lines[at] = b"x" + lines[at]
    elif how == 3:
        heads = [number for number, line in enumerate(lines) if line.startswith(b"[")]
        if heads:
            head = int(chance.choice(heads))
            lines[head] = _one((b"[x]", b"[[x]]", b"", lines[head] * 2, b"[" + lines[head] + b"]"), chance)
    else:
        lines[at] = lines[at].partition(b"=")[0] + b"= " + _one(_TOML, chance)
    return b"\n".join(lines)


# --- What lies in its place -----------------------------------------------------------------------------------------

PLACES = ("nothing", "a folder", "a link to itself", "a link to nothing", "a link to another file")


def put_in_place(path: Path, what: str, other: Path) -> None:
    """Something else lies where a file was."""
    path.unlink()
    if what == "a folder":
        path.mkdir()
    elif what != "nothing":
        target = {"a link to itself": path, "a link to nothing": path.with_name("gone")}.get(what, other)
        path.symlink_to(target)
