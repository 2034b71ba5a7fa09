"""What the draws of all kinds of SIMULATED records share: countries, codes, days, missing cells.

Days are whole numbers from the first day of the records; missing where they are NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research import document
from crimjust_research.data.own_records.schemas import kind_named
from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.questions.cascade.simulation import FIRST_DAY, LAST_DAY

AS_OF = (LAST_DAY - FIRST_DAY).days


def countries() -> tuple[str, ...]:
    """ISO3 codes of the countries of all phases, in the document's order."""
    return tuple(iso3 for phase in document.load().phases for iso3 in phase.countries)


def choices(kind: str, column: str) -> list[str]:
    """What a column of that kind of record may hold."""
    (field,) = (field for field in kind_named(kind).table.fields if field.name == column)
    return list(field.constraints["enum"])


def numbers_of(country: pd.Series[str]) -> IntArray:
    """Number of each country among `countries`."""
    return np.asarray(pd.Index(countries()).get_indexer(pd.Index(country)), np.int64)


def codes(letter: str, count: int) -> list[str]:
    """Codes of SIMULATED records of one kind."""
    return [f"SIMULATED-{letter}{number:05d}" for number in range(1, count + 1)]


def days(since_first: FloatArray | IntArray) -> pd.Series[pd.Timestamp]:
    """Calendar days."""
    return pd.Series(FIRST_DAY + pd.to_timedelta(since_first, unit="D"))


def days_since_first(day: pd.Series[pd.Timestamp]) -> FloatArray:
    """Whole days from the first day of the records."""
    return np.asarray((day - FIRST_DAY).dt.days, np.float64)


def waiting(rng: np.random.Generator, mean: float | FloatArray, count: int) -> FloatArray:
    """Exponential times in whole days, of one day or more: as many end within d days as of times not rounded."""
    return np.asarray(np.ceil(rng.standard_exponential(count) * mean))


def by_then(day: FloatArray) -> FloatArray:
    """Days that have come by the last day of the records; the others are missing."""
    return np.where(day <= AS_OF, day, np.nan)


def noted(rng: np.random.Generator, values: Any, missing: float) -> pd.Series[Any]:
    """Values of which a share is missing, whatever they are."""
    return pd.Series(values).where(rng.random(len(values)) >= missing)


def another(rng: np.random.Generator, country: IntArray) -> IntArray:
    """For each country, by number, another one."""
    n = len(countries())
    return np.asarray((country + rng.integers(1, n, len(country))) % n, np.int64)


def together(*countries_of: Iterable[str]) -> list[str]:
    """For each row the countries of all columns, each once, parted by spaces."""
    return [" ".join(dict.fromkeys(row)) for row in zip(*countries_of, strict=True)]
