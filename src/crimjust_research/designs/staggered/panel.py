"""How the period in which a treatment begins becomes the first treated period, and the panel every estimator reads.

A treatment seldom begins on the first day of a period. Whether the period of entry counts as treated, as untreated
or not at all moves estimates by more than their standard errors, so the convention is an argument and travels with
every result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import (
    LARGEST,
    SMALLEST,
    numbers,
    positive,
    printed_label,
    require_columns,
    require_one_row_each,
)
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError

EntryPeriod = Literal["treated", "untreated", "excluded"]

PANEL_COLUMNS = ("unit", "time", "outcome", "first_treated")
FEW_UNITS = 5
LATEST_PERIOD = 10**9
ROUNDING = 1e-10
"""Standard error, relative to the spread of outcomes, that is nothing but rounding."""


@dataclass(frozen=True)
class Timing:
    """Convention for the period in which a treatment begins.

    Attributes
    ----------
    entry_period : "treated" counts the period of entry as the first treated one; "untreated" counts it as the last
        untreated one, so that treatment starts with the next; "excluded" starts treatment with the next and keeps
        the partly exposed period out of both the treated and the untreated side.
    anticipation : further periods just before entry in which the outcome may already respond. They are kept out of
        the comparison base and out of every average of effects.
    """

    entry_period: EntryPeriod
    anticipation: int = 0

    def __post_init__(self) -> None:
        if self.entry_period not in get_args(EntryPeriod):
            raise ParameterError(
                f"The entry period is {self.entry_period!r}; use one of {', '.join(get_args(EntryPeriod))}."
            )
        if self.anticipation < 0:
            raise ParameterError(f"Anticipation is {self.anticipation} periods; give 0 or more.")

    @property
    def shift(self) -> int:
        """Periods from the period of entry to the first treated one."""
        return 0 if self.entry_period == "treated" else 1

    @property
    def unclear_periods(self) -> int:
        """Periods just before the first treated one that count neither as treated nor as untreated."""
        return self.anticipation + (1 if self.entry_period == "excluded" else 0)

    def __str__(self) -> str:
        entry = {
            "treated": "the period of entry is the first treated period",
            "untreated": "the period after entry is the first treated period, the period of entry is untreated",
            "excluded": "the period after entry is the first treated period, the period of entry is left out",
        }[self.entry_period]
        anticipation = "no anticipation" if self.anticipation == 0 else f"anticipation of {self.anticipation} period(s)"
        return f"{entry}; {anticipation}"


@dataclass(frozen=True, repr=False)
class StaggeredPanel(Printed):
    """A checked panel of staggered adoption with the timing convention applied."""

    frame: pd.DataFrame
    """Sorted by unit and time: unit (as given), code (0..n_units-1), time (int), outcome (float), first_treated
    (first treated period by the convention; 0-based codes are never used, inf marks never treated), then the
    covariates asked for; the weights, where asked for, are the column weight."""
    timing: Timing
    cohort: FloatArray
    """(n_units,) first treated period of each unit in code order; inf if never treated."""
    units: tuple[Any, ...]
    periods: tuple[int, ...]
    balanced: bool
    notes: tuple[str, ...]
    """What was left out, in sentences."""

    @property
    def n_obs(self) -> int:
        return len(self.frame)

    @property
    def n_units(self) -> int:
        return len(self.units)

    @property
    def n_treated_units(self) -> int:
        return int(np.isfinite(self.cohort).sum())

    @property
    def rounding(self) -> float:
        """Standard error below which there is nothing but the rounding of outcomes."""
        outcome = self.frame["outcome"].to_numpy()
        return float(ROUNDING * outcome.std() + 64 * np.finfo(np.float64).eps * np.abs(outcome).max())

    def shown(self) -> pd.DataFrame:
        """Units by first treated period."""
        return pd.Series(self.cohort, name="first_treated").value_counts().sort_index().rename("units").reset_index()

    def facts(self) -> Mapping[str, object]:
        """Size, window, timing and notes."""
        return {
            "n_obs": self.n_obs,
            "n_units": self.n_units,
            "periods": f"{self.periods[0]} to {self.periods[-1]}",
            "balanced": self.balanced,
            "timing": str(self.timing),
            "notes": " ".join(self.notes),
        }

    def outcomes(self) -> FloatArray:
        """(n_units, n_periods) outcomes, NaN where a unit is not observed."""
        values = np.full((self.n_units, len(self.periods)), np.nan)
        position = np.searchsorted(np.asarray(self.periods), self.frame["time"].to_numpy())
        values[self.frame["code"].to_numpy(), position] = self.frame["outcome"].to_numpy()
        return values


def staggered_panel(
    panel: pd.DataFrame,
    timing: Timing,
    covariates: Sequence[str] = (),
    *,
    weights: str | None = None,
    keep_always_treated: bool = False,
) -> StaggeredPanel:
    """Check a tidy panel, apply the timing convention and set aside what no estimator can use.

    Parameters
    ----------
    panel : one row per unit and period with columns unit, time (whole numbers), outcome, first_treated (the period in
        which treatment begins, missing for never) and the covariates.
    weights : column of weights above zero.
    keep_always_treated : keep units that are treated whenever they are observed, for the estimators that compare with
        them.

    Rows without an outcome, units already treated (or within the unclear periods) when they are first observed and
    periods after the last one observed are set aside and counted in `notes`.

    Raises
    ------
    ParameterError : missing columns or values, two rows for one unit and period, a treatment date that varies within
        a unit, periods that are not whole numbers, dates of zero or less that may stand for "never", outcomes that are
        not finite or do not vary, or no treated or no comparison unit.
    """
    wanted = list(dict.fromkeys([*PANEL_COLUMNS, *covariates, *([] if weights is None else [weights])]))
    require_columns(panel, wanted)
    frame = panel[wanted].reset_index(drop=True)
    notes: list[str] = []
    for column in [c for c in frame.columns if c not in ("outcome", "first_treated")]:
        if frame[column].isna().any():
            row = panel.index[frame[column].isna()][0]
            raise ParameterError(f"Column {column!r} is empty in row {row} of the panel; fill or drop the row.")
    for column in ("time", "first_treated"):
        frame[column] = whole_periods(frame[column], column, panel.index)
    frame[list(covariates)] = numbers(frame, covariates)
    if weights is not None:
        frame["weight"] = positive(frame, weights)
    frame["first_treated"] = frame["first_treated"].fillna(np.inf)
    require_one_row_each(frame, "unit", "time")
    differs = frame["first_treated"] != frame.groupby("unit", observed=True)["first_treated"].transform("first")
    if differs.any():
        unit = printed_label(frame.loc[differs, "unit"].iloc[0])
        raise ParameterError(f"Column 'first_treated' varies within unit {unit}; it must be fixed.")
    before_the_count = (frame["first_treated"] <= 0) & (frame["time"].min() > 0)
    if before_the_count.any():
        at = int(np.argmax(before_the_count))
        begins, unit = frame["first_treated"].iloc[at], printed_label(frame["unit"].iloc[at])
        raise ParameterError(
            f"Column 'first_treated' is {begins:g} for unit {unit}, and periods begin in {frame['time'].min():g}. Leave "
            "it empty for units that are never treated (as 0 says in R), or give the period in which treatment began."
        )

    frame["outcome"] = outcomes_as_numbers(frame["outcome"], panel.index)
    missing = frame["outcome"].isna()
    if missing.any():
        notes.append(f"{int(missing.sum())} of {len(frame)} unit-periods have no outcome and are left out.")
        frame = frame.loc[~missing]
    frame["time"] = frame["time"].astype(np.int64)
    frame["first_treated"] += timing.shift
    if frame.empty:
        raise ParameterError("No row of the panel has an outcome; give one that was measured in it.")
    late = np.isfinite(frame["first_treated"]) & (frame["first_treated"] - timing.unclear_periods > frame["time"].max())
    frame.loc[late, "first_treated"] = np.inf
    if late.any():
        notes.append(f"{frame.loc[late, 'unit'].nunique()} unit(s) are first treated after the panel ends: untreated.")
    first_seen = frame.groupby("unit", observed=True)["time"].transform("min")
    always = frame["first_treated"] - timing.unclear_periods <= first_seen
    if always.any() and not keep_always_treated:
        names = ", ".join(str(u) for u in frame.loc[always, "unit"].unique()[:5])
        notes.append(
            f"{frame.loc[always, 'unit'].nunique()} unit(s) have no untreated period and are left out ({names})."
        )
    if not np.isfinite(frame.loc[~always, "first_treated"]).any():
        raise ParameterError("No unit is treated within the panel after an untreated period; nothing can be estimated.")
    if not keep_always_treated:
        frame = frame.loc[~always]
    frame = frame.assign(code=codes_of_units(frame["unit"])).sort_values(["code", "time"], ignore_index=True)
    first_row = np.flatnonzero(np.diff(frame["code"].to_numpy(), prepend=-1))
    frame.insert(1, "code", frame.pop("code"))
    cohort = frame["first_treated"].to_numpy()[first_row]
    if np.unique(cohort).size == 1:
        raise ParameterError("Every unit is first treated in the same period; there is no unit to compare with.")
    require_spread(frame["outcome"].to_numpy())
    periods = np.unique(frame["time"].to_numpy())
    return StaggeredPanel(
        frame,
        timing,
        np.asarray(cohort, np.float64),
        tuple(frame["unit"].to_numpy()[first_row].tolist()),
        tuple(int(p) for p in periods),
        len(frame) == first_row.size * periods.size,
        (*notes, *gaps_in_time(periods)),
    )


def whole_periods(values: pd.Series[Any], column: str, rows: pd.Index[Any]) -> pd.Series[float]:
    """Periods as floating-point whole numbers, missing where there is none (first_treated may be infinite).

    Raises
    ------
    ParameterError : dates, fractions, words or numbers beyond any calendar, naming the row.
    """
    dated = isinstance(values.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(values.dtype)
    known = values.dropna()
    if not known.empty and (dated or hasattr(known.iloc[0], "year")):
        raise ParameterError(
            f"Column {column!r} holds dates, such as {known.iloc[0]}; give whole numbers: the year (.dt.year), or for "
            "shorter periods their number counted from 1 in time and first_treated alike."
        )
    number = pd.to_numeric(values, errors="coerce").astype(np.float64)
    never = np.isposinf(number) if column == "first_treated" else np.zeros(len(number), dtype=bool)
    whole = number.notna() & np.isfinite(number) & (number % 1 == 0) & (number.abs() < LATEST_PERIOD)
    bad = ~(whole | never | values.isna())
    if bad.any() or pd.api.types.is_bool_dtype(values.dtype):
        row = int(np.argmax(bad))
        raise ParameterError(
            f"Column {column!r} is {printed_label(values.iloc[row])} in row {rows[row]}; periods are whole numbers "
            "such as calendar years."
        )
    return number


def outcomes_as_numbers(values: pd.Series[Any], rows: pd.Index[Any]) -> pd.Series[float]:
    """Outcomes as numbers, missing where there is none.

    Raises
    ------
    ParameterError : words or infinite numbers, naming the row, dates or complex numbers.
    """
    if values.dtype.kind in "mMc":
        raise ParameterError(f"Column 'outcome' is of type {values.dtype}; give numbers.")
    number = pd.to_numeric(values, errors="coerce").astype(np.float64)
    bad = (number.isna() & values.notna()) | np.isinf(number)
    if bad.any():
        row = int(np.argmax(bad))
        raise ParameterError(
            f"Column 'outcome' is {printed_label(values.iloc[row])} in row {rows[row]}; give a finite number, or leave "
            "it empty where the outcome is not known."
        )
    return number


def require_spread(outcome: FloatArray) -> None:
    """Refuse outcomes whose differences cannot be reckoned with.

    Raises
    ------
    ParameterError : outcomes that do not vary, or are too large or too small to be squared.
    """
    spread, largest = float(np.ptp(outcome)), float(np.abs(outcome).max())
    if spread <= 8 * np.finfo(np.float64).eps * largest:
        raise ParameterError(
            f"The outcome is {outcome[0]:g} in every row; without variation there is nothing to compare."
        )
    if largest > LARGEST or spread < SMALLEST:
        raise ParameterError(
            f"The outcome reaches {largest:g} and varies by {spread:g}; measure it in units in which it is nearer one."
        )


def codes_of_units(units: pd.Series[Any]) -> IntArray:
    """Number of each row's unit, 0 on, in the order of names; numbers come before words where both are used.

    Raises
    ------
    ParameterError : two units that are written alike, such as the number 1 and the text "1".
    """
    codes, names = pd.factorize(units.astype(object), sort=True)
    written = pd.Index([str(name) for name in names])
    if written.has_duplicates:
        raise ParameterError(
            f"Unit {written[written.duplicated()][0]} is a number in some rows and text in others; write it in one way."
        )
    return np.asarray(codes, np.int64)


def gaps_in_time(periods: IntArray) -> list[str]:
    """A sentence on periods between the first and the last that no unit was observed in."""
    absent = np.setdiff1d(np.arange(periods[0], periods[-1] + 1), periods) if np.ptp(periods) < 10_000 else periods[:0]
    if absent.size == 0:
        return []
    named = ", ".join(str(period) for period in absent[:5]) + (" and others" if absent.size > 5 else "")
    return [
        f"No unit is observed in {named}: times since treatment are counted by the calendar, and comparisons start from "
        "the last period observed."
    ]


def least_known_error(panel: StaggeredPanel, n_treated: int, n_comparison: int) -> tuple[float, list[str]]:
    """Standard error below which none is known, infinite if none can be, and what to be wary of, in sentences.

    Where the estimator fits a mean to a single treated unit, or compares with a single one, that unit's own deviation
    is fitted away: errors by unit are made of the others alone, and two-way fixed effects reject three true nulls in
    four. They are known to be too small (Conley and Taber 2011; MacKinnon and Webb 2017), so none is given.

    Parameters
    ----------
    n_treated : most treated units that any mean is fitted to; n_comparison : units compared with.
    """
    for count, what in ((n_treated, "treated at any date"), (n_comparison, "there to compare with")):
        if count == 1:
            return np.inf, [
                f"Only one unit is {what}: its own variation cannot be told from the effect, so no standard error, "
                "interval or p-value is given. Rely on randomisation inference."
            ]
    if n_comparison < FEW_UNITS:
        return panel.rounding, [
            f"Only {n_comparison} units are there to compare with; standard errors are then too small. Rely on "
            "randomisation inference."
        ]
    return panel.rounding, []


def largest_group(cohort: FloatArray) -> int:
    """Most units that are first treated in one period."""
    return int(np.unique(cohort[np.isfinite(cohort)], return_counts=True)[1].max())


def few_treated_notes(cohort: FloatArray) -> list[str]:
    """A warning where groups are too small for the standard errors of estimators that average over groups."""
    sizes = np.unique(cohort[np.isfinite(cohort)], return_counts=True)[1]
    if not (sizes < FEW_UNITS).any():
        return []
    return [
        f"{int((sizes < FEW_UNITS).sum())} of {sizes.size} groups have fewer than {FEW_UNITS} treated units; "
        "standard errors are then too small. Rely on randomisation inference."
    ]


def without_unclear_periods(panel: StaggeredPanel) -> pd.DataFrame:
    """Rows of the panel less those in a unit's unclear periods.

    Regression-based estimators compare all untreated with all treated rows, so a row that is neither must go.
    """
    frame = panel.frame
    before = frame["first_treated"] - frame["time"]
    return frame.loc[~((before > 0) & (before <= panel.timing.unclear_periods))]
