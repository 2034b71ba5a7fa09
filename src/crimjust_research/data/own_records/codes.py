"""What spreadsheets make of codes that look like numbers or days: told where it can be undone, refused where it is lost."""

import re
from functools import cache
from typing import TYPE_CHECKING

from crimjust_research.data.own_records import days
from crimjust_research.data.own_records.layout import DAY, MARKS, NUMBER
from crimjust_research.data.own_records.meanings import Meaning, Unclear

if TYPE_CHECKING:
    import pandas as pd

_WITH_ZERO = r"[0-9]+\.0+"
_DECIMALS = r"[0-9]+\.[0-9]*[1-9][0-9]*"
_SHORTENED = r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,2}"
_DIGITS_KEPT = 15  # by spreadsheets, of a number
_AS_TEXT = "write the code as it was, in a cell formatted as text"
_NUMERIC_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: 00:00:00)?|[0-9]{1,2}/[0-9]{1,2}/(?:19|20)[0-9]{2}"


@cache
def _day() -> str:
    """Pattern of a day as a spreadsheet shows it, as 12-Mar or 2024-03-12."""
    months = "|".join(sorted(map(re.escape, days.months()), key=len, reverse=True))
    return rf"{_NUMERIC_DAY}|(?i:(?:[0-9]{{1,2}}-(?:{months})\.?))"


def strange(cells: "pd.Series[str]", pattern: str) -> "pd.Series[bool]":
    """Which cells of a column of codes are none, or may have been changed by a spreadsheet."""
    found = ~cells.str.fullmatch(pattern)
    if not cells.str.fullmatch(_DECIMALS).any():
        found |= cells.str.fullmatch(_WITH_ZERO)
    of_days = cells.str.fullmatch(_day())
    # Where most codes look like days, that is how they are.
    if 2 * of_days.sum() < (cells != "").sum():
        found |= of_days
    return found


def code(cell: str) -> Meaning | Unclear | None:
    """What a strange cell means as a code; None if it is taken as it stands."""
    text = cell.rstrip(MARKS)
    if cell.endswith(DAY) or re.fullmatch(_day(), text):
        return Unclear("must be a code: a spreadsheet has made a day of it", _AS_TEXT)
    if re.fullmatch(_SHORTENED, text) or (cell.endswith(NUMBER) and len(text) > _DIGITS_KEPT and text.isdigit()):
        return Unclear("must be a code: a spreadsheet has made a number of it, and digits of it are lost", _AS_TEXT)
    if re.fullmatch(_WITH_ZERO, text):
        return Meaning(text.partition(".")[0], "a code without the decimals of zero that a program has added")
    return None
