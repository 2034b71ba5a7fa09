"""Checks that designs of all families make on their input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.errors import ParameterError

FEWEST_DRAWS = 99
FEWEST_CLUSTERS, FEW_CLUSTERS = 3, 5
"""Of which errors can be told at all, and below which they are told to be too small."""
SMALLEST, LARGEST = 1e-100, 1e100
"""Beyond these, squares of numbers leave the range of floating-point ones."""


def require_columns(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a table without one of the columns.

    Raises
    ------
    ParameterError : naming the first that is absent, and those there are, or the first that is there twice.
    """
    require_list(columns=columns)
    for column in columns:
        times = int(np.sum(frame.columns == column))
        if not times:
            raise ParameterError(f"Column {column!r} is not in the table; it has {', '.join(map(str, frame.columns))}.")
        if times > 1:
            raise ParameterError(f"Column {column!r} is {times} times in the table; keep one.")


def require_list(**arguments: Sequence[object]) -> None:
    """Refuse a word, or nothing, where several names belong.

    Raises
    ------
    ParameterError : naming the argument and its value.
    """
    for name, value in arguments.items():
        if value is None or isinstance(value, str):
            raise ParameterError(f"{name} is {value!r}; give a list, such as ['first', 'second'].")


def real_numbers(values: ArrayLike, what: str) -> FloatArray:
    """Values as floats.

    Raises
    ------
    ParameterError : words, dates or lengths of time, with the first of them.
    """
    held = np.asarray(values)
    if held.dtype.kind in "mMc":
        raise ParameterError(f"The {what} is of type {held.dtype}; give numbers, such as whole days (.dt.days).")
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        first = str(held.ravel()[0]) if held.size else ""
        raise ParameterError(f"The {what} holds {first!r} or the like, which is not a number; code it.") from None


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


def numbers(frame: pd.DataFrame, columns: Sequence[str]) -> FloatArray:
    """Columns of the table as (n, k) numbers, once they are known to be there, complete, numeric, finite and
    neither too large nor too small to be squared.

    Raises
    ------
    ParameterError : naming the first column that is not, with the row and the value.
    """
    used = complete_columns(frame, columns)
    values = np.empty((len(used), len(columns)))
    for number, column in enumerate(columns):
        if not pd.api.types.is_numeric_dtype(used[column]) or pd.api.types.is_complex_dtype(used[column]):
            raise ParameterError(f"Column {column!r} is not numeric; code it as numbers.")
        values[:, number] = used[column].to_numpy(np.float64)
        infinite = ~np.isfinite(values[:, number])
        if infinite.any():
            row = int(np.argmax(infinite))
            raise ParameterError(
                f"Column {column!r} is {values[row, number]:g} in row {used.index[row]}; correct it or drop the row."
            )
        largest = float(np.abs(values[:, number]).max(initial=0))
        spread = float(np.ptp(values[:, number])) if len(used) else 0.0
        if largest > LARGEST or 0 < spread < SMALLEST:
            raise ParameterError(
                f"Column {column!r} reaches {largest:g} and varies by {spread:g}; measure it in units in which it is nearer "
                "one."
            )
    return values


def require_numbers(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns that are absent, incomplete, not numeric or infinite.

    Raises
    ------
    ParameterError : naming the first.
    """
    numbers(frame, columns)


def require_terms(terms: Sequence[str]) -> None:
    """Refuse a regression on nothing."""
    require_list(terms=terms)
    if not len(terms):
        raise ParameterError("No term is named; give at least one term, such as a column of the table.")


def amounts(frame: pd.DataFrame, column: str) -> FloatArray:
    """A complete column of finite amounts of zero or more.

    Raises
    ------
    ParameterError : with the least value, if one is negative, or with the row that is infinite.
    """
    values = numbers(frame, [column])[:, 0]
    if values.size == 0:
        raise ParameterError(f"No row has an outcome {column!r}; the table is empty.")
    if values.min() < 0:
        raise ParameterError(f"Outcome {column!r} holds {values.min():g}; amounts must be finite and not negative.")
    return values


def positive(frame: pd.DataFrame, column: str) -> FloatArray:
    """A complete column of finite numbers above zero, such as an exposure or a weight.

    Raises
    ------
    ParameterError : naming the first row that is not.
    """
    values = numbers(frame, [column])[:, 0]
    wrong = values <= 0
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ParameterError(
            f"Column {column!r} is {values[row]:g} in row {frame.index[row]}; it must be above zero. Drop such rows."
        )
    return values


def require_residual_freedom(n_obs: int, n_coefficients: int, n_effects: int = 0) -> None:
    """Refuse a regression that can fit every row, and so has no errors to judge its coefficients by.

    Raises
    ------
    ParameterError : as many coefficients and effects as rows, or more.
    """
    if n_obs <= n_coefficients + n_effects:
        effects = f" and {n_effects} effects" if n_effects else ""
        raise ParameterError(
            f"{n_obs} rows leave nothing to judge {n_coefficients} coefficients{effects} by; use fewer terms or "
            "effects, or more rows."
        )


def clusters_behind(values: FloatArray, code: IntArray) -> IntArray:
    """(k,) number of clusters in which each column (n, k) leaves its commonest value: those that a coefficient rests on.

    A term that differs in one cluster only is fitted to that cluster, whose score the fit makes nearly zero: the
    clustered error is then far too small whatever the data (Conley and Taber 2011; MacKinnon and Webb 2017).
    """
    behind = []
    for column in values.T:
        _, which, counts = np.unique(column, return_inverse=True, return_counts=True)
        behind.append(np.unique(code[which != np.argmax(counts)]).size)
    return np.array(behind, np.int64)


def cluster_codes(frame: pd.DataFrame, column: str, fewest: int) -> tuple[IntArray, int]:
    """Number of the cluster (0..G-1) that each row belongs to, and G.

    Raises
    ------
    ParameterError : a column that is absent or has holes, of which a row would count for no cluster, or fewer clusters than
        `fewest`.
    """
    code, names = pd.factorize(complete_columns(frame, [column])[column])
    if len(names) < fewest:
        raise ParameterError(f"Column {column!r} holds {len(names)} clusters; at least {fewest} are needed.")
    return code.astype(np.int64), len(names)


def labelled(labels: ArrayLike, n_units: int, what: str) -> tuple[IntArray, list[object]]:
    """(n_units,) number of each unit's label, 0..L-1 as they come, and the labels.

    Raises
    ------
    ParameterError : labels that are missing, or not one to a unit.
    """
    code, names = pd.factorize(np.asarray(labels))
    if code.shape != (n_units,) or (code < 0).any():
        raise ParameterError(f"{int(np.sum(code >= 0))} labels of a {what} for {n_units} units; give each unit one.")
    return code.astype(np.int64), list(names)


def cluster_notes(terms: Sequence[str], behind: IntArray, n_clusters: int) -> list[str]:
    """Sentences on terms that differ in few clusters."""
    notes = []
    for term, count in zip(terms, behind, strict=True):
        if count == 1:
            notes.append(f"Term {term!r} differs in one cluster only, so its standard error is not known.")
        elif count < FEW_CLUSTERS:
            notes.append(
                f"Term {term!r} differs in {count} of {n_clusters} clusters only; its standard error is too small. Rely "
                "on randomisation inference."
            )
    return notes


def require_one_row_each(frame: pd.DataFrame, unit: str, period: str) -> None:
    """Refuse a panel with two rows for one unit and period.

    Raises
    ------
    ParameterError : naming the first.
    """
    repeated = np.flatnonzero(frame.duplicated([unit, period]))
    if repeated.size:
        who, when = frame[unit].iloc[repeated[0]], frame[period].iloc[repeated[0]]
        when = f"{when:g}" if isinstance(when, float) else when
        raise ParameterError(f"Unit {printed_label(who)} has more than one row for {when}; keep one.")


def printed_label(label: object) -> str:
    """A unit in a sentence: names in quotation marks, numbers as they are."""
    return repr(label) if isinstance(label, str) else str(label)


def require_level(alpha: float) -> None:
    """Refuse a significance level outside (0, 1)."""
    if not isinstance(alpha, float | np.floating) or not 0 < alpha < 1:
        raise ParameterError(f"The level alpha is {alpha!r}; give a number between 0 and 1, such as 0.05.")


def require_whole(least: int, **arguments: int) -> None:
    """Refuse an argument that is no whole number of at least `least`.

    Raises
    ------
    ParameterError : naming it and its value.
    """
    for name, value in arguments.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            raise ParameterError(f"{name} is {value!r}; give a whole number of {least} or more.")


def require_above_zero(**arguments: float) -> None:
    """Refuse an argument that is no finite number above zero, such as a margin.

    Raises
    ------
    ParameterError : naming it and its value.
    """
    for name, value in arguments.items():
        if not 0 < value < np.inf:
            raise ParameterError(f"The {name} is {value!r}; give a number above zero.")


def generator(seed: int) -> np.random.Generator:
    """Random numbers that the seed repeats.

    Raises
    ------
    ParameterError : a seed that is no whole number of zero or more.
    """
    require_whole(0, seed=seed)
    return np.random.default_rng(seed)


def require_draws(draws: int) -> None:
    """Refuse a number of draws too small for a p-value.

    Raises
    ------
    ParameterError : fewer than 99, or no whole number.
    """
    require_whole(0, draws=draws)
    if draws < FEWEST_DRAWS:
        raise ParameterError(f"{draws} draws are too few for a p-value; use {FEWEST_DRAWS} or more.")
