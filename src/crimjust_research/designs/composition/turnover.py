"""When categories enter and leave what a unit reports, with what cannot be known left open.

A category already there in a unit's first report may be old, one there in its last may stay, and between two reports
that lie years apart the date is known only up to the interval. Reports, not calendar years, are what is observed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.checks import complete_columns, require_columns
from crimjust_research.errors import ParameterError

PAIR = ["unit", "category"]


def category_spells(presence: pd.DataFrame, reports: pd.DataFrame, settle: int = 1) -> pd.DataFrame:
    """First and last report of every category in every unit where it was seen.

    Columns: unit, category, first_seen, absent_before (the unit's report before first_seen, without the category),
    left_censored, last_seen, absent_after (the unit's report after last_seen), right_censored, seen (reports with
    it), reports (the unit's). An entry is dated to after `absent_before` and up to `first_seen`; an exit to after
    `last_seen` and up to `absent_after`.

    Left-censored: seen within the unit's first `settle` reports, so it cannot be told from what was always there.
    Right-censored: seen within its last `settle` reports. A larger `settle` asks for a longer absence before
    calling something new or gone, at the price of more censoring.

    Parameters
    ----------
    presence : columns unit, period, category; one row for each category reported.
    reports : columns unit, period; one row for each report the unit made, whether or not it held anything.

    Raises
    ------
    ParameterError : repeated rows, a category without a report, or `settle` below 1.
    """
    if not isinstance(settle, int | np.integer) or settle < 1:
        raise ParameterError(
            f"settle is {settle}; a category can only be new after at least 1 report without it. Give a whole number."
        )
    complete_columns(presence, ["unit", "period", "category"])
    made = ordered_reports(reports)
    for column in ("unit", "period"):
        kinds = [pd.api.types.is_numeric_dtype(table[column]) for table in (presence, made)]
        if kinds[0] != kinds[1] or presence[column].dtype.kind in "mMc" or made[column].dtype.kind in "mMc":
            raise ParameterError(
                f"Column {column!r} is {presence[column].dtype} in presence and {made[column].dtype} in reports; write "
                "it alike in both."
            )
    repeated = presence[presence.duplicated(["unit", "period", "category"])]
    if not repeated.empty:
        unit, period, category = repeated.iloc[0][["unit", "period", "category"]]
        raise ParameterError(f"{unit!r} lists {category!r} twice in {period}; list it once.")
    seen = presence[["unit", "period", "category"]].merge(made, on=["unit", "period"], how="left")
    orphan = seen[seen["turn"].isna()]
    if not orphan.empty:
        unit, period = orphan.iloc[0][["unit", "period"]]
        raise ParameterError(f"{unit!r} lists categories in {period} but has no report for it; add the report.")
    spells = (
        seen.groupby(PAIR)
        .agg(
            first_seen=("period", "min"),
            last_seen=("period", "max"),
            first_turn=("turn", "min"),
            last_turn=("turn", "max"),
            seen=("turn", "size"),
            reports=("reports", "first"),
        )
        .reset_index()
    )
    period_of = made.set_index(["unit", "turn"])["period"]
    before = pd.MultiIndex.from_arrays([spells["unit"], spells["first_turn"] - 1])
    after = pd.MultiIndex.from_arrays([spells["unit"], spells["last_turn"] + 1])
    return pd.DataFrame(
        {
            "unit": spells["unit"],
            "category": spells["category"],
            "first_seen": spells["first_seen"],
            "absent_before": period_of.reindex(before).to_numpy(),
            "left_censored": spells["first_turn"] < settle,
            "last_seen": spells["last_seen"],
            "absent_after": period_of.reindex(after).to_numpy(),
            "right_censored": spells["last_turn"] >= spells["reports"] - settle,
            "seen": spells["seen"],
            "reports": spells["reports"],
        }
    )


def ordered_reports(reports: pd.DataFrame) -> pd.DataFrame:
    """The reports in order, with columns unit, period, turn (0, 1, ... within the unit), since (periods since the
    report before, missing at the first) and reports (how many the unit made).

    Raises
    ------
    ParameterError : a report that repeats or has no period.
    """
    complete_columns(reports, ["unit"])
    require_columns(reports, ["period"])
    if not pd.api.types.is_numeric_dtype(reports["period"]) and not reports["period"].isna().all():
        raise ParameterError(f"The periods of reports are {reports['period'].dtype}; give numbers, such as years.")
    made = reports[["unit", "period"]].sort_values(["unit", "period"], ignore_index=True)
    if made["period"].isna().any():
        raise ParameterError("A report has no period; give every report one.")
    if made.duplicated().any():
        unit, period = made[made.duplicated()].iloc[0]
        raise ParameterError(f"{unit!r} has two reports for {period}; merge them first.")
    by_unit = made.groupby("unit")["period"]
    return made.assign(turn=by_unit.cumcount(), since=by_unit.diff(), reports=by_unit.transform("size"))


def entry_and_exit_rates(presence: pd.DataFrame, reports: pd.DataFrame, settle: int = 1) -> pd.DataFrame:
    """Entries and exits per unit and period of exposure, by the period in which they came to light.

    Columns: period, reporting (units with a report), entry_units (those in which an entry could show: at least
    `settle` earlier reports), entry_exposure (periods since their report before, summed), entries, entry_rate,
    exit_units, exit_exposure, exits, exit_rate. After a gap in reporting the exposure counts the years of the gap, so
    that entries which piled up in it do not look like a burst. Rates without exposure are missing.

    Raises
    ------
    ParameterError : as for `category_spells`.
    """
    spells = category_spells(presence, reports, settle)
    made = ordered_reports(reports)
    can_enter = made[made["turn"] >= settle]
    can_exit = made[(made["turn"] >= 1) & (made["turn"] <= made["reports"] - settle)]
    table = pd.DataFrame({"reporting": made.groupby("period").size()})
    for name, eligible, dates in (
        ("entry", can_enter, spells.loc[~spells["left_censored"], "first_seen"]),
        ("exit", can_exit, spells.loc[~spells["right_censored"], "absent_after"]),
    ):
        exposure = eligible.groupby("period")["since"].sum().reindex(table.index, fill_value=0.0)
        count = dates.value_counts().reindex(table.index, fill_value=0)
        table[f"{name}_units"] = eligible.groupby("period").size().reindex(table.index, fill_value=0)
        table[f"{name}_exposure"] = exposure
        table["entries" if name == "entry" else "exits"] = count
        table[f"{name}_rate"] = np.where(exposure > 0, count / exposure.where(exposure > 0, 1.0), np.nan)
    return table.reset_index()
