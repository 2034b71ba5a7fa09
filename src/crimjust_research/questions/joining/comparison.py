"""Who is compared with whom, and from when: the rows an estimator reads under one specification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.panel import StaggeredPanel, Timing, staggered_panel
from crimjust_research.errors import ParameterError
from crimjust_research.questions.joining.params import Control, Dating, named
from crimjust_research.questions.membership import JOINED_TIER

# The first edition whose year is later than the year of joining is the first treated one.
NEXT_EDITION = Timing("untreated")
SAME_YEAR = Timing("treated")
ANTICIPATED = Timing("untreated", anticipation=1)


@dataclass(frozen=True)
class Specification:
    """One way to date joining, to choose comparison countries and to say which edition is the first treated one."""

    dating: Dating = "documented"
    control: Control = "not_yet_treated"
    timing: Timing = NEXT_EDITION
    countries: tuple[str, ...] = ()
    """Those that joined that are looked at; all if none is named."""
    pool: tuple[str, ...] = ()
    """Those they are compared with, of whatever region; those that `control` names if none is named."""
    exclude: tuple[str, ...] = ()
    complete: bool = False
    """Whether only countries with a figure in every period are used."""


@dataclass(frozen=True)
class Comparison:
    """A panel under one specification: tidy rows for the estimators, and the same as arrays for batches."""

    specification: Specification
    rows: pd.DataFrame
    """unit, time (1..), outcome, first_treated (period of entry, missing if never), region."""
    checked: StaggeredPanel
    years: tuple[int, ...]
    """Calendar year of each period."""

    @property
    def region(self) -> NDArray[np.str_]:
        """(n_units,) region of each unit."""
        return np.asarray(
            self.rows.drop_duplicates("unit").set_index("unit")["region"].loc[list(self.checked.units)], str
        )

    @property
    def complete(self) -> NDArray[np.bool_]:
        """(n_units,) whether there is a figure in every period."""
        return np.asarray(np.isfinite(self.checked.outcomes()).all(axis=1))

    @property
    def periods(self) -> FloatArray:
        return np.asarray(self.checked.periods, np.float64)

    @property
    def joined(self) -> list[str]:
        """Units that are treated within the panel."""
        return [str(u) for u, g in zip(self.checked.units, self.checked.cohort, strict=True) if np.isfinite(g)]


def comparison(panel: pd.DataFrame, column: str, specification: Specification, start: int, end: int) -> Comparison:
    """Rows of `panel` with a figure in `column` from `start` to `end`, as one specification compares them.

    A joined country without a date under the dating is left out. A country that entered in another way is a
    comparison until the period it would be treated from, and not at all in the never-treated pool.

    Raises
    ------
    ParameterError
        If no country that joined, or none to compare with, is left with figures that can be used. Who joined is checked with
        the parameters; who has figures only the panel says.
    """
    rows = panel.loc[
        panel[column].notna() & panel["year"].between(start, end),
        ["iso3", "region", "year", column, "entry_tier", f"entry_{specification.dating}"],
    ]
    rows = rows.set_axis(["unit", "region", "year", "outcome", "tier", "entered"], axis=1)
    if rows.empty:
        known = panel.loc[panel[column].notna(), "year"]
        raise ParameterError(
            f"no country has a figure from {start} to {end}; figures run from {known.min()} to {known.max()}"
        )
    rows = rows.astype({"entered": "float64"})
    rows = rows[_chosen(panel, rows, specification)]
    if rows.empty:
        raise ParameterError(
            f"none of the countries that are to be compared has a figure from {start} to {end}; name others in countries and "
            "control_pool, or exclude fewer"
        )
    joined, other = rows["tier"] == JOINED_TIER, rows["tier"].notna() & (rows["tier"] != JOINED_TIER)
    regions = set(rows.loc[joined, "region"])
    years = np.unique(rows["year"])
    entry = entry_period(rows["entered"], years, specification.timing)
    rows = rows.assign(time=np.searchsorted(years, rows["year"]) + 1, first_treated=entry.where(joined))
    clear_until = entry + specification.timing.shift - specification.timing.unclear_periods
    keep = ~(joined & rows["entered"].isna()) & ~(other & (rows["time"] >= clear_until))
    if specification.control == "never_treated":
        keep &= ~other
    if specification.control != "all_regions" and not specification.pool:
        keep &= rows["region"].isin(regions)
    rows = rows.loc[keep, ["unit", "time", "outcome", "first_treated", "region"]]
    if specification.complete:
        rows = rows[rows.groupby("unit")["time"].transform("size") == years.size]
    span = f"{start} to {end}"
    if rows["first_treated"].isna().all():
        raise ParameterError(
            f"none of {named(*specification.countries) or 'the countries that joined'} has both a year of joining at the "
            f"{specification.dating} dating and figures from {span}; name others in countries, or exclude fewer"
        )
    if rows["first_treated"].notna().all():
        raise ParameterError(
            f"nobody is left to compare with: none of {named(*specification.pool) or 'the other countries of their regions'} "
            f"has figures from {span} that can be used; name others in control_pool, or exclude fewer"
        )
    try:
        checked = staggered_panel(rows, specification.timing)
    except ParameterError as error:
        entered = panel.loc[panel["entry_tier"] == JOINED_TIER, f"entry_{specification.dating}"]
        raise ParameterError(
            f"{error} Years {span} have figures in {', '.join(map(str, years)) or 'none'}; countries joined "
            f"from {entered.min():.0f} to {entered.max():.0f}: choose a window that begins before and ends after."
        ) from error
    rows = rows[rows["unit"].isin(checked.units)].reset_index(drop=True)
    return Comparison(specification, rows, checked, tuple(int(year) for year in years))


def _chosen(panel: pd.DataFrame, rows: pd.DataFrame, specification: Specification) -> pd.Series[bool]:
    """Which rows are of countries that a specification names, where it names some."""
    members = set(panel.loc[panel["entry_tier"] == JOINED_TIER, "iso3"])
    kept = ~rows["unit"].isin(specification.exclude)
    is_member = rows["unit"].isin(members)
    if specification.countries:
        kept &= ~is_member | rows["unit"].isin(specification.countries)
    if specification.pool:
        kept &= is_member | rows["unit"].isin(specification.pool)
    return kept


def altered(found: Comparison, registered: Comparison) -> float:
    """Share of the registered comparison's rows that another adds, drops, or counts otherwise as treated or not; at most 1."""
    status = pd.concat([_status(each.checked) for each in (found, registered)], axis=1)
    return min(1.0, float((status.iloc[:, 0] != status.iloc[:, 1]).sum() / registered.checked.n_obs))


def _status(panel: StaggeredPanel) -> pd.Series[float]:
    """Of each country and period: 0 untreated, 1 neither, 2 treated."""
    rows = panel.frame.set_index(["unit", "time"], drop=False)
    treated, clear = (
        rows["time"] >= rows["first_treated"],
        rows["time"] < rows["first_treated"] - panel.timing.unclear_periods,
    )
    return 1.0 + treated - clear


def entry_period(entered: pd.Series[float], years: NDArray[np.int64], timing: Timing) -> pd.Series[float]:
    """Period (1..) that counts as the one of entry, missing where there is no year of entry.

    Where the period after entry is the first treated one, entry falls in the last edition not later than the year of
    joining; where the period of entry itself is, in the first edition not earlier.
    """
    dates = entered.fillna(years[0]).to_numpy()
    later = np.searchsorted(years, dates, side="right") if timing.shift else np.searchsorted(years, dates) + 1
    return pd.Series(later.astype(np.float64), entered.index).where(entered.notna())
