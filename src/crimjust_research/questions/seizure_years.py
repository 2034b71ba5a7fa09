"""Which years of seizures were on record when questions about them were registered: no other enters their estimates."""

from __future__ import annotations

import pandas as pd

# As registered: one period before and one after the change of publication. No publication held the year between.
PERIODS = {"2012-2016": (2012, 2016), "2018-2022": (2018, 2022)}


def registered(seizures: pd.DataFrame) -> pd.DataFrame:
    """Rows of the registered periods."""
    return seizures[_within(seizures["year"])]


def without_gap(seizures: pd.DataFrame) -> pd.DataFrame:
    """Rows of all years but those between the registered periods, should they have been published since."""
    first, last = min(min(PERIODS.values())), max(max(PERIODS.values()))
    years = seizures["year"]
    return seizures[_within(years) | ~years.between(first, last)]


def left_out(seizures: pd.DataFrame) -> list[int]:
    """Years that are on record and in no registered period."""
    return sorted({int(year) for year in seizures.loc[~_within(seizures["year"]), "year"]})


def _within(years: pd.Series[int]) -> pd.Series[bool]:
    return pd.concat([years.between(*period) for period in PERIODS.values()], axis=1).any(axis=1)
