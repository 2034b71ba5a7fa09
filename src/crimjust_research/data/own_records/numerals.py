"""Numbers as officers write them: which sign is the decimal mark is decided for a column as a whole, and never guessed.

A sign before three digits, as in 1,234 and 1.234, may be a decimal mark or stand between thousands. Another number of the
column tells which, or one of another column of the file; else the cell is unclear, in a template as it is as anywhere: whoever
writes 125.000 for a hundred and twenty-five thousand fills in templates too.
"""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from crimjust_research.data.own_records.layout import NUMBER
from crimjust_research.data.own_records.meanings import Meaning, Unclear, ascii_digits

if TYPE_CHECKING:
    import pandas as pd

MARKS = (".", ",")
PLAIN = r"-?[0-9]{1,15}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?"
_EITHER = r"-?[1-9][0-9]{0,2}[.,][0-9]{3}"
_EXPONENT = "([eE][+-]?[0-9]{1,2})?"
_NAMES = {".": "points", ",": "commas", " ": "spaces"}
# Wide signs, a minus that is one, and what stands between thousands beside points and commas.
_SIGNS = str.maketrans("．，－−\u00a0\u202f\u2009\u2007\u2008\u2002\u2003'’", ".,--" + " " * 9)
_ARABIC_DECIMAL, _ARABIC_THOUSANDS = "\u066b", "\u066c"


def _shows(mark: str) -> str:
    """Pattern of numbers in which `mark` can only be the decimal mark, or another sign only stand between thousands."""
    decimal, other = re.escape(mark), re.escape(_other(mark))
    return (
        f"-?((0[0-9]*|[1-9][0-9]{{3,}}){decimal}[0-9]+|[1-9][0-9]{{0,2}}{decimal}([0-9]{{1,2}}|[0-9]{{4,}})"
        f"|[1-9][0-9]{{0,2}}(( [0-9]{{3}})+|({other}[0-9]{{3}})+){decimal}[0-9]+"
        f"|[1-9][0-9]{{0,2}}({other}[0-9]{{3}}){{2,}}){_EXPONENT}"
    )


def _other(mark: str) -> str:
    return MARKS[1 - MARKS.index(mark)]


def _written(mark: str) -> re.Pattern[str]:
    """Pattern of a number with that decimal mark: its sign and whole part, decimals, exponent."""
    decimal, other = re.escape(mark), re.escape(_other(mark))
    whole = f"-?(?:[0-9]+|[1-9][0-9]{{0,2}}(?:(?:{other}[0-9]{{3}})+|(?: [0-9]{{3}})+))"
    return re.compile(f"({whole})(?:{decimal}([0-9]+))?{_EXPONENT}")


_SHOWN = {mark: _shows(mark) for mark in MARKS}
_WRITTEN = {mark: _written(mark) for mark in MARKS}


def shown(cells: "pd.Series[str]") -> frozenset[str]:
    """The decimal marks that numbers show by themselves, as the comma in 12,5 and in 1.234,5; none that a workbook holds."""
    plain = _plain(cells)
    return frozenset(mark for mark, pattern in _SHOWN.items() if plain.str.fullmatch(pattern).any())


def mark(own: Collection[str], elsewhere: Collection[str]) -> str | None:
    """The decimal mark of a column, by its `own` numbers, or if they show none by those `elsewhere` in the file.

    A number of four digits or more without a sign tells nothing: beside 12.500 for twelve and a half thousand Spanish writes
    9000, and where several hands fill in a column one of them writes 15000 too.
    """
    told = own or elsewhere
    return next(iter(told)) if len(told) == 1 else None


def strange(cells: "pd.Series[str]") -> "pd.Series[bool]":
    """Which cells are not plainly a number as a template has it."""
    return ~cells.str.fullmatch(PLAIN) | cells.str.fullmatch(_EITHER)


def unmistakable(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Numbers as a template has them, with a decimal more where a point before three might be taken for one of thousands."""
    told = mark(shown(texts), ()) == "."
    return texts if told else texts.where(~texts.str.fullmatch(_EITHER), texts + "0")


def number(cell: str, decimal: str | None, whole: bool) -> Meaning | Unclear | None:
    """What a cell means as a number; None if it is none.

    Parameters
    ----------
    decimal : the decimal mark of its column, None if that is not known.
    whole : whether the column holds whole numbers: of two readings one that is not whole is none.
    """
    if cell.endswith(NUMBER):
        return _as_whole(cell.removesuffix(NUMBER), [], whole)
    digits = ascii_digits(cell)
    how = [] if digits == cell else ["digits of another script"]
    text = digits.translate(_SIGNS)
    if _ARABIC_DECIMAL in text or _ARABIC_THOUSANDS in text:
        text = text.replace(_ARABIC_THOUSANDS, "").replace(_ARABIC_DECIMAL, ".")
        return _as_whole(text, how, whole) if re.fullmatch(PLAIN, text) else None
    if re.fullmatch(_EITHER, text):
        sign = next(mark for mark in MARKS if mark in text)
        if decimal is None and whole and not text.endswith("000"):
            decimal = _other(sign)
        if decimal is None:
            part, decimals = text.split(sign)
            return Unclear(
                "must be a number: this may have decimals or be one of thousands, and no other number of the file tells which",
                f"write it as {part}{decimals} or as {part}.{_short(decimals)}, a point before the decimals and no other signs",
            )
        return _as_whole(*_read(text, decimal, how), whole)
    for other in MARKS:
        if _WRITTEN[other].fullmatch(text):
            return _as_whole(*_read(text, other, how), whole)
    return None


def _short(decimals: str) -> str:
    """Three decimals as fewer, or more, so that they can only be decimals."""
    return f"{decimals}0" if decimals[-1] != "0" else decimals.rstrip("0") or "0"


def _read(text: str, decimal: str, how: list[str]) -> tuple[str, list[str]]:
    """A number with that decimal mark as a template has it, and what was done to it."""
    parts = _WRITTEN[decimal].fullmatch(text)
    if parts is None:  # never: whoever asks has looked
        return text, how
    whole, decimals, exponent = parts[1], parts[2], parts[3] or ""
    between = next((sign for sign in (_other(decimal), " ") if sign in whole), "")
    how = how + ([f"{_NAMES[between]} between thousands"] if between else [])
    how = how + (["a decimal comma"] if decimals and decimal == "," else [])
    plain = whole.replace(between, "") if between else whole
    return plain + (f".{decimals}" if decimals else "") + exponent, how


def _as_whole(text: str, how: list[str], whole: bool) -> Meaning:
    """A number; of whole ones without decimals of zero, as programs write those of a column with gaps."""
    bare = re.sub(r"\.0+$", "", text) if whole else text
    return Meaning(bare, " and ".join(how if bare == text else [*how, "decimals of zero"]))


def _plain(cells: "pd.Series[str]") -> "pd.Series[str]":
    """Cells that are text, with the digits and signs that patterns know."""
    text = cells[~cells.str.endswith(NUMBER)]
    return text.map(lambda cell: ascii_digits(cell).translate(_SIGNS)).astype("str")
