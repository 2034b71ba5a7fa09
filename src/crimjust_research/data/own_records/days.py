"""Days as officers write them: whether day or month comes first is decided for a column as a whole, and never guessed.

A number above 12 in any cell of the column, or of another column of days in the file, tells which part is the day. With points
between them the day comes first, as wherever points are used. A year of two digits is one from 2000 to 2049; where hyphens
part the day it may stand first too.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

from crimjust_research.data.own_records.layout import MARKS
from crimjust_research.data.own_records.meanings import Meaning, Unclear, ascii_digits
from crimjust_research.vocabulary.record_words import LANGUAGES, plain

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day/month/year", "month/day/year", "year/month/day"
_TIME = re.compile(r"[ T]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[ap]\.? ?m\.?)?Z?", re.IGNORECASE)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR_FIRST = re.compile(r"([0-9]{4}) ?([/.\- ]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2}) ?([/.\- ]) ?([0-9]{1,2}) ?\2 ?([0-9]{4})")
_SHORT_YEAR = re.compile(r"([0-9]{1,2}) ?([/.\- ]) ?([0-9]{1,2}) ?\2 ?'?([0-9]{1,2})")
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_COUNT = re.compile(r"[1-9][0-9]{4}(\.[0-9]+)?")
_IN_WORDS = re.compile(r"[a-z0-9 .,/'-]+")
_ORDINAL = re.compile(r"(?<=[0-9])(er|st|nd|rd|th|ro|o)\b")
_UNHEARD = ("de", "del", "of", "the", "do", "le", "el")
_FROM, _TO = 1900, 2100
MUST = "must be a day such as 2023-07-31"
_SHORT = Unclear(
    f"{MUST}: this has a year of two digits, and no day of the file tells which part is what",
    "write days as 2024-01-31",
)
_TWO_DIGITS = "a year of two digits"
_CENTURY, _LAST_SHORT = 2000, 49
# Spreadsheets count days from here: they take 1900 for a leap year, and begin with 1. Earlier and later ones are numbers.
_COUNTED_FROM = date(1899, 12, 30)
_COUNTED = (date(1990, 1, 1), date(2049, 12, 31))


def orders(cells: Iterable[str]) -> frozenset[str]:
    """The orders that days show by themselves: 13/05/2020 has the day first, 05/13/2020 the month."""
    found = set()
    for cell in cells:
        if parts := _YEAR_LAST.fullmatch(_bare(cell)):
            first, second = int(parts[1]), int(parts[3])
            if (first > 12) != (second > 12):
                found.add(DAY_FIRST if first > 12 else MONTH_FIRST)
    return frozenset(found)


def short_orders(cells: Iterable[str]) -> frozenset[str] | None:
    """The orders that all days with a year of two digits could be in; None where there is no such day."""
    found: frozenset[str] | None = None
    for cell in cells:
        if parts := _SHORT_YEAR.fullmatch(_bare(cell)):
            possible = frozenset(_short_readings(parts))
            found = possible if found is None else found & possible
    return found


def short_order(possible: Collection[str] | None, order: str | None) -> str | None:
    """The order of days with a year of two digits, by those `possible` for all of the column and that of its other days."""
    if not possible or len(possible) == 1:
        return next(iter(possible or ()), None)
    return order if order in possible and YEAR_FIRST not in possible else None


def _short_readings(parts: re.Match[str]) -> dict[str, date]:
    """What a day with a year of two digits may be, by the order of its parts."""
    first, sign, second, third = parts.groups()
    orders = {DAY_FIRST: (third, second, first)}
    if sign != ".":
        orders[MONTH_FIRST] = (third, first, second)
    if sign == "-":
        orders[YEAR_FIRST] = (first, second, third)
    found = {}
    for order, (year, month, of_month) in orders.items():
        if len(year) == 2 and int(year) <= _LAST_SHORT:
            try:
                found[order] = date(_CENTURY + int(year), int(month), int(of_month))
            except ValueError:
                continue
    return found


def may_be_exchanged(cells: Iterable[str]) -> bool:
    """Whether a spreadsheet may have read some days of a column in the wrong order.

    One that takes 03/05/2020 for a date by the order of its own language leaves 13/05/2020 as text: then no day that became a
    date is above the twelfth, and each that stayed text is.
    """
    bare = [_bare(cell) for cell in cells]
    dates = [text for text in bare if _ISO.fullmatch(text)]
    texts = [parts for text in bare if (parts := _YEAR_LAST.fullmatch(text))]
    return (
        bool(dates and texts)
        and all(int(text[-2:]) <= 12 for text in dates)
        and all(max(int(parts[1]), int(parts[3])) > 12 for parts in texts)
    )


def order(own: Collection[str], elsewhere: Collection[str]) -> str | None:
    """The order of a column, by what its `own` days show, or if they show none by those `elsewhere` in the file."""
    told = own or elsewhere
    return next(iter(told)) if len(told) == 1 else None


def day(
    cell: str, order: str | None, by_point: str | None, short: str | None = None, counted: bool = True
) -> Meaning | Unclear | None:
    """What a cell means as a day; None if it is none.

    Parameters
    ----------
    order : of its column, None if that is not known.
    by_point : the order where points stand between the parts.
    short : the order where the year has two digits.
    counted : whether a number may be a day as spreadsheets count them.
    """
    text = _bare(cell)
    if _COUNT.fullmatch(text):
        return _from_count(text, counted)
    if parts := _COMPACT.fullmatch(text):
        return _meaning(int(parts[1]), int(parts[2]), int(parts[3]), "year, month and day")
    if parts := _YEAR_FIRST.fullmatch(text):
        how = "" if cell == text and _ISO.fullmatch(text) else "year/month/day"
        return _meaning(int(parts[1]), int(parts[3]), int(parts[4]), how)
    if parts := _YEAR_LAST.fullmatch(text):
        first, second, year = int(parts[1]), int(parts[3]), int(parts[4])
        known = by_point if parts[2] == "." else order
        if max(first, second) > 12:
            known = DAY_FIRST if first > 12 else MONTH_FIRST
        if known is None and first != second:
            return Unclear(
                f"{MUST}: this may be day/month or month/day, and no day of the file tells which",
                "write the days of the column as 2024-01-31; in a spreadsheet, format them so",
            )
        month, of_month = (first, second) if known == MONTH_FIRST else (second, first)
        return _meaning(year, month, of_month, known or DAY_FIRST)
    text = plain(text)
    if parts := _SHORT_YEAR.fullmatch(_bare(cell)):
        readings = _short_readings(parts)
        if not readings:
            return None
        if short not in readings and len(set(readings.values())) > 1:
            return _SHORT
        order_of_it = short if short in readings else next(iter(readings))
        return Meaning(readings[order_of_it].isoformat(), f"{order_of_it} with {_TWO_DIGITS}")
    return _in_words(text) if _IN_WORDS.fullmatch(text) else None


def _in_words(text: str) -> Meaning | Unclear | None:
    """A day whose month is a word, as "5 de mayo de 2020" or "Tuesday, May 5, 2020"."""
    words = re.findall("[a-z]+|[0-9]+", _ORDINAL.sub(" ", text))
    words = [word for word in words if word not in _UNHEARD and word not in _weekdays()]
    named = [months()[word] for word in words if word in months()]
    numbers = [word for word in words if word.isdigit()]
    if len(words) != 3 or len(named) != 1 or len(numbers) != 2:
        return None
    years = [number for number in numbers if len(number) == 4]
    if not years and len(numbers[1]) == 2 and words[2] == numbers[1]:  # whatever stands first, the year is the last
        of_month, year = int(numbers[0]), int(numbers[1])
        if of_month > 31 or year > _LAST_SHORT:
            return _SHORT
        return _meaning(_CENTURY + year, named[0], of_month, f"a month in words with {_TWO_DIGITS}")
    if len(years) != 1:
        return None
    (the_day,) = (number for number in numbers if len(number) != 4)
    return _meaning(int(years[0]), named[0], int(the_day), "a month in words")


def _from_count(text: str, counted: bool) -> Meaning | Unclear:
    """A day that stands as the number by which a spreadsheet counts it."""
    found = _COUNTED_FROM + timedelta(days=int(text.partition(".")[0]))
    if counted and _COUNTED[0] <= found <= _COUNTED[1]:
        return Meaning(found.isoformat(), "days as a spreadsheet counts them")
    return Unclear(
        f"{MUST}: this is a number, as a spreadsheet counts days",
        "format the column as dates, as 2024-01-31, and save it again",
    )


def _meaning(year: int, month: int, of_month: int, how: str) -> Meaning | Unclear | None:
    try:
        found = date(year, month, of_month)
    except ValueError:
        return None
    if not _FROM <= year <= _TO:
        return Unclear(
            f"{MUST}, from {_FROM} to {_TO}", "correct the year; write days by the Gregorian calendar, as 2024-01-31"
        )
    return Meaning(found.isoformat(), how)


def _bare(cell: str) -> str:
    """A cell with digits that patterns know, without a time of the day."""
    text = ascii_digits(cell.rstrip(MARKS))
    for wide, sign in (("／", "/"), ("．", "."), ("－", "-"), ("\u00a0", " ")):
        text = text.replace(wide, sign)
    at = _TIME.search(text)
    return text[: at.start()] if at and at.end() == len(text) else text


@cache
def months() -> Mapping[str, int]:
    """Months by their names and abbreviations in the programme's languages, as CLDR has them: no two share one."""
    from babel import Locale

    return MappingProxyType(
        {
            plain(name).strip("."): number
            for language in (*LANGUAGES, "fr_CA")
            for form in ("wide", "abbreviated")
            for number, name in Locale.parse(language).months["format"][form].items()
        }
    )


@cache
def _weekdays() -> frozenset[str]:
    """The words of the names of the days of the week, none of which is that of a month."""
    from babel import Locale

    names = (name for language in LANGUAGES for name in Locale(language).days["format"]["wide"].values())
    return frozenset(word for name in names for word in plain(name).split())
