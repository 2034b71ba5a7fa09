"""Exports of CDC WONDER's query systems: rows as text, totals, and the query they answer.

An export is tab-delimited, with a footer of prose after a line of dashes that holds the query; `Total` rows stand
among the others. WONDER has no address that serves a file, so its readers say how to export one by hand.
"""

import re
from calendar import month_abbr
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest.files import cells, refuse, text
from crimjust_research.data.tables import Source
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MULTIPLE_CAUSE = Source("CDC WONDER, Multiple Cause of Death", "https://wonder.cdc.gov/mcd-icd10.html")
PROVISIONAL = Source("CDC WONDER, Provisional Mortality", "https://wonder.cdc.gov/mcd-icd10-provisional.html")

_FOOTER = re.compile(r'^"?---"?\s*$', re.MULTILINE)
_TOTAL = "Total"
_MONTHS = {name: f"{number:02}" for number, name in enumerate(month_abbr) if name}


@dataclass(frozen=True)
class Export:
    """An export: its rows as text, its `Total` rows, and the prose of its footer as one line."""

    path: Path
    rows: "pd.DataFrame"
    totals: "pd.DataFrame"
    footer: str

    @property
    def query_date(self) -> str:
        """Day the query was run, YYYY-MM-DD."""
        found = re.search(r"Query Date: (\w{3}) ([0-9]{1,2}), ([0-9]{4})", self.footer)
        if not found or found[1] not in _MONTHS:
            raise DataError(f"{self.path}: the footer gives no query date; export the query again and keep its footer")
        return f"{found[3]}-{_MONTHS[found[1]]}-{int(found[2]):02}"


def read_export(path: Path) -> Export:
    """The export in a file.

    Raises
    ------
    DataError
        If it has no footer, a row of another length than its header, or an unknown word among its notes.
    """
    content = text(path).replace("\r\n", "\n")
    parts = _FOOTER.split(content, maxsplit=1)
    if len(parts) == 1:
        raise DataError(
            f"{path}: there is no line of dashes after the figures, so the file was cut off or its footer taken out; "
            "export the query again and keep the footer"
        )
    # WONDER wraps its footer and quotes each line of it.
    footer = " ".join(line.strip().strip('"') for line in parts[1].splitlines())
    frame = cells(path, parts[0], "\t")
    is_total = frame["Notes"] == _TOTAL
    refuse(path, frame["Notes"][~is_total & (frame["Notes"] != "")], f"must be empty or {_TOTAL!r}; export it again")
    return Export(path, frame[~is_total], frame[is_total], footer)


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
        labels[named[1] + "/" + named[0].map(_MONTHS) != codes],
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
