"""Discrete-time proportional hazards: the event in each period at risk.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri

from crimjust_research.designs.checks import (
    FEWEST_CLUSTERS,
    cluster_codes,
    complete_columns,
    real_numbers,
    require_columns,
    require_level,
    require_list,
    require_numbers,
)
from crimjust_research.designs.fit import Printed, above_zero, coefficient_table
from crimjust_research.designs.numerics import has_full_rank, library
from crimjust_research.designs.survival import separation
from crimjust_research.errors import ParameterError

Baseline = Literal["periods", "log"]

MOST_PERIODS = 10_000_000  # rows, of all units together


@dataclass(frozen=True, repr=False)
class DiscreteHazard(Printed):
    """Complementary log-log regression of the event in each period at risk."""

    table: pd.DataFrame
    """term, estimate (log hazard ratio), std_error, hazard_ratio, ci_low, ci_high, p_value."""
    baseline: pd.DataFrame
    """period, at_risk, events, hazard (observed share)."""
    n_units: int
    n_events: int
    n_clusters: int


def person_periods(frame: pd.DataFrame, unit: str, last: str, event: str, first: str | None = None) -> pd.DataFrame:
    """One row per unit and period at risk: all columns, period, happened (1 in the last period of units with an event).

    Parameters
    ----------
    last, first : columns of the last and first period at risk, whole numbers; first is 1 if not given.

    Raises
    ------
    ParameterError : periods that are not whole numbers or out of order, events that are not 0 or 1, repeated units.
    """
    require_columns(frame, [unit, last, event, *([first] if first else [])])
    if frame[unit].duplicated().any():
        raise ParameterError(f"Unit {str(frame.loc[frame[unit].duplicated(), unit].iloc[0])!r} has two rows; keep one.")
    frame = frame.reset_index(drop=True)
    end = real_numbers(frame[last], last)
    begin = np.ones(len(frame)) if first is None else real_numbers(frame[first], first)
    both = np.append(end, begin)
    if not np.isfinite(both).all() or np.any(both != np.round(both)) or np.any(end < begin):
        raise ParameterError(
            "First and last periods at risk must be whole numbers, the last not before the first; correct or drop the others."
        )
    if np.sum(end - begin + 1) > MOST_PERIODS:
        raise ParameterError(
            f"The units are at risk in {np.sum(end - begin + 1):.3g} periods together; use longer periods."
        )
    if not frame[event].isin([0, 1]).all():
        raise ParameterError(f"Column {event!r} must be 0 or 1; code it so.")
    length = (end - begin + 1).astype(np.int64)
    rows = frame.loc[frame.index.repeat(length)].reset_index(drop=True)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length)
    rows["period"] = np.repeat(begin, length).astype(np.int64) + within
    rows["happened"] = ((within == np.repeat(length, length) - 1) & (rows[event] == 1)).astype(np.int64)
    return rows


def checked_rows(rows: pd.DataFrame, unit: str, covariates: Sequence[str], cluster: str | None) -> pd.DataFrame:
    """Person-periods that can be used, with an index of their own.

    Raises
    ------
    ParameterError : columns missing, empty or not numeric, an event that is not 0 or 1, or none at all.
    """
    require_list(covariates=covariates)
    complete_columns(rows, [unit, "period", "happened", *([cluster] if cluster else [])])
    require_numbers(rows, ["period", "happened", *covariates])
    if not rows["happened"].isin([0, 1]).all():
        raise ParameterError("Column 'happened' must be 0 or 1.")
    if not rows["happened"].any():
        raise ParameterError("There is no event; nothing can be estimated.")
    return rows.reset_index(drop=True)


def discrete_hazard(
    rows: pd.DataFrame,
    unit: str,
    covariates: Sequence[str],
    *,
    baseline: Baseline = "periods",
    cluster: str | None = None,
    alpha: float = 0.05,
) -> DiscreteHazard:
    """Discrete-time proportional hazards on person-periods (Prentice and Gloeckler 1978).

    log(-log(1 - h_t)) = baseline_t + x'b is what a proportional hazard in continuous time gives when only the period
    of the event is known, so exp(b) is the hazard ratio of that underlying model. Errors are clustered by unit or
    `cluster`.

    Parameters
    ----------
    rows : from `person_periods`; covariates numeric, and free to change from period to period.
    baseline : a level for every period in which some at risk have the event and some not ("periods"; the others say
        nothing about b) or a straight line in the logarithm of the period ("log").

    Raises
    ------
    ParameterError : fewer than five events or three clusters, columns missing, empty or not numeric, covariates that are
        dependent or by which a unit or two alone differ, or a coefficient without finite estimate (separation), as where
        no unit of one kind has had an event; or an unknown baseline.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import CLogLog
    from statsmodels.genmod.generalized_linear_model import GLM

    require_level(alpha)
    if baseline not in get_args(Baseline):
        raise ParameterError(f"baseline is {baseline!r}; use one of {', '.join(get_args(Baseline))}.")
    rows = checked_rows(rows, unit, covariates, cluster)
    shares = rows.groupby("period")["happened"].agg(at_risk="size", events="sum").reset_index()
    shares["hazard"] = shares["events"] / shares["at_risk"]
    used = rows
    if baseline == "periods":
        telling = (shares["events"] > 0) & (shares["events"] < shares["at_risk"])
        used = rows.loc[rows["period"].isin(shares.loc[telling, "period"])]
        if used.empty:
            raise ParameterError(
                "In every period none or all of those at risk have the event; periods say nothing of b."
            )
        levels = pd.get_dummies(used["period"], prefix="period", dtype=np.float64)
    else:
        if rows["period"].min() <= 0:
            raise ParameterError(f"A period is {rows['period'].min()}; baseline='log' needs periods of 1 and up.")
        levels = pd.DataFrame({"constant": 1.0, "log period": np.log(used["period"])}, index=used.index)
    happened = used["happened"].to_numpy() == 1
    x = used[list(covariates)].to_numpy(np.float64)
    scaled, scale = separation.scaled_columns(x)
    design = np.column_stack([scaled, levels.to_numpy()])
    if len(used) <= design.shape[1] or not has_full_rank(design):
        raise ParameterError(
            f"{len(used)} unit-periods cannot tell {', '.join(covariates) or 'the periods'} apart from the level of the "
            "hazard, or from each other; drop a covariate that is constant or follows from others."
        )
    terms = [*covariates, *levels]
    direction = separation.of_chances(design, happened)
    if direction is not None:
        columns = np.column_stack([x, levels.to_numpy()])
        sentence = separation.without_estimate(direction, terms, columns, happened, "hazard ratio of")
        raise ParameterError(sentence)
    units, groups = (pd.factorize(used[column])[0] for column in (unit, cluster or unit))
    separation.require_several(scaled, units, int(happened.sum()), list(covariates))
    cluster_codes(used, cluster or unit, FEWEST_CLUSTERS)
    family = Binomial(link=CLogLog())
    with library("The hazard model fails; use fewer covariates"):
        fit = GLM(happened.astype(np.float64), design, family=family).fit(
            cov_type="cluster", cov_kwds={"groups": groups}
        )
    widths = np.append(scale, np.ones(levels.shape[1]))
    estimate, error = np.asarray(fit.params) / widths, np.asarray(fit.bse) / widths
    if not fit.converged or not np.isfinite([*estimate, *error]).all():
        raise ParameterError("The hazard model does not converge; use fewer covariates, or baseline='log'.")
    table = coefficient_table(terms, estimate, error, alpha, ratio="hazard_ratio")
    kept = table["term"].isin(covariates) if baseline == "periods" else table["term"] != "constant"
    return DiscreteHazard(
        table.loc[kept].reset_index(drop=True),
        shares,
        int(rows[unit].nunique()),
        int(rows["happened"].sum()),
        int(groups.max()) + 1,
    )


def likelihood_ratio(rows: pd.DataFrame, unit: str, covariate: str, *, alpha: float = 0.05) -> pd.DataFrame:
    """One covariate's hazard ratio with the likelihood-ratio test and the ratios it does not reject.

    The model is that of `discrete_hazard` with a level for every period. The statistic is chi squared on one degree of
    freedom if rows are independent given the covariate: nothing is clustered.

    Returns
    -------
    DataFrame of one row: term, estimate (log hazard ratio), hazard_ratio, ci_low, ci_high (of the ratio), p_value.

    Raises
    ------
    ParameterError : as `discrete_hazard`.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import CLogLog
    from statsmodels.genmod.generalized_linear_model import GLM

    table = discrete_hazard(rows, unit, [covariate], alpha=alpha).table
    telling = rows.groupby("period")["happened"].transform(lambda happened: 0 < happened.mean() < 1)
    used = rows[telling]
    x, y = used[covariate].to_numpy(np.float64), used["happened"].to_numpy(np.float64)
    levels = pd.get_dummies(used["period"], dtype=np.float64).to_numpy()
    family = Binomial(link=CLogLog())

    def profile(slope: float) -> float:
        """Largest log-likelihood at a slope."""
        with library("The hazard model fails; use fewer covariates"):
            return float(GLM(y, levels, family=family, offset=slope * x).fit().llf)

    estimate, error = float(table["estimate"].iloc[0]), float(table["std_error"].iloc[0])
    best = profile(estimate)
    critical = float(chdtri(1, alpha))

    def edge(side: float) -> float:
        """The slope on one side at which the statistic reaches its critical value."""
        reach = 2.0
        while 2 * (best - profile(estimate + side * reach * error)) < critical:
            reach *= 2
        ends = (estimate, estimate + side * reach * error)
        return float(brentq(lambda slope: 2 * (best - profile(slope)) - critical, *ends, xtol=1e-8))

    return pd.DataFrame(
        {
            "term": [covariate],
            "estimate": [estimate],
            "hazard_ratio": [np.exp(estimate)],
            "ci_low": [np.exp(edge(-1.0))],
            "ci_high": [np.exp(edge(1.0))],
            "p_value": [float(above_zero(chdtrc(1, 2 * (best - profile(0.0)))))],
        }
    )
