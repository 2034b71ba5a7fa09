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

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_columns, require_one_row_each
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError

EntryPeriod = Literal["treated", "untreated", "excluded"]

PANEL_COLUMNS = ("unit", "time", "outcome", "first_treated")


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
    covariates asked for."""
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


def staggered_panel(panel: pd.DataFrame, timing: Timing, covariates: Sequence[str] = ()) -> StaggeredPanel:
    """Check a tidy panel, apply the timing convention and set aside what no estimator can use.

    Parameters
    ----------
    panel : one row per unit and period with columns unit, time (whole numbers), outcome, first_treated (the period in
        which treatment begins, missing for never) and the covariates.

    Rows without an outcome, units already treated (or within the unclear periods) when they are first observed and
    periods after the last one observed are set aside and counted in `notes`.

    Raises
    ------
    ParameterError : missing columns or values, two rows for one unit and period, a treatment date that varies within
        a unit, periods that are not whole numbers, or no treated or no comparison unit.
    """
    wanted = list(dict.fromkeys([*PANEL_COLUMNS, *covariates]))
    require_columns(panel, wanted)
    frame = panel[wanted].copy()
    notes: list[str] = []
    for column in [c for c in frame.columns if c not in ("outcome", "first_treated")]:
        if frame[column].isna().any():
            row = frame.index[frame[column].isna()][0]
            raise ParameterError(f"Column {column!r} is empty in row {row} of the panel; fill or drop the row.")
    for column in ("time", "first_treated"):
        number = pd.to_numeric(frame[column], errors="coerce").astype(np.float64)
        bad = (number.isna() & frame[column].notna()) | (number.notna() & np.isfinite(number) & (number % 1 != 0))
        if bad.any():
            row = frame.index[bad][0]
            raise ParameterError(
                f"Column {column!r} is {frame.loc[row, column]!r} in row {row}; periods are whole numbers such as "
                "calendar years."
            )
        frame[column] = number
    frame["first_treated"] = frame["first_treated"].fillna(np.inf)
    require_one_row_each(frame, "unit", "time")
    differs = frame["first_treated"] != frame.groupby("unit")["first_treated"].transform("first")
    if differs.any():
        raise ParameterError(
            f"Column 'first_treated' varies within unit {frame.loc[differs, 'unit'].iloc[0]!r}; it must be fixed."
        )

    missing = frame["outcome"].isna()
    if missing.any():
        notes.append(f"{int(missing.sum())} of {len(frame)} unit-periods have no outcome and are left out.")
        frame = frame.loc[~missing]
    frame["outcome"] = frame["outcome"].astype(np.float64)
    frame["time"] = frame["time"].astype(np.int64)
    frame["first_treated"] += timing.shift
    if frame.empty:
        raise ParameterError("No row of the panel has an outcome.")
    late = np.isfinite(frame["first_treated"]) & (frame["first_treated"] - timing.unclear_periods > frame["time"].max())
    frame.loc[late, "first_treated"] = np.inf
    if late.any():
        notes.append(f"{frame.loc[late, 'unit'].nunique()} unit(s) are first treated after the panel ends: untreated.")
    first_seen = frame.groupby("unit")["time"].transform("min")
    always = frame["first_treated"] - timing.unclear_periods <= first_seen
    if always.any():
        names = ", ".join(str(u) for u in frame.loc[always, "unit"].unique()[:5])
        notes.append(
            f"{frame.loc[always, 'unit'].nunique()} unit(s) have no untreated period and are left out ({names})."
        )
        frame = frame.loc[~always]
    frame = frame.sort_values(["unit", "time"], ignore_index=True)
    units, first_row = np.unique(frame["unit"].to_numpy(), return_index=True)
    frame.insert(1, "code", np.searchsorted(units, frame["unit"].to_numpy()))
    cohort = frame["first_treated"].to_numpy()[first_row]
    if not np.isfinite(cohort).any():
        raise ParameterError("No unit is treated within the panel after an untreated period; nothing can be estimated.")
    if np.unique(cohort).size == 1:
        raise ParameterError("Every unit is first treated in the same period; there is no unit to compare with.")
    periods = np.unique(frame["time"].to_numpy())
    return StaggeredPanel(
        frame,
        timing,
        np.asarray(cohort, np.float64),
        tuple(units.tolist()),
        tuple(int(p) for p in periods),
        len(frame) == units.size * periods.size,
        tuple(notes),
    )


def without_unclear_periods(panel: StaggeredPanel) -> pd.DataFrame:
    """Rows of the panel less those in a unit's unclear periods.

    Regression-based estimators compare all untreated with all treated rows, so a row that is neither must go.
    """
    frame = panel.frame
    before = frame["first_treated"] - frame["time"]
    return frame.loc[~((before > 0) & (before <= panel.timing.unclear_periods))]
