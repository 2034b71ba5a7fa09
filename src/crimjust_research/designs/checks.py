"""Checks that designs of all families make on their input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.errors import ParameterError

FEWEST_DRAWS = 99


def require_columns(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a table without one of the columns.

    Raises
    ------
    ParameterError : naming the first that is absent, and those there are.
    """
    for column in columns:
        if column not in frame:
            raise ParameterError(f"Column {column!r} is not in the table; it has {', '.join(map(str, frame.columns))}.")


def complete_columns(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns of the table, once they are known to be there and complete.

    Raises
    ------
    ParameterError : naming the column that is absent or has holes.
    """
    require_columns(frame, columns)
    for column in columns:
        holes = int(frame[column].isna().sum())
        if holes:
            raise ParameterError(f"Column {column!r} misses {holes} of {len(frame)} values; drop them knowingly first.")
    return frame[list(dict.fromkeys(columns))]


def require_numbers(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns that are absent, incomplete or not numeric.

    Raises
    ------
    ParameterError : naming the first.
    """
    for column in complete_columns(frame, columns):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise ParameterError(f"Column {column!r} is not numeric; code it as numbers.")


def require_terms(terms: Sequence[str]) -> None:
    """Refuse a regression on nothing."""
    if not terms:
        raise ParameterError("Name at least one term.")


def amounts(frame: pd.DataFrame, column: str) -> FloatArray:
    """A complete column of finite amounts of zero or more.

    Raises
    ------
    ParameterError : with the least value, if one is negative or infinite.
    """
    values = frame[column].to_numpy(np.float64)
    if not np.isfinite(values).all() or values.min() < 0:
        raise ParameterError(f"Outcome {column!r} holds {values.min():g}; amounts must be finite and not negative.")
    return values


def cluster_codes(frame: pd.DataFrame, column: str, fewest: int) -> tuple[IntArray, int]:
    """Number of the cluster (0..G-1) that each row belongs to, and G.

    Raises
    ------
    ParameterError : fewer clusters than `fewest`.
    """
    code, names = pd.factorize(frame[column])
    if len(names) < fewest:
        raise ParameterError(f"Column {column!r} holds {len(names)} clusters; at least {fewest} are needed.")
    return code.astype(np.int64), len(names)


def require_one_row_each(frame: pd.DataFrame, unit: str, period: str) -> None:
    """Refuse a panel with two rows for one unit and period.

    Raises
    ------
    ParameterError : naming the first.
    """
    repeated = frame[frame.duplicated([unit, period])]
    if not repeated.empty:
        row = repeated.iloc[0]
        when = f"{row[period]:g}" if isinstance(row[period], float) else row[period]
        raise ParameterError(f"Unit {row[unit]!r} has more than one row for {when}; keep one.")


def require_level(alpha: float) -> None:
    """Refuse a significance level outside (0, 1)."""
    if not 0 < alpha < 1:
        raise ParameterError(f"The level alpha is {alpha}; give a number between 0 and 1, such as 0.05.")


def require_draws(draws: int) -> None:
    """Refuse a number of draws too small for a p-value.

    Raises
    ------
    ParameterError : fewer than 99.
    """
    if draws < FEWEST_DRAWS:
        raise ParameterError(f"{draws} draws are too few for a p-value; use {FEWEST_DRAWS} or more.")
