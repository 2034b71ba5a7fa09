"""Text in a CSV that a person opens in a spreadsheet: none of it is taken for a formula.

Figures as published and panels (`data/`) are not written this way: they are read back, and hold what their publishers wrote.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# What a spreadsheet calculates begins so, in wide letters too, or after what it may pass over: breaks, controls, the mark of
# an encoding. A sign alone or before a number is what it looks like.
_BEGINS = re.compile(r"([\t\r\n]|[\x00-\x1f\x7f-\x9f\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])(?!\Z)", re.DOTALL)
_NUMBER = re.compile(r"[+-]([0-9][0-9,]*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?%?|[+-]inf")


def cell(text: str) -> str:
    """`text` as a cell of words: where a spreadsheet would calculate it, an apostrophe goes before it.

    Examples
    --------
    >>> cell("=1+1")
    "'=1+1"
    >>> cell("Panama")
    'Panama'
    """
    return f"'{text}" if _BEGINS.match(text) and not _NUMBER.fullmatch(text) else text


def cells(table: "pd.DataFrame") -> "pd.DataFrame":
    """`table` with each text in it, its heads too, as `cell` has it; numbers are left alone."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    made = table.rename(columns=_told)
    for place, kind in enumerate(table.dtypes):
        if not is_numeric_dtype(kind) and not is_bool_dtype(kind):
            column = table.iloc[:, place].astype("object")
            told = column.map(_told)
            if not told.equals(column):
                made.isetitem(place, told.array)
    return made


def _told(value: object) -> object:
    return cell(value) if isinstance(value, str) else value
