"""Types of parameters that several notebooks share, and checks that open no table."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.data.ingest.vintages import is_date

Span = tuple[str, str]  # first and last period
YearOrPeriod = TypeVar("YearOrPeriod", int, str)


def in_form(says: str, **more: str) -> Any:
    """What a parameter is to look like, in words, wherever its type alone does not tell: `crimjust params` shows it.

    `more` are keywords of JSON Schema that say it to programs.
    """
    return Field(json_schema_extra={"written": says, **more})


def _written(check: Callable[[str], bool], says: str, example: str) -> tuple[Any, ...]:
    """What makes a text parameter one of a form: `says` is the form in words."""

    def checked(value: str) -> str:
        if not check(value):
            raise ValueError(f"it should be {says}, such as {example}")
        return value

    validator: Callable[[str], str] = checked
    return AfterValidator(validator), in_form(says)


def _like(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


def _is_vintage(value: str) -> bool:
    """Whether it is `latest` or a day, month or year that the calendar has."""
    return value == "latest" or is_date(value)


def _found(given: str, wanted: str = "file") -> str:
    """The path of a file, or of a folder, from the checkout, or in full outside it: a kernel works in another folder than a
    person.

    Raises
    ------
    ValueError
        If there is no such thing; an empty path asks for none.
    """
    if not given:
        return given
    is_it, is_other = (Path.is_file, Path.is_dir) if wanted == "file" else (Path.is_dir, Path.is_file)
    try:
        paths = (project.root() / given, Path(given).expanduser())
        whole = next((path.resolve() for path in paths if is_it(path)), None)
        other = whole is None and any(is_other(path) for path in paths)
    except (OSError, ValueError, RuntimeError):  # a path too long, or with a zero byte in it; the home of nobody
        whole, other = None, False
    if whole is not None and not project.is_text(str(whole)):
        raise ValueError(f"its name is no text in UTF-8; rename the {wanted}")
    if whole is None:
        what = f"that is a {'folder' if wanted == 'file' else 'file'}" if other else f"there is no such {wanted}"
        raise ValueError(f"{what}; name a {wanted}, from the checkout or in full, or leave it empty")
    home = project.root().resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


Month = Annotated[str, *_written(_like("[0-9]{4}-(0[1-9]|1[0-2])"), "a month written YYYY-MM", "2018-10")]
HalfYear = Annotated[str, *_written(_like("[0-9]{4}H[12]"), "a half-year written YYYYH1 or YYYYH2", "2017H1")]
Vintage = Annotated[str, *_written(_is_vintage, "`latest` or a date written YYYY, YYYY-MM or YYYY-MM-DD", "2025-09")]
Year = Annotated[int, Field(ge=1900, le=2100)]
SuppliedFile = Annotated[str, AfterValidator(_found), in_form("the path of a file, or empty", format="file-path")]
SuppliedFolder = Annotated[
    str,
    AfterValidator(partial(_found, wanted="folder")),
    in_form("the path of a folder, or empty", format="directory-path"),
]
ConfidenceLevel = Annotated[
    float, Field(gt=0.5, le=0.999, description="of every interval, and one less the level of tests")
]
Draws = Annotated[int, Field(ge=99, le=99_999)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="of every random draw")]


def coverage(panel: str, *columns: str) -> Span:
    """First and last period in which all columns of a panel can have a figure, by what the catalog says of each."""
    spans = [catalog.processed().coverage(panel, column) for column in columns]
    return max(first for first, _ in spans), min(last for _, last in spans)


def unbroken(panel: str, column: str) -> Span:
    """First and last period of those, without a gap to the last, in which a column of a panel by year has a figure."""
    first, last = coverage(panel, column)
    gaps = catalog.processed().gaps(panel, column)
    return (str(int(gaps[-1]) + 1) if gaps else first), last


def require_window(start: YearOrPeriod, end: YearOrPeriod, covered: Span, what: str) -> None:
    """Refuse a window that is empty or reaches beyond the periods covered by `what` it is to show.

    Raises
    ------
    ValueError
        Naming start or end, what is covered, and what to give.
    """
    first, last = (type(start)(period) for period in covered)
    if start > end:
        raise ValueError(f"the window is empty: start {start} is after end {end}")
    remedies = [f"start no earlier than {first}"] if start < first else []
    remedies += [f"end no later than {last}"] if end > last else []
    if start > last or end < first:
        remedies = ["both within"]
    if remedies:
        raise ValueError(
            f"start = {start}, end = {end}: {what} are on record from {first} to {last}; give {' and '.join(remedies)}"
        )


def require_length(start: int | str, end: int | str, fewest: int, needs: str, remedy: str = "") -> None:
    """Refuse a window of fewer periods than a model needs; `needs` says what takes them, in the plural.

    Raises
    ------
    ValueError
        Naming the window's length and the fewest periods.
    """
    has, periods = length(start, end)
    if has < fewest:
        window = f"a window of {has} {periods if has > 1 else periods[:-1]}"
        raise ValueError(
            f"start = {start}, end = {end}: {window} is too short: {needs} need at least {fewest}; "
            f"give a longer one{remedy}"
        )


def length(start: int | str, end: int | str) -> tuple[int, str]:
    """How many periods there are from start to end, both counted, and what they are: years, half-years or months."""
    if isinstance(start, int):
        return int(end) - start + 1, "years"
    mark, of_year, periods = ("H", 2, "half-years") if "H" in start else ("-", 12, "months")
    (year, part), (last_year, last_part) = (map(int, period.split(mark)) for period in (start, str(end)))
    return of_year * (last_year - year) + last_part - part + 1, periods


def require_release(vintage: str, panel: str) -> None:
    """Refuse a date before a raw table the panel is made of was first released, or after all were last.

    Raises
    ------
    ValueError
        Naming the dates between which the panel can be had.
    """
    if vintage == "latest":
        return
    from crimjust_research.data import panels  # with all panels and vocabularies, which the latest figures do not need

    stored = catalog.raw().tables()
    released = [[r.vintage for r in stored[table] if r.complete] for table in panels.declared(panel).inputs]
    first, last = max(map(min, released)), max(map(max, released))
    if vintage < first or vintage[: len(last)] > last:
        raise ValueError(f"the figures can be had as they stood from {first} to {last}; give a date within, or latest")
