"""The table of totals that UNODC published of the reviews under the Convention: one of them, if it is there once."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crimjust_research.errors import DataError

TABLE = "uncac_totals"


def total(totals: pd.DataFrame, metric: str, as_of: str | None = None) -> dict[str, Any]:
    """The one row of that metric, and of that date if one is given.

    Raises
    ------
    DataError
        If there is not exactly one.
    """
    rows = totals[(totals["metric"] == metric) & ((totals["as_of"] == as_of) | (as_of is None))]
    if len(rows) != 1:
        raise DataError(
            f"{TABLE} holds {len(rows)} rows of {metric!r}{f' as of {as_of}' if as_of else ''} where one is needed; "
            "ingest a file with exactly one"
        )
    (row,) = rows.to_dict("records")
    return {str(column): value for column, value in row.items()}
