"""Who had joined the programme when, in months: what a rating or a score is set against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.errors import DataError
from crimjust_research.questions.membership import JOINED_TIER

MIDDLE = "07"  # month by which a date known to the year alone is counted


def month(date: str) -> float:
    """Months since year 0 of a date YYYY-MM-DD, YYYY-MM or YYYY, the last counted from the middle of the year.

    Raises
    ------
    DataError
        If it is none of these.
    """
    year, *rest = f"{date}-{MIDDLE}".split("-")
    try:
        return 12.0 * int(year) + int(rest[0]) - 1
    except ValueError:
        raise DataError(f"{date!r} is no date; write YYYY, YYYY-MM or YYYY-MM-DD in programme_entry") from None


def entries(programme_entry: pd.DataFrame, dating: str) -> pd.DataFrame:
    """Every State that came to the programme in any way, by iso3: tier, month (missing where no date is known)."""
    known = programme_entry.set_index("iso3")
    months = known[dating].map(month, na_action="ignore").astype("float64")
    return pd.DataFrame({"tier": known["tier"], "month": months})


def histories(codes: pd.Series[str], entered: pd.DataFrame, at: pd.Series[float], *, any_tier: bool) -> pd.DataFrame:
    """How each country stands to the programme at a month of its own.

    A State of another tier than I is a comparison until its own entry and is left out from then on, unless those of any tier
    count as joined; one that joined at a date nobody knows is left out.

    Parameters
    ----------
    codes, at : country and month, row by row; entered : what `entries` gives.

    Returns
    -------
    DataFrame: joined (month of joining, infinite if it has not), left_out (why; empty if it is used), index of `codes`.
    """
    tier, when = codes.map(entered["tier"]), codes.map(entered["month"])
    counts = tier.notna() if any_tier else tier == JOINED_TIER
    unknown = counts & when.isna()
    other = tier.notna() & ~counts & (when <= at)
    left_out = np.select([unknown, other], ["date of joining unknown", "came in another way before"], "")
    return pd.DataFrame({"joined": when.where(counts).fillna(np.inf), "left_out": left_out}, index=codes.index)


def years_exposed(joined: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Years from joining to a month, zero where that comes first."""
    return np.asarray(np.maximum(at - joined, 0.0) / 12)
