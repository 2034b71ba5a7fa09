"""What the columns and cells of a file of records mean, and in words how that was found.

Every cell that is written in several rows is looked at once. What cannot be understood stays as it is, for the checks to find.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from re import split
from typing import TYPE_CHECKING, Any

from crimjust_research.data.own_records import codes, days, numerals, surroundings
from crimjust_research.data.own_records.layout import MARKS, Cells
from crimjust_research.data.own_records.meanings import Meaning, Unclear
from crimjust_research.data.own_records.schemas import Column, Kind
from crimjust_research.vocabulary import record_words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# Finds what a cell means: a text as a template has it, why it is unclear, or nothing where it is neither.
Reader = Callable[[str], Meaning | Unclear | None]
_NUMBERS = ("number", "integer")
_SHOWN = 5
_WORD = "what the word means"
_ERROR = r"#[¡¿]?[A-Za-zÀ-ÿ0-9/_]+[!?]|#N/[AD]|#GETTING_DATA|Err:[0-9]{3}"
_SHOWS_ERROR = Unclear(
    "the spreadsheet shows an error there", "mend the cell in the spreadsheet, or empty it where nothing is known"
)
_FORMULA = Unclear(
    "is a formula without its result", "open the file in a spreadsheet and save it again, or write the result itself"
)
_SEXES = ("female", "male")
_AMBIGUOUS_M = Unclear(
    "must be female or male: M may stand for masculino or for mujer, and no F or H of the column tells which",
    "write female or male",
)
_AMBIGUOUS_CROSS = Unclear(
    "must be true or false: a cross may say yes or no, beside other words than crosses and ticks", "write yes or no"
)
_AMBIGUOUS_MARK = Unclear(
    "must be true or false: a mark of a cross may say yes or no, and no tick of the column tells which",
    "write yes or no",
)
_AMBIGUOUS_EMPTY = Unclear(
    "is empty beside cells that are ticked: it may say no, or that nothing is known",
    "write no, or n/a where it is not known",
)
_AMBIGUOUS_COUNTRY = Unclear(
    "must be a country: this may be the two letters of one or say that none is known",
    "write the country's name or three letters, or leave the cell empty",
)
_MARKS_OF_CROSSES = frozenset(("✕", "✖", "✗", "✘"))
_CROSSES = _MARKS_OF_CROSSES | {"x", "×"}
_TICKS = frozenset(("✓", "✔", "✔️", "☑", "√"))
_BETWEEN = r"[;,|/\n]"  # signs between several of what a column holds, beside spaces


@dataclass(frozen=True)
class Understood:
    """A column of a file: its heading there, what each row holds, and what each cell means that is not empty of meaning.

    `cells` and `meant` hold each cell once, as written and as a template has it; `number` gives each row's place in them.
    `how` tells by place how a cell was understood that is written otherwise, `unclear` why one is not.
    """

    heading: str
    number: "np.ndarray[Any, Any]"
    cells: "pd.Series[str]"
    meant: "pd.Series[str]"
    how: Mapping[int, str]
    unclear: Mapping[int, Unclear]

    def written(self) -> "np.ndarray[Any, Any]":
        """Each row's cell as the file has it."""
        cells = self.cells.str.rstrip(MARKS)
        return cells.take(self.number).to_numpy()

    def filled(self) -> "np.ndarray[Any, Any]":
        """Whether each row's cell means anything."""
        return (self.meant != "").to_numpy().take(self.number)

    def rows(self) -> Sequence[int]:
        """In how many rows each cell stands."""
        import numpy as np

        return [int(n) for n in np.bincount(self.number, minlength=len(self.cells))]


def placed(header: Sequence[str], kind: Kind) -> dict[str, list[int]]:
    """Places in a header by the column each names: a template's, or what stands there where it is none."""
    found: dict[str, list[int]] = {}
    for place, heading in enumerate(header):
        found.setdefault(_named(heading, kind), []).append(place)
    return found


def fit(header: Sequence[str], kind: Kind) -> int:
    """How many of a kind's columns a row of cells names."""
    return len({name for heading in header if (name := _named(heading, kind)) in kind.columns})


def understood(cells: Cells, kind: Kind) -> dict[str, Understood]:
    """The columns of a template that a table has once, with what their cells mean."""
    places = {
        name: found[0] for name, found in placed(cells.header, kind).items() if name in kind.columns and len(found) == 1
    }
    distinct = {
        name: _distinct(cells.whole[place], kind.columns[name].holds == "code") for name, place in places.items()
    }
    bare = {name: surroundings.bare(once) for name, (_, once) in distinct.items()}
    readers = _readers(bare, kind, cells.counts_days)
    columns = {}
    for name, (number, once) in distinct.items():
        strange = _strange(bare[name], kind.columns[name]) | (bare[name] != once)
        meaning = _meanings(once[strange], bare[name], readers[name], kind.columns[name])
        meaning |= _beside_ticks(bare[name], kind.columns[name]) | _without_value(once)
        columns[name] = _understood(cells.header[places[name]], number, once, meaning)
    return columns


def _strange(cells: "pd.Series[str]", column: Column) -> "pd.Series[bool]":
    """Which cells of a column are to be looked at: those that are not plainly what a template has."""
    if column.holds == "number":
        return numerals.strange(cells)
    return codes.strange(cells, str(column.field().constraints["pattern"])) if column.holds == "code" else cells != ""


def _distinct(column: "pd.Series[str]", each: bool) -> "tuple[np.ndarray[Any, Any], pd.Series[str]]":
    """Each row's place among the distinct cells of a column, and these; all cells, where each row has its own."""
    import numpy as np
    import pandas as pd

    if each:
        return np.arange(len(column)), column.reset_index(drop=True)
    number, cells = pd.factorize(column)
    return number, pd.Series(cells.to_numpy(), dtype="str")


def told(columns: Mapping[str, Understood], cells: Cells) -> tuple[str, ...]:
    """In words what of a table is not as in a template, and how it was understood."""
    renamed = [f"{column.heading!r} as {name}" for name, column in columns.items() if column.heading != name]
    headings = [f"columns: {', '.join(renamed)}"] if renamed else []
    return (*cells.said, *headings, *(line for name, column in columns.items() for line in _told(name, column)))


def _named(heading: str, kind: Kind) -> str:
    """The column that a heading names, by itself or in several languages, as in País / Country; else the heading."""
    if heading in kind.columns:
        return heading
    if name := kind.headings.get(record_words.heading(heading)):
        return name
    parts = {kind.headings.get(record_words.heading(part)) for part in split(r"[/|()\n]", heading) if part.strip()}
    return next(iter(parts)) or heading if len(parts) == 1 else heading


def _readers(distinct: "Mapping[str, pd.Series[str]]", kind: Kind, counts_days: bool) -> dict[str, Reader]:
    """What finds out what a cell means, by column; what columns of days and numbers show, they show for all of them."""
    of_days = {name: days.orders(cells) for name, cells in distinct.items() if kind.columns[name].holds == "date"}
    short = {name: days.short_orders(distinct[name]) for name in of_days}
    unitless = {
        name: surroundings.numbers(cells, kind.columns[name].unit)
        for name, cells in distinct.items()
        if kind.columns[name].holds in _NUMBERS
    }
    of_numbers = {name: numerals.shown(cells) for name, cells in unitless.items()}
    orders, marks = (frozenset().union(*shown.values()) for shown in (of_days, of_numbers))
    orders |= {order for found in short.values() if found and len(found) == 1 for order in found} - {days.YEAR_FIRST}
    found: dict[str, Reader] = {}
    for name, cells in distinct.items():
        column = kind.columns[name]
        if name in of_days:
            order = days.order(of_days[name], orders)
            by_point = order if of_days[name] else days.DAY_FIRST
            found[name] = partial(
                days.day,
                order=order,
                by_point=by_point,
                short=days.short_order(short[name], order),
                counted=counts_days,
            )
        elif name in of_numbers:
            mark = numerals.mark(of_numbers[name], marks)
            number = partial(numerals.number, decimal=mark, whole=column.holds == "integer")
            found[name] = partial(surroundings.measured, unit=column.unit, read=number)
        elif column.accepted() == _SEXES:
            found[name] = partial(_sex, letters=frozenset(map(record_words.plain, cells)), column=column)
        elif column.holds == "boolean":
            found[name] = partial(_truth, beside=frozenset(map(record_words.plain, cells)))
        else:
            found[name] = codes.code if column.holds == "code" else partial(_worded, column=column)
    return found


def _sex(cell: str, letters: Collection[str], column: Column) -> Meaning | Unclear | None:
    """What a cell means as a sex: beside an H (hombre, homme, homem) an M is that of mujer or mulher, beside an F a man's."""
    letter = record_words.plain(cell)
    if letter == "m" and ("h" in letters) == ("f" in letters):
        return _AMBIGUOUS_M
    of_women = {"f": True, "h": False, "m": "h" in letters}
    if letter in of_women:
        return Meaning(_SEXES[0] if of_women[letter] else _SEXES[1], _WORD)
    return _worded(cell, column)


def _truth(cell: str, beside: Collection[str]) -> Meaning | Unclear | None:
    """What a cell means as a truth value: an x says yes where nothing but crosses stands, and any cross no beside ticks."""
    word = record_words.plain(cell)
    if word in _CROSSES:
        others = {other for other in beside if other and other not in _CROSSES and not surroundings.not_known(other)}
        if others - _TICKS:
            return _AMBIGUOUS_CROSS
        if word in _MARKS_OF_CROSSES and not others:
            return _AMBIGUOUS_MARK
        return Meaning("false" if others else "true", _WORD)
    return Meaning("true", _WORD) if word in _TICKS else _as_meaning(record_words.booleans().get(word))


def _beside_ticks(cells: "pd.Series[str]", column: Column) -> dict[int, Unclear]:
    """Empty cells of a column in which others are ticked off, and none says no."""
    if column.holds != "boolean":
        return {}
    words = {record_words.plain(cell) for cell in cells if cell and not surroundings.not_known(cell)}
    ticked = bool(words) and (words <= _CROSSES or words <= _TICKS)
    return {int(str(place)): _AMBIGUOUS_EMPTY for place in cells.index[cells == ""]} if ticked else {}


def _worded(cell: str, column: Column) -> Meaning | None:
    """What a cell of words means in a column: codes parted by spaces, a truth value, a choice or a country, or some of them."""
    if column.holds == "codes":
        text = " ".join(part for part in split(rf"{_BETWEEN.replace('/', '')}|\s", cell) if part)
        return Meaning(text, "codes parted by spaces")
    if column.holds in ("country", "countries"):
        one: Callable[[str], str | None] = record_words.country
    else:
        words = record_words.choices(column.accepted())

        def one(word: str) -> str | None:
            return words.get(record_words.plain(word))

    several = column.holds in ("countries", "choices")
    return _as_meaning(one(cell) or (_several(cell, one) if several else None))


def _as_meaning(text: str | None) -> Meaning | None:
    return None if text is None else Meaning(text, _WORD)


def _several(cell: str, one: Callable[[str], str | None]) -> str | None:
    """What each part of a cell means, parted by spaces; None if one of them means nothing."""
    for sign in (_BETWEEN, r"\s+"):
        parts = [one(part.strip()) for part in split(sign, cell) if part.strip()]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            return " ".join(known)
    return None


def _meanings(
    cells: "pd.Series[str]", bare: "pd.Series[str]", reader: Reader, column: Column
) -> dict[int, Meaning | Unclear]:
    """What cells that are not empty mean where it is not what they say, by their places."""
    written = {int(str(place)): cell for place, cell in cells[cells != ""].items()}
    found = {place: _meaning(cell, bare[place], reader, column) for place, cell in written.items()}
    return {place: meant for place, meant in found.items() if meant is not None}


def _meaning(cell: str, bare: str, reader: Reader, column: Column) -> Meaning | Unclear | None:
    """What a cell means, by what is left of it without the signs around it."""
    if not bare:
        return Meaning("", surroundings.HOW_BARE)
    found = reader(bare)
    if found is None and surroundings.not_known(bare):
        return Meaning("", surroundings.NOT_KNOWN)
    if isinstance(found, Meaning) and column.holds == "country" and surroundings.not_known(bare):
        return _AMBIGUOUS_COUNTRY
    if found is None and column.holds == "date" and not column.required and surroundings.not_yet(bare):
        return Meaning("", surroundings.NOT_YET)
    if found is None:
        return Meaning(bare.rstrip(MARKS), surroundings.HOW_BARE) if bare != cell else None
    return found._replace(how=surroundings.HOW_BARE) if isinstance(found, Meaning) and not found.how else found


def _without_value(cells: "pd.Series[str]") -> dict[int, Unclear]:
    """Cells in which a spreadsheet shows an error, in whatever language, or has a formula without its result."""
    errors, formulas = cells.str.fullmatch(_ERROR), cells.str.startswith("=")
    return {int(str(place)): _SHOWS_ERROR for place in cells.index[errors]} | {
        int(str(place)): _FORMULA for place in cells.index[formulas]
    }


def _understood(
    heading: str, number: "np.ndarray[Any, Any]", cells: "pd.Series[str]", meanings: Mapping[int, Meaning | Unclear]
) -> Understood:
    texts, how, unclear = dict[int, str](), dict[int, str](), dict[int, Unclear]()
    meant = cells.str.rstrip(MARKS)
    for place, found in meanings.items():
        if isinstance(found, Unclear):
            unclear[place] = found
        elif found.text != meant[place]:
            texts[place], how[place] = found
    if texts:
        meant = type(cells)([texts.get(place, cell) for place, cell in enumerate(meant)], dtype="str")
    return Understood(heading, number, cells, meant, how, unclear)


def _told(name: str, column: Understood) -> Iterable[str]:
    """How the cells of a column were understood, those alike together, with a few of them and in how many rows they stand."""
    rows = column.rows()
    alike: dict[str, list[int]] = {}
    for place, how in column.how.items():
        same = how == _WORD and record_words.plain(column.cells[place]) == record_words.plain(column.meant[place])
        if not same:
            alike.setdefault(how, []).append(place)
    if {days.DAY_FIRST, days.MONTH_FIRST} & set(alike) and days.may_be_exchanged(column.cells):
        yield (
            f"{name}: no day that is a date is above the twelfth of its month, and each that is text is: a spreadsheet of "
            "another language may have exchanged day and month in the dates; compare some with what they were taken from"
        )
    for how, places in alike.items():
        first = sorted(places, key=lambda place: -rows[place])[:_SHOWN]
        more = f" and {len(places) - len(first):,} others" if len(places) > len(first) else ""
        if how == _WORD:
            shown = ", ".join(f"{column.cells[at]!r} as {column.meant[at]} in {_of(rows[at])}" for at in first)
            yield f"{name}: {shown}{more}"
        else:
            count = sum(rows[place] for place in places)
            cell, meant = column.cells[first[0]].rstrip(MARKS), column.meant[first[0]]
            yield f"{name}: {_of(count)} as {how}, such as {cell!r}" + (f" for {meant}" if meant else "")


def _of(rows: int) -> str:
    return f"{rows:,} row" if rows == 1 else f"{rows:,} rows"
