"""What stands between and below records and is none: the header once more, totals, notes. Left out where that is certain.

All else stays, for the checks to find: no row is left out because something is wrong with it.
"""

import re
from collections.abc import Mapping, Sequence
from math import isclose
from typing import TYPE_CHECKING

from crimjust_research.data.own_records import numerals
from crimjust_research.data.own_records.layout import MARKS, Cells
from crimjust_research.data.own_records.meanings import Meaning
from crimjust_research.data.own_records.schemas import Kind
from crimjust_research.data.own_records.surroundings import not_known
from crimjust_research.data.own_records.understanding import placed
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import record_words

if TYPE_CHECKING:
    pass

HEADER, TOTAL, SUM, NOTE = "the header once more", "a total", "the sum of the rows above", "a note"
NOTHING = "nothing that is known"
_TOTAL = re.compile(
    r"((sub|sous|grand|gran|overall|sum|suma|somme|soma) ?)?(total|totale|totals|totales|totaux|totais)\b.*"
    r"|(sum|suma|somme|soma)\b.*"
)
_NOTE = re.compile(
    r"(sources?|notes?|notas?|remarques?|fuentes?|fontes?|elabora\w*|prepared|compiled|updated|actualizad[ao]|atualizad[ao]|"
    r"observ\w*|obs)\b.*|[*†].*\w.*"
)
_NOTE_WORDS = 4
_LEAST_OF_A_HEADER = 2  # cells
_WITH_DIGITS = ("code", "date", "number", "integer")
_MEASURES = ("number", "integer")
_TOLD = 10


def records_only(cells: Cells, kind: Kind) -> Cells:
    """The table without the rows that are certainly no records; `said` tells which these are, by their numbers.

    A total says so in its first cell and holds nothing but numbers beside, or holds the sums of the rows above alone. A note
    is a single cell that says so, or of several words below the last record.

    Raises
    ------
    DataError
        If no record is left.
    """
    columns = {
        place: name for name, places in placed(cells.header, kind).items() if name in kind.columns for place in places
    }
    suspects = _suspects(cells, kind, columns)
    last = max(
        [*cells.whole.index.difference(list(suspects)).tolist(), *(set(cells.ragged) - set(suspects))],
        default=cells.row,
    )
    left: dict[str, list[int]] = {}
    for number, row in sorted(suspects.items()):
        filled = {place: cell.rstrip(MARKS) for place, cell in enumerate(row) if cell}
        what = _what(filled, kind, columns, below=number > last)
        if not what and _is_sum(cells, number, filled, kind, columns):
            what = SUM
        if what:
            left.setdefault(what, []).append(number)
    gone = {number for numbers in left.values() for number in numbers}
    if not gone:
        return cells
    whole = cells.whole[~cells.whole.index.isin(list(gone))]
    ragged = {number: row for number, row in cells.ragged.items() if number not in gone}
    said = (*cells.said, *(f"{_named(numbers)} left out, as {what}" for what, numbers in left.items()))
    if whole.empty and not ragged:
        raise DataError(f"the table holds no record: {'; '.join(said)}; fill in a row for each")
    return cells._replace(whole=whole, ragged=ragged, said=said)


def _suspects(cells: Cells, kind: Kind, columns: Mapping[int, str]) -> dict[int, list[str]]:
    """The rows that lack something a record must have, by their numbers."""
    required = [place for place, name in columns.items() if kind.columns[name].required]
    of_digits = [place for place in required if kind.columns[columns[place]].holds in _WITH_DIGITS]
    if not of_digits:
        return dict(cells.ragged)
    whole = cells.whole
    odd = (whole[required] == "").any(axis=1) | ~whole[of_digits[0]].str.contains(r"\d", regex=True)
    return cells.ragged | {int(number): list(row) for number, *row in whole[odd].itertuples()}


def _what(filled: Mapping[int, str], kind: Kind, columns: Mapping[int, str], *, below: bool) -> str:
    """What a row that is no record is, in words; nothing where it may be one."""
    words = {place: placed([cell], kind) for place, cell in filled.items()}
    if len(filled) >= _LEAST_OF_A_HEADER and all(columns.get(place) in named for place, named in words.items()):
        return HEADER
    if all(map(not_known, filled.values())):
        return NOTHING
    first, *others = filled
    said = record_words.plain(filled[first])
    if _TOTAL.fullmatch(said) and all(_is_measure(filled[place], place, kind, columns) for place in others):
        return TOTAL
    alone = not others
    of_words = all(place not in columns or kind.columns[columns[place]].holds not in _WITH_DIGITS for place in others)
    if _NOTE.fullmatch(said) and (alone or (below and of_words)):
        return NOTE
    return NOTE if alone and below and len(said.split()) >= _NOTE_WORDS else ""


def _is_measure(cell: str, place: int, kind: Kind, columns: Mapping[int, str]) -> bool:
    """Whether a cell beside the word total holds a number, and nothing by which a record would be known."""
    of_measures = place in columns and kind.columns[columns[place]].holds in _MEASURES
    return of_measures or not_known(cell) or not re.search(r"[^\W\d_]", cell)


def _is_sum(cells: Cells, number: int, filled: Mapping[int, str], kind: Kind, columns: Mapping[int, str]) -> bool:
    """Whether a row holds numbers alone, each the sum of those above it, by either decimal mark."""
    if not filled or any(
        place not in columns or kind.columns[columns[place]].holds not in _MEASURES for place in filled
    ):
        return False
    above = cells.whole[cells.whole.index < number]
    for mark in numerals.MARKS:
        told = {place: _number(cell, mark) for place, cell in filled.items()}
        sums = {place: above[place].map(lambda cell, mark=mark: _number(cell, mark)).sum() for place in filled}
        if len(above) > 1 and all(
            value is not None and isclose(value, sums[place], rel_tol=1e-9) for place, value in told.items()
        ):
            return True
    return False


def _number(cell: str, mark: str) -> float | None:
    if not cell:
        return None
    found = numerals.number(cell, mark, whole=False)
    return float(found.text) if isinstance(found, Meaning) else None


def _named(numbers: Sequence[int]) -> str:
    shown = ", ".join(f"{number:,}" for number in numbers[:_TOLD])
    more = f" and {len(numbers) - _TOLD:,} more" if len(numbers) > _TOLD else ""
    return f"row{'s' if len(numbers) > 1 else ''} {shown}{more}"
