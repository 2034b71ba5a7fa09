"""What stands around a value in a cell and is no part of it: signs that are not seen, apostrophes, units; words for not known."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from crimjust_research.data.own_records.layout import DAY, MARKS, NUMBER
from crimjust_research.data.own_records.meanings import Meaning, Unclear, ascii_digits
from crimjust_research.vocabulary import record_words

if TYPE_CHECKING:
    import pandas as pd

HOW_BARE = "without the signs around it"
NOT_KNOWN = "not known"
NOT_YET = "not having come yet"
# Marks of no width and of direction, which come with text copied from documents and pages.
_UNSEEN = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
# Spreadsheets take a number for text after an apostrophe, and some programs quote twice.
_AROUND = "['’\"]"
_NOTHING = re.compile(r"[-–—‒―.…/\\?_\s]+")
_PARTED = re.compile(
    r"(?P<before>[^\d+.,−-]*?)\s*(?P<number>[-−+]?[.,٫]?\d[\d.,٫٬\s'’]*(?:[eE][+-]?\d{1,2})?)\s*(?P<after>\D*)"
)
_ANY_DOLLAR = "$"


def bare(cells: "pd.Series[str]") -> "pd.Series[str]":
    """Cells without what is not seen in them, nor apostrophes and quotes at their ends; marks of a workbook stay."""
    odd = cells.str.contains(rf"{_UNSEEN}|^{_AROUND}|{_AROUND}$", regex=True)
    return cells.where(~odd, cells.map(_bare).astype("str")) if odd.any() else cells


def _bare(cell: str) -> str:
    text = re.sub(_UNSEEN, "", cell).strip()
    return re.sub(rf"^{_AROUND}+|{_AROUND}+$", "", text).strip()


def not_known(cell: str) -> bool:
    """Whether a cell says that nothing is known, in words or by a dash."""
    return bool(_NOTHING.fullmatch(cell)) or record_words.plain(cell) in record_words.unknown()


def not_yet(cell: str) -> bool:
    """Whether a cell of a day says that it has not come."""
    return record_words.plain(cell) in record_words.pending()


def numbers(cells: "pd.Series[str]", unit: str | None) -> "pd.Series[str]":
    """Cells without the units that are known beside their numbers."""
    odd = cells.str.contains(r"[^\d\s.,+−'’-]", regex=True) & ~cells.str.endswith(NUMBER)
    return cells.where(~odd, cells.map(lambda cell: _of_unit(cell, unit)[0]).astype("str")) if odd.any() else cells


def measured(cell: str, unit: str | None, read: Callable[[str], Meaning | Unclear | None]) -> Meaning | Unclear | None:
    """What a cell means as a number in a unit: converted, where another one of the same measure stands beside it.

    Parameters
    ----------
    unit : of the column, None if it has none.
    read : finds what the number alone means.
    """
    if cell.endswith(DAY):
        return Unclear(
            "must be a number: a spreadsheet has made a day of it", "write the number again, in a cell that is no date"
        )
    number, word, factor = _of_unit(cell, unit)
    if word and factor is None:
        return _of_another(word, unit)
    found = read(number)
    if not word or factor is None or found is None:
        return found
    if isinstance(found, Unclear):
        return found if factor == 1 else Unclear(found.rule, f"write it in {unit}, a point before the decimals")
    scaled = found.text if factor == 1 else _scaled(found.text or number, factor)
    how = f"with its unit, {word!r}" if factor == 1 else f"{word!r} converted to {unit}"
    return Meaning(scaled, " and ".join(part for part in (found.how, how) if part))


def _of_unit(cell: str, unit: str | None) -> tuple[str, str, Decimal | None]:
    """The number in a cell, the word beside it, and how many of `unit` that is; the cell and no word, where it is no such."""
    parts = _PARTED.fullmatch(cell) if cell and not cell.endswith(tuple(MARKS)) else None
    if parts is None:
        return cell, "", None
    words = [word for word in (parts["before"].strip(), parts["after"].strip()) if word]
    if not words:
        return cell, "", None
    known = record_words.units(unit or "")
    factors = {known.get(record_words.plain(word).rstrip(".")) for word in words}
    factor = next(iter(factors)) if len(factors) == 1 else None
    return (cell if factor is None else parts["number"].strip()), " ".join(words), factor


def _of_another(word: str, unit: str | None) -> Unclear | None:
    if unit is None:
        return None
    if word == _ANY_DOLLAR and "dollars" in unit:
        return Unclear(
            f"must be a number of {unit}: $ may stand for the money of another country",
            f"write US$ if it is in {unit}; else convert it",
        )
    return Unclear(f"must be a number ({unit}), and holds {word!r} beside it", f"write the number alone, in {unit}")


def _scaled(number: str, factor: Decimal) -> str:
    text = format(Decimal(ascii_digits(number)) * factor, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
