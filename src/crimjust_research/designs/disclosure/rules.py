"""When a share, an average or a sum may be told, and how what is not told is marked.

Registry: docs/methods/disclosure.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.checks import real_numbers, require_columns, require_list, require_whole
from crimjust_research.designs.disclosure.rounding import all_alike
from crimjust_research.errors import ParameterError

WITHIN = 0.1
"""Nobody may learn another's amount to within this share of it (the p of the p% rule)."""


def share_allowed(count: float, n: float, min_cell: int) -> bool:
    """Whether `count` of `n` may be told: those counted and the others are at least `min_cell` each.

    None or all of a group tells of every one in it what they did or did not, whatever its size, and is not told either.

    Raises
    ------
    ParameterError : a count below zero or above n.

    Examples
    --------
    >>> share_allowed(count=3, n=40, min_cell=5)
    False
    >>> share_allowed(count=12, n=40, min_cell=5)
    True
    """
    require_whole(2, min_cell=min_cell)
    if not 0 <= count <= n:
        raise ParameterError(f"A share of {count} of {n} is none; give a count from 0 to n.")
    return count >= min_cell and n - count >= min_cell


def sides_allowed(happened: ArrayLike, holders: ArrayLike, min_cell: int) -> bool:
    """`share_allowed` of rows of which several may be one holder's: those it happened to, and the others, are of at least
    `min_cell` holders each.

    Examples
    --------
    >>> sides_allowed([True] * 9 + [False] * 9, ["one"] * 9 + list("abcdefghi"), min_cell=5)
    False
    """
    require_whole(2, min_cell=min_cell)
    had, whose = np.asarray(happened, bool), pd.Series(np.asarray(holders))
    return min(whose[had].nunique(), whose[~had].nunique()) >= min_cell


def nested_share_allowed(count: float, n: float, min_cell: int) -> bool:
    """Whether a share may be told beside another of some of the same units: neither those counted, nor the others, nor `n` in
    round numbers are narrowed by its being told.

    Raises
    ------
    ParameterError : a count below zero or above n.
    """
    few = min_cell + math.ceil(min_cell / 2)  # the least that is told as more than min_cell
    sides = (count, n - count)
    return share_allowed(count, n, min_cell) and min(sides) >= few and all_alike(n, 2 * few, min_cell)


def average_allowed(n: float, min_cell: int) -> bool:
    """Whether a median, mean or interval of `n` units may be told: of at least `min_cell`, by all numbers told like n."""
    require_whole(2, min_cell=min_cell)
    return all_alike(n, min_cell, min_cell)


def sum_allowed(amounts: ArrayLike, min_cell: int, holders: ArrayLike | None = None) -> bool:
    """Whether a sum of amounts may be told: of at least `min_cell` holders, by the p% rule for the largest.

    Whoever holds the second largest knows their own, takes it from the sum, and has the largest to within what all
    others hold. That must be at least a tenth of the largest. A sum of nothing tells nothing of amounts.

    Parameters
    ----------
    amounts : zero or more each; one row may be one of several of its holder.
    holders : whose each amount is; by default each row has its own. Amounts of zero make no holder.

    Raises
    ------
    ParameterError : amounts that are missing or negative, or holders of another number.
    """
    return protection_of_sum(amounts, min_cell, holders) == 0


def protection_of_sum(amounts: ArrayLike, min_cell: int, holders: ArrayLike | None = None) -> float:
    """How wide a range must remain for a sum that may not be told, in its unit; 0 if it may.

    By the p% rule what the largest's tenth exceeds the others by; a tenth of the sum where holders are too few.
    """
    require_whole(2, min_cell=min_cell)
    values = real_numbers(amounts, "amounts")
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if bad.size:
        raise ParameterError(f"Amount {bad[0]} is {values[bad[0]]:g}; give finite amounts of zero or more.")
    whose = np.arange(values.size) if holders is None else pd.factorize(np.asarray(holders))[0]
    if whose.size != values.size:
        raise ParameterError(f"{values.size} amounts, {whose.size} holders; give one of each.")
    if (whose < 0).any():
        raise ParameterError(f"Of {values.size} amounts, {(whose < 0).sum()} without a holder; name one for each.")
    held = np.sort(np.bincount(whose, weights=values)) if values.size else np.zeros(0)
    held = held[held > 0]
    if not held.size:
        return 0.0
    lacking = WITHIN * held[-1] - held[:-2].sum()
    few = WITHIN * held.sum() if held.size < min_cell else 0.0
    return float(max(lacking, few, 0.0))


def withheld(frame: pd.DataFrame, allowed: ArrayLike, columns: Sequence[str]) -> pd.DataFrame:
    """The frame with `columns` missing in rows that are not allowed, and true in `suppressed` there.

    Rows that were suppressed before remain so. Whole numbers become Int64, which can miss.

    Raises
    ------
    ParameterError : columns that are absent, or not one answer a row.
    """
    require_list(columns=columns)
    require_columns(frame, columns)
    kept: BoolArray = np.asarray(allowed, bool)
    if kept.shape != (len(frame),):
        raise ParameterError(
            f"{len(frame)} rows, {kept.size} of which it is said whether they are allowed; say it of each."
        )
    result = frame.copy()
    for column in columns:
        if pd.api.types.is_integer_dtype(result[column]):
            result[column] = result[column].astype("Int64")
        result[column] = result[column].where(pd.Series(kept, index=result.index))
    before = result["suppressed"].to_numpy(bool) if "suppressed" in result else np.zeros(len(result), bool)
    result["suppressed"] = before | ~kept
    return result


def told_of(*frames: pd.DataFrame, min_cell: int) -> str:
    """A sentence on how many rows of frames with a column `suppressed` are not told; empty if all are."""
    flags: FloatArray = np.concatenate([np.zeros(0), *(frame["suppressed"].to_numpy(float) for frame in frames)])
    if not flags.any():
        return ""
    verb, they = ("is", "it counts") if flags.sum() == 1 else ("are", "they count")
    return (
        f"{flags.sum():.0f} of {flags.size} cells {verb} not told: {they} fewer than {min_cell}, or would tell of others "
        "that do."
    )
