"""Which numbers hang on one meeting: what each becomes without the event that moves it most."""

from __future__ import annotations

import pandas as pd

from crimjust_research.numbers import number

COLUMNS = ["words", "estimate", "ci_low", "ci_high", "farthest", "event", "least", "most", "undefined", "errors"]

DRAWN = 15  # as many as a person reads


def table(*rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `designs.networks.other_events` as one table, those that one event moves most, in their own standard errors, first.

    Returns
    -------
    DataFrame: `COLUMNS`. Rows that no draw of events gives an error come last.
    """
    found = pd.concat([part.reindex(columns=COLUMNS) for part in rows], ignore_index=True)
    return found.dropna(subset=["farthest"]).sort_values("errors", ascending=False, kind="stable", ignore_index=True)


def drawn(moved: pd.DataFrame) -> pd.DataFrame:
    """The first rows of `table` as a chart shows them: words, errors, becomes ("1.0 to 0.57, 2023-07-03")."""
    shown = moved.dropna(subset=["errors"]).head(DRAWN)
    before, after = (shown[column].map(lambda value: number(value, 2)) for column in ("estimate", "farthest"))
    return shown[["words", "errors"]].assign(becomes=before + " to " + after + ", " + shown["event"].str[:10])
