"""Figures as texts state them ("some 8000", "over 4000", ">35", "10-14", "2/3"), as bounds; and pointers to rows.

Hand-compiled files carry the wording of their sources. What it commits to is kept: a bound the words do not give is
left open.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest.files import refuse

if TYPE_CHECKING:
    import pandas as pd

QUALIFIERS = ("about", "exact", "over", "range", "under")
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_FORMS = (
    ("exact", re.compile(_NUMBER)),
    ("exact", re.compile(rf"{_NUMBER}/{_NUMBER}")),
    ("about", re.compile(rf"some {_NUMBER}")),
    ("over", re.compile(rf"(?:over |more than |> ?){_NUMBER}")),
    ("under", re.compile(rf"(?:almost |nearly |< ?){_NUMBER}")),
    ("range", re.compile(rf"{_NUMBER}-{_NUMBER}")),
)
_POINTERS = ("same", "idem", "same as above")


@dataclass(frozen=True)
class Figure:
    """A stated figure: how firmly it is put, and the bounds it commits to; an open bound is missing.

    `exact` gives equal bounds, `about` half a unit of the last digit that is not zero either side, `over` and
    `under` one bound that is itself left out, `range` two published ends.
    """

    qualifier: str
    low: float | None
    high: float | None


def parse(stated: str) -> Figure | None:
    """The figure a text states; None if it states none in a form known here."""
    for qualifier, form in _FORMS:
        found = form.fullmatch(stated)
        if found:
            values = [float(value) for value in found.groups()]
            if qualifier == "range":
                return Figure(qualifier, values[0], values[1]) if values[0] < values[1] else None
            value = values[0] / values[1] if len(values) == 2 else values[0]
            return _bounded(qualifier, value, found[1])
    return None


def approximate(stated: str) -> Figure | None:
    """The figure of a text whose source rounded it without saying so in words."""
    figure = parse(stated)
    return _bounded("about", figure.low, stated) if figure and figure.low and figure.qualifier == "exact" else figure


def parse_column(path: Path, stated: "pd.Series[str]") -> "pd.DataFrame":
    """Columns qualifier, value_low and value_high of a column of stated figures.

    Raises
    ------
    DataError
        Naming every cell that states no figure.
    """
    import pandas as pd

    figures = stated.map(parse)
    refuse(path, stated[figures.isna()], "must state a figure, as 12, 10-14, 2/3, some 8000, over 4000 or almost 7000")
    rows = [(figure.qualifier, figure.low, figure.high) for figure in figures]
    frame = pd.DataFrame(rows, columns=["qualifier", "value_low", "value_high"], index=stated.index)
    return frame.astype({"value_low": "float64", "value_high": "float64"})


def spelt_out(column: "pd.Series[str]", groups: "pd.Series[str]") -> "pd.Series[str]":
    """A column with "same" and "idem" replaced by what they point to: the fullest text among the rows of the same
    group, whatever their order; missing where no such row has one, or the cell is empty.
    """
    texts = column.where(~column.isin([*_POINTERS, ""]))
    fullest = texts.groupby(groups).transform(lambda rows: max(rows.dropna(), key=lambda t: (len(t), t), default=None))
    return texts.where(~column.isin(_POINTERS), fullest).astype("str")


def _bounded(qualifier: str, value: float, digits: str) -> Figure:
    if qualifier == "exact":
        return Figure(qualifier, value, value)
    if qualifier == "about":
        half = _last_place(digits) / 2
        return Figure(qualifier, value - half, value + half)
    return Figure(qualifier, value, None) if qualifier == "over" else Figure(qualifier, None, value)


def _last_place(digits: str) -> float:
    """Value of the last digit that is not zero: 1000 of 8000, 1 of 52, 0.1 of 7.1."""
    whole, _, decimals = digits.partition(".")
    if decimals:
        return float(10.0 ** -len(decimals))
    return float(10.0 ** (len(whole) - len(whole.rstrip("0"))))
