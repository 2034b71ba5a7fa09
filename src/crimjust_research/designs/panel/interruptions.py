"""Interrupted time series of a panel of counts whose units all meet the same dated events.

Terms of the events: `designs.series.interruptions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import require_level
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.designs.numerics import NO_VARIATION, has_full_rank
from crimjust_research.designs.panel.poisson import Panel, UnitEffectsFit, unit_effects_poisson, within_units
from crimjust_research.designs.series.interruptions import (
    Interruption,
    event_terms,
    segmented_terms,
)
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class InterruptedPanel(Printed):
    """Segmented Poisson regression of a panel with unit effects."""

    table: pd.DataFrame
    """Per term: term, estimate (log rate), std_error, rate_ratio, ci_low, ci_high (of the ratio), p_value; errors and what
    follows from them are missing where all units move alike."""
    path: pd.DataFrame
    """Per period: time, observed, fitted, without_events: counts over exposure, all units together."""
    n_obs: int
    n_units: int
    n_periods: int
    dispersion: float
    units_without_counts: tuple[str, ...]
    """Left out: a unit that never counts anything says nothing about change."""
    slopes_not_identified: tuple[str, ...]
    """Events followed at once by another event or by the end of the panel."""


@dataclass(frozen=True, repr=False)
class PlaceboTest(Printed):
    """Level of one event against its level at other dates."""

    tested: str
    estimate: float
    p_value: float
    """Share of dates, the true one included, at which `|level|` is at least as large."""
    smallest_p: float
    """What p_value would be if no other date came near: 1 over the number of dates."""
    table: pd.DataFrame
    """Per date: start, estimate, true_date."""
    skipped: int
    """Dates at which the level cannot be told from other terms."""


def panel_interruptions(
    panel: Panel, interruptions: Sequence[Interruption], *, alpha: float = 0.05
) -> InterruptedPanel:
    """Dated events as interruptions of a panel of rates: Poisson with unit effects, errors clustered by unit.

    log E[count] = log exposure + unit effect + trend + level and slope of each event + controls. An event's slope
    is left out where the next event or the end follows within one period. Its own level does not depend on that; the
    next event's level is then read against the earlier slope.

    The events reach all units at once, so time is the only comparison: clustered errors allow for any correlation
    within a unit but not for shocks that all units share, and are too small if there are such shocks. Read them
    beside `placebo_dates`. Cluster covariance carries G / (G - 1) (n - 1) / (n - k), intervals t on G - 1.

    Raises
    ------
    ParameterError : an event that does not fit the times, or terms that cannot be told apart.
    """
    require_level(alpha)
    events, left_out = event_terms(interruptions, panel.times)
    design = panel_design(panel, events)
    if design.shape[1] >= len(design) - panel.n_units or not has_full_rank(within_units(panel, design)):
        raise ParameterError(
            f"The panel cannot tell its {design.shape[1]} terms apart; use fewer events, slopes or controls, or a "
            "longer window."
        )
    fit = unit_effects_poisson(panel, design)
    terms = ["trend", *events.columns, *panel.controls.columns]
    table = coefficient_table(terms, fit.coefficients, told_errors(fit), alpha, panel.n_units - 1, "rate_ratio")
    event_effect = design[:, 1 : 1 + events.shape[1]] @ fit.coefficients[1 : 1 + events.shape[1]]
    sums = (
        pd.DataFrame(
            {
                "observed": panel.counts,
                "fitted": fit.fitted,
                "without_events": fit.fitted * np.exp(-event_effect),
                "exposure": panel.exposure,
            }
        )
        .groupby(panel.period)
        .sum()
    )
    path = sums[["observed", "fitted", "without_events"]].div(sums["exposure"], axis=0)
    path.insert(0, "time", [panel.times[p] for p in path.index])
    df = panel.counts.size - len(terms) - panel.n_units
    return InterruptedPanel(
        table,
        path.reset_index(drop=True),
        panel.counts.size,
        panel.n_units,
        len(panel.times),
        float(np.sum((panel.counts - fit.fitted) ** 2 / fit.fitted) / df),
        panel.units_without_counts,
        tuple(left_out),
    )


def told_errors(fit: UnitEffectsFit) -> FloatArray:
    """Standard errors (k,), missing where units move alike, so that their scores are zero whatever the truth."""
    error = fit.std_error
    return np.where(error > NO_VARIATION * np.maximum(1.0, np.abs(fit.coefficients)), error, np.nan)


def rates_against_trend(
    panel: Panel, start: Any, interruptions: Sequence[Interruption] = (), *, alpha: float = 0.05
) -> pd.DataFrame:
    """Rate in every period from `start` on against what trend, earlier events and controls of the periods before foretell.

    Each later period has a term of its own, so that what all units share in it shapes neither trend nor events; unit effects
    are of all periods. Errors clustered by unit allow for the trend's own, not for shocks that all units share. Columns: time,
    estimate (log ratio), std_error, rate_ratio, ci_low, ci_high, p_value, observed and foretold (counts over exposure, all
    units together), foretold_low, foretold_high.

    Raises
    ------
    ParameterError : a start that is not in the data or is its first period, an event that is not before it, or terms that
        the periods before it cannot tell apart.
    """
    require_level(alpha)
    if start not in panel.times[1:]:
        raise ParameterError(
            f"No period before {start} in the data ({panel.times[0]} to {panel.times[-1]}); give a later one that is in them."
        )
    first = panel.times.index(start)
    events = (
        event_terms(interruptions, panel.times)[0] if interruptions else pd.DataFrame(index=range(len(panel.times)))
    )
    late = [event.name for event in interruptions if panel.times.index(event.start) >= first]
    if late:
        raise ParameterError(f"{late[0]!r} is not before {start}; leave it out.")
    own = (panel.period[:, None] == np.arange(first, len(panel.times))).astype(np.float64)
    design = np.hstack([own, panel_design(panel, events)])
    if not has_full_rank(within_units(panel, design)):
        raise ParameterError(f"The periods before {start} cannot tell trend, events and controls apart; use fewer.")
    fit = unit_effects_poisson(panel, design)
    after = own.shape[1]
    error = told_errors(fit)[:after]
    table = coefficient_table([""] * after, fit.coefficients[:after], error, alpha, panel.n_units - 1, "rate_ratio")
    table = table.drop(columns="term")
    table.insert(0, "time", panel.times[first:])
    # A period with a term of its own is fitted exactly in sum.
    table["observed"] = own.T @ panel.counts / (own.T @ panel.exposure)
    foretold = {"foretold": "rate_ratio", "foretold_low": "ci_high", "foretold_high": "ci_low"}
    return table.assign(**{column: table["observed"] / table[ratio] for column, ratio in foretold.items()})


def placebo_dates(panel: Panel, interruptions: Sequence[Interruption], tested: str) -> PlaceboTest:
    """Rank of an event's level among the levels the same model finds for it at other dates.

    The tested event alone moves, to every period that leaves two before it and is not another event's; under the null
    that it changed nothing its own date is no different from those. With twenty periods the smallest p is about one in
    fifteen: it is reported, and no device lowers it.

    Raises
    ------
    ParameterError : as `panel_interruptions`, or an unknown `tested`.
    """
    names = [event.name for event in interruptions]
    if tested not in names:
        raise ParameterError(f"tested is {tested!r}; name one of {names}.")
    event_terms(interruptions, panel.times)
    ordered = sorted(interruptions, key=lambda event: panel.times.index(event.start))
    true = [panel.times.index(event.start) for event in ordered]
    which = [event.name for event in ordered].index(tested)
    rows, skipped = [], 0
    for place in range(2, len(panel.times)):
        if place in true[:which] + true[which + 1 :]:
            continue
        level = level_at(panel, ordered, [*true[:which], place, *true[which + 1 :]], which)
        if level is None:
            skipped += 1
        else:
            rows.append((panel.times[place], level, place == true[which]))
    table = pd.DataFrame(rows, columns=["start", "estimate", "true_date"])
    if not table["true_date"].any():
        raise ParameterError(f"The level of {tested!r} cannot be told from the other terms at its own date; use fewer.")
    estimate = float(table.loc[table["true_date"], "estimate"].iloc[0])
    # A hair's breadth of slack keeps equal estimates equal whatever order they were summed in.
    at_least = table["estimate"].abs() >= abs(estimate) * (1 - TIE)
    return PlaceboTest(tested, estimate, float(at_least.mean()), 1 / len(table), table, skipped)


def level_at(panel: Panel, ordered: list[Interruption], positions: list[int], which: int) -> float | None:
    """Level of event `which` with the events at `positions`; None if the design cannot identify it."""
    names, slopes = [event.name for event in ordered], [event.slope for event in ordered]
    events, _ = segmented_terms(np.array(positions), names, slopes, len(panel.times))
    design = panel_design(panel, events)
    if not has_full_rank(within_units(panel, design)):
        return None
    column = 1 + list(events.columns).index(f"level: {names[which]}")
    return float(unit_effects_poisson(panel, design).coefficients[column])


def panel_design(panel: Panel, events: pd.DataFrame) -> FloatArray:
    """Columns trend, event terms, controls; one row per observation."""
    trend = panel.period[:, None].astype(np.float64)
    return np.hstack([trend, events.to_numpy()[panel.period], panel.controls.to_numpy(np.float64)])
