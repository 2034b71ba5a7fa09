"""Exports of CDC WONDER's query systems: rows as text, totals, and the query they answer.

An export is tab-delimited, or as a spreadsheet saved it, with a footer of prose after a line of dashes that holds the
query; `Total` rows stand among the others. WONDER has no address that serves a file, so its readers say how to export
one by hand.
"""

import csv
import re
from calendar import month_abbr
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest.files import cells, refuse, spelt, text
from crimjust_research.data.tables import Source
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MULTIPLE_CAUSE = Source("CDC WONDER, Multiple Cause of Death", "https://wonder.cdc.gov/mcd-icd10.html")
PROVISIONAL = Source("CDC WONDER, Provisional Mortality", "https://wonder.cdc.gov/mcd-icd10-provisional.html")

MONTHS = {name: f"{number:02}" for number, name in enumerate(month_abbr) if name}

_DASHES = "---"
_FOOTER = re.compile(r'^"?---"?[\t,; ]*$', re.MULTILINE)
# A line of the query is a name and a value; one without a name is the rest of a long one, which WONDER wraps at 128.
_LINE = re.compile(r"([^:]{1,80}):(?: (.*)|$)")
_SHORTEST_WRAPPED = 90
_PARAMETERS, _DATABASE, _QUERY_DATE = "Query Parameters:", "Dataset: ", "Query Date: "
_TOTAL = "Total"


@dataclass(frozen=True)
class Export:
    """An export: its rows as text, its `Total` rows, and of its footer the database, the query and the day of it.

    `query` holds the value of each line by its name.
    """

    path: Path
    rows: "pd.DataFrame"
    totals: "pd.DataFrame"
    database: str
    query: Mapping[str, str]
    query_date: str


def read_export(path: Path, columns: Collection[str]) -> Export:
    """The export in a file, its columns named as in `columns`, whatever their case and space.

    Raises
    ------
    DataError
        If it has no footer, or one without the query or its date, a row of another length than its header, or an
        unknown word among its notes.
    """
    content = text(path).replace("\r\n", "\n").replace("\r", "\n")
    parts = _FOOTER.split(content, maxsplit=1)
    if len(parts) == 1:
        raise DataError(
            f"{path}: there is no line of dashes after the figures, so the file was cut off or its footer taken out; "
            "export the query again and keep the footer"
        )
    sign = foreign.delimiter(content)
    footer = [_unquoted(line, sign) for line in parts[1].splitlines()]
    if sum(line.startswith(_DATABASE) for line in footer) > 1:
        raise DataError(f"{path} holds a second export behind its footer; give each export as a file of its own")
    frame = spelt(cells(path, parts[0], sign), columns)
    is_total = frame["Notes"] == _TOTAL
    refuse(path, frame["Notes"][~is_total & (frame["Notes"] != "")], f"must be empty or {_TOTAL!r}; export it again")
    database = next((line.removeprefix(_DATABASE) for line in footer if line.startswith(_DATABASE)), "")
    return Export(path, frame[~is_total], frame[is_total], database, _query(path, footer), _query_date(path, footer))


def _unquoted(line: str, sign: str) -> str:
    """A line of the footer without the quotes around it, and without the empty cells a spreadsheet adds."""
    return f"{sign} ".join(cell.strip() for cell in next(csv.reader([line], delimiter=sign), []) if cell.strip())


def _query(path: Path, footer: Sequence[str]) -> Mapping[str, str]:
    """The lines of the query, each whole again: WONDER wraps long ones."""
    if _PARAMETERS not in footer:
        raise DataError(
            f"{path}: the footer has no line {_PARAMETERS!r}, so the file does not say which deaths it counts; export "
            "the query again and keep its footer"
        )
    query: dict[str, str] = {}
    name, before = "", ""
    for line in footer[footer.index(_PARAMETERS) + 1 :]:
        if line == _DASHES:
            return query
        if found := _LINE.match(line):
            name = found[1]
            if name in query:
                raise DataError(f"{path}: the query has the line {name!r} twice; query it once")
            query[name] = found[2] or ""
        elif len(before) >= _SHORTEST_WRAPPED:
            query[name] = f"{query[name]} {line}".strip()
        elif line:
            raise DataError(f"{path}: the query has the line {line!r}, which is no name and value; export it again")
        before = line
    raise DataError(f"{path}: the footer ends within the query; export the query again and keep its footer")


def _query_date(path: Path, footer: Sequence[str]) -> str:
    """Day the query was run, YYYY-MM-DD."""
    line = next((line for line in footer if line.startswith(_QUERY_DATE)), "")
    found = re.match(rf"{_QUERY_DATE}(\w{{3}}) ([0-9]{{1,2}}), ([0-9]{{4}})", line)
    if not found or found[1] not in MONTHS:
        raise DataError(f"{path}: the footer gives no query date; export the query again and keep its footer")
    return f"{found[3]}-{MONTHS[found[1]]}-{int(found[2]):02}"


def calendar_months(path: Path, codes: "pd.Series[str]", labels: "pd.Series[str]") -> "pd.Series[str]":
    """WONDER's month codes, YYYY/MM, as YYYY-MM.

    Raises
    ------
    DataError
        If a code is none, or the label beside it ("Jan., 2018") names another month.
    """
    refuse(path, codes[~codes.str.fullmatch(r"[0-9]{4}/(0[1-9]|1[0-2])")], "must be a month, YYYY/MM; export it again")
    named = labels.str.extract(r"^(\w{3})\.?, ([0-9]{4})\b")
    refuse(
        path,
        labels[named[1] + "/" + named[0].map(MONTHS) != codes],
        "must name the month of the code beside it; export it again",
    )
    return codes.str.replace("/", "-")


def check_continuous(series: str, months: "pd.Series[str]", paths: Sequence[Path]) -> None:
    """Refuse, with DataError, months of a series that are given twice or missing between the first and the last."""
    import pandas as pd

    names = ", ".join(str(path) for path in paths)
    twice = months[months.duplicated()]
    if len(twice):
        raise DataError(f"{names}: {series} has {twice.iloc[0]} twice; leave out one of the files that hold it")
    expected = pd.period_range(months.min(), months.max(), freq="M").astype("str")
    missing = sorted(set(expected) - set(months))
    if missing:
        raise DataError(
            f"{names}: {series} lacks {', '.join(missing[:12])}, between {months.min()} and {months.max()}; "
            "add the file that holds them"
        )


def statuses(path: Path, labels: "pd.Series[str]") -> "pd.Series[str]":
    """Final, provisional or partial, from the words WONDER puts behind a period.

    Raises
    ------
    DataError
        If a period ends in other words.
    """
    behind = labels.str.extract(r"\(([^)]*)\)\s*$")[0].fillna("")
    words = {"": "final", "provisional": "provisional", "provisional and partial": "partial"}
    refuse(path, labels[~behind.isin(list(words))], "ends in words not known; they say how final the figure is")
    return behind.map(words)
