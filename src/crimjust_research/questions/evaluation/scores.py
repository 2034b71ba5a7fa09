"""Yearly figures of the States of the phases: means of scores, levels of those evaluated, rates of those that report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.fit import inference
from crimjust_research.questions.evaluation.rows import row, table
from crimjust_research.vocabulary import countries

# Of fewer States an interval says nothing.
FEWEST = 3
_PER = 100_000


def same_states(scores: pd.DataFrame, phases: Mapping[str, int], base: int, level: float) -> pd.DataFrame:
    """Mean of a score over the States of the phases, the same in every year compared, all together and by phase.

    Compared are the States with a score in every year from `base` on in which any has one, so that a mean moves only where
    scores do. Earlier years are told where all of these States have one. The interval is Student's over States, as if they were
    drawn; that of the change since `base` is of each State's own change.

    Parameters
    ----------
    scores : iso3, year, value. phases : phase of each State by ISO code.

    Returns
    -------
    DataFrame with the columns of `rows.FIGURES`: n_obs and n_units are States. Without a group, and with group_by "phase".
    """
    wide = _by_state(scores, phases)
    states = wide.columns[wide.loc[base:].notna().all()]
    kept = wide[states].dropna() if len(states) else wide.iloc[:0]
    absent = [countries.short_name(iso3) for iso3 in sorted(set(phases) - set(states))]
    note = f"{len(states)} of {len(phases)} countries, the same in every year" + (
        f"; without {', '.join(absent)}" if absent else ""
    )
    found = []
    for group, members in _groups(list(states), phases):
        for year, own in kept[members].iterrows():
            value, low, high = _mean(np.asarray(own, np.float64), level)
            more = {"ci_low": low, "ci_high": high, **group}
            if base in kept.index and year != base:
                moved = _mean(np.asarray(own, np.float64) - np.asarray(kept.loc[base, members], np.float64), level)
                more |= dict(zip(("change", "change_low", "change_high"), moved, strict=True))
            size = len(members)
            found.append(row(year, value, size, size, "" if group else note, **more))
    return table(found)


def evaluated(levels: pd.DataFrame, phases: Mapping[str, int], last: int, level: float) -> pd.DataFrame:
    """Mean level of the States of the phases that were evaluated by the end of each year to `last`, together and by phase.

    A State is evaluated once, so the mean changes with who has been: nothing is told of change.

    Parameters
    ----------
    levels : iso3, month of the evaluation (YYYY-MM), value.
    """
    own = levels[levels["iso3"].isin(list(phases))].dropna(subset=["value"]).set_index("iso3")
    years = own["month"].str[:4].astype(int)
    found = []
    for year in range(int(years.min()), last + 1) if len(own) else ():
        by_then = own.loc[years <= year, "value"]
        for group, members in _groups(list(by_then.index), phases):
            value, low, high = _mean(by_then[members].to_numpy(), level)
            size = len(members)
            note = "" if group else f"{size} of {len(phases)} countries evaluated by then, each once"
            found.append(row(year, value, size, size, note, ci_low=low, ci_high=high, **group))
    return table(found)


def rates(counts: pd.DataFrame, phases: Mapping[str, int]) -> pd.DataFrame:
    """What the States of the phases that report it counted in a year, per 100,000 residents of theirs.

    Who reports changes from year to year, so that nothing is told of change; all that is reported is counted, without interval.

    Parameters
    ----------
    counts : iso3, year, value (a count), population.

    Returns
    -------
    DataFrame with the columns of `rows.FIGURES`: n_obs is the count, n_units the States.
    """
    own = counts[counts["iso3"].isin(list(phases))].dropna(subset=["value", "population"])
    found = []
    for year, reported in own.groupby("year"):
        total = reported["value"].sum()
        note = f"{len(reported)} of {len(phases)} countries report it"
        found.append(row(year, _PER * total / reported["population"].sum(), total, len(reported), note))
    return table(found)


def median(values: pd.DataFrame, phases: Mapping[str, int]) -> pd.DataFrame:
    """Median over the States of the phases with a value in the year (iso3, year, value), together and by phase."""
    wide = _by_state(values, phases)
    found = []
    for year, own in wide.iterrows():
        present = own.dropna()
        for group, members in _groups(list(present.index), phases):
            size = len(members)
            note = "" if group else f"{size} of {len(phases)} countries"
            found.append(row(year, present[members].median(), size, size, note, **group))
    return table(found)


def _by_state(values: pd.DataFrame, phases: Mapping[str, int]) -> pd.DataFrame:
    """Years as rows, States of the phases as columns; years in which none has a value are left out."""
    own = values[values["iso3"].isin(list(phases))]
    return own.pivot_table(index="year", columns="iso3", values="value").dropna(how="all")


def _groups(states: list[str], phases: Mapping[str, int]) -> Iterator[tuple[dict[str, str], list[str]]]:
    """All States without a group, then those of each phase."""
    if states:
        yield {}, states
    for phase in sorted({phases[iso3] for iso3 in states}):
        yield {"group_by": "phase", "group": str(phase)}, [iso3 for iso3 in states if phases[iso3] == phase]


def _mean(values: FloatArray, level: float) -> tuple[float, float, float]:
    """Mean with Student's interval, which is missing of few values."""
    mean, size = np.array([values.mean()]), len(values)
    if size < FEWEST:
        return float(mean[0]), np.nan, np.nan
    error = np.array([values.std(ddof=1) / np.sqrt(size)])
    found = inference(mean, error, 1 - level, size - 1)
    return float(mean[0]), float(found["ci_low"][0]), float(found["ci_high"][0])
