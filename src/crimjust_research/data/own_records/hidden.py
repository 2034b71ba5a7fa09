"""What of a workbook's sheet nobody sees who opens it: hidden rows and columns, those a filter leaves out, the sheet itself.

All of it is read, as records that a filter hides are records; so it is said. Layout: ECMA-376, part 1, 18.2.19 and 18.3.1.
"""

import re
from collections.abc import Collection, Iterator
from html import unescape
from pathlib import Path

from crimjust_research.data import foreign
from crimjust_research.data.bounded_workbook import column_letters

_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
# A name begins where a word does, and is not tried again shorter: a remark may hold what looks like a tag, and one word of a
# million letters, of which each was looked at as often.
_ATTRIBUTE = re.compile(r"""(?<![\w:])([\w:]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")
_YES = ("1", "true")
_TOLD = 5  # ranges of rows


def hidden(path: Path, sheet: str, rows: Collection[int], columns: int) -> list[str]:
    """In words what is hidden of the table on a sheet of a workbook, which was opened before.

    Parameters
    ----------
    rows : numbers of those that hold a record, as a spreadsheet has them.
    columns : how many the table has.
    """
    parts = {name.lower().lstrip("/"): content for name, content in foreign.members(path, (".xml", ".rels")).items()}
    (here, *_) = [*(tag for tag in _tags(parts.get(_BOOK, b""), "sheet") if tag.get("name") == sheet), {}]
    link = next((value for name, value in here.items() if name.endswith(":id")), "")
    targets = [tag.get("Target", "") for tag in _tags(parts.get(_LINKS, b""), "Relationship") if tag.get("Id") == link]
    part = targets[0].lower().lstrip("/") if targets else ""
    content = parts.get(part, parts.get(f"xl/{part}", b""))
    lines = [f"sheet {sheet!r} is hidden, and read"] if here.get("state", "visible") != "visible" else []
    unseen = sorted(_rows(content) & set(rows))
    lines += [f"hidden rows, or rows left out by a filter, are read: {_ranges(unseen)}"] if unseen else []
    letters = [column_letters(number - 1) for number in sorted(_columns(content, columns))]
    return [*lines, f"hidden columns are read: {', '.join(letters)}"] if letters else lines


def _tags(content: bytes, name: str) -> Iterator[dict[str, str]]:
    """The attributes of each tag of a name, in order."""
    for tag in re.finditer(rb"<(?:\w+:)?%s(\s[^>]*)>" % name.encode(), content):
        found = _ATTRIBUTE.findall(tag[1].decode("utf-8", "replace"))
        yield {key: unescape(double or single) for key, double, single in found}


def _rows(content: bytes) -> set[int]:
    """Numbers of hidden rows; a row without a number follows the one before."""
    if b"hidden" not in content:
        return set()
    found, following = set[int](), 1
    for tag in re.finditer(rb"<(?:\w+:)?row(\s[^>]*|/)?>", content):
        attributes = {key: double or single for key, double, single in _ATTRIBUTE.findall((tag[1] or b"").decode())}
        number = _whole(attributes.get("r"), following)
        following = number + 1
        if attributes.get("hidden") in _YES:
            found.add(number)
    return found


def _columns(content: bytes, of: int) -> set[int]:
    """Numbers of hidden columns among the first `of`, from 1; ranges may go on to the last column of a sheet."""
    found = set[int]()
    for tag in _tags(content, "col"):
        if tag.get("hidden") in _YES:
            found |= set(range(_whole(tag.get("min")), min(_whole(tag.get("max")), of) + 1))
    return found - {0}


def _whole(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else otherwise


def _ranges(numbers: list[int]) -> str:
    """Numbers in order as ranges, the first few: 5, 9 to 12 and 30 more."""
    ends: list[list[int]] = []
    for number in numbers:
        if ends and number == ends[-1][1] + 1:
            ends[-1][1] = number
        else:
            ends.append([number, number])
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in ends[:_TOLD]]
    left = sum(last - first + 1 for first, last in ends[_TOLD:])
    return ", ".join(shown) + (f" and {left:,} more" if left else "")
