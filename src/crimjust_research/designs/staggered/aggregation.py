"""Averages of group-time effects with their influence functions, standard errors and simultaneous bands.

An estimator hands over one influence value per unit and group-time cell, scaled so that a cell's variance is the sum
of their squares. Every average, its standard error and the joint distribution of several averages follow from
that matrix alone, so any estimator that supplies one shares this module.
Reference: Callaway and Sant'Anna (2021), Journal of Econometrics 225:200-230, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import generator, require_draws
from crimjust_research.designs.fit import Printed, inference
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.errors import ParameterError

Aggregation = Literal["simple", "event", "group", "calendar"]


@dataclass(frozen=True, repr=False)
class StaggeredResult(Printed):
    """Effects of a staggered treatment by one estimator, as one tidy table.

    `table` has one row per effect: estimator, aggregation, at (event time, group or period; missing for the overall
    average), estimate, std_error, ci_low, ci_high, p_value (normal, pointwise), band_low, band_high (simultaneous
    over the rows of the aggregation, missing where no draws were made), n_treated (units behind the effect, missing
    where the estimator does not say), timing.
    """

    estimator: str
    table: pd.DataFrame
    covariance: pd.DataFrame | None
    """Of the rows that have `at`, indexed by it both ways; None where the estimator gives none."""
    timing: Timing
    controls: str
    n_obs: int
    n_units: int
    n_treated_units: int
    notes: tuple[str, ...]
    """What was left out and what to be wary of, in sentences."""

    def shown(self) -> pd.DataFrame:
        """The rows of the table without what all of them share."""
        return self.table.drop(columns=["estimator", "aggregation", "timing"]).dropna(axis="columns", how="all")

    def facts(self) -> Mapping[str, object]:
        """What the rows share, and the notes."""
        return {**super().facts(), "timing": str(self.timing), "notes": " ".join(self.notes)}

    @property
    def overall(self) -> pd.Series[Any]:
        """The row of the overall average."""
        return self.table.loc[self.table["at"].isna()].iloc[0]

    @property
    def by(self) -> pd.DataFrame:
        """The rows other than the overall average, indexed by `at`."""
        return self.table.loc[self.table["at"].notna()].set_index("at")


@dataclass(frozen=True, repr=False)
class GroupTimeEffects(Printed):
    """ATT(g, t) of every group and period with the influence function that carries their joint distribution."""

    estimator: str
    cells: pd.DataFrame
    """group, time, event_time, estimate, std_error, ci_low, ci_high, p_value, n_treated, n_controls, timing. Rows of
    the base period (zero by construction) are left out."""
    influence: FloatArray
    """(n_units, n_cells), unit order of the panel."""
    cohort: FloatArray
    """(n_units,) first treated period, inf if never."""
    weight: FloatArray
    """(n_units,) of each unit in the shares of groups, mean one; ones unless the panel is weighted."""
    least_error: float
    """Standard error below which none is known; infinite if none can be. See `least_known_error`."""
    timing: Timing
    controls: str
    n_obs: int
    alpha: float
    notes: tuple[str, ...]

    @property
    def n_units(self) -> int:
        return int(self.cohort.size)

    def shown(self) -> pd.DataFrame:
        """The cells without the timing, which all of them share."""
        return self.cells.drop(columns="timing")


def effect_table(
    estimator: str,
    aggregation: str,
    at: Sequence[float] | FloatArray,
    estimate: FloatArray,
    std_error: FloatArray,
    alpha: float,
    timing: Timing,
    *,
    critical: float | FloatArray = np.nan,
    n_treated: float | Sequence[int] = np.nan,
    least_error: float = 0.0,
) -> pd.DataFrame:
    """The table of `StaggeredResult` from (k,) labels, estimates and errors; `critical` sets the simultaneous bands.

    Errors up to `least_error` are not known and are missing, with their intervals and p-values.
    """
    std_error = np.where(std_error > least_error, std_error, np.nan)
    return pd.DataFrame(
        {
            "estimator": estimator,
            "aggregation": aggregation,
            "at": at,
            **inference(estimate, std_error, alpha),
            "band_low": estimate - critical * std_error,
            "band_high": estimate + critical * std_error,
            "n_treated": n_treated,
            "timing": str(timing),
        }
    )


def simultaneous_critical_value(influence: FloatArray, draws: int, seed: int, alpha: float) -> float:
    """1 - alpha quantile of the largest `|t|` over effects, by the Gaussian multiplier bootstrap.

    Given the data, influence weighted by independent normals is itself normal with the estimated covariance, so each
    draw is made from that law and costs one vector per effect instead of one per unit. Two-point weights would have
    thinner tails than that law where a group has few units, and bands too narrow.

    Parameters
    ----------
    influence : (n_units, n_effects).

    Raises
    ------
    ParameterError : fewer than 99 draws.
    """
    require_draws(draws)
    scale = np.sqrt(np.sum(influence**2, axis=0))
    if not scale.any():
        return float("nan")
    root = np.linalg.qr(influence[:, scale > 0] / scale[scale > 0], mode="r")
    largest = np.abs(generator(seed).standard_normal((draws, len(root))) @ root).max(axis=1)
    return float(np.quantile(largest, 1 - alpha))


def weighted_effect(effects: GroupTimeEffects, cells: IntArray) -> tuple[float, FloatArray]:
    """Average of the chosen cells with weights proportional to group size, and its influence (n_units,).

    The groups' shares are estimated, so each unit also moves the average through its own group's weight. With weights,
    shares are those of the weighted units.
    """
    att = effects.cells["estimate"].to_numpy()[cells]
    groups = effects.cells["group"].to_numpy(np.float64)[cells]
    member = (effects.cohort[:, None] == groups) * effects.weight[:, None]
    share = member.mean(axis=0)
    estimate = float(share @ att / share.sum())
    through_weights = member @ (att - estimate) / share.sum() / effects.n_units
    return estimate, effects.influence[:, cells] @ (share / share.sum()) + through_weights


def aggregate(effects: GroupTimeEffects, by: Aggregation, *, draws: int = 0, seed: int = 0) -> StaggeredResult:
    """Average group-time effects.

    by="simple" averages all post-treatment cells by group size. "event" averages by periods since treatment, overall
    the plain mean from 0 on. "group" averages each group over its treated periods, overall by group size. "calendar"
    averages each period over the groups treated by then, overall the plain mean of periods.

    Parameters
    ----------
    draws, seed : of the multiplier bootstrap behind the simultaneous bands; none if 0.

    Raises
    ------
    ParameterError : an unknown aggregation or too few draws.
    """
    if by not in get_args(Aggregation):
        raise ParameterError(f"The aggregation is {by!r}; use one of {', '.join(get_args(Aggregation))}.")
    cells = effects.cells
    post = np.flatnonzero(cells["event_time"] >= 0)
    if post.size == 0:
        raise ParameterError("No group-time effect after treatment could be estimated; widen the panel.")
    if by == "simple":
        overall, overall_influence = weighted_effect(effects, post)
        return _result(effects, by, [], [], np.zeros((effects.n_units, 0)), overall, overall_influence, draws, seed)
    key = cells[{"event": "event_time", "group": "group", "calendar": "time"}[by]]
    used = np.arange(len(cells)) if by == "event" else post
    labels = np.sort(key.iloc[used].unique()).astype(np.float64)
    parts = [weighted_effect(effects, used[key.iloc[used].to_numpy() == label]) for label in labels]
    values = np.array([value for value, _ in parts])
    influence = np.column_stack([psi for _, psi in parts])
    if by == "group":
        member = (effects.cohort[:, None] == labels) * effects.weight[:, None]
        share = member.mean(axis=0)
        overall = float(share @ values / share.sum())
        through_weights = member @ (values - overall) / share.sum() / effects.n_units
        overall_influence = influence @ (share / share.sum()) + through_weights
    else:
        after = labels >= 0 if by == "event" else np.ones(labels.size, dtype=bool)
        overall, overall_influence = float(values[after].mean()), influence[:, after].mean(axis=1)
    return _result(effects, by, labels, values, influence, overall, overall_influence, draws, seed)


def _result(
    effects: GroupTimeEffects,
    by: Aggregation,
    labels: Sequence[float] | FloatArray,
    values: Sequence[float] | FloatArray,
    influence: FloatArray,
    overall: float,
    overall_influence: FloatArray,
    draws: int,
    seed: int,
) -> StaggeredResult:
    """Assemble estimates and influence functions into a result."""
    std_error = np.sqrt(np.sum(np.column_stack([overall_influence, influence]) ** 2, axis=0))
    known = bool(np.isfinite(effects.least_error))
    estimate = np.concatenate([[overall], values])
    critical = np.full(estimate.size, np.nan)
    if draws and len(labels) and known:
        critical[1:] = simultaneous_critical_value(influence, draws, seed, effects.alpha)
    at = np.concatenate([[np.nan], labels])
    table = effect_table(
        effects.estimator,
        by,
        at,
        estimate,
        std_error,
        effects.alpha,
        effects.timing,
        critical=critical,
        n_treated=_treated_units(effects, by, at),
        least_error=effects.least_error,
    )
    index = pd.Index(labels, name="at")
    return StaggeredResult(
        effects.estimator,
        table,
        pd.DataFrame(influence.T @ influence, index, index) if len(labels) and known else None,
        effects.timing,
        effects.controls,
        effects.n_obs,
        effects.n_units,
        int(np.isfinite(effects.cohort).sum()),
        (*effects.notes, *unknown_error_notes(table)),
    )


def unknown_error_notes(table: pd.DataFrame) -> list[str]:
    """A sentence on the effects of a table whose errors are not known."""
    unknown = int(table["std_error"].isna().sum())
    if unknown == 0:
        return []
    return [f"{unknown} of {len(table)} effects have no known standard error, and so no interval and no p-value."]


def _treated_units(effects: GroupTimeEffects, by: Aggregation, labels: FloatArray) -> list[int]:
    """Units whose treatment each average is about, the overall one (label missing) first."""
    size = dict(zip(*np.unique(effects.cohort, return_counts=True), strict=True))
    group, since, time = (effects.cells[c].to_numpy(np.float64) for c in ("group", "event_time", "time"))
    key = {"simple": group, "event": since, "group": group, "calendar": time}[by]
    used = (since >= 0) | (by == "event")
    return [
        int(sum(size[g] for g in np.unique(group[(since >= 0) if np.isnan(at) else used & (key == at)])))
        for at in labels
    ]
